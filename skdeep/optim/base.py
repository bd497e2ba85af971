"""How parameters move: an update body over one flat array, its numbers held per model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np


class Optimizer(ABC):
    """One rule of updating parameters.

    A rule is an elementwise body, run as one kernel over the parameters of all models. What may
    change from step to step or differ between models reaches it as columns (M, 1), computed here
    in float64 for a whole epoch at once and cast to the parameters' dtype afterwards.

    Attributes
    ----------
    states : tuple of str
        Names of the arrays (M, P) that are carried along, all zero at first.
    columns : tuple of str
        Names of the per-step numbers that :meth:`table` gives and :meth:`update` takes.
    rates : tuple of str
        Those of them which the learning rate is a factor of.
    """

    states: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[tuple[str, ...]] = ()
    rates: ClassVar[tuple[str, ...]] = ("rate",)

    @abstractmethod
    def table(self, step: np.ndarray, rate: np.ndarray) -> Mapping[str, Any]:
        """Return each column for n steps.

        Parameters
        ----------
        step : ndarray of shape (n, 1) or (n, M)
            Step numbers, the first ever being 1; a model with fewer rows takes fewer steps.
        rate : ndarray of shape (n, M) or (1, M)
            Learning rates; one for all steps where nothing changes them.

        Returns
        -------
        mapping of str to ndarray
            Float64, each broadcasting to (n, M).
        """

    @staticmethod
    @abstractmethod
    def update(xp: Any, p: Any, g: Any, *rest: Any) -> Any:
        """Body: new parameters and states from p, the gradient g, the states, the columns."""

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v!r}" for k, v in vars(self).items())
        return f"{type(self).__name__}({values})"
