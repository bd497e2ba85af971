"""The convolutional network that predicts numbers."""

from __future__ import annotations

from skdeep.estimators.augmented import check_followed
from skdeep.estimators.cnn.architecture import CNNArchitecture
from skdeep.estimators.cnn.samples import architecture_of, read_by_convolutions
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.convolution import ConvolutionalNetworkParameters
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionTarget
from skdeep.estimators.regressor import BaseNetworkRegressor


@estimator_parameters(attributes=texts.IMAGE_NETWORK, notes=texts.IMAGES)
class CNNRegressor(
    RegressionTarget, RegressionLoss, ConvolutionalNetworkParameters, BaseNetworkRegressor
):
    """Convolutional network regressor, for images and signals.

    See Also
    --------
    CNNClassifier : Classification with the same networks.
    MLPRegressor : Dense layers alone, for tables.

    Examples
    --------
    The frequency of a noisy tone:

    >>> import numpy as np
    >>> from skdeep import CNNRegressor
    >>> random = np.random.default_rng(0)
    >>> y = random.uniform(1, 5, 400)
    >>> phase = random.uniform(0, 6, (400, 1))
    >>> X = np.sin(y[:, None] * np.arange(30) / 5 + phase) + 0.1 * random.normal(size=(400, 30))
    >>> model = CNNRegressor(
    ...     conv_layers=[(16, 5), (16, 5)],
    ...     hidden_layer_sizes=(),
    ...     pooling=None,
    ...     global_pooling="average",
    ...     learning_rate_init=0.01,
    ...     batch_size=50,
    ...     random_state=0,
    ... )
    >>> model = model.fit(X[:300], y[:300])
    >>> bool(model.score(X[300:], y[300:]) > 0.9)
    True
    """

    _input = read_by_convolutions

    def _architecture(self) -> CNNArchitecture:
        return architecture_of(self, numeric=True, target=vars(self).get("_target"))

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        super()._make_target(y, weight, first=first, incremental=incremental, classes=classes)
        shape = getattr(self, "image_shape_", ())  # sequences of any length have none
        check_followed(self._architecture().changes(), self._target, y, shape)
