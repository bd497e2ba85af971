"""Metrics of texts and other sequences, and scorers of them."""

from skdeep.metrics._bleu import bleu_score
from skdeep.metrics._chrf import chrf_score
from skdeep.metrics._scorers import get_scorer, get_scorer_names
from skdeep.metrics._sequence_accuracy import sequence_accuracy
from skdeep.metrics._token_error_rate import token_error_rate

__all__ = [
    "bleu_score",
    "chrf_score",
    "get_scorer",
    "get_scorer_names",
    "sequence_accuracy",
    "token_error_rate",
]
