"""Tokens that must be changed, as a fraction of those that should have come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from skdeep.data._compat import validate_parameter_constraints
from skdeep.data.weights import check_weight
from skdeep.metrics._pairs import pairs
from skdeep.metrics._tokenization import TOKENIZE, tokens_of

_CONSTRAINTS: dict[str, Any] = {"tokenize": TOKENIZE, "lowercase": ["boolean"]}


def token_error_rate(
    y_true: Any,
    y_pred: Any,
    *,
    tokenize: Literal["13a", "char", "whitespace"] | Callable[[str], Sequence[str]] = "whitespace",
    lowercase: bool = False,
    sample_weight: Any = None,
) -> float:
    """Edit distances of predictions to references over the references' number of tokens.

    The distance is the least number of tokens to insert, delete or replace [1]_. Sums are taken
    over all samples before the division. Of words this is the word error rate, of phonemes the
    phoneme error rate, of characters (``tokenize="char"``) the character error rate.

    Parameters
    ----------
    y_true : sequence of length n_samples
        References: strings, or lists of tokens as `y_pred` has them. A list of several of them
        where a sample has more than one; the nearest counts, and of equally near ones the longest.
    y_pred : sequence of length n_samples
        Predictions: strings, or lists of tokens, which are taken as they are.
    tokenize : {'13a', 'char', 'whitespace'} or callable, default='whitespace'
        How strings become tokens, as in :func:`bleu_score`.
    lowercase : bool, default=False
        Whether to compare in lower case.
    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the samples; of both sums.

    Returns
    -------
    rate : float
        0 where every prediction is one of its references. It can be above 1.

    Raises
    ------
    ValueError
        If `y_true` and `y_pred` do not go together, a parameter is invalid, or no reference has a
        token.

    See Also
    --------
    sequence_accuracy : Fraction of sequences without any error.
    get_scorer : ``get_scorer("neg_token_error_rate")`` for searches and cross-validation.

    References
    ----------
    .. [1] V. I. Levenshtein (1966). Binary codes capable of correcting deletions, insertions and
       reversals. Soviet Physics Doklady 10(8), 707-710.
    .. [2] H. Hyyrö (2003). A bit-vector algorithm for computing Levenshtein and Damerau edit
       distances. Nordic Journal of Computing 10(1), 29-39.

    Examples
    --------
    >>> from skdeep.metrics import token_error_rate
    >>> token_error_rate(["the cat sits", "it rains"], ["the cats sits", "it rains now"])
    0.4
    >>> token_error_rate([[["T", "AH"], ["T", "OW"]]], [["T", "OW"]])
    0.0
    """
    given = {"tokenize": tokenize, "lowercase": lowercase}
    validate_parameter_constraints(_CONSTRAINTS, given, "token_error_rate")
    edits = []
    for references, predicted in pairs(y_true, y_pred):
        tokens = tokens_of(predicted, tokenize, lowercase)
        others = [tokens_of(one, tokenize, lowercase) for one in references]
        edits.append(min((edit_distance(one, tokens), -len(one)) for one in others))
    distances, lengths = np.array(edits).T
    weight = check_weight(sample_weight, distances)
    weight = np.ones(len(distances)) if weight is None else weight
    total = weight @ -lengths
    if not total:
        raise ValueError("y_true has no tokens with a weight: there is no error rate")
    return float(weight @ distances / total)


def edit_distance(a: Sequence[Any], b: Sequence[Any]) -> int:
    """Return the least number of insertions, deletions and replacements between sequences.

    Hyyrö's algorithm: a column of the usual table as bits of two integers, which say in which
    rows the distance goes up or down by one.
    """
    if not len(a):
        return len(b)
    places: dict[Any, int] = {}
    for row, token in enumerate(a):
        places[token] = places.get(token, 0) | 1 << row
    every, last = (1 << len(a)) - 1, 1 << len(a) - 1
    up, down, distance = every, 0, len(a)
    for token in b:
        same = places.get(token, 0)
        zero = (((same & up) + up) ^ up) | same | down
        right_up, right_down = down | ~(zero | up), up & zero
        distance += bool(right_up & last) - bool(right_down & last)
        right_up = right_up << 1 | 1
        up = ((right_down << 1) | ~(zero | right_up)) & every
        down = right_up & zero & every
    return distance
