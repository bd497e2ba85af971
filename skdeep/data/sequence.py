"""Sequences of any lengths: how fits handle them, and what fits and predictions accept as such."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from skdeep.backend import is_device_array, validate_device_array
from skdeep.backend.base import Backend
from skdeep.data._compat import check_feature_names
from skdeep.data.cells import listed
from skdeep.data.naming import naming
from skdeep.data.rows import Rows
from skdeep.data.sequence_frames import long_items, long_sequences
from skdeep.data.sequence_items import (
    FORMS,
    check_listed,
    finite,
    is_list,
    number_items,
    real_numbers,
    refuse_masked,
    told_of_missing,
    told_of_padding,
)
from skdeep.data.series_frames import is_long
from skdeep.data.table import check_table
from skdeep.data.tokens import MOST_GUESSED, check_vocabulary, tokens_of
from skdeep.nn.core.network import Network
from skdeep.train.dataset import Dataset
from skdeep.train.evaluator import Evaluator
from skdeep.train.sequences.sequence_objective import SequenceEvaluator, SequenceSupervised
from skdeep.train.sequences.sequence_predictor import SequencePredictor
from skdeep.train.sequences.sequence_table import SequenceTable
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.tagging import (
    StepValues,
    TaggedEvaluator,
    TaggedSupervised,
    TaggedTable,
    TagPredictor,
)


class SequenceRows(Rows[Sequences]):
    """The sequences of :class:`~skdeep.train.sequences.sequences.Sequences`."""

    objective_type = SequenceSupervised
    evaluator_type: ClassVar[type[Evaluator]] = SequenceEvaluator
    predictor_type: ClassVar[type[SequencePredictor]] = SequencePredictor

    #: The table of sequences by what holds their targets, where these are not one for each.
    tables: ClassVar[dict[type, type[SequenceTable]]] = {StepValues: TaggedTable}

    @property
    def device(self) -> str:
        return self.held.device

    @property
    def numbers(self) -> Any:
        return self.held.steps

    def take(self, index: Any) -> Sequences:
        return self.held[np.asarray(index)]

    @classmethod
    def concatenate(cls, parts: Sequence[Sequences]) -> Sequences:
        return type(parts[0]).concatenate(parts)

    def to_host(self) -> Sequences:
        return self.held.to_host()

    def _equals(self, other: Sequences) -> bool:
        return self.held.same_as(other)

    def n_bytes(self, itemsize: int) -> float:
        return float(prod(self.held.steps.shape) * itemsize)

    def contents(self) -> list[np.ndarray]:
        host = self.held.to_host()
        return [host.steps, host.lengths, host.starts]

    def bind(self, network: Network) -> Network:
        return network.of_length(self.held.longest)

    def dataset(self, backend: Backend, target: Any, weight: Any, dtype: Any) -> Dataset:
        table = self.tables.get(type(target), SequenceTable)
        return table(backend, self.held, target, weight, dtype)


class TaggedRows(SequenceRows):
    """Sequences whose steps have targets and weights."""

    objective_type = TaggedSupervised
    evaluator_type = TaggedEvaluator
    predictor_type = TagPredictor


class StepRows(SequenceRows):
    """Targets or weights of the steps of sequences, ``StepValues``."""

    def ones(self) -> StepValues:
        held = self.held
        return StepValues(np.ones(len(held.steps)), held.lengths, held.starts)


# ---------------------------------------------------------------------- what fits are given


class SequenceForm(NamedTuple):
    """What an estimator was fitted on.

    ``steps`` is T where it was a table (n, T), whose columns are the steps of one channel: later
    tables must have as many. Else it is None, and sequences may have any length.
    """

    tokens: bool
    width: int
    steps: int | None = None


def check_sequences(
    estimator: Any,
    X: Any,
    *,
    tokens: bool,
    reset: bool,
    tables: bool = True,
    missing: Literal["series", "steps"] | None = None,
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
    missing : {"series", "steps"} or None, default=None
        Whether numbers may be NaN: not all of a channel of a sequence, or not all of a sequence.

    Returns
    -------
    Sequences
        On the device where X lies. Steps are float32 or float64, or int32 tokens.

    Raises
    ------
    ValueError, TypeError
        If X is not valid; the message names the sample.
    """
    refuse_masked(X, "X")
    with told_of_missing(estimator):
        return _checked(estimator, X, tokens=tokens, reset=reset, tables=tables, missing=missing)


