"""The samples of one fit, encoded, and which of them train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class TrainingData:
    """Samples of one fit on the host or a device, encoded, and which of them train."""

    X: Any
    target: Any
    weight: np.ndarray | None
    rows: np.ndarray  # indices of training samples
    held_out: np.ndarray | None = None  # indices of validation samples in X
    X_val: Any = None  # or validation samples of their own
    target_val: Any = None
    weight_val: np.ndarray | None = None
    X_unlabeled: Any = None  # samples of pre-training, besides those of X

    @property
    def validates(self) -> bool:
        """Whether there are validation samples."""
        return self.held_out is not None or self.X_val is not None
