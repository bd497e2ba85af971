"""Metrics of texts and other sequences, and scorers of them."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "bleu_score": "skdeep.metrics._bleu",
    "chrf_score": "skdeep.metrics._chrf",
    "get_scorer": "skdeep.metrics._scorers",
    "get_scorer_names": "skdeep.metrics._scorers",
    "sequence_accuracy": "skdeep.metrics._sequence_accuracy",
    "token_error_rate": "skdeep.metrics._token_error_rate",
}

if not TYPE_CHECKING:  # type checkers read the imports above, and find misspelt names

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
