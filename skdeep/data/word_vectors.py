"""Vectors of words, of a mapping or of a file in the text format of word2vec."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from skdeep.data.naming import shown

#: What errors call it.
NAME = "initial_embeddings"

Given = str | PathLike[str] | Mapping[str, Any]


def length_of_vectors(given: Given) -> int:
    """Return how many numbers a vector has, by the first one; refuse what has none."""
    first = next(_vectors(given), None)
    if first is None:
        raise ValueError(f"{NAME}{_said(given)} has no vectors")
    return len(first[1])


def vectors_of(given: Given, words: Sequence[str], length: int) -> dict[int, np.ndarray]:
    """Return the vectors of those words that have one, by their places; refuse other lengths.

    Parameters
    ----------
    given : path or mapping
        Where they are.
    words : sequence of str
        Words to look up.
    length : int
        Numbers of a vector.
    """
    wanted = {word: place for place, word in enumerate(words)}
    found: dict[int, np.ndarray] = {}
    for first, behind, where in _vectors(given):
        word, numbers = _with_spaces(first, behind, length)
        if len(numbers) != length:
            raise ValueError(
                f"{NAME}: the vector of {word!r}{where} has {len(numbers)} numbers, others have "
                f"{length}"
            )
        if word in wanted:
            found[wanted[word]] = _as_vector(word, numbers, where)
    if not found:
        raise ValueError(
            f"{NAME}{_said(given)} has none of the {len(words)} words of the texts, such as "
            f"{shown(list(words[:3]))}"
        )
    return found


def _with_spaces(word: str, numbers: Any, length: int) -> tuple[str, Any]:
    """Return a word and its numbers: what is too many and no number belongs to the word.

    Words of some files have spaces within, as ". . ." has.
    """
    more = len(numbers) - length
    if more <= 0 or not isinstance(numbers, list) or any(map(_is_number, numbers[:more])):
        return word, numbers
    return " ".join([word, *numbers[:more]]), numbers[more:]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _as_vector(word: str, numbers: Any, where: str) -> np.ndarray:
    try:
        if np.iscomplexobj(numbers):
            raise TypeError("complex numbers")
        vector = np.asarray(numbers, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{NAME}: the vector of {word!r}{where} is no numbers: {error}") from error
    if not (abs(vector) <= np.finfo(np.float32).max).all():
        raise ValueError(
            f"{NAME}: the vector of {word!r}{where} has NaN, infinity, or a number that is too "
            "large for float32"
        )
    return vector


def _vectors(given: Given) -> Iterator[tuple[str, Any, str]]:
    """Give each word, its numbers, and where they are."""
    if isinstance(given, Mapping):
        for word, numbers in given.items():
            vector = np.asarray(numbers)
            if vector.ndim != 1 or not len(vector):
                raise ValueError(
                    f"{NAME} must map words to vectors, got {shown(word)}: {shown(numbers)}"
                )
            yield word, vector, ""
        return
    yield from _lines(Path(given))


def _lines(path: Path) -> Iterator[tuple[str, list[str], str]]:
    """Give the lines of a file; the first may say how many words and numbers there are."""
    try:
        with open(path, encoding="utf-8") as file:
            for k, line in enumerate(file):
                parts = line.rstrip("\n").rstrip(" ").split(" ")
                if not k and len(parts) == 2 and all(part.isdecimal() for part in parts):
                    continue
                if len(parts) < 2 or not parts[0]:
                    raise ValueError(
                        f"{NAME}: line {k + 1} of {path} is no word with numbers behind it: "
                        f"{line.rstrip()[:40]!r}"
                    )
                yield parts[0], parts[1:], f" in line {k + 1} of {path}"
    except OSError as error:
        raise ValueError(f"{NAME}: cannot read {path}: {error}") from error
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{NAME}: {path} is no text in UTF-8; the binary format of word2vec is not read: "
            f"{error}"
        ) from error


def _said(given: Given) -> str:
    return "" if isinstance(given, Mapping) else f" {given}"
