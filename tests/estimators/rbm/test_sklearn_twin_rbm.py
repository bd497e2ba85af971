"""scikit-learn's own tests of its RBM, run with ours in its place."""

import pytest
from sklearn.neural_network.tests import test_rbm as theirs

import skdeep
from tests.estimators.twins import copies

PRIVATE = {
    "test_transform": "calls _mean_hiddens; see test_bernoulli_rbm, features are probabilities",
    "test_sample_hiddens": "calls _sample_hiddens; see test_gibbs, conditionals",
    "test_fit_gibbs": "fixes single draws of MT19937; see test_bernoulli_rbm, two rows",
}

# Their stability test scores a row of values up to 99,900.
pytestmark = pytest.mark.filterwarnings("ignore:BernoulliRBM expects values:UserWarning")

globals().update(copies(theirs, {theirs.BernoulliRBM: skdeep.BernoulliRBM}, PRIVATE))
