"""The rows, targets and weights that a fit trains on and is validated with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.data.kinds import as_rows


@dataclass
class TrainingData:
    """Rows of one fit on the host or a device, encoded, and which of them train."""

    X: Any
    target: np.ndarray
    weight: np.ndarray | None
    rows: np.ndarray  # indices of training rows
    held_out: np.ndarray | None = None  # indices of validation rows in X
    X_val: Any = None  # or validation rows of their own
    target_val: np.ndarray | None = None
    weight_val: np.ndarray | None = None
    X_unlabeled: Any = None  # rows of pre-training, besides those of X

    @property
    def validates(self) -> bool:
        """Whether there are validation rows."""
        return self.held_out is not None or self.X_val is not None

    @property
    def layouts(self) -> list[Any]:
        """What must agree in a stack of the rows to train on, and of those to validate with."""
        return [None if X is None else as_rows(X).layout for X in (self.X, self.X_val)]
