"""What the docstrings of the halving searches have in common."""

from __future__ import annotations

from typing import TypeVar

Class = TypeVar("Class", bound=type)

PARAMETERS = """\
    factor : int or float, default=3
        A rung has this many times the resources of the one before, and one candidate for so many.

    resource : "n_samples" or str, default="n_samples"
        What grows from rung to rung: rows, or a parameter of the estimator that is an int.

    max_resources : int, default="auto"
        The most that a candidate may have; "auto", all rows, goes with "n_samples" only.

    min_resources : {"exhaust", "smallest"} or int, default=%(MIN)s
        What candidates have in the first rung. "exhaust": so that the last rung has as much as
        possible; "smallest": 1, or two rows for each split and class.

    aggressive_elimination : bool, default=False
        Whether the first rung is repeated until few enough candidates are left.

    cv : int, cross-validation generator or iterable, default=5
        The splits, which must be the same each time.

    scoring : str, callable, default=None
        What candidates are compared by; None is the estimator's own ``score``.

    refit : bool or callable, default=True
        Whether to fit the best candidate to all rows, or what picks it.

    error_score : 'raise' or float, default=np.nan
        Score of a fit that fails. One candidate's failure touches no other.

    return_train_score : bool, default=True
        Whether to score the training rows too.

    random_state : int, RandomState instance or None, default=None
        What draws rows and candidates.

    n_jobs : int, default=None
        Processes. None and 1 train here; with more, each process trains and scores its share of
        the fits of a rung in stacks.

    verbose : int, default=0
        The larger, the more is printed.

    memory_limit : float, default=None
        Memory in MiB that the training of stacks, and rows that pipelines have transformed, may
        take; None is half of what is free. A quarter of it may hold states to train on from."""

ATTRIBUTES = """\
    Attributes
    ----------
    n_resources_ : list of int
        Resources of each candidate in each rung.

    n_candidates_ : list of int
        Candidates in each rung.

    n_remaining_candidates_ : int
        Candidates that are left after the last rung.

    max_resources_, min_resources_ : int
        The most, and the least, that a candidate may have.

    n_iterations_, n_possible_iterations_, n_required_iterations_ : int
        Rungs: those that were run, those that the resources allow, those that it takes to come
        to fewer candidates than `factor`.

    cv_results_ : dict of ndarray
        Scores, times and parameters as in scikit-learn. The time of a fit in a stack is the
        stack's over its number of models, and of the epochs that were added only.

    best_estimator_ : estimator
        The refitted best candidate of the last rung.

    best_score_ : float
        Its mean score.

    best_params_ : dict
        Its parameters.

    best_index_ : int
        Its place in ``cv_results_``.

    scorer_ : callable
        What scored.

    n_splits_ : int
        Number of splits.

    refit_time_ : float
        Seconds of refitting.

    multimetric_ : bool
        Whether there are several metrics, which is never.

    classes_ : ndarray
        Classes of the best estimator, of classifiers.

    n_features_in_ : int
        Number of features.

    feature_names_in_ : ndarray of str
        Their names, where they have any."""

NOTES = """\
    Where `resource` is the number of epochs (``max_iter``, or ``mlpclassifier__max_iter`` in a
    pipeline) the candidates that stay train on from where they were, in place of training anew.
    That gives the very model that so many epochs in one go give. A candidate begins anew where
    it would not be the same: with a ``learning_rate_schedule``, which goes by the share of all
    epochs, with other rows (a transformer that draws without a seed), with ``solver="lbfgs"``; and
    with callbacks, which hear of each epoch. With ``random_state=None`` training on draws no new
    initial weights.

    scikit-learn calls its halving searches experimental: they may change without notice."""


def documented(cls: Class) -> Class:
    """Fill in what the docstring of a halving search shares with the other."""
    least = '"smallest"' if "Random" in cls.__name__ else '"exhaust"'
    parts = {
        "SHARED": (PARAMETERS % {"MIN": least}).strip(),
        "AFTER": ATTRIBUTES.strip(),
        "NOTES": NOTES.strip(),
    }
    cls.__doc__ = (cls.__doc__ or "") % parts
    return cls
