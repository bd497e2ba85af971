"""Which output of a network is meant: as directions in its logits."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.class_target import ClassTarget
from skdeep.data.targets import RealTarget

WHAT = "an index of an output"


def directions(estimator: Any, target: Any, logits: np.ndarray) -> np.ndarray:
    """Return the slopes of what is meant with respect to logits (n, ..., K), of their shape.

    `target` is a class of a classifier, one for all samples or one for each, a pair of column and
    class where y has several columns of classes, or else the index of an output. None is the class
    that each sample, or step, is taken for, or the only output.
    """
    kind = getattr(estimator, "_target", None)
    if isinstance(kind, ClassTarget):
        columns, signs = _of_classes(kind, target, logits)
    else:
        columns, signs = _of_outputs(kind, target, logits.shape[-1]), 1.0
    slopes = np.zeros_like(logits)
    columns = np.asarray(columns)
    columns = columns.reshape(*columns.shape, *(1,) * (logits.ndim - columns.ndim))
    signs = np.asarray(signs, logits.dtype)
    signs = signs.reshape(*signs.shape, *(1,) * (logits.ndim - signs.ndim))
    shape = (*logits.shape[:-1], 1)
    values = np.broadcast_to(signs, shape)
    np.put_along_axis(slopes, np.broadcast_to(columns, shape), values, axis=-1)
    return slopes


def _of_classes(kind: ClassTarget, target: Any, logits: np.ndarray) -> tuple[Any, Any]:
    """Return columns, and the signs that classes have in them."""
    if kind.kind == "multioutput":
        return _in_column(kind, target), 1.0
    if kind.kind == "multilabel":
        return _index(target, len(kind.classes), "an index of a label"), 1.0
    if target is None and kind.kind == "multiclass":
        return logits.argmax(axis=-1), 1.0
    if target is None:
        return 0, np.where(logits[..., 0] > 0, 1.0, -1.0)
    codes = np.array([_code(kind.classes, label) for label in np.atleast_1d(target).tolist()])
    if np.ndim(target) == 0:
        codes = codes[0]
    elif len(codes) != len(logits):
        raise ValueError(
            f"target must be one class, or one for each of {len(logits)} samples, got {len(codes)}"
        )
    return (codes, 1.0) if kind.kind == "multiclass" else (0, np.where(codes == 1, 1.0, -1.0))


def _code(classes: np.ndarray, label: Any) -> int:
    found = np.flatnonzero(classes == label)
    if not len(found):
        raise ValueError(f"target must be one of the classes {classes.tolist()}, got {label!r}")
    return int(found[0])


def _in_column(kind: ClassTarget, target: Any) -> int:
    """Return the logit of a class in one of several columns of y."""
    if np.ndim(target) != 1 or len(target) != 2:
        raise ValueError(
            f"target must be a pair, the index of a column of y and a class of it, got {target!r}"
        )
    column = _index(target[0], len(kind.classes), "an index of a column of y")
    before = sum(len(classes) for classes in kind.classes[:column])
    return before + _code(kind.classes[column], target[1])


def _of_outputs(kind: Any, target: Any, n_outputs: int) -> int:
    if target is None and n_outputs == 1:
        return 0
    if target is None and isinstance(kind, RealTarget) and kind.n_columns == 1:
        return kind.middle  # of several quantiles the one nearest the median
    return _index(target, n_outputs, WHAT)


def _index(target: Any, count: int, what: str) -> int:
    """Return an index of one of `count` things."""
    if not isinstance(target, int | np.integer) or not 0 <= target < count:
        raise ValueError(f"target must be {what}, 0 to {count - 1}, got {target!r}")
    return int(target)


def odds_slopes(logits: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    """Return the slopes of the log-odds of one of several classes against all others.

    `slopes` are one in its column. Odds do not rise where another class's logit rises as much.
    """
    others = np.where(slopes > 0, -np.inf, logits)
    shares = np.exp(others - others.max(axis=-1, keepdims=True))
    return np.asarray(slopes - shares / shares.sum(axis=-1, keepdims=True))
