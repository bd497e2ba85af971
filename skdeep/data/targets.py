"""Targets: y as the numbers that a loss compares with, and predictions as y again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.utils import column_or_1d
from sklearn.utils.validation import check_array, check_consistent_length

from skdeep.backend import compute
from skdeep.data.cells import is_sequence
from skdeep.data.class_target import ClassTarget
from skdeep.data.domain import ROUNDING, Domain, check_domain
from skdeep.data.naming import naming
from skdeep.data.rows import as_host
from skdeep.data.target_arrays import as_target_array
from skdeep.data.target_kinds import check_target_kind
from skdeep.data.weighted_mean import weighted_mean

if TYPE_CHECKING:
    from skdeep.train.sequences.tagging import StepValues


def check_fit_target(estimator: Any, X: Any, y: Any) -> Any:
    """Validate y beside rows that are valid."""
    if y is None:
        raise ValueError(
            f"This {type(estimator).__name__} estimator requires y to be passed, but the "
            "target y is None."
        )
    if hasattr(estimator, "_sequence_form") and _differ_in_length(y):
        raise ValueError(
            "y must hold one value for each sequence, got sequences of different lengths: "
            "RNNTagger learns a class for each step"
        )
    kind = None if is_classifier(estimator) else "numeric"
    check_target_kind(y, type(estimator).__name__, numeric=kind is not None)
    y = as_target_array(y, numeric=kind is not None)
    with naming(y=y):
        y = check_array(
            as_host(y),
            accept_sparse="csr",
            ensure_2d=False,
            dtype=kind,
            input_name="y",
            estimator=estimator,
        )
    check_consistent_length(X, y)
    return as_target(estimator, y)


def _differ_in_length(y: Any) -> bool:
    """Whether y is a list, or an array of objects, of sequences of different lengths."""
    if not isinstance(y, list | tuple) and getattr(getattr(y, "dtype", None), "kind", "") != "O":
        return False
    parts = [part for part in y if is_sequence(part) and not isinstance(part, str | bytes)]
    return len({len(part) for part in parts}) > 1


def as_target(estimator: Any, y: Any) -> Any:
    """Return a valid y as it is learned: one column as a vector; refuse sparse numbers."""
    if hasattr(y, "tocsr") and not is_classifier(estimator):
        raise ValueError("y must be dense, got a sparse matrix")
    return column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y


def moments(y: np.ndarray, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean and the standard deviation of each column of `y` (n, K).

    They are those of the numbers that are there; of none that counts, 0 and 1.
    """
    missing = np.isnan(y)
    if missing.any():
        columns = zip(y.T, ~missing.T, strict=True)
        found = [_observed_moments(column[there], weight, there) for column, there in columns]
        mean, deviation = np.array(found).T
        return mean, deviation
    with np.errstate(over="ignore", invalid="ignore"):  # which is refused elsewhere
        mean = weighted_mean(y, weight)
        apart = y - mean
        if weight is not None:
            apart = apart[weight > 0]
            weight = weight[weight > 0]
        # Squares of which are neither infinite nor 0, whatever the unit of y.
        _, power = np.frexp(np.abs(apart).max(axis=0))
        spread = np.sqrt(weighted_mean(np.ldexp(apart, -power) ** 2, weight))
        return mean, np.ldexp(spread, power)


def _observed_moments(
    column: np.ndarray, weight: np.ndarray | None, there: np.ndarray
) -> tuple[float, float]:
    """Return the moments of the numbers of a column that are there."""
    weight = None if weight is None else weight[there]
    if not len(column) or (weight is not None and not weight.any()):
        return 0.0, 1.0
    mean, deviation = moments(column[:, None], weight)
    return float(mean[0]), float(deviation[0])


