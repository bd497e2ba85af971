"""Weights of sequences of tokens, whose own dtype is not the one that is computed in."""

import numpy as np
import pytest
from sklearn.base import clone

from skdeep import RNNClassifier, RNNGenerator, RNNRegressor, RNNTagger

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

TOKENS = [[1, 2], [3, 0, 1], [2, 2, 1, 3], [1, 0]]
Y = np.array([0, 1, 1, 0])
LABELS = [np.array(tokens) % 2 for tokens in TOKENS]
SHORT = {"recurrent_layer_sizes": 4, "embedding_dim": 2, "max_iter": 3, "random_state": 0}
CASES = {
    "classifier": (RNNClassifier(**SHORT), Y),
    "regressor": (RNNRegressor(**SHORT), Y),
    "tagger": (RNNTagger(**SHORT), LABELS),
    "generator": (RNNGenerator(**SHORT), None),
}


@pytest.mark.parametrize("name", CASES)
def test_fit_and_partial_fit_take_weights(name):
    estimator, y = CASES[name]
    plain = clone(estimator).fit(TOKENS, y).get_weights()
    ones = clone(estimator).fit(TOKENS, y, sample_weight=np.ones(4)).get_weights()
    for key, value in plain.items():
        np.testing.assert_allclose(ones[key], value, rtol=1e-4, atol=1e-6, err_msg=key)
    more = {"classes": np.unique(Y)} if name in ("classifier", "tagger") else {}
    weight = np.array([1.0, 0.0, 5.0, 0.5])
    model = clone(estimator).partial_fit(TOKENS, y, sample_weight=weight, **more)
    other = clone(estimator).partial_fit(TOKENS, y, **more)
    assert model.loss_ != other.loss_


@pytest.mark.parametrize("name", CASES)
def test_their_sum_must_fit_the_dtype_that_is_computed_in(name):
    estimator, y = CASES[name]
    heavy = np.full(4, 1e38)
    with pytest.raises(ValueError, match=r"sample_weight: the sum .* too large for float32"):
        clone(estimator).fit(TOKENS, y, sample_weight=heavy)
    clone(estimator).set_params(dtype="float64").fit(TOKENS, y, sample_weight=heavy)
