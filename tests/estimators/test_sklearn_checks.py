"""scikit-learn's own checks of every estimator, with no expected failure."""

import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import parametrize_with_checks

from skdeep import (
    Autoencoder,
    BernoulliRBM,
    CNNClassifier,
    CNNRegressor,
    ConvAutoencoder,
    DBNTransformer,
    GaussianRBM,
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    NetworkTransformer,
    RBMClassifier,
    RNNClassifier,
    RNNRegressor,
    VariationalAutoencoder,
)
from skdeep.nn import Activation, BatchNorm, Dense, Dropout, MaskingNoise, Residual
from tests.contracts.estimators import BY_CLASS

RICH = {
    "hidden_layer_sizes": (30, 20),
    "activation": ["tanh", "gelu"],
    "dropout": [0.0, 0.02],
    "normalization": "batch",
    "random_state": 0,
    "learning_rate_init": 0.01,
    "learning_rate_schedule": "one_cycle",
}

RICH_CONVOLUTIONS = {
    "conv_layers": [(8, 3), (12, 2)],
    "hidden_layer_sizes": (20,),
    "activation": ["tanh", "gelu", "relu"],
    "pooling": [None, 2],
    "pooling_type": "average",
    "dilation": [2, 1],
    "global_pooling": "max",
    "normalization": "batch",
    "residual": True,
    "random_state": 0,
    "learning_rate_init": 0.01,
    "learning_rate_schedule": "one_cycle",
}

RICH_RECURRENCE = {
    "recurrent_layer_sizes": (8, 6),
    "cell": "gru",
    "bidirectional": True,
    "pooling": "attention",
    "hidden_layer_sizes": (10,),
    "activation": "tanh",
    "dropout": 0.02,
    "recurrent_dropout": 0.02,
    "max_iter": 60,
    "normalization": "batch",
    "random_state": 0,
    "learning_rate_init": 0.02,
    "learning_rate_schedule": "one_cycle",
}

LISTED = [
    Dense(20, name="hidden"),
    BatchNorm(),
    Activation("gelu"),
    Residual([Dense(20), Activation("tanh")]),
    Dropout(0.02),
]

LEARNERS = [case for case in BY_CLASS.values() if case.tables]

#: Each with its defaults, or what the list names; then some with many options.
ESTIMATORS = [
    *(case.checked or case.cls() for case in LEARNERS),
    BernoulliRBM(8, algorithm="cd", centering=True, likelihood="exact", random_state=0),
    GaussianRBM(
        4,
        algorithm="cd",
        n_gibbs_steps=2,
        learn_variance=False,
        likelihood="exact",
        random_state=0,
    ),
    RBMClassifier(4, training="discriminative", solver="lbfgs", max_iter=15),
    RBMClassifier(8, training="generative", n_gibbs_steps=2, max_iter=60, learning_rate_init=0.05),
    DBNTransformer((12, 8), visible="gaussian", pretrain_n_iter=[2, 1], random_state=0),
    CNNClassifier(**RICH_CONVOLUTIONS),
    CNNRegressor(standardize_target=True, **RICH_CONVOLUTIONS),
    RNNClassifier(**RICH_RECURRENCE),
    RNNRegressor(
        standardize_target=True,
        **RICH_RECURRENCE | {"learning_rate_schedule": None, "max_iter": 80},
    ),
    MLPClassifier(**RICH),
    MLPRegressor(standardize_target=True, **RICH),
    NetworkClassifier(LISTED, solver="adamw", learning_rate_init=0.01, random_state=0),
    NetworkRegressor(LISTED, standardize_target=True, learning_rate_init=0.01, random_state=0),
    NetworkTransformer([MaskingNoise(0.1), *LISTED, Dense(2)], [BatchNorm()], random_state=0),
    Autoencoder(
        3,
        hidden_layer_sizes=(8,),
        activation="tanh",
        code_activation="logistic",
        tied_weights=True,
        corruption="salt_and_pepper",
        sparsity_penalty="kl",
        sparsity_cost=0.1,
        contraction_cost=0.1,
        pretrain="layerwise",
        random_state=0,
    ),
    ConvAutoencoder(
        3,
        [(4, 3), (6, 2)],
        activation="gelu",
        code_activation="tanh",
        pooling=[2, None],
        pooling_type="average",
        corruption="masking",
        dropout=0.1,
        normalization="batch",
        random_state=0,
    ),
    VariationalAutoencoder(
        3,
        hidden_layer_sizes=(),
        n_importance_samples=2,
        noise_variance=0.5,
        transform_output="sample",
        likelihood="elbo",
        random_state=0,
    ),
]


#: Checks of what is learned, for which a few epochs are too few. In the second, integers of an
#: array may be tokens, while those of a data frame are numbers.
OF_LEARNING = {
    "check_class_weight_classifiers",
    "check_classifier_data_not_an_array",
    "check_classifiers_train",
    "check_outliers_train",
    "check_regressors_train",
}
EPOCHS = "max_iter", "n_iter", "pretrain_max_iter", "pretrain_n_iter"


def brief(estimator):
    """Return it with few epochs, those of members included."""
    few = {
        name: 4
        for name, value in estimator.get_params().items()
        if name.rpartition("__")[2] in EPOCHS and isinstance(value, int) and value > 4
    }
    return clone(estimator).set_params(**few)


def tolerant(test):
    """Leave out the warnings of data that the checks draw for any estimator."""
    for told in (
        ":sklearn.exceptions.ConvergenceWarning",
        r"\w+ expects values:UserWarning",
        "the features have a root mean square:UserWarning",
        "column . of y has mean:UserWarning",
    ):
        test = pytest.mark.filterwarnings(f"ignore:{told}")(test)
    return test


@tolerant
@parametrize_with_checks(ESTIMATORS)
def test_sklearn_checks(estimator, check):
    """Most of them with few epochs, as they compare fits with each other."""
    check(estimator if check.func.__name__ in OF_LEARNING else brief(estimator))


OTHERWISE = [case for case in LEARNERS if case.any_columns or case.few_per_batch]
DEFAULTS = [type(case.checked)() for case in LEARNERS if case.checked and case not in OTHERWISE]


@pytest.mark.long
@tolerant
@parametrize_with_checks([*ESTIMATORS, *DEFAULTS])
def test_sklearn_checks_with_all_epochs(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_no_tag_escapes_a_check(estimator):
    tags = estimator.__sklearn_tags__()
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert not tags._skip_test
    poor = [t.poor_score for t in (tags.classifier_tags, tags.regressor_tags) if t is not None]
    assert not any(poor)
