"""The common parent of networks that give samples back through a code."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data._compat import fit_context
from skdeep.data.domain import check_domain
from skdeep.data.place import to_host
from skdeep.data.table import check_codes
from skdeep.data.targets import RowsTarget, StepsTarget
from skdeep.data.weighted_mean import weighted_mean
from skdeep.data.weights import check_weight
from skdeep.estimators import steps_back
from skdeep.estimators.architecture import CodingArchitecture
from skdeep.estimators.base import NetworkEstimator
from skdeep.estimators.checks.value_ranges import (
    feature_ranges,
    warn_of_scale,
    warn_outside_unit_interval,
)
from skdeep.estimators.checks.values import entries_of, registered
from skdeep.estimators.fit.planning import network_recipe
from skdeep.estimators.outputs import as_features, beside
from skdeep.estimators.sklearn_bases import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from skdeep.estimators.supervised import stochastic_only
from skdeep.fitting.plan import Recipe
from skdeep.nn.losses import LogisticLogLoss, Loss, Poisson, SquaredError
from skdeep.train.dataset import batch_slices
from skdeep.train.predictor import CHUNK_ROWS
from skdeep.train.reconstruction import ReconstructionEvaluator

#: Activations whose outputs have a size of their own, whatever the features have.
SATURATING = ("hard_sigmoid", "hard_tanh", "logistic", "tanh")
LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "log_loss": LogisticLogLoss,
    "poisson": Poisson,
}


class ReconstructionEstimator(ClassNamePrefixFeaturesOutMixin, TransformerMixin, NetworkEstimator):
    """Base of transformers whose network gives its rows back through a code.

    A subclass gives an architecture with codes, and the loss where there is no parameter `loss`.
    """

    _validation_names: ClassVar[tuple[str, ...]] = ("X_val",)
    #: The parameter, and its value, that wants features between 0 and 1.
    _of_probabilities: ClassVar[tuple[str, str] | None] = ("loss", "log_loss")
    #: Whether samples are sequences, which come back step by step.
    _reads_sequences: Any = False

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X, y=None, sample_weight=None, *, X_val=None, sample_weight_val=None, groups=None
    ):
        """Train on X.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name. CuPy arrays train on their GPU.
        y : Ignored
            Not used, present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : like X, default=None
            Validation samples, scored after each epoch; with ``early_stopping=True`` instead of
            holding some out of X. scikit-learn's searches and cross-validation cut every fit
            parameter that has as many samples as X: give another number of them there. A fit that
            gets as many as X has warns.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.
        groups : array-like of shape (n_samples,), default=None
            Groups of the samples of X, for `validation_split`.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained; or if training
            diverges. A model that was fitted before stays as it was.
        """
        validation = {"X_val": X_val, "sample_weight_val": sample_weight_val, "groups": groups}
        return self._fit(X, None, sample_weight, validation=validation)

    @available_if(stochastic_only)
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one more epoch, on these samples.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
        y : Ignored
            Not used, present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : estimator
            The same estimator.
        """
        return self._fit(X, None, sample_weight, incremental=True)

    @abstractmethod
    def _architecture(self) -> CodingArchitecture:
        """Return the architecture that the parameters describe."""

    def _code_layer(self) -> str:
        """Return the name of the layer whose outputs are the codes."""
        return self._architecture().code_layer(list(self._network.spec.children))

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X = self._input.check_fit_rows(self, X, reset=reset)
        name, value = self._of_probabilities or (None, None)
        if name is not None and getattr(self, name) == value:
            warn_outside_unit_interval(getattr(X, "steps", X), f"{name}={value!r}")
            return X, X
        if (loss := LOSSES.get(getattr(self, "loss", ""))) is not None:
            check_domain(loss.domain, f"loss={self.loss!r}", X, "X")
        if reset and (why := self._wants_unit_scale()):
            warn_of_scale(getattr(X, "steps", X), why)
        return X, X

    def _wants_unit_scale(self) -> str | None:
        """Return what of the parameters trains badly on large features, if anything."""
        found = sorted(set(self._activations()) & set(SATURATING))
        return f"activation={found[0]!r}" if found and self.loss == "squared_error" else None

    def _activations(self) -> Iterable[Any]:
        """Return the names of the activations of hidden layers."""
        return map(registered, entries_of("activation", getattr(self, "activation", ())))

    _target: Any

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        if self._reads_sequences:
            found = self._steps_target(y, weight, *steps_back.ranges(self, y, weight))
            if first:
                self._target = found
            return
        target = RowsTarget(y.shape[1], *feature_ranges(y, weight))
        if first:
            self._target = target

    def _steps_target(self, y: Any, weight: Any, low: np.ndarray, high: np.ndarray) -> StepsTarget:
        """Return what is to come back of sequences, by the ranges of their channels."""
        return StepsTarget(y.width, low, high)

    def _loss(self) -> Loss:
        return LOSSES[self.loss]()

    def _recipe(self) -> Recipe:
        if self._reads_sequences:
            return network_recipe(self)
        return network_recipe(self, evaluator=ReconstructionEvaluator)

    def _score_outputs(self, target, output, weight):
        """Return minus the mean squared error from each row's sum."""
        if self._reads_sequences:
            return steps_back.score_outputs(self, target, output, weight)
        return -float(weighted_mean(output[:, 0], weight)) / self._target.n_columns

    def _fitted_outputs(self, rows):
        if self._reads_sequences:
            yield from steps_back.fitted_outputs(self, rows)
            return
        for output in super()._fitted_outputs(rows):
            yield compute(lambda xp, a: a * a, output)  # as scores have them
        yield self._predictor(rows, self._code_layer())[0]

    @property
    def _n_features_out(self) -> int:
        check_is_fitted(self)
        if self._reads_sequences:
            return steps_back.code_width(self)
        return self._network.width(self._code_layer())

    def transform(self, X: Any) -> Any:
        """Return the code of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        X_new : array of shape (n_samples, n_components), or of arrays (T_i, n_components)
            Codes, in the dtype of the model; arrays where each step of a sequence has a code.
        """
        if self._reads_sequences:
            return steps_back.transform(self, X)
        check_is_fitted(self)
        return as_features(self, self._forward(X, self._code_layer()), X)

    def inverse_transform(self, X: Any) -> Any:
        """Decode codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes, as :meth:`transform` gives them.

        Returns
        -------
        X_original : array of shape (n_samples, n_features)
            Decoded samples, in the dtype of the model.

        Raises
        ------
        ValueError
            If `X` does not have `n_components` columns.
        """
        check_is_fitted(self)
        codes = check_codes(self, X, self._device)
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"inverse_transform of this {type(self).__name__} expects codes with "
                f"{self._n_features_out} columns, got {codes.shape[1]}"
            )
        names = list(self._network.spec.children)
        start = self._architecture().decoder_start(names)
        rows = self._predictor(codes, start=start)[0]
        return beside(self, X, rows)

    def reconstruct(self, X: Any) -> Any:
        """Return the reconstructions of samples from their codes.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        X_reconstructed : array of shape (n_samples, n_features), or of arrays (T_i, n_channels)
            Reconstructions, in the dtype of the model; arrays where samples are sequences.
        """
        if self._reads_sequences:
            return steps_back.reconstruct(self, X)
        return self._input.like(self, X, self._forward(X))

    def score_samples(self, X: Any) -> Any:
        """Return minus the mean squared reconstruction error of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.

        Returns
        -------
        scores : array of shape (n_samples,)
            Means over the features, and the steps of a sequence, whatever the loss; 0 is perfect,
            and minus infinity is of samples so far out that nothing can be computed.
        """
        if self._reads_sequences:
            return steps_back.score_samples(self, X)
        check_is_fitted(self)
        X = self._input.check(self, X)
        X = X.tocsr() if hasattr(X, "tocsr") else X
        scores = []
        for chunk in batch_slices(X.shape[0], CHUNK_ROWS):
            rows = X[chunk]
            output = beside(self, X, self._predictor(rows)[0])
            rows = rows.toarray() if hasattr(rows, "toarray") else rows
            with np.errstate(over="ignore", invalid="ignore"):
                scores.append(compute(_minus_squared_error, output, rows))
        return compute(lambda xp, *parts: xp.concatenate(parts), *scores)

    def score(self, X: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Return minus the mean squared reconstruction error, whatever the loss.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), images or sequences
            Samples, in a form that the notes of the class name.
        y : Ignored
            Not used, present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights; each step of a sequence has that of the sequence.

        Returns
        -------
        score : float
            The higher the better; 0 is perfect. It compares models with different
            losses.
        """
        if self._reads_sequences:
            return steps_back.score(self, X, sample_weight)
        scores = to_host(self.score_samples(X))
        weight = check_weight(sample_weight, scores[:, None])
        return float(weighted_mean(scores, weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self._input.sparse
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _minus_squared_error(xp: Any, output: Any, rows: Any) -> Any:
    difference = (output - rows).astype(float)  # its square may be beyond 32 bits
    found = -(difference * difference).mean(axis=1)
    return xp.where(xp.isnan(found), -xp.inf, found)  # so far out that infinities met
