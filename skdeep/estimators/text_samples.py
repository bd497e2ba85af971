"""Raw texts as samples: what networks with ``unit`` learn of them, and how they read them."""

from __future__ import annotations

from collections.abc import Mapping, Set
from copy import copy
from numbers import Integral
from typing import Any

import numpy as np

from skdeep.data.counted_texts import CountedTexts
from skdeep.data.naming import shown
from skdeep.data.reading_parameters import check_same_reading, reading_parameters
from skdeep.data.sequence import SequenceForm
from skdeep.data.sharing import shared
from skdeep.data.text_reader import TextReader, holds_strings, strings_of, text_parameters
from skdeep.data.training_data import TrainingData
from skdeep.data.word_vectors import length_of_vectors
from skdeep.estimators.fit.planning import start_network
from skdeep.train.sequences.sequences import Sequences

#: What is learned of texts.
LEARNED = ("_reader", "vocabulary_", "ngrams_")


def reads_texts(estimator: Any) -> bool:
    """Whether samples are strings."""
    return getattr(estimator, "unit", None) is not None


def check_text_parameters(estimator: Any) -> None:
    """Refuse parameters that do not go together, before data is looked at."""
    if not hasattr(estimator, "unit"):
        return
    for name in ("word_ngrams", "character_ngrams"):
        _check_range(name, getattr(estimator, name))
    given = estimator.initial_embeddings
    if given is not None and estimator.unit != "word":
        raise ValueError(
            f"initial_embeddings needs unit='word', since it has the vectors of words; got unit="
            f"{estimator.unit!r}"
        )
    if estimator.unit is None:
        return
    if estimator.n_tokens is not None:
        raise ValueError("n_tokens goes without unit, which finds the tokens of texts")
    if estimator.embedding_dim is None:
        raise ValueError(f"unit={estimator.unit!r} needs embedding_dim: texts are tokens")


def _check_range(name: str, given: Any) -> None:
    if given is None or isinstance(given, str):
        return
    limits = [] if isinstance(given, Mapping | Set) else list(given)
    whole = all(isinstance(n, Integral) and not isinstance(n, bool) for n in limits)
    if len(limits) != 2 or not whole or not 1 <= limits[0] <= limits[1]:
        raise ValueError(
            f"{name} must be 'auto', None or two whole numbers such as (1, 2), the shortest and "
            f"the longest, got {shown(given)}"
        )


def refuse_strings(estimator: Any, X: Any) -> None:
    """Refuse texts where nobody says how to read them."""
    if hasattr(estimator, "unit") and holds_strings(X):
        raise ValueError(
            "X holds strings: set unit='word' for texts, unit='character' for names, or encode "
            "them with skdeep.SequenceEncoder first"
        )


def read_texts(estimator: Any, X: Any, *, reset: bool) -> Sequences:
    """Return the samples of a fit, valid; learn of them where `reset`."""
    if isinstance(X, Sequences):  # of a callback, valid already
        return X
    if reset:
        (texts,) = shared("texts", (X,), lambda: (CountedTexts(strings_of(X)),))
        return _learn(estimator, texts)
    texts = strings_of(X)
    check_same_texts(estimator)
    return reader_of(estimator).read(texts)


def read_of_weight(estimator: Any, X: Sequences, weight: np.ndarray) -> Sequences:
    """Return the samples of a new fit, read as if those of weight zero were not there."""
    if X.texts is None or weight.all():
        return X
    return _learn(estimator, X.texts, np.flatnonzero(weight > 0))


def forget_texts(estimator: Any) -> None:
    """Forget what was learned of texts, where samples are something else now."""
    for name in LEARNED:
        vars(estimator).pop(name, None)


def learn_of_training_rows(estimator: Any, data: TrainingData, random: Any) -> None:
    """Learn tokens and n-grams anew, from the texts that train alone."""
    texts = getattr(data.X, "texts", None)
    if texts is None:
        return
    rows = data.rows if data.weight is None else data.rows[np.asarray(data.weight)[data.rows] > 0]
    data.X = _learn(estimator, texts, rows)
    start_network(estimator, data.X, random, estimator._values.dtype)


def reader_of(estimator: Any) -> TextReader:
    """Return what reads texts."""
    reader: TextReader = estimator._reader
    return reader


def ngrams_of(estimator: Any) -> int:
    """Return how many n-grams there are, that for none included; 0 where there are none."""
    reader = vars(estimator).get("_reader")
    return len(reader.ngrams) + 1 if reads_texts(estimator) and reader and reader.room else 0


def text_fields(estimator: Any) -> dict[str, Any]:
    """Return the fields of an architecture that follow from texts."""
    fields: dict[str, Any] = {"n_ngrams": ngrams_of(estimator)}
    reader = vars(estimator).get("_reader")
    length = reader.vector_length if reads_texts(estimator) and reader else None
    if length is not None and estimator.embedding_dim == "auto":
        fields["embedding_dim"] = length
    return fields


def _learn(estimator: Any, texts: list[str], chosen: np.ndarray | None = None) -> Sequences:
    """Learn of texts, or of those `chosen`; return all as the network reads them.

    Fits that share samples learn once of the same ones by the same parameters.
    """

    def make() -> tuple[TextReader, Sequences]:
        reader = TextReader.learned(texts, estimator, chosen)
        found = reader.read(texts)
        found.texts = texts
        return reader, found

    by = str(text_parameters(estimator))
    which = None if chosen is None else chosen.tobytes()
    reader, found = shared(("reader", by, which), (texts,), make)
    _take_reader(estimator, reader)
    return found


def _take_reader(estimator: Any, reader: TextReader) -> None:
    """Set what was learned of texts."""
    if estimator.initial_embeddings is not None:
        reader, length = copy(reader), length_of_vectors(estimator.initial_embeddings)
        reader.vector_length = length
        if estimator.embedding_dim not in ("auto", length):
            raise ValueError(
                f"initial_embeddings has vectors of {length} numbers, but embedding_dim="
                f"{estimator.embedding_dim!r}: leave it 'auto'"
            )
    estimator._reader = reader
    estimator._sequence_form = SequenceForm(True, reader.width)
    estimator.n_features_in_ = 1
    for name in ("feature_names_in_", "_missing_seen"):
        vars(estimator).pop(name, None)
    estimator.n_tokens_ = reader.vocabulary.n_tokens
    estimator.vocabulary_ = reader.vocabulary.vocabulary
    estimator.ngrams_ = reader.ngrams.all_names() if reader.room else np.empty(0, object)


def check_same_texts(estimator: Any) -> None:
    """Refuse to continue where texts would be read in another way, or no longer."""
    reader = vars(estimator).get("_reader")
    if reader is None or not reads_texts(estimator):
        before = {"unit": None if reader is None else reader.read_by["unit"]}
        check_same_reading(before, reading_parameters(estimator, ("unit",)))
    else:
        check_same_reading(reader.read_by, text_parameters(estimator))
