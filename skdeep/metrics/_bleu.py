"""BLEU: n-grams of words that predictions share with references."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np

from skdeep.data._compat import Interval, StrOptions, validate_parameter_constraints
from skdeep.metrics._pairs import pairs
from skdeep.metrics._tokenization import TOKENIZE, tokens_of

#: Smoothings, and their values where none is given.
_SMOOTHING = {"exp": None, "floor": 0.1, "add-k": 1.0}
_CONSTRAINTS: dict[str, Any] = {
    "max_order": [Interval(Integral, 1, None, closed="left")],
    "smoothing": [StrOptions(set(_SMOOTHING)), None],
    "smoothing_value": [Interval(Real, 0, None, closed="left"), None],
    "effective_order": ["boolean"],
    "tokenize": TOKENIZE,
    "lowercase": ["boolean"],
}


def bleu_score(
    y_true: Any,
    y_pred: Any,
    *,
    max_order: int = 4,
    smoothing: Literal["exp", "floor", "add-k"] | None = "exp",
    smoothing_value: float | None = None,
    effective_order: bool = False,
    tokenize: Literal["13a", "char", "whitespace"] | Callable[[str], Sequence[str]] = "13a",
    lowercase: bool = False,
) -> float:
    r"""BLEU of all predictions together, from 0 to 100.

    The geometric mean of the fractions :math:`p_n` of n-grams of the predictions that references
    have, too, times a penalty for predictions that are shorter than the references:

    .. math:: 100 \min(1, e^{1 - r/c}) \exp\Bigl(\frac1N \sum_{n=1}^N \log p_n\Bigr)

    with c tokens in all predictions, and r in the references nearest to them in length. What
    sacrebleu computes with the same settings.

    Parameters
    ----------
    y_true : sequence of length n_samples
        References: strings, or lists of tokens as `y_pred` has them. A list of several of them
        where a sample has more than one.
    y_pred : sequence of length n_samples
        Predictions: strings, or lists of tokens, which are taken as they are.
    max_order : int, default=4
        Longest n-grams that are counted.
    smoothing : {'exp', 'floor', 'add-k'} or None, default='exp'
        What stands for an order without a match: half of the least count, halved again for each
        further one ('exp', of NIST's script), or `smoothing_value` ('floor'). 'add-k' adds
        `smoothing_value` to the counts of all orders but the first. With None one order without a
        match makes the score 0. Without any match it is 0 in any case.
    smoothing_value : float or None, default=None
        None is 0.1 for 'floor' and 1 for 'add-k'.
    effective_order : bool, default=False
        Whether orders for which all predictions are too short are left out. Without it they make
        the score 0. Set it for single sentences.
    tokenize : {'13a', 'char', 'whitespace'} or callable, default='13a'
        How strings become tokens: words and punctuation marks as NIST's mteval-v13a.pl cuts them,
        characters, words between white space, or by your function of a string.
    lowercase : bool, default=False
        Whether to compare in lower case.

    Returns
    -------
    score : float
        100 where every prediction is one of its references and has `max_order` tokens.

    Raises
    ------
    ValueError
        If `y_true` and `y_pred` do not go together, or a parameter is invalid.

    See Also
    --------
    chrf_score : The same of characters, for languages with many forms of a word.
    get_scorer : ``get_scorer("bleu")`` for searches and cross-validation.

    Notes
    -----
    BLEU depends on `tokenize`, `lowercase` and `smoothing`: say them with every figure.

    References
    ----------
    .. [1] K. Papineni, S. Roukos, T. Ward and W.-J. Zhu (2002). BLEU: a method for automatic
       evaluation of machine translation. ACL, 311-318.
    .. [2] B. Chen and C. Cherry (2014). A systematic comparison of smoothing techniques for
       sentence-level BLEU. WMT, 362-367.
    .. [3] M. Post (2018). A call for clarity in reporting BLEU scores. WMT, 186-191.

    Examples
    --------
    >>> from skdeep.metrics import bleu_score
    >>> y_true = ["the cat sits on the mat", ["it rains today", "it is raining today"]]
    >>> bleu_score(y_true, ["the cat sits on the mat", "it is raining now"])
    83.75...
    >>> bleu_score([["a", "b", "c", "d", "e"]], [["a", "b", "c", "d", "x"]])
    66.87...
    """
    given = {name: value for name, value in locals().items() if name in _CONSTRAINTS}
    validate_parameter_constraints(_CONSTRAINTS, given, "bleu_score")
    length = reference_length = 0
    correct, total = np.zeros(max_order), np.zeros(max_order)
    for references, predicted in pairs(y_true, y_pred):
        tokens = tokens_of(predicted, tokenize, lowercase)
        others = [tokens_of(one, tokenize, lowercase) for one in references]
        length += len(tokens)
        # Of two lengths that are equally near the shorter counts.
        reference_length += min((abs(len(one) - len(tokens)), len(one)) for one in others)[1]
        for order in range(1, max_order + 1):
            found = _n_grams(tokens, order)
            total[order - 1] += found.total()
            correct[order - 1] += _matches(found, others, order)
    if not correct.any():
        return 0.0
    value = _SMOOTHING.get(smoothing or "") if smoothing_value is None else smoothing_value
    logs = _log_precisions(correct, total, smoothing, value)
    if len(logs) < max_order and not effective_order:
        return 0.0
    shortness = min(0.0, 1 - reference_length / length)
    return 100 * math.exp(shortness + sum(logs) / len(logs))


def _n_grams(tokens: Sequence[Any], order: int) -> Counter[tuple[Any, ...]]:
    """Return how often each n-gram occurs."""
    return Counter(zip(*(tokens[start:] for start in range(order)), strict=False))


def _matches(found: Counter[Any], references: Sequence[Sequence[Any]], order: int) -> int:
    """Return how many n-grams a reference has, too, each as often as it has them."""
    allowed: Counter[Any] = Counter()
    for one in references:
        allowed |= _n_grams(one, order)
    return (found & allowed).total()


def _log_precisions(
    correct: np.ndarray, total: np.ndarray, smoothing: str | None, value: float | None
) -> list[float]:
    """Return the logarithms of the fractions of matches, of the orders of which there are any."""
    logs, halved = [], 1
    for order, (matches, n) in enumerate(zip(correct, total, strict=True)):
        if smoothing == "add-k" and order:
            matches, n = matches + value, n + value
        if n == 0:
            break
        if matches == 0 and smoothing == "exp":
            halved *= 2
            matches = 1 / halved
        elif matches == 0 and smoothing == "floor":
            matches = value
        logs.append(math.log(matches / n) if matches else -math.inf)
    return logs
