"""A file with a right checksum may still hold anything: it is refused in our own words."""

import contextlib
import copy

import numpy as np
import pytest

from skdeep import Autoencoder, BernoulliRBM, MLPClassifier, MLPRegressor, RNNClassifier
from skdeep.callbacks import CheckpointError, ModelCheckpoint, load_checkpoint
from skdeep.callbacks._format import encode, read, write

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(30, 4))
Y = (X[:, 0] > 0).astype(int)
STEPS = list(RANDOM.normal(size=(30, 5, 2)))

FITS = {
    "network": (lambda n: MLPClassifier((3,), max_iter=n, random_state=0), (X, Y)),
    "numbers": (
        lambda n: MLPRegressor(
            hidden_layer_sizes=(3,), standardize_target=True, max_iter=n, random_state=0
        ),
        (X, X[:, :2]),
    ),
    "sequences": (lambda n: RNNClassifier(3, max_iter=n, random_state=0), (STEPS, Y)),
    "rows": (lambda n: Autoencoder(2, max_iter=n, random_state=0), (X,)),
    "machine": (lambda n: BernoulliRBM(3, n_iter=n, random_state=0), ((X > 0).astype(float),)),
}


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


JUNK = [None, "x", -1, 2.5, True, [], {}, nested(50), np.zeros((2, 2)), np.array(["a"]), {"a": 1}]


@pytest.fixture(params=FITS)
def saved(request, tmp_path):
    """Return a file of a fit that was cut off, how to make it again, and its data."""
    make, data = FITS[request.param]
    make(2).set_callbacks(ModelCheckpoint(tmp_path)).fit(*data)
    return tmp_path / "latest.skdeep", make, data


def places(tree, place=()):
    """Give the place of each entry, outermost first."""
    for key, entry in tree.items():
        yield (*place, key)
        if isinstance(entry, dict):
            yield from places(entry, (*place, key))


def changed(tree, place, *value):
    """Return a tree with another value in some place, or without the entry."""
    result = copy.copy(tree)
    if len(place) > 1:
        result[place[0]] = changed(tree[place[0]], place[1:], *value)
    elif value:
        result[place[0]] = value[0]
    else:
        del result[place[0]]
    return result


def rewrite(path, tree):
    path.unlink()
    write(path, encode(tree))


def use(path, make, data):
    """Load a file, and go on from it."""
    loaded = load_checkpoint(path, make(3))
    (loaded.predict if hasattr(loaded, "predict") else loaded.transform)(data[0])
    make(3).set_callbacks(ModelCheckpoint(path.parent, resume=True)).fit(*data)


@pytest.mark.parametrize("seed", range(2))
def test_any_entry_may_be_anything(saved, seed):
    path, make, data = saved
    tree = read(path)
    random = np.random.default_rng(seed)
    for place in places(tree):
        if (place[0] == "identity" and len(place) > 2) or place[-1] in ("states", "m", "v"):
            continue  # what may differ; and moments that may be large, which training finds out
        value = [JUNK[random.integers(len(JUNK))]] if random.random() < 0.8 else []
        rewrite(path, changed(tree, place, *value))
        with contextlib.suppress(CheckpointError):  # no other error
            use(path, make, data)


@pytest.mark.parametrize("part", ["identity", "monitored", "state", "attributes", "target"])
def test_a_part_that_is_missing(saved, part):
    path, make, data = saved
    rewrite(path, changed(read(path), (part,)))
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        load_checkpoint(path, make(3))
    with pytest.raises(CheckpointError, match="holds no checkpoint"):
        make(3).set_callbacks(ModelCheckpoint(path.parent, resume=True)).fit(*data)


@pytest.mark.parametrize(
    "name", ["predict", "_network", "coefs_", "__class__", "alpha", "get_params"]
)
def test_attributes_may_set_fitted_state_only(saved, name):
    path, make, _ = saved
    rewrite(path, changed(read(path), ("attributes", name), "x"))
    with pytest.raises(CheckpointError, match=f"'{name}' is no fitted attribute"):
        load_checkpoint(path, make(3))


@pytest.mark.parametrize("name", ["predict", "random_state", "n_features_in_"])
def test_a_history_may_set_the_history_only(saved, name):
    path, make, data = saved
    rewrite(path, changed(read(path), ("state", "history", name), 1))
    with pytest.raises(CheckpointError, match=name):
        load_checkpoint(path, make(3))
    with pytest.raises(CheckpointError, match=name):
        make(3).set_callbacks(ModelCheckpoint(path.parent, resume=True)).fit(*data)


@pytest.mark.parametrize("rows", [[-1, 0], [0, 30], [0.5], [[0]], []])
def test_rows_that_are_not_there(saved, rows):
    path, make, data = saved
    rewrite(path, changed(read(path), ("state", "rows"), np.array(rows)))
    with pytest.raises(CheckpointError, match="rows"):
        make(3).set_callbacks(ModelCheckpoint(path.parent, resume=True)).fit(*data)


def test_parameters_that_are_no_numbers(saved):
    path, make, _ = saved
    tree = read(path)
    values = np.full_like(tree["state"]["values"], np.nan)
    rewrite(path, changed(tree, ("state", "values"), values))
    with pytest.raises(CheckpointError, match="values"):
        load_checkpoint(path, make(3))
