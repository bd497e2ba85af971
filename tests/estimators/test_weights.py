"""Weights have names: out, in, to start from, to hold still."""

import numpy as np
import pytest

from skdeep import MLPClassifier, MLPRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)
T = X[:, 0] - X[:, 1]
SMALL = {"hidden_layer_sizes": (4, 3), "max_iter": 5, "random_state": 0}
LONE = {"solver": "sgd", "learning_rate_init": 1e-12, "max_iter": 1}
ALL = {"normalization": "batch", "residual": True, "dropout": 0.1}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def regressor(**params):
    return MLPRegressor(**{**SMALL, **params})


def is_idle(name, params):
    """A bias that batch normalisation takes away again."""
    return "normalization" in params and "hidden" in name and name.endswith(".b")


def test_names_and_shapes():
    model = regressor().fit(X, T)
    assert {name: w.shape for name, w in model.get_weights().items()} == {
        "hidden_0.W": (4, 4),
        "hidden_0.b": (4,),
        "hidden_1.W": (4, 3),
        "hidden_1.b": (3,),
        "output.W": (3, 1),
        "output.b": (1,),
    }
    np.testing.assert_array_equal(model.get_weights()["hidden_1.W"], model.coefs_[1])
    names = set(regressor(**ALL).fit(X, T).get_weights())
    assert {
        "block_0.body.hidden_0.W",
        "block_0.body.norm_0.scale",
        "block_0.body.norm_0.mean",
        "block_1.shortcut.W",
    } <= names


def test_weights_that_are_not_given_are_drawn_as_ever():
    some = regressor(**LONE, initial_weights={"output.b": [42.0]}).fit(X, T)
    drawn = regressor(**LONE).fit(X, T)
    np.testing.assert_allclose(some.intercepts_[2], 42)
    np.testing.assert_allclose(some.coefs_[0], drawn.coefs_[0])


def test_a_warm_start_goes_on_from_what_was_set():
    model = regressor(**LONE, warm_start=True).fit(X, T)
    weights = {name: w + 1 for name, w in model.get_weights().items()}
    after = model.set_weights(weights).fit(X, T).get_weights()
    for name, value in after.items():
        np.testing.assert_allclose(value, weights[name], rtol=1e-8)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"nowhere.W": np.ones((4, 4))}, "no parameter 'nowhere.W'"),
        ({"output.b": [1.0], "hidden_0.W": np.ones((4, 5))}, r"shape \(4, 4\), got \(4, 5\)"),
        ({"hidden_0.W": 1.0}, r"got \(\)"),
    ],
)
def test_weights_that_do_not_fit_are_refused(bad, said):
    model = regressor().fit(X, T)
    before = model.predict(X)
    with pytest.raises(ValueError, match=f"^weights.*{said}"):
        model.set_weights(bad)
    np.testing.assert_array_equal(model.predict(X), before)
    with pytest.raises(ValueError, match=f"^initial_weights.*{said}"):
        regressor(initial_weights=bad).fit(X, T)


def test_coefs_write_through():
    model = regressor().fit(X, T)
    before = model.predict(X)
    model.coefs_[2][...] *= 2  # a view
    model.intercepts_[2] *= 2
    np.testing.assert_allclose(model.predict(X), 2 * before)
    model.coefs_[2] = model.coefs_[2] / 2  # an entry
    model.intercepts_ = [*model.intercepts_[:2], model.intercepts_[2] / 2]  # all of them
    np.testing.assert_allclose(model.predict(X), before)
    with pytest.raises(ValueError, match="shape"):
        model.coefs_[2] = np.ones((1, 3))
    with pytest.raises(ValueError, match="list of 3 arrays"):
        model.coefs_ = model.coefs_[:2]
    np.testing.assert_allclose(model.predict(X), before)


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
@pytest.mark.parametrize(
    ("params", "frozen", "held"),
    [
        ({}, ["hidden_0"], {"hidden_0.W", "hidden_0.b"}),
        ({}, ("hidden_1.b", "output"), {"hidden_1.b", "output.W", "output.b"}),
        (
            {"residual": True, "normalization": "batch"},
            ["hidden_0", "norm_1"],
            {
                "block_0.body.hidden_0.W",
                "block_0.body.hidden_0.b",
                "block_1.body.norm_1.scale",
                "block_1.body.norm_1.shift",
            },
        ),
        (
            {"activation": "maxout"},
            ["hidden_1"],
            {f"hidden_1.piece_{k}.{p}" for k in (0, 1) for p in "Wb"},
        ),
        ({"residual": True}, ["block_1.shortcut"], {"block_1.shortcut.W"}),
    ],
    ids=["layer", "parameter", "residual-norm", "maxout", "shortcut"],
)
def test_frozen_layers_do_not_move(solver, params, frozen, held):
    start = regressor(**params, **LONE).fit(X, T).get_weights()
    more = {"weight_decay": 0.1} if solver != "lbfgs" else {}
    model = regressor(**params, solver=solver, frozen_layers=frozen, **more).fit(X, T)
    moved = model.get_weights()
    for name, value in moved.items():
        if name in held:
            np.testing.assert_allclose(value, start[name], atol=1e-9)
        elif not (name.endswith(("mean", "variance")) or is_idle(name, params)):
            assert np.abs(value - start[name]).max() > 1e-6, name


@pytest.mark.parametrize(
    ("frozen", "said"),
    [(["hidden_9"], "hidden_9"), (["hidden"], "'hidden'"), (["norm_0.mean"], "running statistic")],
)
def test_what_cannot_be_frozen(frozen, said):
    with pytest.raises(ValueError, match=f"frozen_layers.*{said}"):
        regressor(normalization="batch", frozen_layers=frozen).fit(X, T)
    with pytest.raises(ValueError, match="frozen_layers"):
        regressor(frozen_layers="hidden_0").fit(X, T)


def test_transfer_to_another_task():
    donor = MLPClassifier(**{**SMALL, "max_iter": 50}).fit(X, Y)
    body = {k: w for k, w in donor.get_weights().items() if not k.startswith("output")}
    model = regressor(initial_weights=body, frozen_layers=["hidden_0", "hidden_1"]).fit(X, T)
    np.testing.assert_allclose(model.transform(X), donor.transform(X))
