"""The multilayer perceptron regressor."""

from __future__ import annotations

from typing import Any

from skdeep.data.training_data import TrainingData
from skdeep.estimators.mlp.architecture import MLPArchitecture
from skdeep.estimators.mlp.number_input import NumberInput, fit_first_edges, takes_sparse
from skdeep.estimators.parameters import estimator_parameters, redeclared, texts
from skdeep.estimators.parameters.dense import DenseLayers
from skdeep.estimators.parameters.networks import NetworkTraining
from skdeep.estimators.parameters.tabular import NumberLayers
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionLosses, RegressionTarget
from skdeep.estimators.regressor import BaseNetworkRegressor


@estimator_parameters(attributes=texts.NETWORK, notes=texts.TABLE)
class MLPRegressor(
    NumberLayers,
    RegressionTarget,
    NetworkTraining,
    DenseLayers,
    RegressionLoss,
    BaseNetworkRegressor,
):
    """Multilayer perceptron regressor: scikit-learn's, faster, with what users missed there.

    Takes every parameter of :class:`sklearn.neural_network.MLPRegressor` with the same meaning
    and default; in float64 it gives the same loss curve and weights. What deviates on purpose is
    listed in the documentation.

    See Also
    --------
    MLPClassifier : Classification with the same networks.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from skdeep import MLPRegressor
    >>> X, y = make_friedman1(500, random_state=0)
    >>> model = MLPRegressor(
    ...     hidden_layer_sizes=(50,),
    ...     learning_rate_init=0.01,
    ...     standardize_target=True,
    ...     random_state=0,
    ... )
    >>> bool(model.fit(X, y).score(X, y) > 0.95)
    True
    >>> model.predict(X[:2]).shape
    (2,)
    """

    loss: RegressionLosses = redeclared(RegressionLoss, default="squared_error", kw_only=False)

    _input = NumberInput()

    def _fit_first_weights(self, data: TrainingData, random: Any) -> None:
        fit_first_edges(self, data)

    def _architecture(self) -> MLPArchitecture:
        return MLPArchitecture.of(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = takes_sparse(self)
        return tags
