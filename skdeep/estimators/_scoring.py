"""What a user's function for ``scoring`` gives."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from numbers import Real
from typing import Any

import numpy as np

from skdeep.estimators._wording import shown


def score_of(scorer: Callable[..., Any], *given: Any, **weights: Any) -> float:
    """Return the score of a fitted estimator on rows, and y where there is one.

    Raises
    ------
    ValueError
        If the scorer takes something else, or returns anything but a number.
    """
    try:
        score = scorer(*given, **weights)
    except TypeError as error:
        if takes(scorer, *given, **weights):
            raise  # it has an error of its own
        form = ("estimator", "X", "y")[: len(given)]
        raise ValueError(
            f"scoring must be a function of ({', '.join(form)}), got {shown(scorer)}: {error}"
        ) from error
    if isinstance(score, np.ndarray | np.generic) and score.size == 1:
        score = score.item()
    if not isinstance(score, Real):
        raise ValueError(
            f"scoring must return one number, but {shown(scorer)} returned {shown(score)}"
        )
    return float(score)


def takes(function: Callable[..., Any], *given: Any, **named: Any) -> bool:
    """Whether a function can be called like this, as far as its signature says."""
    try:
        signature(function).bind(*given, **named)
    except TypeError:
        return False
    except ValueError:  # it has none
        return True
    return True
