"""Deep learning for people who live in scikit-learn."""

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
