"""One network on encoded tables: what the tabular estimators have as members."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from scipy.special import logit

from skdeep.backend import get_backend
from skdeep.data.place import to_host
from skdeep.data.scores import r2_by_sample
from skdeep.data.training_data import TrainingData
from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.fit.estimator_fit import copy_with
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.dense import DenseLayers
from skdeep.estimators.parameters.networks import Classification, NetworkTraining
from skdeep.estimators.parameters.tabular import TabularNetworkColumns
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionTarget
from skdeep.estimators.regressor import BaseNetworkRegressor
from skdeep.estimators.supervised import hidden_outputs
from skdeep.estimators.tabular.architecture import (
    EDGE_CELLS,
    EDGE_ROWS,
    START_ROWS,
    TabularArchitecture,
    fit_first_edges,
    fit_first_weights,
)
from skdeep.estimators.tabular.held_out import refined_scores
from skdeep.nn.losses import Loss
from skdeep.nn.members.member_loss import MemberLoss


class TabularNetwork:
    """What networks that classify and those that predict numbers share."""

    _warns_of_too_few_epochs = False

    def _architecture(self) -> TabularArchitecture:
        return TabularArchitecture.of(self)

    #: Networks whose mean prediction is that of this one, where it stands for several.
    _networks: tuple[Any, ...] = ()

    @property
    def _k(self: Any) -> int:
        """Number of members inside, whose outputs stand side by side."""
        return 1 if self.member_sharing == "none" else int(self.n_members)

    def _loss(self: Any) -> Loss:
        loss: Loss = super()._loss()  # type: ignore[misc]
        return loss if self._k == 1 else MemberLoss(loss, self._k)

    def _by_member(self: Any, outputs: Any) -> list[Any]:
        """Return the outputs (n, K) of each member, of all of them (n, k * K)."""
        width = outputs.shape[1] // self._k
        return [outputs[:, k * width : (k + 1) * width] for k in range(self._k)]

    def _score_samples(self, target: Any, output: Any, weight: Any) -> np.ndarray:
        """Return what each sample that counts adds to the score of outputs (n, k * K)."""
        return self._score_means(target, np.mean(self._by_member(output), axis=0), weight)

    @abstractmethod
    def _score_means(self, target: Any, output: Any, weight: Any) -> np.ndarray:
        """Return what each sample that counts adds to the score of mean predictions (n, K)."""

    def _score_outputs(self, target: Any, output: Any, weight: Any) -> float:
        return float(self._score_samples(target, output, weight).sum())

    def _fitted_outputs(self: Any, rows: Any) -> Iterator[Any]:
        if self._k == 1:
            yield from super()._fitted_outputs(rows)  # type: ignore[misc]
            return
        yield self._predictor(rows, "logits")[0]
        yield from hidden_outputs(self, rows)

    def _mean_of(self: Any, fitted: Sequence[Any]) -> Any:
        """Return an estimator that predicts the mean of what fitted networks predict."""
        return copy_with(fitted[0], {"_networks": tuple(fitted)})

    def _forward(self: Any, X: Any, what: str = "output") -> Any:
        plain = super()._forward  # type: ignore[misc]
        if what not in ("output", "logits") or not (self._networks or self._k > 1):
            return plain(X, what)
        outputs = [one._forward(X) for one in self._networks] or self._by_member(plain(X))
        mean = np.mean([to_host(output) for output in outputs], axis=0)
        return mean if what == "output" else logits_of(mean, self.out_activation_)

    def _fit_first_weights(self: Any, data: TrainingData, random: Any) -> None:
        predictor = self._make_predictor(self._values, get_backend("cpu"))
        most = START_ROWS // min(self._k, 8)  # all members read each of them
        many = max(most, min(EDGE_ROWS, EDGE_CELLS // max(data.X.shape[1], 1)))
        rows = data.rows
        if len(rows) > most:
            rows = rows[random.permutation(len(rows))]
        if self.numeric_embedding == "ple":
            read = _read(data, rows[:many])
            fit_first_edges(self._network, predictor.store.values, *read, self.n_bins)
        fit_first_weights(self._network, predictor, *_read(data, rows[:most]), random)


def _read(data: TrainingData, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Return rows of X, and their weights where these differ."""
    weight = None if data.weight is None else data.weight[rows]
    if weight is not None and (weight == weight[0]).all():  # such as 0, of those that were drawn
        weight = None
    return to_host(data.X[rows]), weight


def logits_of(output: np.ndarray, activation: str) -> np.ndarray:
    """Return logits that mean these predictions; those of rounded ones are finite."""
    if activation == "identity":
        return output
    limits = np.finfo(output.dtype)
    if activation == "logistic":
        return np.asarray(logit(np.clip(output, limits.tiny, 1 - limits.epsneg)))
    return np.asarray(np.log(np.maximum(output, limits.tiny)))


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

    #: Whose member it is, in what users are told.
    _public_name = "TabularMLPClassifier"

    def _score_means(self, target, output, weight):
        return refined_scores(self._target, output, target, weight)


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

    _public_name = "TabularMLPRegressor"

    def _score_means(self, target, output, weight):
        middle = slice(self._target.middle, None, self._target.n_levels)
        return r2_by_sample(self._target.observed(target)[:, middle], output[:, middle], weight)
