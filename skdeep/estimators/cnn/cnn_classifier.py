"""The convolutional network that classifies."""

from __future__ import annotations

from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.cnn.architecture import CNNArchitecture
from skdeep.estimators.cnn.samples import architecture_of, read_by_convolutions
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.convolution import ConvolutionalNetworkParameters
from skdeep.estimators.parameters.networks import Classification


@estimator_parameters(attributes=[texts.CLASSES, *texts.IMAGE_NETWORK], notes=texts.IMAGES)
class CNNClassifier(Classification, ConvolutionalNetworkParameters, BaseNetworkClassifier):
    """Convolutional network classifier, for images and signals.

    See Also
    --------
    CNNRegressor : Regression with the same networks.
    MLPClassifier : Dense layers alone, for tables.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998). Gradient-based learning applied to document
    recognition. Proceedings of the IEEE 86.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import CNNClassifier
    >>> digits = load_digits()
    >>> X, y = digits.images / 16, digits.target
    >>> model = CNNClassifier(
    ...     conv_layers=[(8, 3), (16, 3)],
    ...     hidden_layer_sizes=(),
    ...     learning_rate_init=0.01,
    ...     batch_size=32,
    ...     early_stopping=True,
    ...     random_state=0,
    ... )
    >>> model = model.fit(X[:1000], y[:1000])
    >>> bool(model.score(X[1000:], y[1000:]) > 0.9)
    True
    >>> model.image_shape_, model.transform(X[:2]).shape
    ((8, 8, 1), (2, 64))
    """

    _input = read_by_convolutions

    def _architecture(self) -> CNNArchitecture:
        return architecture_of(self)
