"""NetworkTransformer gives sequences of any lengths back, by codes of the whole or of steps."""

import pickle

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

import skdeep.model_selection as ours
from skdeep import NetworkClassifier, NetworkTransformer
from skdeep.callbacks import ModelCheckpoint, load_checkpoint
from skdeep.nn import GRU, Dense, Embedding, LastStep, MeanSteps, StepDropout, TimeDistributed

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(2 + k % 7, 3)).cumsum(axis=0) for k in range(30)]
SHORT = {"max_iter": 3, "random_state": 0, "batch_size": 8}
WHOLE = ([GRU(5), LastStep(), Dense(4)], [GRU(6)])
STEPS = ([TimeDistributed([Dense(2)])], [GRU(6), StepDropout(0.1)])
both = pytest.mark.parametrize("layers", [WHOLE, STEPS], ids=["whole", "steps"])


def mean_error(model, given, weight=None):
    """Return the mean squared error over all steps, as plain loops have it."""
    each = [
        ((a - b) ** 2).mean(axis=1) for a, b in zip(model.reconstruct(given), given, strict=True)
    ]
    weights = np.repeat(np.ones(len(given)) if weight is None else weight, list(map(len, each)))
    return np.average(np.concatenate(each), weights=weights)


@both
def test_shapes_and_scores(layers):
    model = NetworkTransformer(*layers, **SHORT).fit(X)
    codes, back = model.transform(X), model.reconstruct(X)
    assert [one.shape for one in back] == [one.shape for one in X]
    if layers is WHOLE:
        assert codes.shape == (30, 4)
    else:
        assert [one.shape for one in codes] == [(len(one), 2) for one in X]
    assert model._n_features_out == (4 if layers is WHOLE else 2)
    np.testing.assert_allclose(model.score(X), -mean_error(model, X), rtol=1e-6)
    weight = np.arange(30) % 3
    np.testing.assert_allclose(model.score(X, None, weight), -mean_error(model, X, weight))
    each = [-((a - b) ** 2).mean() for a, b in zip(back, X, strict=True)]
    np.testing.assert_allclose(model.score_samples(X), each, rtol=1e-6)
    # No sequence's code depends on how long those beside it are.
    for found, index in zip(model.transform([X[3], X[9]]), (3, 9), strict=True):
        np.testing.assert_allclose(found, codes[index], rtol=1e-6, atol=1e-9)
    with pytest.raises(ValueError, match="use reconstruct"):
        model.inverse_transform(codes)


@pytest.mark.parametrize("loss", ["squared_error", "poisson"])
def test_the_loss_is_that_of_all_steps(loss):
    given = [np.abs(one) for one in X] if loss == "poisson" else X
    still = {**SHORT, "learning_rate_init": 1e-14, "alpha": 0.0, "max_iter": 1, "loss": loss}
    model = NetworkTransformer(*WHOLE, **{**still, "batch_size": 30}).fit(given)
    back, steps = np.concatenate(list(model.reconstruct(given))), np.concatenate(given)
    if loss == "squared_error":
        each = 0.5 * (back - steps) ** 2
    else:
        each = back - steps * np.log(back) + steps * np.log(steps) - steps
    np.testing.assert_allclose(model.loss_curve_[0], each.sum(axis=1).mean(), rtol=1e-5)


@both
def test_a_sequence_of_weight_two_is_two(layers):
    layers = (layers[0], layers[1][:1])  # no dropout
    options = {"solver": "lbfgs", "max_iter": 4, "random_state": 0, "alpha": 0.0}
    weight = 1 + np.arange(30) % 2
    heavy = NetworkTransformer(*layers, **options).fit(X, sample_weight=weight)
    several = [X[k] for k in np.repeat(np.arange(30), weight)]
    twice = NetworkTransformer(*layers, **options).fit(several)
    np.testing.assert_allclose(heavy.loss_curve_, twice.loss_curve_, rtol=1e-5)
    error = 0.5 * 3 * mean_error(heavy, X, weight)  # of 3 channels, as loss_ has it
    np.testing.assert_allclose(heavy.loss_, error, rtol=1e-5)


