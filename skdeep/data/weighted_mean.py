"""Means with weights of any size."""

from __future__ import annotations

from typing import Any

import numpy as np


def in_ordinary_units(weight: np.ndarray | None) -> np.ndarray | None:
    """Return weights divided by a power of two that makes the largest about one.

    No weighted mean changes by a bit, and products with the weights stay finite.

    Parameters
    ----------
    weight : ndarray of shape (n,) or None
        Weights >= 0, not all zero.

    Returns
    -------
    weight : ndarray of shape (n,) or None
        The largest is in [0.5, 1).

    Examples
    --------
    >>> in_ordinary_units(np.array([2.0**1000, 2.0**999]))
    array([0.5 , 0.25])
    """
    return None if weight is None else np.ldexp(weight, -np.frexp(weight.max())[1])


def weighted_mean(values: np.ndarray, weight: np.ndarray | None) -> Any:
    """Return the mean over samples, finite where it can be.

    Parameters
    ----------
    values : ndarray of shape (n,) or (n, K)
        What is averaged; what has no weight may be infinite.
    weight : ndarray of shape (n,) or None
        Weights >= 0, not all zero.

    Returns
    -------
    mean : float or ndarray of shape (K,)
        The mean of each column.

    Examples
    --------
    >>> float(weighted_mean(np.array([1e10, 3e10]), np.array([1e300, 1e300])))
    20000000000.0
    """
    if weight is None:
        return np.average(values, axis=0)
    counts = weight.reshape(-1, *[1] * (values.ndim - 1)) > 0
    counted = np.where(counts, values, 0.0)  # zero times infinity is no number
    return np.average(counted, axis=0, weights=in_ordinary_units(weight))
