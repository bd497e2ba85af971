"""Means with weights of any size."""

from __future__ import annotations

from typing import Any

import numpy as np


def weighted_mean(values: np.ndarray, weight: np.ndarray | None) -> Any:
    """Return the mean over samples, finite where it can be.

    Weights are first divided by a power of two, which changes no bit of the mean: the products
    with large ones may be infinite. What has no weight may be infinite, too.

    Parameters
    ----------
    values : ndarray of shape (n,) or (n, K)
        What is averaged.
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
    if weight is not None:
        weight = np.ldexp(weight, -np.frexp(weight.max())[1])
        counts = weight.reshape(-1, *[1] * (values.ndim - 1)) > 0
        values = np.where(counts, values, 0.0)  # zero times infinity is no number
    return np.average(values, axis=0, weights=weight)
