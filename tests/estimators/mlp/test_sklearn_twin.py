"""scikit-learn's own tests of its MLPs, run with our classes in their place."""

import numpy as np
import pytest
from sklearn.neural_network.tests import test_mlp as theirs

import skdeep
from tests.estimators.twins import copies

OURS = {
    theirs.MLPClassifier: skdeep.MLPClassifier,
    theirs.MLPRegressor: skdeep.MLPRegressor,
}

# Tests of how scikit-learn is built inside, and where the behaviour they protect is tested here.
PRIVATE = {
    "test_fit": "assigns coefs_ and _coef_grads by hand; see test_parity, logistic",
    "test_gradient": "calls _loss_grad_lbfgs; see the gradient checks of the engine's layers",
    "test_learning_rate_warmstart": "reads _optimizer; see test_parity, warm-start-invscaling",
    "test_adaptive_learning_rate": "reads _optimizer; see test_parity, adaptive-until-too-small",
    "test_n_iter_no_change": "reads _no_improvement_count; see test_parity, stalled",
    "test_n_iter_no_change_inf": "reads _no_improvement_count; see test_parity, never-stalls",
}


# Some learn a y far from 0 and 1, of which we warn.
pytestmark = pytest.mark.filterwarnings("ignore:y has mean:UserWarning")
globals().update(copies(theirs, OURS, PRIVATE))


@pytest.fixture
def global_random_seed():
    """Return the one seed that scikit-learn's suite uses unless told otherwise."""
    return 42


@pytest.fixture(autouse=True)
def _seed_what_they_leave_unseeded():
    # Many of these tests leave random_state=None and ask for convergence.
    np.random.seed(0)  # noqa: NPY002
