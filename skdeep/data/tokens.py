"""Checks of sequences of tokens, which are numbers of what they stand for."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import compute, get_backend, is_device_array, validate_device_array
from skdeep.backend.user_warnings import warn
from skdeep.data.cells import is_sequence, listed
from skdeep.data.columns import is_frame
from skdeep.data.sequence_items import (
    ENCODE,
    as_array,
    check_item_shape,
    check_some,
    holds_objects,
    of_items,
)
from skdeep.data.whole import is_whole
from skdeep.train.sequences.sequences import Sequences

#: The largest token number and one: tokens are int32.
MOST_TOKENS = 2**31 - 1

#: A vocabulary of as many tokens should not stand nearly empty.
LARGE = 1000

#: What to do where integers are no tokens.
NUMBERS = "where they measure something, give floats or set embedding_dim=None"

#: Tokens of which as many as this are taken for a vocabulary only where ``n_tokens`` says so.
MOST_GUESSED = 10_000_000


def are_tokens(X: Any) -> bool:
    """Whether sequences are tokens where nobody says it: each is (T,) and made of integers.

    A channel axis, a dtype of floats or booleans, and the named columns of a data frame are
    those of measurements. What is no sequence, or empty, is left to the checks.
    """
    X = listed(X)
    if isinstance(X, Sequences):
        return X.is_tokens
    if isinstance(X, list | tuple) or holds_objects(X):
        items = [item for item in X if not _is_empty(item)]
        return bool(items) and all(map(_is_token_item, items))
    if is_frame(X) or hasattr(X, "tocsr") or len(getattr(X, "shape", ())) != 2:
        return False
    return _holds_integers(X if hasattr(getattr(X, "dtype", None), "kind") else np.asarray(X))


def warn_of_measurements(X: Sequences, n_tokens: int) -> None:
    """Warn where integers that nobody called tokens leave most of a large vocabulary out."""
    if n_tokens < LARGE:
        return
    distinct = len(np.unique(np.concatenate(list(X.to_host()))))
    if n_tokens > 10 * distinct:
        warn(
            f"Integers are read as tokens, 0 to {n_tokens - 1}, but X has only {distinct} of them. "
            f"Set n_tokens if they are tokens; {NUMBERS}"
        )


def _is_empty(item: Any) -> bool:
    shape = getattr(item, "shape", None)
    return shape[:1] == (0,) if shape else isinstance(item, list | tuple) and not item


def _is_token_item(item: Any) -> bool:
    """Whether one sequence is a row of integers."""
    if isinstance(item, list | tuple):
        return all(map(is_whole, item))
    if len(getattr(item, "shape", ())) != 1:
        return False
    known = hasattr(getattr(item, "dtype", None), "kind")
    return _holds_integers(item if known else np.asarray(item))


def _holds_integers(array: Any) -> bool:
    if array.dtype.kind == "O":
        return all(map(is_whole, np.ravel(array)))
    return array.dtype.kind in "iu"


def tokens_of(X: Any) -> Sequences:
    """Validate tokens: an array (n, T) or a list of (T_i,), of integers."""
    if hasattr(X, "tocsr"):
        raise TypeError("X is sparse, but dense sequences of tokens are required")
    if isinstance(X, list | tuple) or holds_objects(X):
        if len(X) and not any(map(is_sequence, X)):
            raise ValueError(
                "Expected a list of sequences of tokens, got a list of numbers: one sequence is "
                "[[...]]"
            )
        return of_items(X, _token_item)
    if is_device_array(X):
        if X.dtype.kind not in "iu":
            raise ValueError(_not_tokens("X", X.dtype))
        X = validate_device_array(X, ndim=2, dtype=np.int32, finite=False)
        return Sequences.of_array(X)
    array = np.asarray(X)
    if array.ndim != 2:
        raise ValueError(
            f"X has shape {array.shape}: tokens are an array (n, T) or a list of arrays (T_i,) of "
            "integers; for piano rolls, or steps of several numbers, set embedding_dim=None"
        )
    check_some(array)
    if not array.shape[1]:
        raise ValueError(f"X has shape {array.shape}: every sequence needs a step")
    return Sequences.of_array(_integers(array, "X"))


def _token_item(item: Any, name: str) -> Any:
    if is_device_array(item):
        if item.dtype.kind not in "iu":
            raise ValueError(_not_tokens(name, item.dtype))
        return validate_device_array(item, name, ndim=1, dtype=np.int32, finite=False)
    item = as_array(item, name)
    if item.ndim == 2 and item.dtype.kind in "biuf":
        raise ValueError(
            f"{name} must be an array (T,) of tokens, got shape {item.shape}: for piano rolls, or "
            "steps of several numbers, set embedding_dim=None"
        )
    check_item_shape(item, name, (1,), "(T,) of tokens")
    return _integers(item, name)


def _integers(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype.kind in "US":
        raise ValueError(f"{name} holds strings: {ENCODE}")
    if array.dtype.kind == "O":
        for value in array.ravel():
            if not is_whole(value):
                raise ValueError(_not_tokens(name, type(value).__name__))
            if value >= MOST_TOKENS:  # which NumPy's integers may not hold
                raise ValueError(_too_large(name, value))
            if value < 0:
                raise ValueError(f"{name} has a negative token, {value}: {NUMBERS}")
        array = array.astype(np.int32)
    if array.dtype.kind not in "iu":
        raise ValueError(_not_tokens(name, array.dtype))
    if array.dtype != np.int32 and array.size and array.max() >= MOST_TOKENS:
        raise ValueError(_too_large(name, array.max()))
    if array.size and array.min() < 0:
        raise ValueError(f"{name} has a negative token, {array.min()}: {NUMBERS}")
    return array.astype(np.int32, copy=False)


def _too_large(name: str, value: Any) -> str:
    return f"{name} has a token {value}, more than {MOST_TOKENS - 1}: {NUMBERS}"


def _not_tokens(name: str, dtype: Any) -> str:
    return (
        f"{name} has dtype {dtype}, but steps are to be tokens, non-negative integers; "
        "embedding_dim=None reads numbers"
    )


def check_vocabulary(found: Sequences, limit: int | None, what: str | None) -> None:
    """Refuse tokens that are negative, or `limit` or more, which `what` says."""
    ends = compute(lambda xp, s: xp.stack([s.min(), s.max()]), found.steps)
    low, high = get_backend(found.device).to_host(ends) if found.device != "cpu" else ends
    if low >= 0 and (limit is None or high < limit):
        return
    value = int(low) if low < 0 else int(high)
    steps = found.to_host().steps
    sample = found.sample_of(int(np.flatnonzero(steps == value)[0]))
    if value >= 0 and what is None:
        raise ValueError(
            f"X[{sample}] has a token {value}, which would be learned as one of {value + 1}: set "
            f"n_tokens if you mean so many, number the tokens from 0 on, or, {NUMBERS}; {ENCODE}"
        )
    allowed = "at least 0" if value < 0 else f"below {limit}, which {what} says"
    raise ValueError(f"X[{sample}] has a token {value}, but tokens must be {allowed}")
