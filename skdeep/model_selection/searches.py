"""Grid search and randomized search."""

from __future__ import annotations

from sklearn import model_selection

from skdeep.model_selection._replacement import takes_the_place_of
from skdeep.model_selection._stacked import StackedSearch


@takes_the_place_of(model_selection.GridSearchCV)
class GridSearchCV(StackedSearch, model_selection.GridSearchCV):
    """Exhaustive search over a grid, whose candidates and folds train together.

    Takes the place of :class:`sklearn.model_selection.GridSearchCV`: same parameters, same
    attributes, same scores. Candidates that differ in numbers only (learning rate, penalties,
    momentum, dropout rate, label smoothing, seeds, schedules, class weights, epochs, ...) and
    their folds are trained as one stacked network, also at the end of a pipeline; everything
    else is fitted as in scikit-learn.

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


@takes_the_place_of(model_selection.RandomizedSearchCV)
class RandomizedSearchCV(StackedSearch, model_selection.RandomizedSearchCV):
    """Search over candidates drawn at random, which train together with their folds.

    Takes the place of :class:`sklearn.model_selection.RandomizedSearchCV`; see
    :class:`GridSearchCV` for what trains in stacks.

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
