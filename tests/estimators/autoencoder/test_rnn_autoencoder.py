"""Codes of series: what they depend on, what comes back of them, and whether they serve."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

import skdeep.model_selection as ours
from skdeep import RNNAutoencoder, RNNClassifier, SequenceScaler

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
X = [RNG.normal(size=(2 + k % 7, 2)).cumsum(axis=0) for k in range(30)]
SHORT = {"recurrent_layer_sizes": 4, "max_iter": 2, "random_state": 0, "batch_size": 8}


def fitted(X=X, n_components=3, **options):
    return RNNAutoencoder(n_components, **{**SHORT, **options}).fit(X)


@pytest.mark.parametrize(
    "options", [{}, {"bidirectional": True}, {"pooling": "last", "cell": "lstm"}], ids=str
)
def test_a_code_depends_on_its_series_alone(options):
    model = fitted(dtype="float64", **options)
    codes = model.transform(X)
    assert codes.shape == (30, 3)
    for k in (0, 5, 6):
        np.testing.assert_allclose(model.transform([X[k]])[0], codes[k], rtol=1e-10)
    np.testing.assert_allclose(model.transform([X[5], X[6]]), codes[5:7], rtol=1e-10)


def test_series_come_back_of_their_codes():
    model = fitted(dtype="float64", decoder_layer_sizes=(5, 3))
    codes, lengths = model.transform(X), [len(x) for x in X]
    back, again = model.reconstruct(X), model.inverse_transform(codes, lengths)
    for one, other, x in zip(back, again, X, strict=True):
        assert one.shape == x.shape
        np.testing.assert_allclose(other, one, atol=1e-12)
    longer = model.inverse_transform(codes[:2], 12)
    np.testing.assert_allclose(longer[1][: lengths[1]], back[1], atol=1e-12)
    assert [one.shape for one in longer] == [(12, 2)] * 2
    found = model.inverse_transform(codes)
    assert all(1 <= len(one) <= 8 and one.shape[1] == 2 for one in found)
    each = [-((a - b) ** 2).mean() for a, b in zip(back, X, strict=True)]
    np.testing.assert_allclose(model.score_samples(X), each)
    np.testing.assert_allclose(model.score(X), np.average(each, weights=lengths))


def test_the_loss_counts_channels_and_lengths():
    still = {"learning_rate_init": 1e-14, "alpha": 0.0, "max_iter": 1, "batch_size": 30}
    model = fitted(**still, dtype="float64")
    steps = model._predictor.at_steps(model._input.check(model, X), "output")
    logs = np.log([len(x) for x in X])
    sizes = np.repeat((logs - logs.mean()) / logs.std(), [len(x) for x in X])
    squares = ((steps[:, :2] - np.concatenate(X)) ** 2).sum(axis=1) + (steps[:, 2] - sizes) ** 2
    np.testing.assert_allclose(model.loss_curve_[0], 0.5 * squares.mean(), rtol=1e-9)


def waves(n, seed):
    """Slow and fast waves of some length, with noise."""
    random = np.random.default_rng(seed)
    fast, lengths = random.integers(0, 2, n), random.integers(8, 20, n)
    rates = np.where(fast, 1.1, 0.6) + 0.05 * random.normal(size=n)
    phases = random.uniform(0, 6, n)
    made = [
        np.sin(rate * np.arange(length) + phase) + 0.1 * random.normal(size=length)
        for rate, length, phase in zip(rates, lengths, phases, strict=True)
    ]
    return made, fast, lengths


def test_codes_tell_lengths_and_classes():
    given, fast, _ = waves(300, 0)
    more, expected, real = waves(100, 1)
    model = RNNAutoencoder(
        8, 24, learning_rate_init=0.02, max_iter=30, n_iter_no_change=30, random_state=0
    )
    pipeline = make_pipeline(SequenceScaler(), model, LogisticRegression()).fit(given, fast)
    assert pipeline.score(more, expected) > 0.9
    found = pipeline[:-1].inverse_transform(pipeline[:-1].transform(more))
    errors = [abs(len(one) - length) for one, length in zip(found, real, strict=True)]
    assert np.mean(errors) < 2  # the mean alone: 3
    assert pipeline[1].get_feature_names_out().tolist()[0] == "rnnautoencoder0"


def test_a_classifier_starts_with_its_layers():
    first = fitted()
    y = np.arange(30) % 2
    model = RNNClassifier(4, cell="gru", max_iter=1, initial_weights=first, random_state=0)
    taken = model.fit(X, y).transferred_weights_
    assert {name.partition(".")[0] for name in taken} == {"recurrent_0"}


def test_corruption_is_undone_whatever_the_lengths():
    clean = fitted(dtype="float64", corruption="gaussian", corruption_level=0.0)
    noisy = fitted(dtype="float64", corruption="gaussian", corruption_level=0.5)
    assert fitted(dtype="float64").loss_curve_ == clean.loss_curve_ != noisy.loss_curve_
    np.testing.assert_array_equal(noisy.transform(X), clone(noisy).fit(X).transform(X))
    for kind in ("masking", "salt_and_pepper"):
        assert fitted(corruption=kind).transform(X).shape == (30, 3)


def test_searches_train_stacks(stacks):
    grid = {"learning_rate_init": [1e-3, 1e-2], "corruption_level": [0.1, 0.2]}
    model = RNNAutoencoder(2, corruption="masking", **SHORT)
    found = ours.GridSearchCV(model, grid, cv=2, refit=False).fit(X)
    assert stacks[:1] == [8]
    assert np.isfinite(found.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize(
    ("lengths", "said"),
    [
        ([3], "one for each of 2 codes"),
        ([3, 0], "positive integers"),
        ([3.5, 2.0], "positive integers"),
        ("ab", "positive integers"),
        (-1, "positive integers"),
    ],
)
def test_lengths_that_are_none(lengths, said):
    model = fitted()
    codes = model.transform(X[:2])
    with pytest.raises(ValueError, match=f"lengths must be .*{said}"):
        model.inverse_transform(codes, lengths)


def test_series_that_memory_does_not_hold():
    model = fitted()
    with pytest.raises(ValueError, match="more memory than is free: ask for fewer"):
        model.inverse_transform(model.transform(X[:2]), 10**13)


def test_codes_of_another_width():
    with pytest.raises(ValueError, match="expects codes with 3 columns, got 2"):
        fitted().inverse_transform(np.zeros((4, 2)))
