"""A schedule that is a user's function."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, NoReturn

import numpy as np


class UserSchedule:
    """A user's function, called with arrays or numbers as it wants, its factors checked.

    Parameters
    ----------
    function : callable
        From progress to factors.
    name : str
        The parameter that it is, for errors.
    most : float
        Largest factor.
    """

    def __init__(
        self,
        function: Callable[[Any], Any],
        name: str = "learning_rate_schedule",
        most: float = np.inf,
    ) -> None:
        self.function, self.name, self.most = function, name, most

    def __call__(self, progress: Any) -> np.ndarray:
        progress = np.asarray(progress, float)
        factors = self._factors(progress.ravel())
        wrong = ~(np.isfinite(factors) & (factors >= 0) & (factors <= self.most))
        if wrong.any():
            k = int(wrong.argmax())
            self._complain(factors[k], progress.ravel()[k])
        return factors.reshape(progress.shape)

    def _factors(self, progress: np.ndarray) -> np.ndarray:
        """Call with the whole array, or number by number where that does not do."""
        # Two at least: Python's own functions take an array of one, with NumPy's warning.
        points = np.repeat(progress, 2 if progress.size == 1 else 1)
        try:
            factors = np.asarray(self.function(points.copy()), float)
        except (TypeError, ValueError):
            factors = np.array(np.nan)
        if factors.shape != points.shape:
            factors = np.array([self._number(point) for point in points])
        return factors[: progress.size]

    def _number(self, point: float) -> float:
        try:
            result = self.function(point)
        except TypeError as error:
            if takes(self.function, point):
                raise  # it has an error of its own
            raise ValueError(
                f"{self.name} must be a function of the training progress alone, a "
                f"number from 0 to 1: {error}"
            ) from error
        if isinstance(result, str) or np.ndim(result) != 0:
            self._complain(result, point)
        try:
            return float(result)
        except TypeError:
            self._complain(result, point)

    def _complain(self, result: Any, point: float) -> NoReturn:
        limit = "" if self.most == np.inf else f" and <= {self.most:g}"
        raise ValueError(
            f"{self.name} must return a factor, a finite number >= 0{limit}; {self.function!r} "
            f"returned {result!r} at progress {float(point):.3g}"
        )


def takes(function: Callable[..., Any], *given: Any, **named: Any) -> bool:
    """Whether a function can be called like this, as far as its signature says."""
    try:
        signature(function).bind(*given, **named)
    except TypeError:
        return False
    except ValueError:  # it has none
        return True
    return True
