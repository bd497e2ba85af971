"""One network on encoded tables: what the tabular estimators have as members."""

from __future__ import annotations

from typing import Any

from skdeep.backend import get_backend
from skdeep.data.place import to_host
from skdeep.data.training_data import TrainingData
from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.dense import DenseLayers
from skdeep.estimators.parameters.networks import Classification, NetworkTraining
from skdeep.estimators.parameters.tabular import TabularNetworkColumns
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionTarget
from skdeep.estimators.regressor import BaseNetworkRegressor
from skdeep.estimators.tabular.architecture import (
    START_ROWS,
    TabularArchitecture,
    fit_first_weights,
)
from skdeep.estimators.tabular.held_out import refined_score


class TabularNetwork:
    """What networks that classify and those that predict numbers share."""

    _warns_of_too_few_epochs = False

    def _architecture(self) -> TabularArchitecture:
        return TabularArchitecture.of(self)

    def _fit_first_weights(self: Any, data: TrainingData, random: Any) -> None:
        predictor = self._make_predictor(self._values, get_backend("cpu"))
        rows = data.rows
        if len(rows) > START_ROWS:
            rows = rows[random.permutation(len(rows))[:START_ROWS]]
        weight = None if data.weight is None else data.weight[rows]
        if weight is not None and not weight.any():  # none of many rows that has one was drawn
            weight = None
        fit_first_weights(self._network, predictor, to_host(data.X[rows]), weight, random)


@estimator_parameters
class TabularNetworkClassifier(
    Classification,
    NetworkTraining,
    DenseLayers,
    TabularNetworkColumns,
    TabularNetwork,
    BaseNetworkClassifier,
):
    """A network that classifies the rows of encoded tables."""

    def _score_outputs(self, target, output, weight):
        return refined_score(self._target, output, target, weight)


@estimator_parameters
class TabularNetworkRegressor(
    RegressionTarget,
    NetworkTraining,
    DenseLayers,
    TabularNetworkColumns,
    RegressionLoss,
    TabularNetwork,
    BaseNetworkRegressor,
):
    """A network that predicts numbers for the rows of encoded tables."""
