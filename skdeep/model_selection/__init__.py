"""Searches for hyper-parameters that train many candidates as one stacked network."""

from skdeep.model_selection.searches import GridSearchCV, RandomizedSearchCV

__all__ = ["GridSearchCV", "RandomizedSearchCV"]
