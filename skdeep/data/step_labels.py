"""Checks of labels that belong to the steps of sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.cells import listed
from skdeep.data.rows import as_host
from skdeep.data.target_kinds import check_target_kind
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.tagging import StepValues


def check_step_labels(
    estimator: Any, y: Any, X: Sequences, given: np.ndarray | None = None
) -> StepValues:
    """Return labels at the places of the steps of X; refuse others than one for each step.

    Parameters
    ----------
    estimator : estimator
        Whose labels they are.
    y : list of sequences of labels
        As users hand them in.
    X : Sequences
        What is labelled.
    given : ndarray of shape (n_samples,) or None
        Steps of each sequence with its padding, where X is without: labels of padding are left
        out, whatever they are.
    """
    name = type(estimator).__name__
    if y is None:
        raise ValueError(
            f"This {name} estimator requires y to be passed, but the target y is None."
        )
    if isinstance(y, StepValues):
        return y
    y = listed(y)
    is_list = hasattr(y, "__len__") and getattr(y, "shape", None) != ()
    if not is_list or isinstance(y, str) or hasattr(y, "tocsr"):
        raise ValueError(f"y must be a list of sequences of labels, got {type(y).__name__}")
    if len(y) != len(X):
        raise ValueError(f"y has labels for {len(y)} sequences, but X has {len(X)}")
    parts: list[np.ndarray] = []
    kinds: dict[bool, int] = {}  # the first sequence that has labels of a kind
    for k, (labels, length) in enumerate(zip(as_host(y), X.lengths, strict=True)):
        if given is not None and _n_labels(labels) == given[k]:
            labels = labels[:length]
        told, labels = labels, labels if isinstance(labels, str) else np.asarray(labels)
        if isinstance(labels, str) or labels.ndim != 1:
            shape = "a string" if isinstance(labels, str) else f"shape {labels.shape}"
            raise ValueError(f"y[{k}] must be a sequence of labels, one for each step, got {shape}")
        if len(labels) != length:
            raise ValueError(f"y[{k}] has {len(labels)} labels, but X[{k}] has {length} steps")
        parts.append(labels)
        for is_text in _are_text(told, labels):
            kinds.setdefault(is_text, k)
    if len(kinds) > 1:
        raise ValueError(
            f"y mixes labels that are strings, in y[{kinds[True]}], with others, in "
            f"y[{kinds[False]}]: make all of one kind"
        )
    flat = np.concatenate(parts)
    check_target_kind(flat, name, numeric=False)
    return StepValues(X.spread(flat), X.lengths, X.starts)


def _n_labels(labels: Any) -> int:
    return len(labels) if hasattr(labels, "__len__") and getattr(labels, "shape", None) != () else 0


def _are_text(given: Any, labels: np.ndarray) -> set[bool]:
    """Return whether labels are strings: both answers where some are.

    NumPy makes strings of all labels of a list in which one is.
    """
    if labels.dtype.kind in ("U" if isinstance(given, list | tuple) else "") + "O":
        return {isinstance(label, str) for label in given}
    return {labels.dtype.kind in "US"}