def _checked(
    estimator: Any,
    X: Any,
    *,
    tokens: bool,
    reset: bool,
    tables: bool,
    missing: Literal["series", "steps"] | None,
) -> Sequences:
    # What is filled up with NaN may be as wide as it likes; tables have columns.
    any_width = missing == "steps" and not hasattr(X, "tocsr")
    if is_long(X):
        if tokens:
            return check_sequences(estimator, long_items(X), tokens=True, reset=reset)
        found = finite(long_sequences(X), missing=missing)
        check_feature_names(estimator, X, reset=reset)
        names = vars(estimator).get("feature_names_in_")
        found = _learn_form(estimator, X, found) if reset else _check_form(estimator, X, found)
        if reset and names is not None:
            estimator.feature_names_in_ = names
        return found
    X = listed(X)
    if isinstance(X, Sequences):
        found = X
    elif tokens:
        found = tokens_of(X)
    elif is_list(X, tables=tables and not any_width and (reset or knows_tables(estimator))):
        found = number_items(X, missing=missing)
    elif len(getattr(X, "shape", ())) > 2:
        found = _of_array(X, missing=missing)
    elif (
        is_device_array(X)
        or (any_width and len(getattr(X, "shape", ())) == 2)
        or not _expects_table(estimator, X, reset=reset)
    ):
        found = _one_channel(X, missing=missing)
    else:
        check_listed(X)
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
        check_vocabulary(found, n_tokens or MOST_GUESSED, n_tokens and "n_tokens")
    elif is_device_array(X) and len(X.shape) == 2:
        steps = int(X.shape[1])
    estimator._sequence_form = SequenceForm(found.is_tokens, found.width, steps)
    estimator.n_features_in_ = found.width if steps is None else steps
    estimator.__dict__.pop("feature_names_in_", None)
    return found


def _check_names(estimator: Any, X: Any, *, reset: bool) -> None:
    """Learn the names of channels from the first data frame of a list; compare those of others."""
    if not is_list(X, tables=False):
        return
    for k, item in enumerate(X):
        if not k or hasattr(item, "columns"):
            with naming(X=item):
                check_feature_names(estimator, item, reset=reset and not k)


def _check_form(estimator: Any, X: Any, found: Sequences) -> Sequences:
    """Refuse what does not fit an estimator that was fitted on another form."""
    form, name = estimator._sequence_form, type(estimator).__name__
    if found.is_tokens != form.tokens:
        kinds = ("sequences of numbers", "sequences of tokens")
        raise ValueError(
            f"X holds {kinds[found.is_tokens]}, but this {name} was fitted on {kinds[form.tokens]}"
        )
    if found.width != form.width:
        one = getattr(X, "shape", ())[1:] == (form.width,)
        hint = "; one sequence alone goes in a list, [x]" if one else ""
        raise ValueError(
            f"X has {found.width} features, but {name} is expecting {form.width} features as "
            f"input: arrays (n, T, {form.width}) or lists of (T_i, {form.width}) arrays, with any "
            f"number of steps{hint}"
        )
    if is_device_array(X) and len(X.shape) == 2 and form.steps not in (None, X.shape[1]):
        raise ValueError(
            f"X has {X.shape[1]} features, but {name} is expecting {form.steps} features as input."
        )
    if form.tokens:
        check_vocabulary(found, getattr(estimator, "n_tokens_", None), "the vocabulary")
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
    with told_of_padding():
        X = check_table(estimator, X, reset=reset, sparse=False)
    if reset:
        estimator._sequence_form = SequenceForm(False, 1, X.shape[1])
    return Sequences.of_array(X[:, :, None])


def _one_channel(X: Any, *, missing: Literal["series", "steps"] | None = None) -> Sequences:
    """Validate a table of any number of steps."""
    if is_device_array(X):
        X = validate_device_array(X)
        return Sequences.of_array(X.reshape(*X.shape, 1))
    return _of_array(np.asarray(X)[:, :, None], missing=missing)


def _of_array(X: Any, *, missing: Literal["series", "steps"] | None = None) -> Sequences:
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
    array = real_numbers(np.asarray(X), "X")
    with told_of_padding():
        return finite(Sequences.of_array(array), missing=missing)


def check_piano_rolls(X: Sequences) -> None:
    """Refuse steps with other values than 0 and 1."""
    host = X.to_host()
    wrong = (host.steps != 0) & (host.steps != 1)
    if wrong.any():
        step, key = np.argwhere(wrong)[0]
        sample = host.sample_of(step)
        raise ValueError(
            f"X[{sample}] has the value {host.steps[step, key]} in step "
            f"{step - host.starts[sample]}, but piano rolls hold 0 and 1, and sequences of "
            "tokens are (T,) and integers"
        )
