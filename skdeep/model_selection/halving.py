"""Successive halving: many candidates with few resources, then the better ones with more.

Importing this module enables scikit-learn's experimental searches, which these derive from.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn import model_selection
from sklearn.experimental import enable_halving_search_cv  # noqa: F401

from skdeep.model_selection._progress import ProgressKeeper
from skdeep.model_selection._replacement import takes_the_place_of
from skdeep.model_selection._stacked import StackedSearch

#: Fraction of the memory for training that states to go on from may take.
KEPT_SHARE = 0.25

NOTES = """\
Where `resource` is the number of epochs (``max_iter``, or ``mlpclassifier__max_iter`` in a
pipeline) the candidates that stay train on from where they were, in place of training anew.
That gives the very model that so many epochs in one go give. A candidate begins anew where
it would not be the same: with a ``learning_rate_schedule``, which goes by the fraction of all
epochs, with other rows (a transformer that draws without a seed), with ``solver="lbfgs"``; and
with callbacks, which hear of each epoch. With ``random_state=None`` training on draws no new
initial weights.

scikit-learn calls its halving searches experimental: they may change without notice. A quarter
of `memory_limit` may hold states to train on from.
"""


class StackedHalving(StackedSearch):
    """Mixin before a halving search of scikit-learn; its iterations train in stacks."""

    resource: str

    def _run_search(
        self, evaluate_candidates: Callable[..., Any], *, callback_ctx: Any = None
    ) -> None:
        if self.resource != "n_samples":
            self._running.keeper = ProgressKeeper(self.resource, KEPT_SHARE * self._memory_bytes())
        super()._run_search(evaluate_candidates, callback_ctx=callback_ctx)


@takes_the_place_of(model_selection.HalvingGridSearchCV, NOTES)
class HalvingGridSearchCV(StackedHalving, model_selection.HalvingGridSearchCV):
    """Search over a grid with successive halving, whose iterations train in stacks.

    Takes the place of scikit-learn's ``HalvingGridSearchCV``: same parameters, same attributes,
    same scores. See :class:`GridSearchCV` for what trains in stacks.

    See Also
    --------
    HalvingRandomSearchCV : Candidates that are drawn from distributions.
    GridSearchCV : All candidates with all resources.

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


@takes_the_place_of(model_selection.HalvingRandomSearchCV, NOTES)
class HalvingRandomSearchCV(StackedHalving, model_selection.HalvingRandomSearchCV):
    """Search over candidates drawn at random with successive halving, in stacks.

    Takes the place of scikit-learn's ``HalvingRandomSearchCV``: same parameters, same attributes,
    same scores. See :class:`GridSearchCV` for what trains in stacks.

    See Also
    --------
    HalvingGridSearchCV : All values of a grid.
    RandomizedSearchCV : All candidates with all resources.

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
