"""The result of a fit, which its estimator takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.fitting.history import History


@dataclass(frozen=True)
class FitResult:
    """What an estimator takes when its fit is over.

    Attributes
    ----------
    values : ndarray of shape (1, P)
        The parameters on the host.
    history : History
        What training has come to.
    state : mapping or None
        What ``partial_fit`` needs to go on exactly.
    random : RandomState
        The fit's stream, where it has come to.
    X : array, sparse matrix or sequences
        The samples of the fit, valid.
    device : str
        Where the fit computed.
    incremental : bool
        Whether it was an epoch of ``partial_fit``.
    pool : list or None
        Buffers for predictions that the fits of a stack share, where they are small.
    """

    values: np.ndarray
    history: History
    state: Mapping[str, Any] | None
    random: np.random.RandomState
    X: Any
    device: str
    incremental: bool = False
    pool: list[Any] | None = None
