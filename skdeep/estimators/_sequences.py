"""Checks of sequences as people have them: arrays, lists of different lengths, tokens."""

from __future__ import annotations

from numbers import Number
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils.validation import _check_feature_names, validate_data

from skdeep.backend import compute, get_backend, is_device_array, validate_device_array
from skdeep.estimators._constraints import is_whole
from skdeep.estimators._inputs import FLOATS
from skdeep.estimators._wording import naming
from skdeep.train.sequences import Sequences

#: The largest token number and one: tokens are int32.
MOST_TOKENS = 2**31 - 1

#: Tokens of which as many as this are taken for a vocabulary only where ``n_tokens`` says so.
MOST_GUESSED = 10_000_000

ENCODE = "encode text with skdeep.SequenceEncoder first"
FORMS = "sequences are an array (n, T, F) or (n, T), or a list of arrays (T_i, F) or (T_i,)"


class SequenceForm(NamedTuple):
    """What an estimator was fitted on.

    ``steps`` is T where it was a table (n, T), whose columns are the steps of one channel: later
    tables must have as many. Else it is None, and sequences may have any length.
    """

    tokens: bool
    width: int
    steps: int | None = None


def check_sequences(
    estimator: Any, X: Any, *, tokens: bool, reset: bool, tables: bool = True
) -> Sequences:
    """Validate sequences; nothing but what has to be converted is copied.

    With `reset` it sets ``n_features_in_``, ``feature_names_in_`` and ``_sequence_form``:
    ``n_features_in_`` is F for arrays (n, T, F) and lists of (T_i, F), 1 for lists of (T_i,) and
    for tokens, and T for a table (n, T) of one channel. Names are those of the columns of a table,
    or of the first data frame of a list.

    Parameters
    ----------
    estimator : estimator
        Whose input it is. With tokens its ``n_tokens``, or ``n_tokens_`` once fitted, bounds them.
    X : array-like, list or Sequences
        Sequences.
    tokens : bool
        Whether steps are numbers of tokens: arrays (n, T) or lists of (T_i,) of integers.
    reset : bool
        Whether this is what the estimator learns its form from.
    tables : bool, default=True
        Whether nested lists of one length may be a table, for an estimator that knows no better.

    Returns
    -------
    Sequences
        On the device where X lies. Steps are float32 or float64, or int32 tokens.

    Raises
    ------
    ValueError, TypeError
        If X is not valid; the message names the sample.
    """
    if isinstance(X, Sequences):
        found = X
    elif tokens:
        found = _tokens(X)
    elif is_list(X, tables=tables and (reset or knows_tables(estimator))):
        found = _of_items(X, tokens=False)
    elif len(getattr(X, "shape", ())) > 2:
        found = _of_array(X)
    elif is_device_array(X) or not _expects_table(estimator, X, reset=reset):
        found = _one_channel(X)
    else:
        _check_listed(X)
        return _table(estimator, X, reset=reset)
    found = _learn_form(estimator, X, found) if reset else _check_form(estimator, X, found)
    if not knows_tables(estimator):
        _check_names(estimator, X, reset=reset)
    return found


# ---------------------------------------------------------------------- forms


def _learn_form(estimator: Any, X: Any, found: Sequences) -> Sequences:
    steps = None
    if found.is_tokens:
        n_tokens = getattr(estimator, "n_tokens", None)
        _check_vocabulary(found, n_tokens or MOST_GUESSED, n_tokens and "n_tokens")
    elif is_device_array(X) and len(X.shape) == 2:
        steps = int(X.shape[1])
    estimator._sequence_form = SequenceForm(found.is_tokens, found.width, steps)
    estimator.n_features_in_ = found.width if steps is None else steps
    estimator.__dict__.pop("feature_names_in_", None)
    return found


def _check_names(estimator: Any, X: Any, *, reset: bool) -> None:
    """Learn the names of channels from the first data frame of a list; compare those of others."""
    if isinstance(X, Sequences) or not is_list(X, tables=False):
        return
    for k, item in enumerate(X):
        if not k or hasattr(item, "columns"):
            _check_feature_names(estimator, item, reset=reset and not k)


