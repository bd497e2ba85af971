"""A few array expressions at the edge, written once for host and device arrays."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np

from skdeep.backend.devices import device_of


def compute(function: Callable[..., Any], *arrays: Any) -> Any:
    """Return ``function(xp, *arrays)``, computed where the arrays lie.

    For what is done once per call with whole predictions; training goes through a backend's
    primitives.

    Parameters
    ----------
    function : callable
        Gets NumPy or CuPy as ``xp`` and the arrays, and returns one array or a tuple of them.
        ``xp.asarray`` moves host arrays beside them.
    *arrays : array
        All on the host or all on one device.

    Examples
    --------
    >>> import numpy as np
    >>> compute(lambda xp, a: xp.concatenate([1 - a, a]), np.array([0.25]))
    array([0.75, 0.25])
    """
    first = arrays[0]
    device = device_of(first)
    if device == "cpu":
        return function(np, *arrays)
    if device != "checked":
        with getattr(first, "device", nullcontext()):
            return function(sys.modules["cupy"], *arrays)
    wrap = type(first)
    result = function(np, *(array.held for array in arrays))
    return tuple(map(wrap, result)) if isinstance(result, tuple) else wrap(result)
