"""The network of listed layers that classifies."""

from __future__ import annotations

from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.network.architecture import NetworkArchitecture
from skdeep.estimators.network.samples import layered_input
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.layers import LayeredTraining, Layers
from skdeep.estimators.parameters.networks import Classification


@estimator_parameters(attributes=[texts.CLASSES, *texts.LAYERED_NETWORK], notes=texts.LAYERED)
class NetworkClassifier(Classification, LayeredTraining, Layers, BaseNetworkClassifier):
    """Classifier made of any layers: those of skdeep.nn, and your own.

    See Also
    --------
    NetworkRegressor : Regression with listed layers.
    MLPClassifier : Dense layers, with fewer words.
    skdeep.testing.check_layer : Checks layers of your own.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import NetworkClassifier
    >>> from skdeep.nn import Activation, Conv, Dropout, GlobalMaxPool, Reshape
    >>> X, y = load_digits(return_X_y=True)
    >>> layers = [
    ...     Reshape((8, 8, 1)),
    ...     Conv(16, 3, name="conv"),
    ...     Activation("relu"),
    ...     Conv(32, 3),
    ...     Activation("relu"),
    ...     GlobalMaxPool(),
    ...     Dropout(0.1),
    ... ]
    >>> model = NetworkClassifier(
    ...     layers, learning_rate_init=0.01, early_stopping=True, random_state=0
    ... )
    >>> bool(model.fit(X[:1000] / 16, y[:1000]).score(X[1000:] / 16, y[1000:]) > 0.9)
    True
    >>> model.set_params(layers__conv__filters=8).layers[1]
    Conv(filters=8, kernel_size=3, name='conv')
    """

    _input = layered_input

    def _architecture(self) -> NetworkArchitecture:
        return NetworkArchitecture.of(self, given=self.layers, repeatable=self.solver == "lbfgs")
