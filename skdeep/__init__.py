"""Neural networks as scikit-learn estimators."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from skdeep.estimators.attention.attention_classifier import AttentionClassifier
    from skdeep.estimators.attention.attention_regressor import AttentionRegressor
    from skdeep.estimators.autoencoder.autoencoder import Autoencoder
    from skdeep.estimators.autoencoder.autoencoder_outlier_detector import (
        AutoencoderOutlierDetector,
    )
    from skdeep.estimators.autoencoder.conv_autoencoder import ConvAutoencoder
    from skdeep.estimators.autoencoder.rnn_autoencoder import RNNAutoencoder
    from skdeep.estimators.autoencoder.variational_autoencoder import VariationalAutoencoder
    from skdeep.estimators.captions.image_captioner import ImageCaptioner
    from skdeep.estimators.cnn.cnn_classifier import CNNClassifier
    from skdeep.estimators.cnn.cnn_regressor import CNNRegressor
    from skdeep.estimators.cnn.image_resizer import ImageResizer
    from skdeep.estimators.dbn.dbn_classifier import DBNClassifier
    from skdeep.estimators.dbn.dbn_regressor import DBNRegressor
    from skdeep.estimators.dbn.dbn_transformer import DBNTransformer
    from skdeep.estimators.mlp.mlp_classifier import MLPClassifier
    from skdeep.estimators.mlp.mlp_ensemble import MLPEnsembleClassifier, MLPEnsembleRegressor
    from skdeep.estimators.mlp.mlp_regressor import MLPRegressor
    from skdeep.estimators.network.network_classifier import NetworkClassifier
    from skdeep.estimators.network.network_regressor import NetworkRegressor
    from skdeep.estimators.network.network_transformer import NetworkTransformer
    from skdeep.estimators.rbm.bernoulli_rbm import BernoulliRBM
    from skdeep.estimators.rbm.gaussian_rbm import GaussianRBM
    from skdeep.estimators.rbm.rbm_classifier import RBMClassifier
    from skdeep.estimators.rnn.mu_law_encoder import MuLawEncoder
    from skdeep.estimators.rnn.rnn_classifier import RNNClassifier
    from skdeep.estimators.rnn.rnn_forecaster import RNNForecaster
    from skdeep.estimators.rnn.rnn_generator import RNNGenerator
    from skdeep.estimators.rnn.rnn_regressor import RNNRegressor
    from skdeep.estimators.rnn.rnn_tagger import RNNTagger
    from skdeep.estimators.rnn.sequence_encoder import SequenceEncoder
    from skdeep.estimators.rnn.sequence_scaler import SequenceScaler
    from skdeep.estimators.seq2seq.seq2seq_translator import Seq2SeqTranslator
    from skdeep.estimators.tabular.tabular_mlp_classifier import TabularMLPClassifier
    from skdeep.estimators.tabular.tabular_mlp_regressor import TabularMLPRegressor
    from skdeep.kernels.activations import register_activation

__version__ = "0.1.0.dev0"

__all__ = [
    "AttentionClassifier",
    "AttentionRegressor",
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
    "ImageCaptioner",
    "ImageResizer",
    "MLPClassifier",
    "MLPEnsembleClassifier",
    "MLPEnsembleRegressor",
    "MLPRegressor",
    "MuLawEncoder",
    "NetworkClassifier",
    "NetworkRegressor",
    "NetworkTransformer",
    "RBMClassifier",
    "RNNAutoencoder",
    "RNNClassifier",
    "RNNForecaster",
    "RNNGenerator",
    "RNNRegressor",
    "RNNTagger",
    "Seq2SeqTranslator",
    "SequenceEncoder",
    "SequenceScaler",
    "TabularMLPClassifier",
    "TabularMLPRegressor",
    "VariationalAutoencoder",
    "register_activation",
]

#: Where each public name is defined: it is imported when it is first asked for.
_HOMES = {
    "AttentionClassifier": "skdeep.estimators.attention.attention_classifier",
    "AttentionRegressor": "skdeep.estimators.attention.attention_regressor",
    "Autoencoder": "skdeep.estimators.autoencoder.autoencoder",
    "AutoencoderOutlierDetector": "skdeep.estimators.autoencoder.autoencoder_outlier_detector",
    "BernoulliRBM": "skdeep.estimators.rbm.bernoulli_rbm",
    "CNNClassifier": "skdeep.estimators.cnn.cnn_classifier",
    "CNNRegressor": "skdeep.estimators.cnn.cnn_regressor",
    "ConvAutoencoder": "skdeep.estimators.autoencoder.conv_autoencoder",
    "DBNClassifier": "skdeep.estimators.dbn.dbn_classifier",
    "DBNRegressor": "skdeep.estimators.dbn.dbn_regressor",
    "DBNTransformer": "skdeep.estimators.dbn.dbn_transformer",
    "GaussianRBM": "skdeep.estimators.rbm.gaussian_rbm",
    "ImageCaptioner": "skdeep.estimators.captions.image_captioner",
    "ImageResizer": "skdeep.estimators.cnn.image_resizer",
    "MLPClassifier": "skdeep.estimators.mlp.mlp_classifier",
    "MLPEnsembleClassifier": "skdeep.estimators.mlp.mlp_ensemble",
    "MLPEnsembleRegressor": "skdeep.estimators.mlp.mlp_ensemble",
    "MLPRegressor": "skdeep.estimators.mlp.mlp_regressor",
    "MuLawEncoder": "skdeep.estimators.rnn.mu_law_encoder",
    "NetworkClassifier": "skdeep.estimators.network.network_classifier",
    "NetworkRegressor": "skdeep.estimators.network.network_regressor",
    "NetworkTransformer": "skdeep.estimators.network.network_transformer",
    "RBMClassifier": "skdeep.estimators.rbm.rbm_classifier",
    "RNNAutoencoder": "skdeep.estimators.autoencoder.rnn_autoencoder",
    "RNNClassifier": "skdeep.estimators.rnn.rnn_classifier",
    "RNNForecaster": "skdeep.estimators.rnn.rnn_forecaster",
    "RNNGenerator": "skdeep.estimators.rnn.rnn_generator",
    "RNNRegressor": "skdeep.estimators.rnn.rnn_regressor",
    "RNNTagger": "skdeep.estimators.rnn.rnn_tagger",
    "Seq2SeqTranslator": "skdeep.estimators.seq2seq.seq2seq_translator",
    "SequenceEncoder": "skdeep.estimators.rnn.sequence_encoder",
    "SequenceScaler": "skdeep.estimators.rnn.sequence_scaler",
    "TabularMLPClassifier": "skdeep.estimators.tabular.tabular_mlp_classifier",
    "TabularMLPRegressor": "skdeep.estimators.tabular.tabular_mlp_regressor",
    "VariationalAutoencoder": "skdeep.estimators.autoencoder.variational_autoencoder",
    "register_activation": "skdeep.kernels.activations",
}
_PACKAGES = (
    "callbacks",
    "estimators",
    "inspection",
    "metrics",
    "model_selection",
    "nn",
    "optim",
    "testing",
)

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