def _check_form(estimator: Any, X: Any, found: Sequences) -> Sequences:
    """Refuse what does not fit an estimator that was fitted on another form."""
    form, name = estimator._sequence_form, type(estimator).__name__
    if found.is_tokens != form.tokens:
        kinds = ("sequences of numbers", "sequences of tokens")
        raise ValueError(
            f"X holds {kinds[found.is_tokens]}, but this {name} was fitted on {kinds[form.tokens]}"
        )
    if found.width != form.width:
        raise ValueError(
            f"X has {found.width} features, but {name} is expecting {form.width} features as "
            f"input: arrays (n, T, {form.width}) or lists of (T_i, {form.width}) arrays, with any "
            "number of steps"
        )
    if is_device_array(X) and len(X.shape) == 2 and form.steps not in (None, X.shape[1]):
        raise ValueError(
            f"X has {X.shape[1]} features, but {name} is expecting {form.steps} features as input."
        )
    if form.tokens:
        _check_vocabulary(found, getattr(estimator, "n_tokens_", None), "the vocabulary")
    return found


def knows_tables(estimator: Any) -> bool:
    """Whether an estimator was fitted on a table, so that nested lists of one length are one."""
    return estimator._sequence_form.steps is not None


def _expects_table(estimator: Any, X: Any, *, reset: bool) -> bool:
    """Whether X, unless it is a list, is to be checked as scikit-learn checks a table."""
    if reset or knows_tables(estimator) or hasattr(X, "tocsr"):
        return True
    return len(getattr(X, "shape", ())) != 2  # what is wrong with X, scikit-learn says best


