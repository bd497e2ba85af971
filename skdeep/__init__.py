"""Deep learning for people who live in scikit-learn."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skdeep.estimators.autoencoder import Autoencoder
    from skdeep.estimators.autoencoder_outlier_detector import AutoencoderOutlierDetector
    from skdeep.estimators.bernoulli_rbm import BernoulliRBM
    from skdeep.estimators.cnn_classifier import CNNClassifier
    from skdeep.estimators.cnn_regressor import CNNRegressor
    from skdeep.estimators.conv_autoencoder import ConvAutoencoder
    from skdeep.estimators.dbn_classifier import DBNClassifier
    from skdeep.estimators.dbn_regressor import DBNRegressor
    from skdeep.estimators.dbn_transformer import DBNTransformer
    from skdeep.estimators.gaussian_rbm import GaussianRBM
    from skdeep.estimators.mlp_classifier import MLPClassifier
    from skdeep.estimators.mlp_ensemble import MLPEnsembleClassifier, MLPEnsembleRegressor
    from skdeep.estimators.mlp_regressor import MLPRegressor
    from skdeep.estimators.rbm_classifier import RBMClassifier
    from skdeep.estimators.rnn_classifier import RNNClassifier
    from skdeep.estimators.rnn_forecaster import RNNForecaster
    from skdeep.estimators.rnn_generator import RNNGenerator
    from skdeep.estimators.rnn_regressor import RNNRegressor
    from skdeep.estimators.rnn_tagger import RNNTagger
    from skdeep.estimators.sequence_encoder import SequenceEncoder
    from skdeep.estimators.sequence_scaler import SequenceScaler
    from skdeep.estimators.variational_autoencoder import VariationalAutoencoder
    from skdeep.kernels.activations import register_activation

__version__ = "0.1.0.dev0"

__all__ = [
    "Autoencoder",
    "AutoencoderOutlierDetector",
    "BernoulliRBM",
    "CNNClassifier",
    "CNNRegressor",
    "ConvAutoencoder",
    "DBNClassifier",
    "DBNRegressor",
    "DBNTransformer",
    "GaussianRBM",
    "MLPClassifier",
    "MLPEnsembleClassifier",
    "MLPEnsembleRegressor",
    "MLPRegressor",
    "RBMClassifier",
    "RNNClassifier",
    "RNNForecaster",
    "RNNGenerator",
    "RNNRegressor",
    "RNNTagger",
    "SequenceEncoder",
    "SequenceScaler",
    "VariationalAutoencoder",
    "register_activation",
]

#: Where each public name is defined: it is imported when it is first asked for.
_HOMES = {
    "Autoencoder": "skdeep.estimators.autoencoder",
    "AutoencoderOutlierDetector": "skdeep.estimators.autoencoder_outlier_detector",
    "BernoulliRBM": "skdeep.estimators.bernoulli_rbm",
    "CNNClassifier": "skdeep.estimators.cnn_classifier",
    "CNNRegressor": "skdeep.estimators.cnn_regressor",
    "ConvAutoencoder": "skdeep.estimators.conv_autoencoder",
    "DBNClassifier": "skdeep.estimators.dbn_classifier",
    "DBNRegressor": "skdeep.estimators.dbn_regressor",
    "DBNTransformer": "skdeep.estimators.dbn_transformer",
    "GaussianRBM": "skdeep.estimators.gaussian_rbm",
    "MLPClassifier": "skdeep.estimators.mlp_classifier",
    "MLPEnsembleClassifier": "skdeep.estimators.mlp_ensemble",
    "MLPEnsembleRegressor": "skdeep.estimators.mlp_ensemble",
    "MLPRegressor": "skdeep.estimators.mlp_regressor",
    "RBMClassifier": "skdeep.estimators.rbm_classifier",
    "RNNClassifier": "skdeep.estimators.rnn_classifier",
    "RNNForecaster": "skdeep.estimators.rnn_forecaster",
    "RNNGenerator": "skdeep.estimators.rnn_generator",
    "RNNRegressor": "skdeep.estimators.rnn_regressor",
    "RNNTagger": "skdeep.estimators.rnn_tagger",
    "SequenceEncoder": "skdeep.estimators.sequence_encoder",
    "SequenceScaler": "skdeep.estimators.sequence_scaler",
    "VariationalAutoencoder": "skdeep.estimators.variational_autoencoder",
    "register_activation": "skdeep.kernels.activations",
}
_PACKAGES = ("callbacks", "estimators", "model_selection", "optim")

if not TYPE_CHECKING:  # type checkers read the imports above, and find misspelt names

    def __getattr__(name):
        if name in _PACKAGES:
            return import_module(f"skdeep.{name}")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(["__version__", *__all__, *_PACKAGES])
