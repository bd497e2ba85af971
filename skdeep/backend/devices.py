"""Which device a ``device=`` means, and on which one an array lies."""

from __future__ import annotations

import re
import sys
from typing import Any

from skdeep.backend.base import Backend
from skdeep.backend.errors import DeviceError

#: Where device arrays come from: a module that made one has been imported already.
_CUDA, _CHECKED = ("cupy", "ndarray"), ("skdeep.backend.checked", "CheckedArray")


def get_backend(device: str = "auto") -> Backend:
    """Return a backend for a device.

    Parameters
    ----------
    device : str
        "cpu"; "cuda" for CuPy's current card; "cuda:1" for the card of that number. "auto" is
        "cpu": to follow the data, pass :func:`device_of` of it. "checked" computes on the host
        and refuses whatever a card would refuse; tests use it.

    Returns
    -------
    Backend
        A new one; backends share nothing but compiled kernels.

    Raises
    ------
    DeviceError
        If `device` is not one of these, CuPy is not installed, or there is no such card.

    Examples
    --------
    >>> get_backend("auto").device
    'cpu'
    """
    if device in ("auto", "cpu"):
        from skdeep.backend.numpy_backend import NumpyBackend

        return NumpyBackend()
    if device == "checked":
        from skdeep.backend.checked import CheckedBackend

        return CheckedBackend()
    found = re.fullmatch(r"cuda(?::(\d+))?", str(device))
    if found is None:
        raise DeviceError(
            f'device must be "auto", "cpu", "cuda" or "cuda:" and a number, got {device!r}'
        )
    from skdeep.backend.cupy_backend import CupyBackend

    return CupyBackend(None if found[1] is None else int(found[1]))


def is_device_array(array: Any) -> bool:
    """Whether `array` lies on a device other than the host; imports nothing.

    Examples
    --------
    >>> import numpy as np
    >>> is_device_array(np.zeros(3))
    False
    """
    return _is(array, _CUDA) or _is(array, _CHECKED)


def device_of(array: Any) -> str:
    """Return the device on which data lies: "cuda:0" and so on for CuPy arrays, else "cpu".

    Examples
    --------
    >>> device_of([[1.0, 2.0]])
    'cpu'
    """
    if _is(array, _CUDA):
        return f"cuda:{array.device.id}"
    return "checked" if _is(array, _CHECKED) else "cpu"


def _is(array: Any, origin: tuple[str, str]) -> bool:
    module, name = origin
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(array, kind)
