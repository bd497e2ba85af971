"""Predicted sequences, each with the sequences that would have been right."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from skdeep.data.cells import has_order, listed
from skdeep.data.naming import shown

FORMS = "a list of strings, or of lists of tokens"


class Pair(NamedTuple):
    """One prediction and its references: strings, or lists of tokens."""

    references: list[Any]
    predicted: Any


def pairs(y_true: Any, y_pred: Any) -> list[Pair]:
    """Return predictions with their references; raise ValueError where they do not go together.

    Predictions say what a sequence is: a string, or a list of tokens. An item of `y_true` is one
    sequence, or a list of them.
    """
    true, predicted = items(y_true, "y_true"), items(y_pred, "y_pred")
    if len(true) != len(predicted):
        raise ValueError(
            f"y_true and y_pred must have equally many items, got {len(true)} and {len(predicted)}"
        )
    if not true:
        raise ValueError("y_true and y_pred are empty: at least one sequence is required")
    strings = isinstance(predicted[0], str)
    for k, item in enumerate(predicted):
        if isinstance(item, str) != strings or not (strings or _is_tokens(item)):
            raise ValueError(f"y_pred must be {FORMS}, got y_pred[{k}] = {shown(item)}")
    return [
        Pair(_references(item, k, strings), guess if strings else list(guess))
        for k, (item, guess) in enumerate(zip(true, predicted, strict=True))
    ]


def items(y: Any, name: str) -> list[Any]:
    """Return the items of a list, an array, a series or a column; refuse anything else."""
    y = listed(y)
    if not has_order(y) or getattr(y, "shape", 0) == ():
        raise ValueError(f"{name} must be {FORMS}, got {shown(y)}")
    return list(y)


def _is_tokens(item: Any) -> bool:
    """Whether an item is a list of tokens: single ones, not lists of them."""
    if isinstance(item, np.ndarray):
        return item.ndim == 1
    return isinstance(item, list | tuple) and not any(
        isinstance(token, list | tuple | np.ndarray) for token in item
    )


def _references(item: Any, k: int, strings: bool) -> list[Any]:
    """Return the references of one prediction."""
    single = isinstance(item, str) if strings else _is_tokens(item)
    several = isinstance(item, list | tuple | np.ndarray)
    references = [item] if single else list(item) if several else []
    valid = all(isinstance(one, str) if strings else _is_tokens(one) for one in references)
    if not references or not valid:
        kind = "a string or a list of strings" if strings else "a list of tokens, or of such lists"
        raise ValueError(f"y_true[{k}] must be {kind}, as y_pred has it, got {shown(item)}")
    return references if strings else [list(one) for one in references]
