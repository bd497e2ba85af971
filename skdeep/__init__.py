"""Deep learning for people who live in scikit-learn."""

from skdeep.estimators.mlp_classifier import MLPClassifier
from skdeep.estimators.mlp_ensemble import MLPEnsembleClassifier, MLPEnsembleRegressor
from skdeep.estimators.mlp_regressor import MLPRegressor
from skdeep.kernels.activations import register_activation

__version__ = "0.1.0.dev0"

__all__ = [
    "MLPClassifier",
    "MLPEnsembleClassifier",
    "MLPEnsembleRegressor",
    "MLPRegressor",
    "register_activation",
]
