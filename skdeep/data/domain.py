"""The numbers that a loss is one of: its ``domain``, and what lies outside of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import compute, device_of, get_backend

Domain = tuple[float, float]

#: How far y may lie outside of bounds that it was scaled to, as a fraction of what is between them.
ROUNDING = 1e-5


def is_bounded(domain: Domain) -> bool:
    """Whether there are numbers that a loss does not take."""
    return bool(np.isfinite(domain).any())


def needs(domain: Domain, name: str = "y") -> str:
    """Return what numbers must be, in words."""
    low, high = domain
    if not np.isfinite(high):
        return f"{name} >= {low:g}"
    return f"{name} in [{low:g}, {high:g}]" if np.isfinite(low) else f"{name} <= {high:g}"


def check_domain(domain: Domain, loss: str, y: Any, name: str = "y") -> None:
    """Refuse numbers outside of the domain of a loss; NaN is a missing number.

    Parameters
    ----------
    domain : tuple of float
        Lowest and highest number.
    loss : str
        What a user calls the loss, such as ``loss='poisson'``.
    y : array or sparse matrix of shape (n,) or (n, K), or sequences
        What the network is to give. A column, channel or feature is a second axis.
    name : str
        What a user calls `y`.

    Raises
    ------
    ValueError
        Naming the first number that does not fit, and where it is.
    """
    low, high = domain
    if not is_bounded(domain):
        return
    slack = ROUNDING * (high - low) if np.isfinite(high - low) else 0.0
    if hasattr(y, "tocsr"):
        y = _summed(y.tocsr())
    held = y.tocoo().data if hasattr(y, "tocoo") else getattr(y, "steps", y)
    least, most = _ends(held)
    if least >= low - slack and most <= high + slack:
        return
    held = _host(held)
    bad = (held < low - slack) | (held > high + slack)
    place = tuple(np.argwhere(bad)[0])
    raise ValueError(f"{loss} needs {needs(domain, name)}, got {held[place]:g} in {_at(y, place)}")


def _summed(y: Any) -> Any:
    """Return a CSR matrix in which no number is stored as a sum of several."""
    if y.has_canonical_format:
        return y
    y = y.copy()
    y.sum_duplicates()
    return y


def _ends(held: Any) -> tuple[float, float]:
    """Return the least and the largest number that is there, without a copy; inside out of none."""
    if not isinstance(held, np.ndarray):  # on a device, where none is missing
        return float(_host(compute(_least, held))), float(_host(compute(_most, held)))
    if not held.size or np.isnan(least := np.fmin.reduce(held, axis=None)):
        return np.inf, -np.inf
    return float(least), float(np.fmax.reduce(held, axis=None))


def _host(held: Any) -> np.ndarray:
    """Return an array, wherever it lies, on the host."""
    host = held if isinstance(held, np.ndarray) else get_backend(device_of(held)).to_host(held)
    return np.asarray(host)


def _least(xp: Any, held: Any) -> Any:
    return held.min()


def _most(xp: Any, held: Any) -> Any:
    return held.max()


def _at(y: Any, place: tuple[int, ...]) -> str:
    """Return where a number of y is, in words."""
    if hasattr(y, "tocoo"):
        entries = y.tocoo()
        place = (entries.row[place[0]], entries.col[place[0]])
    if not hasattr(y, "steps"):
        return f"row {place[0]}" if len(place) == 1 else f"row {place[0]}, column {place[1]}"
    starts = _host(y.starts)
    which = int(np.flatnonzero((starts <= place[0]) & (place[0] < starts + _host(y.lengths)))[0])
    return f"step {place[0] - starts[which]} of sequence {which}"
