"""Grid search and randomized search."""

from __future__ import annotations

from typing import ClassVar, TypeVar

import numpy as np
from sklearn import model_selection

from skdeep.model_selection._stacked import CONSTRAINTS, StackedSearch

Class = TypeVar("Class", bound=type)

SHARED = """\
    scoring : str, callable, list, tuple or dict, default=None
        What candidates are compared by; None is the estimator's own ``score``.

    n_jobs : int, default=None
        Processes. None and 1 train here; with more, each process trains its share of the fits in
        stacks.

    refit : bool, str or callable, default=True
        Whether, or by which metric, to fit the best candidate to all rows.

    cv : int, cross-validation generator or iterable, default=None
        The splits; None is five folds.

    verbose : int, default=0
        The larger, the more is printed.

    pre_dispatch : int or str, default='2*n_jobs'
        How many tasks are handed to processes at once.
"""

AFTER = """\
    error_score : 'raise' or float, default=np.nan
        Score of a fit that fails. One candidate's failure touches no other.

    return_train_score : bool, default=False
        Whether to score the training rows too.

    memory_limit : float, default=None
        Memory in MiB that the training of stacks, and rows that pipelines have transformed, may
        take; None is half of what is free. Fewer models train together where it is small.

    Attributes
    ----------
    cv_results_ : dict of ndarray
        Scores, times and parameters as in scikit-learn. The time of a fit in a stack is the
        stack's over its number of models.

    best_estimator_ : estimator
        The refitted best candidate.

    best_score_ : float
        Its mean score.

    best_params_ : dict
        Its parameters.

    best_index_ : int
        Its place in ``cv_results_``.

    scorer_ : callable or dict
        What scored.

    n_splits_ : int
        Number of splits.

    refit_time_ : float
        Seconds of refitting.

    multimetric_ : bool
        Whether there are several metrics.

    classes_ : ndarray
        Classes of the best estimator, of classifiers.

    n_features_in_ : int
        Number of features.

    feature_names_in_ : ndarray of str
        Their names, where they have any.
"""


def _documented(cls: Class) -> Class:
    cls.__doc__ = (cls.__doc__ or "") % {"SHARED": SHARED.strip(), "AFTER": AFTER.strip()}
    return cls


@_documented
class GridSearchCV(StackedSearch, model_selection.GridSearchCV):
    """Exhaustive search over a grid, whose candidates and folds train together.

    Takes the place of :class:`sklearn.model_selection.GridSearchCV`: same parameters, same
    attributes, same scores. Candidates that differ in numbers only (learning rate, penalties,
    momentum, dropout rate, label smoothing, seeds, schedules, class weights, epochs, ...) and
    their folds are trained as one stacked network, also at the end of a pipeline; everything
    else is fitted as in scikit-learn.

    Parameters
    ----------
    estimator : estimator
        What is fitted. One of this package, or a pipeline or a
        :class:`~sklearn.compose.TransformedTargetRegressor` that ends with one, trains in stacks.

    param_grid : dict or list of dict
        Values to try by the name of the parameter.

    %(SHARED)s

    %(AFTER)s

    See Also
    --------
    RandomizedSearchCV : Candidates that are drawn from distributions.

    Notes
    -----
    Each fit draws the random numbers that it draws alone, where ``random_state`` is an int or a
    ``RandomState``. An ``X_val`` with as many rows as X is refused: scikit-learn would cut it.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.model_selection import GridSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((16,), tol=0.01, max_iter=1000, random_state=0)
    >>> grid = {"learning_rate_init": [0.0001, 0.01], "alpha": [0.0, 0.01]}
    >>> search = GridSearchCV(model, grid).fit(X, y)
    >>> search.best_params_["learning_rate_init"]
    0.01
    """

    _parameter_constraints: ClassVar[dict] = {
        **model_selection.GridSearchCV._parameter_constraints,
        **CONSTRAINTS,
    }

    def __init__(
        self,
        estimator,
        param_grid,
        *,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        error_score=np.nan,
        return_train_score=False,
        memory_limit=None,
    ):
        super().__init__(
            estimator,
            param_grid,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.memory_limit = memory_limit


@_documented
class RandomizedSearchCV(StackedSearch, model_selection.RandomizedSearchCV):
    """Search over candidates drawn at random, which train together with their folds.

    Takes the place of :class:`sklearn.model_selection.RandomizedSearchCV`; what is trained in
    stacks is said at :class:`GridSearchCV`.

    Parameters
    ----------
    estimator : estimator
        What is fitted.

    param_distributions : dict or list of dict
        Distributions, or lists of values, by the name of the parameter.

    n_iter : int, default=10
        Number of candidates.

    %(SHARED)s

    random_state : int, RandomState instance or None, default=None
        What draws the candidates.

    %(AFTER)s

    See Also
    --------
    GridSearchCV : All values of a grid.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skdeep import MLPClassifier
    >>> from skdeep.model_selection import RandomizedSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> network = MLPClassifier((16,), tol=0.01, max_iter=1000, random_state=0)
    >>> search = RandomizedSearchCV(
    ...     make_pipeline(StandardScaler(), network),
    ...     {"mlpclassifier__learning_rate_init": loguniform(1e-3, 1e-1)},
    ...     n_iter=4,
    ...     random_state=0,
    ... )
    >>> bool(search.fit(X, y).best_score_ > 0.8)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **model_selection.RandomizedSearchCV._parameter_constraints,
        **CONSTRAINTS,
    }

    def __init__(
        self,
        estimator,
        param_distributions,
        *,
        n_iter=10,
        scoring=None,
        n_jobs=None,
        refit=True,
        cv=None,
        verbose=0,
        pre_dispatch="2*n_jobs",
        random_state=None,
        error_score=np.nan,
        return_train_score=False,
        memory_limit=None,
    ):
        super().__init__(
            estimator,
            param_distributions,
            n_iter=n_iter,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.memory_limit = memory_limit
