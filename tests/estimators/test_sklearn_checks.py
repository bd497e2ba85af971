"""scikit-learn's own checks of every estimator, with no expected failure."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import MLPClassifier, MLPRegressor

RICH = {
    "hidden_layer_sizes": (30, 20),
    "activation": ["tanh", "gelu"],
    "dropout": [0.0, 0.02],
    "normalization": "batch",
    "random_state": 0,
    "learning_rate_init": 0.01,
    "learning_rate_schedule": "one_cycle",
}

ESTIMATORS = [
    MLPClassifier(),
    MLPRegressor(),
    MLPClassifier(**RICH),
    MLPRegressor(standardize_target=True, **RICH),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@parametrize_with_checks(ESTIMATORS)
def test_sklearn_checks(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_no_tag_escapes_a_check(estimator):
    tags = estimator.__sklearn_tags__()
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert not tags._skip_test
    poor = [t.poor_score for t in (tags.classifier_tags, tags.regressor_tags) if t is not None]
    assert poor == [False]
