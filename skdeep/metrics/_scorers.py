"""Scorers by name: ours, and those of scikit-learn."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sklearn import metrics as theirs
from sklearn.metrics import make_scorer

from skdeep.data._compat import metric_of

#: Names of ours, which scikit-learn does not know.
NAMES = ("bleu", "chrf", "neg_token_error_rate", "sequence_accuracy")


@cache
def _own_scorers() -> Mapping[str, Any]:
    """Return our scorers by their names, made when the first is asked for."""
    from skdeep.metrics._bleu import bleu_score
    from skdeep.metrics._chrf import chrf_score
    from skdeep.metrics._sequence_accuracy import sequence_accuracy
    from skdeep.metrics._token_error_rate import token_error_rate

    scorers = (
        make_scorer(bleu_score),
        make_scorer(chrf_score),
        make_scorer(token_error_rate, greater_is_better=False),
        make_scorer(sequence_accuracy),
    )
    return dict(zip(NAMES, scorers, strict=True))


def get_scorer(scoring: str | Callable[..., Any] | None) -> Any:
    """Return a scorer by its name: one of skdeep's or of scikit-learn's.

    'bleu', 'chrf', 'neg_token_error_rate' and 'sequence_accuracy' are the metrics of this module
    with their default settings. The searches of :mod:`skdeep.model_selection` and the parameter
    `scoring` of estimators know these names; to functions of scikit-learn give the scorer. For
    other settings give one that :func:`sklearn.metrics.make_scorer` makes.

    Parameters
    ----------
    scoring : str, callable or None
        A name of :func:`get_scorer_names`. A callable or None is returned as it is.

    Returns
    -------
    scorer : callable
        A function of estimator, X and y, for which greater is better.

    Raises
    ------
    ValueError
        If there is no scorer of that name.

    See Also
    --------
    sklearn.metrics.get_scorer : Of scikit-learn's scorers alone.

    Examples
    --------
    >>> from sklearn.metrics import make_scorer
    >>> from skdeep.metrics import bleu_score, get_scorer
    >>> get_scorer("sequence_accuracy")
    make_scorer(sequence_accuracy, response_method='predict')
    >>> lower = make_scorer(bleu_score, lowercase=True)
    """
    if not isinstance(scoring, str):
        return scoring
    if scoring in NAMES:
        return copy.deepcopy(_own_scorers()[scoring])
    if scoring not in theirs.get_scorer_names():
        raise ValueError(
            f"{scoring!r} is not a valid scoring value. Use skdeep.metrics.get_scorer_names() to "
            "get valid options."
        )
    return theirs.get_scorer(scoring)


def get_scorer_names() -> list[str]:
    """Return the names of all scorers: skdeep's and scikit-learn's.

    Returns
    -------
    names : list of str
        In alphabetical order.

    Examples
    --------
    >>> from skdeep.metrics import get_scorer_names
    >>> "bleu" in get_scorer_names(), "r2" in get_scorer_names()
    (True, True)
    """
    return sorted([*NAMES, *theirs.get_scorer_names()])


def of_sequences(scoring: Any) -> bool:
    """Whether a scorer compares whole sequences by a metric of this module."""
    if isinstance(scoring, str):
        return scoring in NAMES
    return metric_of(scoring) in [metric_of(one) for one in _own_scorers().values()]


def without_names(scoring: Any) -> Any:
    """Return the metrics of a search with scorers in place of the names that are ours."""
    if isinstance(scoring, list | tuple | set) and any(map(of_sequences, scoring)):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, Mapping):
        return {key: without_names(one) for key, one in scoring.items()}
    return get_scorer(scoring) if isinstance(scoring, str) and scoring in NAMES else scoring
