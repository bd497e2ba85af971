"""GaussianRBM: what it fits, its variances, likelihoods, samples, and what bad input gets."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, scale

from skdeep import GaussianRBM

X = scale(load_iris().data)


@pytest.fixture(scope="module")
def fitted():
    return GaussianRBM(4, n_iter=200, random_state=0).fit(X)


def test_it_beats_independent_normal_densities(fitted):
    normal = -0.5 * np.mean(np.sum(X**2, axis=1)) - 2 * np.log(2 * np.pi)
    assert fitted.log_likelihood(X).mean() > normal + 1
    curve = fitted.reconstruction_error_curve_
    assert curve[-1] < 0.5 * curve[0]
    again = fitted.reconstruct(X)
    np.testing.assert_allclose(np.mean((X - again) ** 2), curve[-1], rtol=0.1)


def test_variances_are_those_of_the_energy(fitted):
    """The density of a row by a sum over hidden states of normal densities."""
    states = np.array(list(np.ndindex(2, 2, 2, 2)), float)
    W, s = fitted.components_, fitted.variances_
    b, c = fitted.intercept_visible_, fitted.intercept_hidden_
    means = b + states @ W
    logs = states @ c + np.sum((means**2 - b**2) / (2 * s), axis=1)
    logs -= np.logaddexp.reduce(logs)
    normal = -0.5 * (((X[:, None] - means) ** 2) / s + np.log(2 * np.pi * s)).sum(axis=2)
    expected = np.logaddexp.reduce(logs + normal, axis=1)
    np.testing.assert_allclose(fitted.log_likelihood(X), expected, rtol=1e-9)
    estimate, error = fitted.log_likelihood(
        X, method="ais", n_betas=500, random_state=0, return_std=True
    )
    assert abs(np.mean(estimate - expected)) < max(4 * error, 0.05)


@pytest.mark.parametrize("method", ["free_energy", "score_samples", "log_likelihood", "score"])
@pytest.mark.parametrize(("dtype", "far"), [("float32", 1e30), ("float64", 1e200)])
def test_samples_so_far_out_that_nothing_is_finite_are_refused(dtype, far, method):
    rbm = GaussianRBM(2, n_iter=1, random_state=0).fit(X.astype(dtype))
    rows = X[:3].astype(dtype)
    assert np.isfinite(getattr(rbm, method)(1e3 * rows)).all()
    rows[1, 2] = far
    with pytest.raises(ValueError, match="X has values that are too large"):
        getattr(rbm, method)(rows)


def test_samples_look_like_the_model(fitted):
    rows = fitted.sample(4000, random_state=0)
    assert rows.shape == (4000, 4)
    assert fitted.score_samples(rows).mean() > fitted.score_samples(rows[::-1] + 1).mean()
    states = np.array(list(np.ndindex(2, 2, 2, 2)), float)
    energies = fitted.intercept_visible_ + states @ fitted.components_
    assert rows.min() > energies.min() - 6
    assert rows.max() < energies.max() + 6
    moved = fitted.gibbs(X, n_steps=2, random_state=0)
    assert moved.shape == X.shape
    assert moved.dtype == X.dtype
    np.testing.assert_array_equal(moved, fitted.gibbs(X, n_steps=2, random_state=0))


def test_learning_takes_the_same_course_in_any_units():
    units = np.array([1000, 1, 0.01, 5])
    options = {"n_iter": 20, "random_state": 0, "min_variance": 1e-12}
    plain = GaussianRBM(4, **options).fit(X)
    other = GaussianRBM(4, **options).fit(X * units)
    np.testing.assert_allclose(other.variances_, plain.variances_ * units**2, rtol=1e-3)
    np.testing.assert_allclose(other.transform(X * units), plain.transform(X), rtol=1e-3, atol=1e-4)


def test_variances_stay_where_they_are_told_to():
    fixed = GaussianRBM(4, learn_variance=False, initial_variance=0.5, random_state=0).fit(X)
    np.testing.assert_allclose(fixed.variances_, 0.5)
    own = GaussianRBM(4, learn_variance=False, random_state=0).fit(2 * X)
    np.testing.assert_allclose(own.variances_, 4, rtol=1e-6)
    with pytest.raises(ValueError, match="initial_variance must be above min_variance"):
        GaussianRBM(min_variance=0.1, initial_variance=0.05).fit(X)


@pytest.mark.parametrize("algorithm", ["pcd", "cd"])
@pytest.mark.parametrize("solver", ["sgd", "adam"])
def test_constant_features_and_steep_rates_do_not_diverge(algorithm, solver):
    rows = np.c_[X, np.zeros(150), np.full(150, 3.0)]
    options = {"algorithm": algorithm, "solver": solver, "learning_rate": 0.02}
    model = GaussianRBM(8, n_iter=30, random_state=0, min_variance=0.01, **options).fit(rows)
    assert (model.variances_ > 0.01).all()
    assert np.isfinite(model.score(rows))
    np.testing.assert_allclose(model.reconstruct(rows)[:, 4:], rows[:, 4:], atol=0.3)


@pytest.mark.parametrize("likelihood", ["score_matching", "exact", "ais"])
def test_searches_repeat(likelihood):
    pipe = make_pipeline(
        StandardScaler(), GaussianRBM(n_iter=3, random_state=0, likelihood=likelihood)
    )
    grid = {"gaussianrbm__n_components": [2, 4]}
    if likelihood == "ais":
        grid = {"gaussianrbm__n_components": [2]}
    found = [GridSearchCV(clone(pipe), grid, cv=2).fit(X).cv_results_ for _ in range(2)]
    scores = [part["mean_test_score"] for part in found]
    assert np.isfinite(scores[0]).all()
    np.testing.assert_array_equal(*scores)


@pytest.mark.long
def test_independent_components():
    """Two whitened Laplace sources, four units: -2.736 nats as independent component analysis.

    Several starts, since half of them end where two units share a direction.
    """
    random = np.random.RandomState(0)
    turn = np.array([[np.cos(0.6), -np.sin(0.6)], [np.sin(0.6), np.cos(0.6)]])
    train, test = (random.laplace(0, np.sqrt(0.5), (20_000, 2)) @ turn for _ in range(2))
    options = {"learning_rate": 0.2, "momentum": 0.9, "batch_size": 200, "n_iter": 25}
    options |= {"learning_rate_schedule": "cosine"}
    found = [
        GaussianRBM(4, random_state=seed, **options).fit(train).log_likelihood(test).mean()
        for seed in range(6)
    ]
    assert max(found) > -2.736
    assert min(found) > -2.80  # a normal density gives -2.833