@both
def test_devices_pickles_and_continuing(layers, tmp_path):
    model = NetworkTransformer(*layers, **SHORT)
    model.set_callbacks(ModelCheckpoint(tmp_path / "model.npz")).fit(X)
    there = NetworkTransformer(*layers, device="checked", **SHORT).fit(X)
    np.testing.assert_allclose(there.loss_curve_, model.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(there.score(X), model.score(X), rtol=1e-8)
    (path,) = tmp_path.iterdir()
    loaded = load_checkpoint(path, NetworkTransformer(*layers, **SHORT))
    copied = pickle.loads(pickle.dumps(model))
    for one in (loaded, copied, model):
        one.partial_fit(X)
    assert loaded.loss_curve_ == copied.loss_curve_ == model.loss_curve_
    assert clone(model).fit(X).loss_curve_ == model.loss_curve_[:3]


@both
def test_early_stopping_scores_steps(layers):
    model = NetworkTransformer(*layers, early_stopping=True, scoring=None, **SHORT)
    model.fit(X, X_val=X[:7])
    np.testing.assert_allclose(model.best_validation_score_, model.score(X[:7]), rtol=1e-6)
    NetworkTransformer(*layers, early_stopping=True, **SHORT).fit(X, sample_weight=np.ones(30))


def test_searches_train_stacks(stacks):
    model = NetworkTransformer(*WHOLE, **SHORT)
    grid = {"learning_rate_init": [1e-3, 1e-2], "layers__2__units": [2, 4]}
    found = ours.GridSearchCV(model, grid, cv=3, refit=False).fit(X)
    assert stacks[:2] == [6, 6]
    expected = sk.GridSearchCV(model, grid, cv=3, refit=False).fit(X)
    name = "mean_test_score"
    np.testing.assert_allclose(found.cv_results_[name], expected.cv_results_[name], rtol=1e-8)


def test_it_gives_a_classifier_its_start():
    first = NetworkTransformer([GRU(5, name="read"), LastStep()], [GRU(6)], **SHORT).fit(X)
    model = NetworkClassifier(
        [GRU(5, name="read"), LastStep()], initial_weights=FrozenEstimator(first), **SHORT
    )
    taken = model.fit(X, np.arange(30) % 2).transferred_weights_
    assert {name.partition(".")[0] for name in taken} == {"read"}


def test_it_learns_to_give_them_back():
    random = np.random.default_rng(0)
    rates, lengths = random.uniform(0.3, 1.2, 120), random.integers(6, 12, 120)
    waves = [np.sin(rate * np.arange(n))[:, None] for rate, n in zip(rates, lengths, strict=True)]
    model = NetworkTransformer(
        [GRU(16), MeanSteps(), Dense(2)],
        [GRU(16)],
        max_iter=60,
        learning_rate_init=0.02,
        random_state=0,
    )
    assert model.fit(waves[:100]).score(waves[100:]) > -0.1  # the mean alone: -0.46


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (([Embedding(5, 3), GRU(4)], [GRU(3)]), "RNNGenerator"),
        (([GRU(4), LastStep()], [GRU(3), LastStep()]), "give something for each step"),
        (([GRU(4), LastStep()], [Dense(3)]), "TimeDistributed"),
        (([GRU(4), Dense(3), LastStep()], [GRU(3)]), "TimeDistributed"),
        (([GRU(4)], None), None),
    ],
)
def test_layers_that_do_not_fit(layers, said):
    model = NetworkTransformer(*layers, **SHORT)
    if said is None:
        assert model.fit(X).transform(X)[0].shape == (2, 4)
        return
    with pytest.raises(ValueError, match=said):
        model.fit([np.zeros(3, int)] * 9 if said == "RNNGenerator" else X)


def test_counts_below_zero_are_refused():
    with pytest.raises(ValueError, match="needs X >= 0"):
        NetworkTransformer(*WHOLE, loss="poisson", **SHORT).fit(X)
