"""Whether a fit holds samples out to stop early by them."""

from __future__ import annotations

from typing import Any

from skdeep.data.training_data import TrainingData
from skdeep.estimators.parameters.raw_texts import FEWEST_TO_HOLD_OUT


def asks_to_stop_early(estimator: Any) -> bool:
    """Whether ``early_stopping`` says so whatever the samples are."""
    return bool(estimator.early_stopping) and estimator.early_stopping != "auto"


def may_hold_out(estimator: Any) -> bool:
    """Whether a fit may hold samples out."""
    reads_texts = getattr(estimator, "unit", None) is not None
    return bool(estimator.early_stopping) and (asks_to_stop_early(estimator) or reads_texts)


def holds_out(estimator: Any, n: int, *, unasked: bool) -> bool:
    """Whether a fit of `n` samples holds some out; `unasked` where it may without being told."""
    if asks_to_stop_early(estimator):
        return True
    return may_hold_out(estimator) and unasked and n >= FEWEST_TO_HOLD_OUT


def stops_early(estimator: Any, data: TrainingData) -> bool:
    """Whether a fit on these samples stops by their score."""
    unasked = holds_out(estimator, data.X.shape[0], unasked=True) and data.validates
    return asks_to_stop_early(estimator) or unasked