def _table(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """Validate a table (n, T) as scikit-learn's estimators do: one channel of T steps."""
    with naming(X=X):
        X = validate_data(estimator, X, dtype=FLOATS, reset=reset)
    if reset:
        estimator._sequence_form = SequenceForm(False, 1, X.shape[1])
    return Sequences.of_array(X[:, :, None])


def _one_channel(X: Any) -> Sequences:
    """Validate a table of any number of steps."""
    if is_device_array(X):
        X = validate_device_array(X)
        return Sequences.of_array(X.reshape(*X.shape, 1))
    return _of_array(np.asarray(X)[:, :, None])


def _of_array(X: Any) -> Sequences:
    """Validate an array (n, T, F)."""
    if len(X.shape) != 3:
        raise ValueError(f"X has shape {tuple(X.shape)}: {FORMS}")
    for axis, what in enumerate(("sample(s)", "step(s)", "feature(s)")):
        if not X.shape[axis]:
            raise ValueError(
                f"Found array with 0 {what} (shape={tuple(X.shape)}) while a minimum of 1 is "
                "required: X"
            )
    if is_device_array(X):
        return Sequences.of_array(validate_device_array(X, ndim=3))
    array = _numbers(np.asarray(X), "X")
    return _finite(Sequences.of_array(array))


# ---------------------------------------------------------------------- lists


def is_list(X: Any, *, tables: bool = True) -> bool:
    """Whether X is a list, an array or a series of objects that are sequences themselves.

    With `tables`, nested lists of numbers that make a table are one, as everywhere in scikit-learn;
    but a list of arrays is a list of sequences also where their lengths happen to agree.
    """
    if _holds_objects(X):
        return not len(X) or _is_sequence(np.asarray(X)[0])
    if not isinstance(X, list | tuple):
        return False
    _check_some(X)
    if not any(map(_is_sequence, X)):
        return False
    rows = tables and all(isinstance(item, list | tuple) for item in X)
    if not rows or any(_is_sequence(step) for item in X for step in item[:1]):
        return True
    return len({len(item) for item in X}) > 1


def objects(items: list[Any]) -> np.ndarray:
    """Return an object array of items, which scikit-learn can cut and put together."""
    result = np.empty(len(items), dtype=object)
    for k, item in enumerate(items):  # NumPy would make items of one length columns
        result[k] = item
    return result


def _check_some(X: Any) -> None:
    if not len(X):
        raise ValueError("X is empty: found array with 0 sample(s), a minimum of 1 is required.")


def _holds_objects(X: Any) -> bool:
    """Whether X is an array or a series of objects."""
    if len(getattr(X, "shape", ())) != 1:
        return False
    # Types of columns that are not NumPy's, as those of polars, need not say their kind.
    dtype = X.dtype if hasattr(X.dtype, "kind") else np.asarray(X).dtype
    return bool(dtype.kind == "O")


def _is_sequence(item: Any) -> bool:
    return isinstance(item, str | bytes | list | tuple) or len(getattr(item, "shape", ())) > 0


def _check_listed(X: Any) -> None:
    """Refuse what is no array, and lists of what are no sequences."""
    if isinstance(X, list | tuple):
        if not any(map(_is_sequence, X)):
            raise ValueError(f"X[0] is {_shown(X[0])}, no sequence: {FORMS}")
    elif not any(hasattr(X, name) for name in ("shape", "__array__", "__array_interface__")):
        raise ValueError(f"X is {_shown(X)}: {FORMS}")


def _shown(value: Any) -> str:
    """Return a number or None as it is written, and the type of anything else."""
    if value is None or isinstance(value, str | Number):
        return repr(value)[:50]
    return f"of type {type(value).__name__}"


def _of_items(X: Any, *, tokens: bool) -> Sequences:
    """Validate a list of sequences, one by one, and put them one after the other."""
    _check_some(X)
    make = _token_item if tokens else _float_item
    items = [make(item, f"X[{k}]") for k, item in enumerate(X)]
    device = is_device_array(items[0])
    for k, item in enumerate(items):
        if item.shape[1:] != items[0].shape[1:]:
            raise ValueError(
                f"X[{k}] has {item.shape[1]} features, but X[0] has {items[0].shape[1]}: sequences "
                "may differ in their length alone"
            )
        if is_device_array(item) != device:
            raise ValueError(f"X[{k}] does not lie where X[0] does: move all to one place")
    lengths = [item.shape[0] for item in items]
    steps = compute(lambda xp, *parts: xp.concatenate(parts), *items)
    if not tokens and not device and steps.dtype not in FLOATS:
        steps = steps.astype(np.float64)
    found = Sequences(steps, lengths)
    return found if tokens or device else _finite(found)


def _float_item(item: Any, name: str) -> Any:
    """Return one sequence as an array (T, F) of numbers."""
    if is_device_array(item):
        item = validate_device_array(item, name, ndim=(1, 2))
    else:
        item = _as_array(item, name)
        _check_item_shape(item, name, (1, 2), "(T, F) or (T,)")
        item = _numbers(item, name)
    return item if len(item.shape) == 2 else item.reshape(len(item), 1)


def _check_item_shape(item: Any, name: str, allowed: tuple[int, ...], form: str) -> None:
    if item.ndim not in allowed:
        came = f"shape {item.shape}" if item.ndim else _shown(item.item())
        raise ValueError(f"{name} must be an array {form}, got {came}")
    if not item.shape[0]:
        raise ValueError(f"{name} has length zero: every sequence needs a step")
    if 0 in item.shape:
        raise ValueError(f"{name} has shape {item.shape}: every step needs a feature")


def _as_array(item: Any, name: str) -> np.ndarray:
    if isinstance(item, str | bytes):
        raise ValueError(f"{name} is a string, {item[:20]!r}: {ENCODE}")
    if hasattr(item, "tocsr"):
        raise TypeError(f"{name} is sparse, but dense sequences are required")
    try:
        return np.asarray(item)
    except ValueError as error:  # NumPy refuses ragged lists
        raise ValueError(
            f"{name} is ragged: the steps of a sequence must have equally many features"
        ) from error


def _numbers(array: np.ndarray, name: str) -> np.ndarray:
    """Return real numbers; float32 and float64 stay as they are."""
    if array.dtype.kind in "US":
        raise ValueError(f"{name} holds strings: {ENCODE}")
    if array.dtype.kind == "O":
        if any(isinstance(value, str | bytes) for value in array.ravel()[:1]):
            raise ValueError(f"{name} holds strings: {ENCODE}")
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name} must hold real numbers: {error}") from error
    if array.dtype.kind == "c":
        raise ValueError(f"Complex data not supported: {name} must hold real numbers")
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got dtype {array.dtype}")
    return array if array.dtype in FLOATS else array.astype(np.float64)


