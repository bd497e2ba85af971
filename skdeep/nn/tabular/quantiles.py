"""Quantiles of weighted values, and edges of bins."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Least width of the outer bins, as a fraction of the mean width.
NARROWEST = 0.25


def quantile_edges(values: np.ndarray, n_bins: int, weight: Any = None) -> np.ndarray:
    """Return edges of bins with equally many values, ``(n_bins + 1,)``.

    A value that fills a bin on its own is an edge, and the others share the rest of the edges; of
    as few values as there are edges each is one. Where values repeat, there are fewer bins, and
    others of width 0 among them. The outer bins, which stand for what lies beyond them too, are
    never much narrower than the mean one.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Values of a column.
    n_bins : int
        Number of bins.
    weight : ndarray of shape (n,) or None
        How much each of them counts.

    Returns
    -------
    edges : ndarray of shape (n_bins + 1,)
        From low to high.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import quantile_edges
    >>> quantile_edges(np.arange(9.0), 4)
    array([0., 2., 4., 6., 8.])
    """
    unique = np.unique(_shared_edges(values, n_bins, weight))
    least = (unique[-1] - unique[0]) * NARROWEST / n_bins
    inner = unique[1:-1]
    inner = inner[(inner - unique[0] >= least) & (unique[-1] - inner >= least)]
    unique = np.unique([unique[0], *inner, unique[-1]])
    if len(unique) == 2 and n_bins > 1:  # the bin of two outer edges has two ends that go on
        unique = np.array([unique[0], unique.mean(), unique[1]])
    # Empty bins lie behind the first one: the outer ones go on beyond their edges.
    missing = n_bins + 1 - len(unique)
    return np.concatenate([unique[:1], np.repeat(unique[:2][-1:], missing), unique[1:]])


def _shared_edges(values: np.ndarray, n_bins: int, weight: Any) -> np.ndarray:
    """Return the values that fill a bin each, and quantiles of the others."""
    distinct, place = np.unique(values, return_inverse=True)
    counts = np.bincount(place.ravel(), weight, len(distinct))
    if np.count_nonzero(counts) <= n_bins + 1 and counts.any():
        return np.asarray(distinct[counts > 0])
    full = counts * n_bins > counts.sum()  # fewer than n_bins, unless all values are
    rest = ~full[place.ravel()]
    kept = None if weight is None else weight[rest]
    if not rest.any() or (kept is not None and not kept.any()):
        return np.asarray(distinct[full])
    levels = np.linspace(0, 1, n_bins + 1 - full.sum())
    return np.concatenate([distinct[full], quantiles(values[rest], levels, kept)])


def quantiles(values: np.ndarray, levels: Any, weight: Any = None) -> np.ndarray:
    """Return the quantiles of values (n,); whole weights count as that many equal rows."""
    levels = np.asarray(levels, float)
    if weight is None:
        return np.asarray(np.quantile(values, levels))
    order = np.argsort(values)
    order = order[weight[order] > 0]
    ends = np.cumsum(weight[order])  # where, in the repeated rows, those of a row end
    unit = 1.0 if (weight == np.rint(weight)).all() else ends[-1] / len(ends)
    places = levels * max(ends[-1] / unit - 1, 0)
    below = np.floor(places)
    found = [
        values[order[np.minimum(np.searchsorted(ends / unit, at, "right"), len(ends) - 1)]]
        for at in (below, below + 1)
    ]
    return np.asarray(found[0] + (places - below) * (found[1] - found[0]))
