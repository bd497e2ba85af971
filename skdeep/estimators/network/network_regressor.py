"""The network of listed layers that predicts numbers."""

from __future__ import annotations

from skdeep.estimators.augmented import check_followed
from skdeep.estimators.network.architecture import NetworkArchitecture
from skdeep.estimators.network.samples import SEQUENCES, read_as, seen_shape
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.layers import GivenRegressionLoss, LayeredTraining, Layers
from skdeep.estimators.parameters.targets import RegressionTarget
from skdeep.estimators.regressor import BaseNetworkRegressor


@estimator_parameters(attributes=texts.LAYERED_NETWORK, notes=texts.LAYERED)
class NetworkRegressor(
    RegressionTarget, LayeredTraining, GivenRegressionLoss, Layers, BaseNetworkRegressor
):
    """Regressor made of any layers: those of skdeep.nn, and your own.

    See Also
    --------
    NetworkClassifier : Classification with listed layers.
    MLPRegressor : Dense layers, with fewer words.
    skdeep.testing.check_layer : Checks layers of your own.

    Examples
    --------
    How often noisy signals of any length swing:

    >>> import numpy as np
    >>> from skdeep import NetworkRegressor
    >>> from skdeep.nn import GRU, MeanSteps
    >>> random = np.random.default_rng(0)
    >>> y = random.uniform(1, 2, 200)
    >>> X = [np.sin(k * np.arange(n) / 2)[:, None] for k, n in zip(y, random.integers(20, 40, 200))]
    >>> model = NetworkRegressor(
    ...     [GRU(16), MeanSteps()],
    ...     batch_size=20,
    ...     learning_rate_init=0.01,
    ...     standardize_target=True,
    ...     n_iter_no_change=3,
    ...     tol=0.01,
    ...     random_state=0,
    ... )
    >>> bool(model.fit(X[:150], y[:150]).score(X[150:], y[150:]) > 0.8)
    True
    """

    _input = read_as(SEQUENCES)

    def _architecture(self) -> NetworkArchitecture:
        return NetworkArchitecture.of(
            self,
            given=self.layers,
            repeatable=self.solver == "lbfgs",
            numeric=True,
            target=vars(self).get("_target"),
        )

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        super()._make_target(y, weight, first=first, incremental=incremental, classes=classes)
        if changes := self._architecture().changes():
            given = vars(self).get("sample_shape_", ())  # sequences of any length have none
            _, shape = seen_shape(self.layers, given)
            check_followed(changes, self._target, y, shape)
