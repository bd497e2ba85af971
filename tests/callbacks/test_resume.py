"""A training that was cut off and goes on from a checkpoint is the one that never was."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from skdeep.callbacks import CheckpointError, ModelCheckpoint
from skdeep.optim import SOLVERS
from skdeep.optim.schedules import CosineSchedule
from tests.callbacks.fits import (
    WEIGHT,
    Recorder,
    X,
    Y,
    assert_equal_training,
    classifier,
    cut_off,
    regressor,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SGD = {"solver": "sgd", "learning_rate_init": 0.05}

FITS = {
    **{solver: {"solver": solver} for solver in SOLVERS},
    "adaptive": SGD | {"learning_rate": "adaptive", "tol": 0.5, "n_iter_no_change": 1},
    "invscaling": SGD | {"learning_rate": "invscaling"},
    "early stopping": {"early_stopping": True, "n_iter_no_change": 4, "learning_rate_init": 0.05},
    "scorer": {"early_stopping": True, "scoring": "neg_log_loss"},
    "dropout": {"dropout": [0.3, 0.0]},
    "averages": {"ema_decay": 0.9, "early_stopping": True, "dropout": 0.1},
    "schedule": {"learning_rate_schedule": "one_cycle"},
    "schedule object": {"learning_rate_schedule": CosineSchedule()},
    "norm": {"normalization": "batch", "weight_decay": 0.01, "gradient_clip_norm": 0.5},
    "no shuffle": {"shuffle": False, "dropout": 0.2},
    "unseeded": {"random_state": None, "early_stopping": True, "dropout": 0.2},
    "frozen": {"frozen_layers": ["hidden_0"]},
    "device": {"device": "checked", "ema_decay": 0.9, "early_stopping": True, "dropout": 0.1},
}


def fit_twice(folder, make, *data, epoch=4, **options):
    """Return a whole training, and one that goes on from its checkpoint of `epoch`."""
    whole = make().set_callbacks(ModelCheckpoint(folder, save_epochs=True)).fit(*data, **options)
    cut_off(folder, epoch)
    epochs = Recorder()
    callbacks = [ModelCheckpoint(folder, resume=True), epochs]
    resumed = make().set_callbacks(*callbacks).fit(*data, **options)
    assert epochs.tasks.count("epoch") == whole.n_iter_ - epoch
    return whole, resumed


@pytest.mark.parametrize(
    ("params", "dtype"),
    [
        pytest.param(params, ("float64", "float32")[k % 2], id=name)
        for k, (name, params) in enumerate(FITS.items())
    ],
)
def test_a_resumed_fit_is_the_uninterrupted_one(tmp_path, params, dtype):
    def make():
        return classifier(**params)

    whole, resumed = fit_twice(tmp_path, make, X.astype(dtype), Y)
    assert_equal_training(whole, resumed)
    if params.get("random_state", 0) is not None:
        assert_equal_training(make().fit(X.astype(dtype), Y), resumed)


@pytest.mark.parametrize("early_stopping", [False, True])
def test_weights_sparse_rows_and_numbers(tmp_path, early_stopping):
    def make():
        return regressor(early_stopping=early_stopping)

    rows = sparse.csr_matrix(np.maximum(X, 0))
    whole, resumed = fit_twice(tmp_path, make, rows, X[:, :2], WEIGHT)
    assert_equal_training(whole, resumed)


def test_validation_rows_of_their_own(tmp_path):
    given = {"X_val": X[:20], "y_val": Y[:20], "sample_weight_val": WEIGHT[:20]}
    whole, resumed = fit_twice(tmp_path, classifier, X, Y, **given)
    assert_equal_training(whole, resumed)


def test_a_user_s_random_state_goes_on_too(tmp_path):
    streams = []

    def make():
        streams.append(np.random.RandomState(8))
        return classifier(random_state=streams[-1], early_stopping=True)

    whole, resumed = fit_twice(tmp_path, make, X, Y)
    assert_equal_training(whole, resumed)
    assert streams[0].randint(2**31) == streams[1].randint(2**31)


def test_partial_fit_goes_on_alike(tmp_path):
    whole, resumed = fit_twice(tmp_path, lambda: classifier(dropout=0.2), X, Y)
    assert_equal_training(whole.partial_fit(X, Y), resumed.partial_fit(X, Y))


@pytest.mark.parametrize("epoch", [1, 8])
def test_a_warm_started_fit_resumes_as_that_fit(tmp_path, epoch):

    def make():
        model = classifier(warm_start=True).fit(X, Y)
        return model.set_params(alpha=0.01)

    whole = make().set_callbacks(ModelCheckpoint(tmp_path, save_epochs=True)).fit(X, Y)
    cut_off(tmp_path, epoch)
    resumed = make().set_callbacks(ModelCheckpoint(tmp_path, resume=True)).fit(X, Y)
    assert_equal_training(whole, resumed)
    first = classifier(warm_start=True).set_callbacks(ModelCheckpoint(tmp_path / "first"))
    first.fit(X, Y)
    with pytest.raises(CheckpointError, match="rows seen before is 873, there it was 0"):
        first.fit(X, Y)


def test_a_fit_may_be_prolonged(tmp_path):
    classifier(max_iter=5).set_callbacks(ModelCheckpoint(tmp_path)).fit(X, Y)
    longer = classifier(max_iter=12).set_callbacks(ModelCheckpoint(tmp_path, resume=True)).fit(X, Y)
    assert_equal_training(longer, classifier(max_iter=12).fit(X, Y))


def test_a_complete_fit_is_not_trained_again(tmp_path):
    params = {"tol": 1.0, "n_iter_no_change": 2, "max_iter": 50}
    whole = classifier(**params).set_callbacks(ModelCheckpoint(tmp_path, every=20)).fit(X, Y)
    assert whole.n_iter_ < 20
    epochs = Recorder()
    saving = ModelCheckpoint(tmp_path, every=20, resume=True)
    again = classifier(**params).set_callbacks(saving, epochs).fit(X, Y)
    assert epochs.tasks == ["fit"]
    assert_equal_training(whole, again)


def test_the_warning_of_too_few_epochs_comes_again(tmp_path):
    saving = ModelCheckpoint(tmp_path, resume=True)
    for _ in range(2):
        with pytest.warns(ConvergenceWarning, match=r"Maximum iterations \(9\) reached"):
            classifier().set_callbacks(saving).fit(X, Y)


def test_a_callback_s_stop_does_not_complete_a_fit(tmp_path):
    saving = ModelCheckpoint(tmp_path, resume=True)
    stopping = Recorder(lambda epoch, fitted: epoch == 3)
    assert classifier().set_callbacks(saving, stopping).fit(X, Y).n_iter_ == 3
    resumed = classifier().set_callbacks(saving).fit(X, Y)
    assert_equal_training(resumed, classifier().fit(X, Y))


def test_an_exception_in_between(tmp_path):
    saving = ModelCheckpoint(tmp_path, resume=True, every=2)

    def fail(epoch, fitted):
        if epoch == 5:
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        classifier(dropout=0.5).set_callbacks(saving, Recorder(fail)).fit(X, Y)
    resumed = classifier(dropout=0.5).set_callbacks(saving).fit(X, Y)
    assert_equal_training(resumed, classifier(dropout=0.5).fit(X, Y))


OTHERS = {
    "alpha is 0.5, there it was 0.0001": lambda m: m.set_params(alpha=0.5).fit(X, Y),
    "hidden_layer_sizes": lambda m: m.set_params(hidden_layer_sizes=(9,)).fit(X, Y),
    "estimator is 'MLPRegressor', there it was 'MLPClassifier'": lambda m: (
        regressor().set_callbacks(*m._skl_callbacks).fit(X, X[:, 0])
    ),
    "X is '97x5 float32": lambda m: m.fit(X.astype("f"), Y),
    "X is": lambda m: m.fit(X + 1e-9, Y),
    "classes is .*'No'.*, there it was .*'no'": lambda m: m.fit(X, np.char.capitalize(Y)),
    "y is": lambda m: m.fit(X, Y[::-1]),
    "sample_weight is '97 ": lambda m: m.fit(X, Y, WEIGHT),
    "X_val is": lambda m: m.fit(X, Y, X_val=X, y_val=Y),
    "random_state is": lambda m: m.set_params(random_state=4).fit(X, Y),
}


@pytest.mark.parametrize("resume", [True, False])
@pytest.mark.parametrize("message", OTHERS)
def test_checkpoints_of_another_fit_are_neither_used_nor_overwritten(tmp_path, message, resume):
    classifier().set_callbacks(ModelCheckpoint(tmp_path)).fit(X, Y)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    model = classifier().set_callbacks(ModelCheckpoint(tmp_path, resume=resume))
    with pytest.raises(CheckpointError, match=f"belongs to another fit: .*{message}"):
        OTHERS[message](model)
    assert before == {file: file.read_bytes() for file in tmp_path.iterdir()}


def test_a_schedule_spans_max_iter(tmp_path):
    saving = ModelCheckpoint(tmp_path, resume=True)
    classifier(learning_rate_schedule="cosine").set_callbacks(saving).fit(X, Y)
    longer = classifier(learning_rate_schedule="cosine", max_iter=20).set_callbacks(saving)
    with pytest.raises(CheckpointError, match="max_iter is 20, there it was 9"):
        longer.fit(X, Y)


def test_fewer_epochs_than_there_were(tmp_path):
    saving = ModelCheckpoint(tmp_path, resume=True)
    classifier().set_callbacks(saving).fit(X, Y)
    with pytest.raises(CheckpointError, match=r"latest.skdeep: its epoch 9 is beyond max_iter=5"):
        classifier(max_iter=5).set_callbacks(saving).fit(X, Y)
