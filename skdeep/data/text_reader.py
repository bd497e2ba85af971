"""Raw texts as what networks read: tokens, and beside them the n-grams of the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skdeep.data.columns import is_frame
from skdeep.data.counted_texts import CountedTexts
from skdeep.data.naming import shown
from skdeep.data.ngrams import KINDS, Ngrams
from skdeep.data.reading_parameters import reading_parameters
from skdeep.data.sequence_items import refuse_masked
from skdeep.data.text_units import text_of, texts_of
from skdeep.data.vocabulary import TextSettings, Vocabulary
from skdeep.train.sequences.sequences import Sequences

#: N-grams where nobody says which, by what a token is: of words and of characters.
USUAL_RANGES: dict[str, dict[str, tuple[int, int] | None]] = {
    "word": {"word": (1, 2), "character": (2, 5)},
    "bpe": {"word": (1, 2), "character": (2, 5)},
    "character": {"word": (1, 1), "character": (1, 5)},
}

#: Parameters that say what is read of texts.
READ_BY = (
    "unit",
    "lowercase",
    "min_count",
    "max_tokens",
    "max_length",
    "word_ngrams",
    "character_ngrams",
    "max_ngrams",
)

#: The fraction of training texts whose n-grams find room beside their tokens.
FIT = 0.9


class TextReader:
    """What the tokens and the n-grams of texts are, learned from some of them.

    The n-grams of a text have no order. They lie beside its tokens, some in each step: what is read
    is rows (T, 1 + G) of a token and G n-grams. A text with more n-grams than that ends with more
    end tokens.

    Parameters
    ----------
    vocabulary : Vocabulary
        The tokens.
    ngrams : Ngrams
        The n-grams; none where there is no room for any.
    room : int
        Number G of n-grams of a step.
    """

    def __init__(self, vocabulary: Vocabulary, ngrams: Ngrams, room: int) -> None:
        self.vocabulary, self.ngrams, self.room = vocabulary, ngrams, room
        #: Numbers of a token's vector, where vectors are given.
        self.vector_length: int | None = None
        #: The parameters that it was learned by.
        self.read_by: dict[str, Any] = {}

    @classmethod
    def learned(
        cls, texts: Sequence[str], params: Any, rows: np.ndarray | None = None
    ) -> TextReader:
        """Return what texts are made of, by parameters (``TextReading``).

        Of the texts those in `rows` count, all by default.
        """
        settings = TextSettings(
            unit=params.unit,
            lowercase=params.lowercase,
            max_tokens=params.max_tokens,
            min_count=params.min_count,
            end=True,
            max_length=params.max_length,
        )
        texts = texts if isinstance(texts, CountedTexts) else CountedTexts(list(texts))
        rows = np.arange(len(texts)) if rows is None else rows
        # Repeated ones change nothing but what is rare.
        different, first = np.unique(np.array([texts[k] for k in rows], object), return_index=True)
        rows = rows[first]
        vocabulary, tokens = learned_tokens(settings, different.tolist())
        ngrams = Ngrams.learned(
            texts,
            ranges_of(params),
            lowercase=params.lowercase,
            min_count=params.min_count,
            most=params.max_ngrams,
            rows=rows,
        )
        room = 0
        if len(ngrams):
            lengths = np.array([len(sequence) for sequence in tokens])
            counts = ngrams.of(texts)[1][rows]
            room = max(1, int(np.quantile(-(-counts // lengths), FIT, method="higher")))
        reader = cls(vocabulary, ngrams, room)
        reader.read_by = text_parameters(params)
        return reader

    @property
    def width(self) -> int:
        """Numbers of a step: a token and its n-grams."""
        return 1 + self.room

    def read(self, texts: Sequence[str], name: str = "X") -> Sequences:
        """Return texts as sequences of tokens (T,), or of rows (T, 1 + G); refuse empty ones."""
        tokens = self.vocabulary.encode(texts, name)
        silent = 2  # start and end
        for k, sequence in enumerate(tokens):
            if len(sequence) <= silent and not texts[k].strip():
                raise ValueError(
                    f"{name}[{k}] is an empty text, {texts[k]!r:.20}: leave it out, or put a word "
                    "such as 'empty' in its place"
                )
        lengths = np.array([len(sequence) for sequence in tokens])
        flat = np.concatenate(list(tokens))
        if not self.room:
            return Sequences(flat, lengths)
        found, counts = self.ngrams.of(texts)
        steps = np.maximum(lengths, -(-counts // self.room))
        starts = np.cumsum(steps) - steps
        rows = np.zeros((steps.sum(), self.width), np.int32)
        rows[:, 0] = self.vocabulary.end_token
        rows[_places(starts, lengths), 0] = flat
        beside = np.zeros((len(rows), self.room), np.int32)
        beside.reshape(-1)[_places(starts * self.room, counts)] = found
        rows[:, 1:] = beside
        return Sequences(rows, steps)

    # ------------------------------------------------------------------ to plain values and back

    def state(self) -> dict[str, Any]:
        """Return what it is made of, as plain values."""
        known = self.vocabulary
        return {
            "tokens": list(known.tokens),
            "merges": [list(pair) for pair in known.merges],
            "ranges": {kind: list(limits) for kind, limits in self.ngrams.ranges.items()},
            "ngrams": self.ngrams.names,
            "room": self.room,
            "vector_length": self.vector_length,
            "read_by": self.read_by,
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> TextReader:
        """Return what :meth:`state` was taken of."""
        read_by = state["read_by"]
        settings = TextSettings(
            unit=read_by["unit"],
            lowercase=read_by["lowercase"],
            max_length=read_by["max_length"],
            end=True,
        )
        tokens = list(state["tokens"])
        vocabulary = Vocabulary(
            settings,
            {text: k for k, text in enumerate(tokens) if k > 2},
            np.array(tokens, dtype=object),
            0,
            1,
            2,
            [(first, second) for first, second in state["merges"]],
        )
        ranges = {kind: (limits[0], limits[1]) for kind, limits in state["ranges"].items()}
        ngrams = Ngrams(ranges, read_by["lowercase"], state["ngrams"])
        reader = cls(vocabulary, ngrams, state["room"])
        reader.vector_length = state["vector_length"]
        reader.read_by = dict(read_by)
        return reader


def learned_tokens(settings: TextSettings, texts: Sequence[str]) -> tuple[Vocabulary, np.ndarray]:
    """Return the vocabulary of texts, which may be unknown tokens alone, and their tokens."""
    try:
        found, tokens = Vocabulary.learned(settings, texts)
        return found.in_order(tokens)
    except ValueError as error:
        if "no token is left" not in str(error):
            raise
    # All are rare: what there is are the start, the end and what is unknown.
    vocabulary, _ = Vocabulary.learned(replace(settings, min_count=1), texts)
    found = Vocabulary(settings, {}, vocabulary.tokens[:3], 0, 1, 2)
    return found, found.encode(texts)


def ranges_of(params: Any) -> dict[str, tuple[int, int]]:
    """Return the lengths of n-grams of each kind that parameters ask for."""
    found: dict[str, tuple[int, int]] = {}
    for kind in KINDS:
        given = getattr(params, f"{kind}_ngrams")
        limits = USUAL_RANGES[params.unit][kind] if isinstance(given, str) else given
        if limits is not None:
            shortest, longest = limits
            found[kind] = (int(shortest), int(longest))
    return found


def text_parameters(params: Any) -> dict[str, Any]:
    """Return what parameters say of how texts are read, with the n-grams that "auto" stands for."""
    found = reading_parameters(params, READ_BY)
    ranges = ranges_of(params) if found["unit"] is not None else {}
    return found | {f"{kind}_ngrams": list(ranges.get(kind, ())) for kind in KINDS}


def strings_of(X: Any, name: str = "X") -> list[str]:
    """Return texts as a list of strings; errors name the row that is none.

    Parameters
    ----------
    X : list, array, series or one-column table of str
        Texts, of NumPy, pandas, polars or PyArrow.
    """
    refuse_masked(X, name)
    if hasattr(X, "column_names") and hasattr(X, "to_pylist"):  # a table of PyArrow
        _check_one_column(len(X.column_names), X.column_names, name)
        X = X.column(0)
    elif hasattr(X, "columns") and len(getattr(X, "shape", ())) == 2:
        _check_one_column(X.shape[1], list(X.columns), name)
    if hasattr(X, "to_pylist"):
        X = X.to_pylist()
    elif len(getattr(X, "shape", ())) == 2 and X.shape[1] == 1 and hasattr(X, "reshape"):
        X = np.asarray(X).reshape(-1)
    return [str(text_of(text, f"{name}[{k}]")) for k, text in enumerate(texts_of(X, name))]


def holds_strings(X: Any) -> bool:
    """Whether the first sample is a string."""
    if isinstance(X, list | tuple):
        return bool(len(X)) and isinstance(X[0], str)
    if getattr(X, "shape", ())[1:] == (1,) and (is_frame(X) or X.dtype.kind in "OUT"):
        X = np.asarray(X[:1]).reshape(-1)  # one column
    dtype = getattr(X, "dtype", None)
    if len(getattr(X, "shape", ())) != 1 or dtype is None:
        return False
    return len(X) > 0 and isinstance(next(iter(X[:1])), str)


def _check_one_column(n: int, names: Sequence[Any], name: str) -> None:
    if n != 1:
        raise ValueError(
            f"{name} has {n} columns, {shown(list(names))}: texts are one column, such as "
            f"{name}[{names[0] if n else 'text'!r}]"
        )


def _places(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return where ranges that begin at `starts` lie, one after the other."""
    before = np.cumsum(lengths) - lengths
    return np.arange(lengths.sum()) + np.repeat(starts - before, lengths)