@dataclass(frozen=True)
class RealTarget:
    """Numbers; with `scale` they are standardised for training and predictions restored.

    Of each output there is a prediction for each of `levels` (quantiles), side by side.
    `loss`, as a user writes it, is one of numbers in `domain`; predictions and y lie within
    `bounds`. Of a `masked` one numbers may be missing, NaN: columns follow that say what is there.
    """

    n_columns: int
    levels: tuple[float, ...] = (0.5,)
    mean: np.ndarray = field(default_factory=lambda: np.zeros(1))
    scale: np.ndarray | None = None
    domain: Domain = (-np.inf, np.inf)
    loss: str = ""
    bounds: tuple[float, float] | None = None
    masked: bool = False

    @classmethod
    def of(
        cls,
        y: np.ndarray,
        weight: np.ndarray | None,
        *,
        standardize: bool,
        levels: tuple[float, ...],
        masked: bool = False,
    ) -> RealTarget:
        """Describe `y` (n,) or (n, K)."""
        columns = np.asarray(y, float).reshape(len(y), -1)
        if not standardize:
            return cls(columns.shape[1], levels, masked=masked)
        mean, scale = moments(columns, weight)
        scale[scale == 0] = 1.0
        return cls(columns.shape[1], levels, mean, scale, masked=masked)

    @property
    def n_levels(self) -> int:
        """Number of predictions of each output."""
        return len(self.levels)

    @property
    def units(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean and the scale of each column of encoded targets, (n_columns * n_levels,)."""
        scale = np.ones(self.n_columns) if self.scale is None else self.scale
        mean = np.zeros(self.n_columns) if self.scale is None else self.mean
        return np.repeat(mean, self.n_levels), np.repeat(scale, self.n_levels)

    @property
    def middle(self) -> int:
        """Which level is nearest the median."""
        return int(np.argmin(np.abs(np.array(self.levels) - 0.5)))

    def encode(self, y: np.ndarray) -> np.ndarray:
        """Return the loss's targets (n, K), float64; masked ones have twice as many columns."""
        columns = np.asarray(y, float).reshape(len(y), -1)
        columns = columns if self.scale is None else (columns - self.mean) / self.scale
        if not self.masked:
            return np.repeat(columns, self.n_levels, axis=1)
        there = ~np.isnan(columns)
        parts = (np.where(there, columns, 0.0), there.astype(float))
        return np.hstack([np.repeat(part, self.n_levels, axis=1) for part in parts])

    def observed(self, target: np.ndarray) -> np.ndarray:
        """Return encoded targets (n, K), with NaN where they are missing."""
        if not self.masked:
            return target
        values, there = np.split(np.asarray(target), 2, axis=1)
        return np.where(there > 0, values, np.nan)

    def decode(self, output: Any) -> Any:
        """Return predictions in the units of y: (n,), (n, K), or a last axis of levels."""
        found = self._units(output, shift=True)
        if self.bounds is None:
            return found
        low, high = self.bounds  # which rounding may exceed
        return compute(lambda xp, y: xp.clip(y, low, high), found)

    def spread(self, deviation: Any) -> Any:
        """Return standard deviations of outputs in the units and the shape of y."""
        return self._units(deviation, shift=False)

    def _units(self, output: Any, *, shift: bool) -> Any:
        output = output.reshape(len(output), self.n_columns, self.n_levels)
        if self.scale is not None:
            scale = self.scale.astype(output.dtype)[:, None]
            mean = self.mean.astype(output.dtype)[:, None] * shift
            output = compute(lambda xp, z: z * xp.asarray(scale) + xp.asarray(mean), output)
        output = output[:, :, 0] if self.n_levels == 1 else output
        return output[:, 0] if self.n_columns == 1 else output

    def target_labels(self, target: np.ndarray) -> np.ndarray:
        """Return y from its encoded form."""
        target = self.observed(target)
        return self.decode(target)[..., 0] if self.n_levels > 1 else self.decode(target)

    def check(self, y: np.ndarray) -> None:
        """Raise if `y` has another number of columns, or numbers that the loss does not take."""
        n_columns = y.reshape(len(y), -1).shape[1]
        if n_columns != self.n_columns:
            raise ValueError(f"y must have {self.n_columns} column(s), got {n_columns}")
        check_domain(self.domain, self.loss, y)
        known = y[~np.isnan(y)] if self.masked else y
        if self.bounds is not None and known.size:
            self._check_bounds(known)

    def check_columns(self, y: np.ndarray, weight: np.ndarray | None, which: str = "") -> None:
        """Raise if there is nothing to learn of a column of `y`, whose rows have weights.

        `which` says in the message which samples these are, where they are not all.
        """
        missing = np.isnan(y.reshape(len(y), -1))
        name = f"column {missing.all(axis=0).argmax()} of y" if self.n_columns > 1 else "y"
        if missing.all(axis=0).any():
            raise ValueError(f"{name} has no number{which}: all are missing")
        if weight is None or not weight.any():
            return
        idle = missing[weight > 0].all(axis=0)
        if idle.any():
            name = f"column {idle.argmax()} of y" if self.n_columns > 1 else "y"
            raise ValueError(
                f"{name} has no number of a sample with weight{which}: all of these are missing"
            )

    def _check_bounds(self, y: np.ndarray) -> None:
        """Raise if `y` lies outside of the bounds, but for rounding."""
        low, high = self.bounds or (-np.inf, np.inf)
        slack = ROUNDING * (high - low if np.isfinite(high) else 1.0)
        if y.min() < low - slack or y.max() > high + slack:
            raise ValueError(
                f"output_activation gives predictions from {low:g} to {high:g}, but y goes from "
                f"{y.min():g} to {y.max():g}: give a pair (low, high) around all of y, or scale y"
            )

    def strata(self, target: np.ndarray) -> None:
        """Return None: real targets are not stratified."""


@dataclass(frozen=True)
class RowsTarget:
    """The rows themselves: they are encoded by nothing, and there is no y to give back.

    Attributes
    ----------
    n_columns : int
        Number of features.
    low, high : ndarray of shape (n_columns,)
        The smallest and the largest value of each.
    """

    n_columns: int
    low: np.ndarray
    high: np.ndarray

    def encode(self, rows: Any) -> Any:
        """Return the very rows, so that no copy of them is made."""
        return rows

    def target_labels(self, rows: Any) -> None:
        """Return None: scorers get rows only."""

    def check(self, rows: Any) -> None:
        """Accept any rows; their width has been checked."""

    def strata(self, rows: Any) -> None:
        """Return None: rows are not stratified."""


def _at_steps(values: Any, sequences: Any) -> StepValues:
    """Return values at the places of the steps of sequences."""
    from skdeep.train.sequences.tagging import StepValues  # which targets of rows do without

    return StepValues(values, sequences.lengths, sequences.starts)


@dataclass(frozen=True)
class StepsTarget(RowsTarget):
    """The steps of sequences themselves."""

    def encode(self, sequences: Any) -> StepValues:
        """Return the very steps as targets at their places."""
        return _at_steps(sequences.steps, sequences)

    def encode_weights(self, sequences: Any, weight: np.ndarray) -> StepValues:
        """Return the weights of sequences as those of each of their steps, at their places."""
        steps = sequences.spread(np.repeat(weight, sequences.lengths))
        return _at_steps(steps, sequences)


@dataclass(frozen=True)
class StepTarget:
    """What is predicted at each step is what comes there: tokens, or numbers.

    Parameters
    ----------
    n_columns : int
        Number of tokens, or of channels.
    repeats : int
        How often each channel stands side by side, for a loss of several quantiles.
    masked : bool
        Whether columns follow that say what is there, 1, or missing, 0, which is NaN.
    """

    n_columns: int
    repeats: int = 1
    masked: bool = False

    def encode(self, y: Any) -> Any:
        """Return targets (n_steps, columns)."""
        steps = y.to_host().steps
        if y.is_tokens:
            return steps[:, None]
        there = ~np.isnan(steps)
        if not there.all():
            steps = np.where(there, steps, np.zeros((), steps.dtype))
        parts = [steps, there.astype(steps.dtype)] if self.masked else [steps]
        if self.repeats > 1:
            parts = [np.repeat(part, self.repeats, axis=1) for part in parts]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def check(self, y: Any) -> None:
        """Accept any sequences; they have been checked."""

    def strata(self, target: Any) -> None:
        """Return None: sequences are not stratified."""


@dataclass(frozen=True)
class PairsTarget(StepTarget):
    """What a decoder is to predict at each step of pairs."""

    def encode(self, y: Any) -> StepValues:
        """Return the tokens that follow each step, at its place."""
        found: StepValues = y.next_steps()
        return found

    def encode_weights(self, y: Any, weight: np.ndarray) -> StepValues:
        """Return the weights of pairs as those of each of their steps, at their places."""
        steps = y.spread(np.repeat(weight, y.lengths))
        return _at_steps(steps, y)


class StepClasses(ClassTarget):
    """Classes of the steps of sequences; y are :class:`StepValues`."""

    def encode(self, y: Any) -> Any:
        """Return the loss's targets at the places of the steps."""
        return _at_steps(super().encode(y.steps), y)

    def entry_weights(self, y: Any, weight: np.ndarray) -> np.ndarray:
        """Return the weights of sequences as those of their steps."""
        steps: np.ndarray = y.spread(np.repeat(weight, y.lengths))
        return steps

    def encode_weights(self, y: Any, weight: np.ndarray) -> StepValues:
        """Return the weights of steps at their places."""
        return _at_steps(weight, y)

    def check(self, y: Any) -> None:
        """Raise if a label is none of the classes."""
        super().check(np.concatenate(list(y)))

    def check_same(self, y: Any) -> None:
        """Raise unless these are the very labels that were found."""
        super().check_same(np.concatenate(list(y)))

    def column_codes(self, y: Any) -> list[np.ndarray]:
        """Return the index of each step's label in the classes."""
        return super().column_codes(y.steps)

    def target_labels(self, target: Any) -> Any:
        """Return a list of label arrays from encoded ones."""
        return [super(StepClasses, self).target_labels(one) for one in target]

    def strata(self, target: Any) -> None:
        """Return None: sequences are not stratified."""
