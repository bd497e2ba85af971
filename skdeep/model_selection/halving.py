"""Successive halving: many candidates with few resources, then the better ones with more.

Importing this module enables scikit-learn's experimental searches, which these derive from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from sklearn import model_selection
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

from skdeep.model_selection._halving_docs import documented
from skdeep.model_selection._progress import ProgressKeeper
from skdeep.model_selection._stacked import CONSTRAINTS, StackedSearch

#: Share of the memory for training that states to go on from may take.
KEPT_SHARE = 0.25


class StackedHalving(StackedSearch):
    """Mixin before a halving search of scikit-learn: its rungs train in stacks."""

    resource: str

    def _run_search(
        self, evaluate_candidates: Callable[..., Any], *, callback_ctx: Any = None
    ) -> None:
        if self.resource != "n_samples":
            self._running.keeper = ProgressKeeper(self.resource, KEPT_SHARE * self._memory_bytes())
        super()._run_search(evaluate_candidates, callback_ctx=callback_ctx)


@documented
class HalvingGridSearchCV(StackedHalving, model_selection.HalvingGridSearchCV):
    """Search over a grid with successive halving, whose rungs train in stacks.

    Takes the place of scikit-learn's ``HalvingGridSearchCV``: same parameters, same attributes,
    same scores. What is trained in stacks is said at :class:`GridSearchCV`.

    Parameters
    ----------
    estimator : estimator
        What is fitted.

    param_grid : dict or list of dict
        Values to try by the name of the parameter.

    %(SHARED)s

    %(AFTER)s

    See Also
    --------
    HalvingRandomSearchCV : Candidates that are drawn from distributions.
    GridSearchCV : All candidates with all resources.

    Notes
    -----
    %(NOTES)s

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.model_selection import HalvingGridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((16,), tol=0.01, random_state=0)
    >>> grid = {"learning_rate_init": [0.0001, 0.001, 0.01], "alpha": [0.0, 0.01, 1.0]}
    >>> search = HalvingGridSearchCV(model, grid, resource="max_iter", max_resources=900)
    >>> search.fit(X, y).n_resources_
    [100, 300, 900]
    >>> search.best_params_["learning_rate_init"]
    0.01
    """

    _parameter_constraints: ClassVar[dict] = {
        **model_selection.HalvingGridSearchCV._parameter_constraints,
        **CONSTRAINTS,
    }

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        factor=3,
        resource="n_samples",
        max_resources="auto",
        min_resources="exhaust",
        aggressive_elimination=False,
        cv=5,
        scoring=None,
        refit=True,
        error_score=np.nan,
        return_train_score=True,
        random_state=None,
        n_jobs=None,
        verbose=0,
        memory_limit=None,
    ):
        super().__init__(
            estimator,
            param_grid,
            factor=factor,
            resource=resource,
            max_resources=max_resources,
            min_resources=min_resources,
            aggressive_elimination=aggressive_elimination,
            cv=cv,
            scoring=scoring,
            refit=refit,
            error_score=error_score,
            return_train_score=return_train_score,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.memory_limit = memory_limit


@documented
class HalvingRandomSearchCV(StackedHalving, model_selection.HalvingRandomSearchCV):
    """Search over candidates drawn at random with successive halving, in stacks.

    Takes the place of scikit-learn's ``HalvingRandomSearchCV``: same parameters, same attributes,
    same scores. What is trained in stacks is said at :class:`GridSearchCV`.

    Parameters
    ----------
    estimator : estimator
        What is fitted.

    param_distributions : dict or list of dict
        Distributions, or lists of values, by the name of the parameter.

    n_candidates : "exhaust" or int, default="exhaust"
        Number of candidates of the first rung; "exhaust": so many that the last rung has as many
        resources as possible.

    %(SHARED)s

    %(AFTER)s

    See Also
    --------
    HalvingGridSearchCV : All values of a grid.
    RandomizedSearchCV : All candidates with all resources.

    Notes
    -----
    %(NOTES)s

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.model_selection import HalvingRandomSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((16,), tol=0.01, random_state=0)
    >>> search = HalvingRandomSearchCV(
    ...     model,
    ...     {"learning_rate_init": loguniform(1e-4, 1e-1)},
    ...     n_candidates=9,
    ...     resource="max_iter",
    ...     min_resources=100,
    ...     max_resources=900,
    ...     random_state=0,
    ... )
    >>> search.fit(X, y).n_candidates_
    [9, 3, 1]
    """

    _parameter_constraints: ClassVar[dict] = {
        **model_selection.HalvingRandomSearchCV._parameter_constraints,
        **CONSTRAINTS,
    }

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_candidates="exhaust",
        factor=3,
        resource="n_samples",
        max_resources="auto",
        min_resources="smallest",
        aggressive_elimination=False,
        cv=5,
        scoring=None,
        refit=True,
        error_score=np.nan,
        return_train_score=True,
        random_state=None,
        n_jobs=None,
        verbose=0,
        memory_limit=None,
    ):
        super().__init__(
            estimator,
            param_distributions,
            n_candidates=n_candidates,
            factor=factor,
            resource=resource,
            max_resources=max_resources,
            min_resources=min_resources,
            aggressive_elimination=aggressive_elimination,
            cv=cv,
            scoring=scoring,
            refit=refit,
            error_score=error_score,
            return_train_score=return_train_score,
            random_state=random_state,
            n_jobs=n_jobs,
            verbose=verbose,
        )
        self.memory_limit = memory_limit