def _finite(found: Sequences) -> Sequences:
    """Refuse NaN and infinity, and name the sample."""
    fine = np.isfinite(found.steps)
    if not fine.all():
        step, channel = np.argwhere(~fine)[0]
        sample = found.sample_of(step)
        kind = "NaN" if np.isnan(found.steps[step, channel]) else "infinity"
        raise ValueError(
            f"Input X contains {kind}: in X[{sample}], step {step - found.starts[sample]}, "
            f"feature {channel}"
        )
    return found


# ---------------------------------------------------------------------- tokens


def _tokens(X: Any) -> Sequences:
    """Validate tokens: an array (n, T) or a list of (T_i,), of integers."""
    if hasattr(X, "tocsr"):
        raise TypeError("X is sparse, but dense sequences of tokens are required")
    if isinstance(X, list | tuple) or _holds_objects(X):
        if len(X) and not any(map(_is_sequence, X)):
            raise ValueError(
                "Expected a list of sequences of tokens, got a list of numbers: one sequence is "
                "[[...]]"
            )
        return _of_items(X, tokens=True)
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
    _check_some(array)
    if not array.shape[1]:
        raise ValueError(f"X has shape {array.shape}: every sequence needs a step")
    return Sequences.of_array(_integers(array, "X"))


def _token_item(item: Any, name: str) -> Any:
    if is_device_array(item):
        if item.dtype.kind not in "iu":
            raise ValueError(_not_tokens(name, item.dtype))
        return validate_device_array(item, name, ndim=1, dtype=np.int32, finite=False)
    item = _as_array(item, name)
    if item.ndim == 2 and item.dtype.kind in "biuf":
        raise ValueError(
            f"{name} must be an array (T,) of tokens, got shape {item.shape}: for piano rolls, or "
            "steps of several numbers, set embedding_dim=None"
        )
    _check_item_shape(item, name, (1,), "(T,) of tokens")
    return _integers(item, name)


def _integers(array: np.ndarray, name: str) -> np.ndarray:
    if array.dtype.kind in "US":
        raise ValueError(f"{name} holds strings: {ENCODE}")
    if array.dtype.kind == "O":
        for value in array.ravel():
            if not is_whole(value):
                raise ValueError(_not_tokens(name, type(value).__name__))
            if value >= MOST_TOKENS:  # which NumPy's integers may not hold
                raise ValueError(f"{name} has a token {value}, more than {MOST_TOKENS - 1}")
            if value < 0:
                raise ValueError(f"{name} has a negative token, {value}")
        array = array.astype(np.int32)
    if array.dtype.kind not in "iu":
        raise ValueError(_not_tokens(name, array.dtype))
    if array.dtype != np.int32 and array.size and array.max() >= MOST_TOKENS:
        raise ValueError(f"{name} has a token {array.max()}, more than {MOST_TOKENS - 1}")
    if array.size and array.min() < 0:
        raise ValueError(f"{name} has a negative token, {array.min()}")
    return array.astype(np.int32, copy=False)


def _not_tokens(name: str, dtype: Any) -> str:
    return (
        f"{name} has dtype {dtype}, but steps are to be tokens, since embedding_dim is set: "
        "non-negative integers"
    )


def _check_vocabulary(found: Sequences, limit: int | None, what: str | None) -> None:
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
            f"n_tokens if you mean so many, or number the tokens from 0 on; {ENCODE}"
        )
    allowed = "at least 0" if value < 0 else f"below {limit}, which {what} says"
    raise ValueError(f"X[{sample}] has a token {value}, but tokens must be {allowed}")
