"""A fitted model as plain values, for a checkpoint, and the fitted estimator from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from skdeep.data.class_target import ClassTarget
from skdeep.data.pixels import Pixels
from skdeep.data.place import resolve_backend
from skdeep.data.sequence import SequenceForm
from skdeep.data.sized_target import SizedStepsTarget
from skdeep.data.targets import (
    PairsTarget,
    RealTarget,
    RowsTarget,
    StepClasses,
    StepsTarget,
    StepTarget,
)
from skdeep.data.text_reader import TextReader
from skdeep.fitting.history import NetworkHistory, RBMHistory
from skdeep.fitting.stack import loop_type

_KINDS = (
    ClassTarget,
    PairsTarget,
    RealTarget,
    RowsTarget,
    SizedStepsTarget,
    StepClasses,
    StepsTarget,
    StepTarget,
)
#: The kinds of targets by their names.
TARGETS: dict[str, type[Any]] = {cls.__name__: cls for cls in _KINDS}

#: Public attributes that are saved elsewhere, or not at all: estimators inside the estimator.
UNSAVED = (*NetworkHistory.names(), *RBMHistory.names(), "rbms_", "random_state_")

#: What sequences an estimator takes (:class:`~skdeep.data.sequence.SequenceForm`).
FORM = "_sequence_form"

#: What reads texts (:class:`~skdeep.data.text_reader.TextReader`).
READER = "_reader"

#: What numbers images were (:class:`~skdeep.data.pixels.Pixels`).
PIXELS = "_pixels"

#: What else is saved that is not public: how a fit read sequences, and the means that it saw.
READING = (
    FORM,
    "_standardized",
    "_output_read",
    "_known_names",
    "_chunk_steps",
    "_means_seen",
    "_missing_seen",
    "_sides",
    "_read_by",
    READER,
    PIXELS,
)


def model_of(estimator: Any) -> dict[str, Any]:
    """Return what, with the parameters, makes the fitted model, as a tree for a checkpoint."""
    public = {
        name: value
        for name, value in vars(estimator).items()
        if name in READING
        or (name.endswith("_") and not name.startswith("_") and name not in UNSAVED)
    }
    if READER in public:
        public[READER] = public[READER].state()
    target = vars(estimator).get("_target")
    if target is None:  # learned without one
        return {"attributes": public, "target": None}
    held = {field.name: getattr(target, field.name) for field in fields(target)}
    return {"attributes": public, "target": {"kind": type(target).__name__, "fields": held}}


def restore_model(
    estimator: Any, saved: Mapping[str, Any], state: Mapping[str, Any], *, best: bool = False
) -> bool:
    """Set what :func:`model_of` and the state of a training give; say whether they fit together."""
    attributes, target = saved["attributes"], saved["target"]
    if target is not None:
        estimator._target = TARGETS[target["kind"]](**target["fields"])
    vars(estimator).update(attributes | state["history"])
    if FORM in attributes:
        estimator._sequence_form = SequenceForm(*attributes[FORM])
    if PIXELS in attributes:
        estimator._pixels = Pixels(*attributes[PIXELS])
    if READER in attributes:
        estimator._reader = TextReader.of(attributes[READER])
    estimator._network = estimator._make_network(estimator.n_features_in_)
    chosen = state["best_values"] if best else None
    estimator._values = _predicting_values(state) if chosen is None else np.array(chosen)
    if estimator._values.shape != (1, estimator._network.layout.size):
        return False
    kind = loop_type(estimator._history_of_fit)
    estimator._training_state = kind.continuing(state, estimator.solver)
    return True


def place_model(estimator: Any) -> None:
    """Let a restored model compute where its parameters say."""
    estimator._use(resolve_backend(estimator.device, estimator._values).device)


def _predicting_values(state: Mapping[str, Any]) -> np.ndarray:
    """Return the parameters that predictions use: the averages where they are kept."""
    values = np.array(state["values"])
    if state["averages"] is not None:
        values[:, : state["averages"].shape[1]] = state["averages"]
    return values
