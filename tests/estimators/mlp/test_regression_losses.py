"""The regressor's losses, quantiles of one and several outputs, standardised targets."""

import numpy as np
import pytest
from sklearn.metrics import r2_score

from skdeep import MLPRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 3))
NOISE = RNG.exponential(size=(400, 2))
T = np.c_[X[:, 0] + X[:, 1], X[:, 2] - X[:, 0]] + NOISE
LEVELS = (0.1, 0.5, 0.9)
STILL = {"solver": "sgd", "learning_rate_init": 1e-12, "max_iter": 1, "alpha": 0.0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def regressor(**params):
    params = {"hidden_layer_sizes": (8,), "max_iter": 60, "random_state": 0, **params}
    return MLPRegressor(**{"batch_size": 50, "learning_rate_init": 0.01, **params})


def pinball(error, level):
    return np.maximum(level * error, (level - 1) * error)


def loss_by_hand(name, t, p):
    error = t - p
    if name == "absolute_error":
        return np.abs(error).mean()
    if name == "huber":
        size = np.abs(error)
        return np.where(size <= 0.7, 0.5 * size**2, 0.7 * (size - 0.35)).mean()
    if name == "quantile":
        return pinball(error, 0.5).mean()
    return 0.5 * (error**2).mean()


LOSSES = ["squared_error", "absolute_error", "huber", "quantile"]


@pytest.mark.parametrize("y", [T[:, 0], T], ids=["one", "two"])
@pytest.mark.parametrize("loss", LOSSES)
def test_the_loss_is_what_its_name_says_and_falls(loss, y):
    still = regressor(loss=loss, huber_delta=0.7, **STILL).fit(X, y)
    assert still.loss_ == pytest.approx(loss_by_hand(loss, y, still.predict(X)), rel=1e-6)
    model = regressor(loss=loss, huber_delta=0.7).fit(X, y)
    assert model.predict(X).shape == y.shape
    assert model.loss_ < 0.7 * model.loss_curve_[0]
    assert loss_by_hand(loss, y, model.predict(X)) == pytest.approx(model.loss_, rel=0.1)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_quantiles_of_one_output_cover_their_share(solver):
    model = regressor(loss="quantile", quantiles=LEVELS, solver=solver, max_iter=150)
    predicted = model.fit(X, T[:, 0]).predict(X)
    assert predicted.shape == (400, 3)
    np.testing.assert_allclose((T[:, :1] < predicted).mean(axis=0), LEVELS, atol=0.05)
    assert model.score(X, T[:, 0]) == pytest.approx(r2_score(T[:, 0], predicted[:, 1]))
    assert model.n_outputs_ == 1


@pytest.mark.parametrize("standardize", [False, True])
def test_quantiles_of_several_outputs(standardize):
    params = {"loss": "quantile", "quantiles": LEVELS, "standardize_target": standardize}
    model = regressor(**params, max_iter=150).fit(X, T * [1, 10])
    predicted = model.predict(X)
    assert predicted.shape == (400, 2, 3)
    shares = ((T * [1, 10])[:, :, None] < predicted).mean(axis=0)
    np.testing.assert_allclose(shares, [LEVELS] * 2, atol=0.06)
    middle = predicted[:, :, 1]
    assert model.score(X, T * [1, 10]) == pytest.approx(r2_score(T * [1, 10], middle))
    before = model.score(X, T * [1, 10])
    model.set_params(quantiles=(0.3,), loss="squared_error")  # the fitted model keeps its own
    assert model.score(X, T * [1, 10]) == before


def test_early_stopping_scores_the_middle_quantile():
    model = regressor(loss="quantile", quantiles=LEVELS, early_stopping=True, max_iter=40)
    model.fit(X, T, X_val=X[:100], y_val=T[:100])
    expected = r2_score(T[:100], model.predict(X[:100])[:, :, 1])
    assert model.best_validation_score_ == pytest.approx(expected)


def test_training_cannot_go_on_with_other_quantiles():
    model = regressor(loss="quantile", quantiles=LEVELS, max_iter=2).fit(X, T)
    with pytest.raises(ValueError, match="quantiles"):
        model.set_params(quantiles=(0.5,)).partial_fit(X, T)


@pytest.mark.parametrize("bad", [(), (0.0,), (0.5, 1.0), ("a",)])
def test_quantiles_must_be_levels(bad):
    with pytest.raises(ValueError, match="quantiles"):
        regressor(loss="quantile", quantiles=bad).fit(X, T)


def test_poisson_is_positive_and_refuses_negative_targets():
    counts = RNG.poisson(np.exp(0.5 * X[:, :2]))
    model = regressor(loss="poisson").fit(X, counts)
    assert (model.predict(X) > 0).all()
    assert model.out_activation_ == "exp"
    with pytest.raises(ValueError, match=r"poisson.* >= 0"):
        model.fit(X, counts - 1)
    with pytest.raises(ValueError, match=r"poisson.* >= 0"):
        model.fit(X, counts, X_val=X[:9], y_val=counts[:9] - 1)
    with pytest.raises(ValueError, match="standardize_target"):
        regressor(loss="poisson", standardize_target=True).fit(X, counts)


def test_standardised_targets_make_units_vanish():
    far = T * [1e-3, 1e5] + [5, -1e6]
    near = regressor(standardize_target=True).fit(X, T)
    model = regressor(standardize_target=True).fit(X, far)
    assert model.loss_ == pytest.approx(near.loss_)
    np.testing.assert_allclose(model.predict(X), near.predict(X) * [1e-3, 1e5] + [5, -1e6])
    assert model.score(X, far) == pytest.approx(near.score(X, T))
    same = regressor(standardize_target=True).fit(X, np.full(400, 7.0))  # no variance to divide by
    np.testing.assert_allclose(same.predict(X), 7.0, atol=0.2)


def test_standardised_targets_follow_sample_weight():
    doubled = np.r_[X, X[:50]], np.r_[T, T[:50]]
    weight = np.r_[np.full(50, 2.0), np.ones(350)]
    params = {"standardize_target": True, "solver": "lbfgs", "max_iter": 20}
    weighted = regressor(**params).fit(X, T, weight)
    np.testing.assert_allclose(
        weighted.predict(X), regressor(**params).fit(*doubled).predict(X), rtol=1e-4, atol=1e-6
    )
