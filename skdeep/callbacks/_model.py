"""The model inside a checkpoint: what describes it, and a fitted estimator from that."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone

from skdeep.callbacks._identity import describe, differences
from skdeep.callbacks._tree import TARGETS, check_names, read_checkpoint
from skdeep.data.place import resolve_backend
from skdeep.data.sequence import SequenceForm
from skdeep.fitting.history import NetworkHistory, RBMHistory
from skdeep.fitting.resuming import CheckpointError, taking_up
from skdeep.fitting.stack import loop_type

#: Public attributes that are saved elsewhere, or not at all: estimators inside the estimator.
UNSAVED = (*NetworkHistory.names(), *RBMHistory.names(), "rbms_", "random_state_")

#: What sequences an estimator takes (:class:`~skdeep.data.sequence.SequenceForm`).
FORM = "_sequence_form"

#: What else is saved that is not public: how a fit read sequences.
READING = (FORM, "_standardized", "_chunk_steps", "_means_seen")

#: Parameters that may differ between a checkpoint and the estimator that it is loaded into.
FREE = ("device", "max_iter", "n_iter", "random_state", "verbose")


def model_of(estimator: Any) -> dict[str, Any]:
    """Return what, with the parameters, makes the fitted model, as a tree for a checkpoint."""
    public = {
        name: value
        for name, value in vars(estimator).items()
        if name in READING
        or (name.endswith("_") and not name.startswith("_") and name not in UNSAVED)
    }
    target = vars(estimator).get("_target")
    if target is None:  # learned without one
        return {"attributes": public, "target": None}
    fields = {f.name: getattr(target, f.name) for f in dataclasses.fields(target)}
    return {"attributes": public, "target": {"kind": type(target).__name__, "fields": fields}}


def load_checkpoint(path: str | os.PathLike[str], estimator: Any) -> Any:
    """Return the model of a checkpoint as a fitted estimator.

    Parameters
    ----------
    path : str or path-like
        A file that :class:`~skdeep.callbacks.ModelCheckpoint` wrote.
    estimator : estimator
        One with the class and parameters of the fit that was saved, apart from ``device``,
        ``max_iter`` (``n_iter``), ``random_state`` and ``verbose``; it stays as it is. Nothing
        else is known of the file's origin, so that reading it runs no code from it.

    Returns
    -------
    fitted : estimator
        A clone with the parameters after the epoch that was saved (averaged ones where
        ``ema_decay`` is set; not the best ones of early stopping). It predicts, and ``partial_fit``
        or ``warm_start`` train it further.

    Raises
    ------
    CheckpointError
        If the file is no whole checkpoint, or was made with other parameters: the message says
        which.

    See Also
    --------
    ModelCheckpoint : Writes the files; with ``resume=True`` it goes on from them exactly.
    """
    path = Path(path)
    tree = read_checkpoint(path)
    _check_same(path, tree["identity"], estimator)
    fitted = clone(estimator)
    fitted.set_callbacks()
    with taking_up(str(path)):
        _fill(fitted, tree, path)
    fitted._use(resolve_backend(fitted.device, fitted._values).device)
    with taking_up(str(path)):
        fitted._complete()
    return fitted


def _fill(fitted: Any, tree: Mapping[str, Any], path: Path) -> None:
    """Set what makes an estimator the model of a checkpoint."""
    state = tree["state"]
    check_names(fitted, tree["attributes"], READING)
    if tree["target"] is not None:
        fitted._target = TARGETS[tree["target"]["kind"]](**tree["target"]["fields"])
    vars(fitted).update(tree["attributes"] | state["history"])
    if FORM in tree["attributes"]:
        fitted._sequence_form = SequenceForm(*tree["attributes"][FORM])
    fitted._network = fitted._make_network(fitted.n_features_in_)
    fitted._values = _current_values(state)
    if fitted._values.shape != (1, fitted._network.layout.size):
        raise CheckpointError(f"{path} does not fit this version's {type(fitted).__name__}")
    fitted._training_state = loop_type(fitted._history_of_fit).continuing(state, fitted.solver)


def _check_same(path: Path, saved: Mapping[str, Any], estimator: Any) -> None:
    """Raise if class or parameters differ."""
    given = estimator.get_params(deep=False)
    here = {name: describe(value) for name, value in given.items() if name not in FREE}
    there = {name: value for name, value in saved["parameters"].items() if name not in FREE}
    found = differences(
        {"estimator": saved["estimator"], "parameters": there},
        {"estimator": type(estimator).__name__, "parameters": here},
    )
    if found:
        raise CheckpointError(f"{path} was made by another estimator: {'; '.join(found)}")


def _current_values(state: Mapping[str, Any]) -> np.ndarray:
    """Return the parameters that predictions use: the averages where they are kept."""
    values = np.array(state["values"])
    if state["averages"] is not None:
        values[:, : state["averages"].shape[1]] = state["averages"]
    return values
