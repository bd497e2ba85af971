"""A fit whose numbers left the range of the dtype is an error, not a model."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from skdeep.backend import compute
from skdeep.data.place import to_host
from skdeep.data.targets import RealTarget
from skdeep.fitting.network_loop import NON_FINITE
from skdeep.nn.losses import Poisson

#: Parameters that are larger lie where no training that went well ends: only then it is worth a
#: pass over all rows to see what the network gives.
ORDINARY = 1e4


def all_finite(arrays: Iterable[Any]) -> bool:
    """Whether arrays, wherever they lie, hold neither NaN nor infinity."""
    return all(bool(to_host(compute(lambda xp, a: xp.isfinite(a).all(), a))) for a in arrays)


def refuse_overflow(outputs: Any) -> Any:
    """Return outputs for new samples; raise where they left the range of the dtype."""
    if not all_finite([outputs]):
        raise ValueError(
            "X has values that are too large for the weights of this model: its outputs are not "
            "finite"
        )
    return outputs


def check_outputs(estimator: Any, X: Any) -> None:
    """Refuse a fitted network whose outputs for rows of its fit overflow, though it is finite.

    Raises
    ------
    ValueError
        As for a training that diverged.
    """
    values = estimator._values
    if not isinstance(estimator._network.loss, Poisson) and _is_ordinary(values, estimator._target):
        return
    rows = getattr(X, "sequences", X)  # which chunks are of
    with np.errstate(all="ignore"):
        if not all_finite(estimator._fitted_outputs(rows)):
            raise ValueError(NON_FINITE)


def _is_ordinary(values: np.ndarray, target: Any) -> bool:
    """Whether neither parameters nor the units of y come near the end of the range."""
    scale = target.scale if isinstance(target, RealTarget) else None
    if scale is not None and np.abs(scale).max() > np.sqrt(np.finfo(values.dtype).max):
        return False
    return not values.size or bool(np.abs(values).max() <= ORDINARY)


def check_target(target: Any, dtype: Any) -> None:
    """Refuse numbers to predict whose mean and deviation the dtype of a model cannot hold."""
    if not isinstance(target, RealTarget) or target.scale is None:
        return
    most = min(np.finfo(dtype).max, np.sqrt(np.finfo(float).max))  # which scores square
    ends = np.concatenate([np.abs(target.mean), target.scale])
    if not (ends <= most).all():
        raise ValueError(
            f"{NON_FINITE} Here it is y: standardize_target=True finds a mean or a standard "
            f"deviation of {ends.max():g}, too large for {np.dtype(dtype).name}, or for scores, "
            "which square it; divide y."
        )
