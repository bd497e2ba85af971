"""Steps that are missing in sequences: NaN behind their ends, and NaN within."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skdeep.backend import get_backend
from skdeep.train.sequences.sequences import Sequences


class Missing(NamedTuple):
    """What a fit has learned of missing steps.

    Attributes
    ----------
    fill : ndarray of shape (n_channels,)
        What is read where a number is missing: the mean of its channel.
    flags : bool
        Whether each channel has one beside it that says where a number is missing.
    """

    fill: np.ndarray
    flags: bool


def filled(steps: np.ndarray, fill: Any = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return steps with `fill` where they are NaN, and where that is."""
    gone = np.isnan(steps)
    return np.where(gone, fill, steps).astype(steps.dtype, copy=False), gone


def without_padding(X: Sequences) -> Sequences:
    """Return sequences without the steps behind the last one that holds a number; copies none."""
    lengths = X.lengths.copy()
    there = ~np.isnan(X.steps).all(axis=1)
    for k, (start, length) in enumerate(zip(X.starts, X.lengths, strict=True)):
        if not there[start + length - 1]:
            found = np.flatnonzero(there[start : start + length])
            if not len(found):
                raise ValueError(f"X[{k}] has nothing but NaN: every sequence needs a step")
            lengths[k] = found[-1] + 1
    return Sequences(X.steps, lengths, X.starts)


def learn_missing(X: Sequences) -> Missing:
    """Return what is learned of sequences without padding."""
    steps = np.concatenate(list(X))
    there = ~np.isnan(steps)
    total = np.where(there, steps, 0.0).sum(axis=0, dtype=np.float64)
    return Missing(total / np.maximum(there.sum(axis=0), 1), bool(not there.all()))


def counted(X: Sequences, known: Missing, weight: np.ndarray) -> tuple[Sequences, Missing]:
    """Return sequences, and what is learned of them, as if each was there `weight` times.

    Parameters
    ----------
    X : Sequences
        What :func:`read_missing` has returned.
    known : Missing
        What that has learned.
    weight : ndarray of shape (n_samples,)
        Weights of the samples.
    """
    host, n = X.to_host(), len(known.fill)
    read = np.concatenate(list(host))
    there = read[:, n:] == 0 if known.flags else np.ones(read.shape, bool)
    share = np.repeat(weight, host.lengths)[:, None] * there
    total = share.sum(axis=0)
    fill = (share * read[:, :n]).sum(axis=0) / np.where(total > 0, total, 1)
    flags = not there[np.repeat(weight > 0, host.lengths)].all()
    steps = host.steps[:, :n]
    if known.flags:
        steps = np.where(host.steps[:, n:] == 0, steps, fill).astype(steps.dtype, copy=False)
    if flags:
        steps = np.concatenate([steps, host.steps[:, n:]], axis=1)
    found = Sequences(steps, host.lengths, host.starts)
    return _where(X, found), Missing(fill, flags)


def masked(X: Sequences, known: Missing) -> Sequences:
    """Return sequences without padding as a network reads them, without NaN.

    A number that is missing is the mean of its channel, and where some were missing in the fit,
    as many channels more say which.
    """
    steps, gone = filled(X.steps, known.fill)
    if known.flags:
        steps = np.concatenate([steps, gone.astype(steps.dtype)], axis=1)
    return Sequences(steps, X.lengths, X.starts)


def read_missing(X: Sequences, known: Missing | None) -> tuple[Sequences, Missing]:
    """Return sequences as a network reads them, and what is known, or learned where it is None."""
    host = without_padding(X.to_host())
    known = learn_missing(host) if known is None else known
    return _where(X, masked(host, known)), known


def _where(X: Sequences, found: Sequences) -> Sequences:
    """Return sequences of the host where X is."""
    if X.device != "cpu":
        found.steps = get_backend(X.device).to_device(found.steps)
    return found
