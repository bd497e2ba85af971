"""What MinMaxScaler makes of data lies in [0, 1], whatever rounding adds."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.preprocessing import MinMaxScaler

import skdeep

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

Y = np.arange(30) % 2
FAMILIES = [
    skdeep.BernoulliRBM(2, n_iter=1),
    skdeep.BernoulliRBM(2, n_iter=1, check_range=True),
    skdeep.RBMClassifier(2, max_iter=1),
    skdeep.DBNClassifier((2,), pretrain_n_iter=1, max_iter=1),
    skdeep.DBNRegressor((2,), pretrain_n_iter=1, max_iter=1),
    skdeep.DBNTransformer((2,), pretrain_n_iter=1, max_iter=1),
    skdeep.Autoencoder(2, loss="log_loss", max_iter=1),
    skdeep.ConvAutoencoder(2, conv_layers=[(2, 2)], loss="log_loss", max_iter=1, n_dims=1),
    skdeep.VariationalAutoencoder(2, decoder="bernoulli", max_iter=1),
]


def scaled(dtype):
    """Return scaled years, which exceed 1 by rounding."""
    for seed in range(100):
        years = np.random.default_rng(seed).uniform(1900, 2000, (30, 4)).astype(dtype)
        X = MinMaxScaler().fit_transform(years)
        if X.max() > 1:
            return X
    raise AssertionError("nothing exceeds 1")


@pytest.mark.parametrize("cast", [None, np.float64])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("estimator", FAMILIES, ids=lambda estimator: type(estimator).__name__)
def test_rounding_is_no_other_range(estimator, dtype, cast):
    X = scaled(dtype).astype(cast or dtype)
    clone(estimator).fit(X, Y)  # any warning is an error
    clone(estimator).fit(-X + 1, Y)


@pytest.mark.parametrize("estimator", FAMILIES, ids=lambda estimator: type(estimator).__name__)
@pytest.mark.parametrize("beyond", [1.001, -0.001])
def test_what_lies_farther_out_is_said(estimator, beyond):
    X = scaled(np.float64)
    X[3, 1] = beyond
    if estimator.get_params().get("check_range"):
        with pytest.raises(ValueError, match=r"\[0, 1\]"):
            clone(estimator).fit(X)
    else:
        with pytest.warns(UserWarning, match=r"\[0, 1\]"):
            clone(estimator).fit(X, Y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_that_rounding_moved_stay_as_they_are(dtype):
    X = scaled(dtype)
    options = {"random_state": 0, "n_iter": 3}
    exact = skdeep.BernoulliRBM(2, **options).fit(np.clip(X, 0, 1))
    model = skdeep.BernoulliRBM(2, **options).fit(X)
    np.testing.assert_allclose(model.components_, exact.components_, atol=1e-4)
    assert np.isfinite(model.score(X))
