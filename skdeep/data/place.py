"""Devices: where data lies, and where a fit computes."""

from __future__ import annotations

from typing import Any

from skdeep.backend import Backend, get_backend
from skdeep.data.kinds import as_rows


def place_of(X: Any) -> str:
    """Return the device on which rows lie, "cpu" for the host."""
    return as_rows(X).device


def on_device(X: Any) -> bool:
    """Whether rows lie on a device other than the host."""
    return place_of(X) != "cpu"


def to_host(data: Any) -> Any:
    """Return rows, targets or predictions on the host; what is there already as it is."""
    return as_rows(data).to_host()


def resolve_backend(device: str, X: Any) -> Backend:
    """Return the backend to compute with: "auto" follows the data."""
    if device == "auto":
        return get_backend(place_of(X))
    backend = get_backend(device)
    check_place(X, "X", backend.device, f"device={device!r}")
    return backend


def check_place(X: Any, name: str, device: str, why: str) -> None:
    """Refuse device arrays that lie elsewhere; host arrays go wherever they are needed."""
    if X is not None:
        as_rows(X).check_place(name, device, why)
