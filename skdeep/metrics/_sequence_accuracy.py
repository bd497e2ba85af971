"""Sequences without any error."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data._compat import validate_parameter_constraints
from skdeep.data.weights import check_weight
from skdeep.metrics._pairs import pairs
from skdeep.metrics._tokenization import lowered


def sequence_accuracy(
    y_true: Any, y_pred: Any, *, lowercase: bool = False, sample_weight: Any = None
) -> float:
    """Fraction of predictions that equal a reference from the first token to the last.

    Parameters
    ----------
    y_true : sequence of length n_samples
        References: strings, or lists of tokens as `y_pred` has them. A list of several of them
        where a sample has more than one.
    y_pred : sequence of length n_samples
        Predictions: strings, or lists of tokens.
    lowercase : bool, default=False
        Whether to compare in lower case.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples.

    Returns
    -------
    accuracy : float
        From 0 to 1.

    Raises
    ------
    ValueError
        If `y_true` and `y_pred` do not go together, or a parameter is invalid.

    See Also
    --------
    token_error_rate : How much is wrong where something is.
    get_scorer : ``get_scorer("sequence_accuracy")`` for searches and cross-validation.

    Examples
    --------
    >>> from skdeep.metrics import sequence_accuracy
    >>> sequence_accuracy(["1999-12-31", "2000-01-01"], ["1999-12-31", "2001-01-01"])
    0.5
    """
    validate_parameter_constraints(
        {"lowercase": ["boolean"]}, {"lowercase": lowercase}, "sequence_accuracy"
    )
    right = np.array(
        [
            any(_compared(one, lowercase) == _compared(predicted, lowercase) for one in references)
            for references, predicted in pairs(y_true, y_pred)
        ]
    )
    return float(np.average(right, weights=check_weight(sample_weight, right)))


def _compared(sequence: Any, lowercase: bool) -> Any:
    """Return a string, or a list of tokens, in the case in which it is compared."""
    if not lowercase:
        return sequence
    return sequence.lower() if isinstance(sequence, str) else [lowered(t) for t in sequence]
