"""Searches that train many candidates as one stacked network, and scores over steps."""

from typing import Any

from skdeep.model_selection.searches import GridSearchCV, RandomizedSearchCV
from skdeep.model_selection.step_scorer import step_scorer

#: scikit-learn's are experimental: importing them tells scikit-learn that they are wanted.
_HALVING = ("HalvingGridSearchCV", "HalvingRandomSearchCV")

__all__ = [
    "GridSearchCV",
    "HalvingGridSearchCV",
    "HalvingRandomSearchCV",
    "RandomizedSearchCV",
    "step_scorer",
]


def __getattr__(name: str) -> Any:
    if name not in _HALVING:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from skdeep.model_selection import halving

    return getattr(halving, name)
