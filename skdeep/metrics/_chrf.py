"""chrF: n-grams of characters that predictions share with references."""

from __future__ import annotations

import string
from collections import Counter
from numbers import Integral, Real
from typing import Any

import numpy as np

from skdeep.data._compat import Interval, validate_parameter_constraints
from skdeep.metrics._pairs import pairs

_CONSTRAINTS: dict[str, Any] = {
    "char_order": [Interval(Integral, 1, None, closed="left")],
    "word_order": [Interval(Integral, 0, None, closed="left")],
    "beta": [Interval(Real, 0, None, closed="left")],
    "lowercase": ["boolean"],
    "whitespace": ["boolean"],
}
_PUNCTUATION = set(string.punctuation)


def chrf_score(
    y_true: Any,
    y_pred: Any,
    *,
    char_order: int = 6,
    word_order: int = 0,
    beta: float = 2,
    lowercase: bool = False,
    whitespace: bool = False,
) -> float:
    r"""F score of character n-grams of all predictions together (chrF), from 0 to 100.

    Precision P and recall R are means over the orders of n-grams; the score is

    .. math:: 100 \frac{(1 + \beta^2) P R}{\beta^2 P + R}

    What sacrebleu computes with the same settings.

    Parameters
    ----------
    y_true : sequence of length n_samples
        References: strings, or lists of strings as `y_pred` has them. A list of several of them
        where a sample has more than one; the one with the highest score counts.
    y_pred : sequence of length n_samples
        Predictions: strings, or lists of tokens that are strings, which are joined by spaces.
    char_order : int, default=6
        Longest n-grams of characters that are counted.
    word_order : int, default=0
        Longest n-grams of words; 2 is chrF++.
    beta : float, default=2
        How many times as much as precision recall counts.
    lowercase : bool, default=False
        Whether to compare in lower case.
    whitespace : bool, default=False
        Whether white space belongs to the characters.

    Returns
    -------
    score : float
        100 where every prediction is one of its references.

    Raises
    ------
    ValueError
        If `y_true` and `y_pred` do not go together, or a parameter is invalid.

    See Also
    --------
    bleu_score : The same of words.
    get_scorer : ``get_scorer("chrf")`` for searches and cross-validation.

    References
    ----------
    .. [1] M. Popović (2015). chrF: character n-gram F-score for automatic MT evaluation. WMT,
       392-395.
    .. [2] M. Popović (2017). chrF++: words helping character n-grams. WMT, 612-618.

    Examples
    --------
    >>> from skdeep.metrics import chrf_score
    >>> chrf_score(["the cat sits"], ["the cats sit"])
    68.50...
    """
    given = {name: value for name, value in locals().items() if name in _CONSTRAINTS}
    validate_parameter_constraints(_CONSTRAINTS, given, "chrf_score")

    def counted(sequence: Any) -> list[Counter[Any]]:
        text = _text(sequence)
        text = text.lower() if lowercase else text
        return _n_grams(text, char_order, word_order, whitespace)

    totals = np.zeros((char_order + word_order, 3))
    for references, predicted in pairs(y_true, y_pred):
        found = counted(predicted)
        counts = [_counts(found, counted(one)) for one in references]
        totals += max(counts, key=lambda one: _f_score(one, beta))
    return 100 * _f_score(totals, beta)


def _text(sequence: Any) -> str:
    """Return a string as it is, tokens with spaces between them."""
    if isinstance(sequence, str):
        return sequence
    for token in sequence:
        if not isinstance(token, str):
            raise ValueError(f"chrf_score compares characters, but a token is {token!r}")
    return " ".join(sequence)


def _n_grams(text: str, char_order: int, word_order: int, whitespace: bool) -> list[Counter[Any]]:
    """Return how often each n-gram of each order occurs, those of characters first."""
    words = _words(text) if word_order else []
    text = text if whitespace else "".join(text.split())
    return [
        *(_counter(text, order) for order in range(1, char_order + 1)),
        *(_counter(words, order) for order in range(1, word_order + 1)),
    ]


def _counter(items: Any, order: int) -> Counter[Any]:
    return Counter(zip(*(items[start:] for start in range(order)), strict=False))


def _words(text: str) -> list[str]:
    """Return words, with a punctuation mark at an end of one (the last first) apart from it."""
    words = []
    for word in text.split():
        if len(word) > 1 and word[-1] in _PUNCTUATION:
            words += [word[:-1], word[-1]]
        elif len(word) > 1 and word[0] in _PUNCTUATION:
            words += [word[0], word[1:]]
        else:
            words.append(word)
    return words


def _counts(found: list[Counter[Any]], reference: list[Counter[Any]]) -> np.ndarray:
    """Return by order how many n-grams are predicted, in the reference, and in both."""
    return np.array(
        [
            # An order that the reference is too short for says nothing against a prediction.
            (ours.total() if theirs else 0, theirs.total(), (ours & theirs).total())
            for ours, theirs in zip(found, reference, strict=True)
        ],
        dtype=float,
    )


def _f_score(counts: np.ndarray, beta: float) -> float:
    """Return the F score, from 0 to 1, of counts by order."""
    predicted, true, both = counts[(counts[:, :2] > 0).all(axis=1)].T
    if not both.any():
        return 0.0
    precision, recall = float(np.mean(both / predicted)), float(np.mean(both / true))
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall)
