"""The network of listed layers that classifies."""

from __future__ import annotations

import numpy as np

from skdeep.backend import compute
from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.network.architecture import NetworkArchitecture
from skdeep.estimators.network.samples import SEQUENCES, read_as
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.layers import GivenClassificationLoss, LayeredTraining, Layers
from skdeep.estimators.parameters.targets import ClassWeight, LabelSmoothing
from skdeep.nn.losses import Loss


@estimator_parameters(attributes=[texts.CLASSES, *texts.LAYERED_NETWORK], notes=texts.LAYERED)
class NetworkClassifier(
    ClassWeight,
    LabelSmoothing,
    GivenClassificationLoss,
    LayeredTraining,
    Layers,
    BaseNetworkClassifier,
):
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

    _input = read_as(SEQUENCES)

    def predict_log_proba(self, X):
        """Predict the logarithms of the probabilities.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes) or list of such
            Like :meth:`predict_proba`; from the logits where `loss` is a name, and finite then
            where a probability is too small for its dtype.
        """
        if not isinstance(self.loss, Loss):
            return super().predict_log_proba(X)
        with np.errstate(divide="ignore"):
            return compute(lambda xp, proba: xp.log(proba), self.predict_proba(X))

    def _architecture(self) -> NetworkArchitecture:
        return NetworkArchitecture.of(self, given=self.layers, repeatable=self.solver == "lbfgs")
