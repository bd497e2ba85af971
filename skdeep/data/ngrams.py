"""N-grams of words and of characters, as numbers from 1 on; 0 stands for none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skdeep.data.counted_texts import CountedTexts

#: How the n-grams of words and of characters are called.
KINDS = ("word", "character")

#: What a word is: as for ``unit='word'``.
WORD = r"(?u)\w+|[^\w\s]"


class Ngrams:
    """The n-grams that some texts have: of words, and of characters within words.

    Parameters
    ----------
    ranges : mapping of str to (int, int)
        Shortest and longest n-grams, of "word" and "character".
    lowercase : bool
        Whether texts are made lower case.
    names : mapping of str to list of str
        The n-grams of each kind, in the order of their numbers.
    """

    def __init__(
        self,
        ranges: Mapping[str, tuple[int, int]],
        lowercase: bool,
        names: Mapping[str, Sequence[str]],
    ) -> None:
        self.ranges, self.lowercase = dict(ranges), lowercase
        self.names = {kind: list(names[kind]) for kind in ranges}

    @classmethod
    def learned(
        cls,
        texts: Sequence[str],
        ranges: Mapping[str, tuple[int, int]],
        *,
        lowercase: bool,
        min_count: int,
        most: int | None,
        rows: np.ndarray | None = None,
    ) -> Ngrams:
        """Return the n-grams that occur in `min_count` texts, `most` of each kind at most.

        Of the texts those in `rows` count, all by default.

        Examples
        --------
        >>> found = Ngrams.learned(
        ...     ["a cat", "a dog"], {"word": (1, 2)}, lowercase=True, min_count=1, most=None
        ... )
        >>> found.names["word"]
        ['a', 'a cat', 'a dog', 'cat', 'dog']
        """
        names: dict[str, list[str]] = {}
        texts = texts if isinstance(texts, CountedTexts) else CountedTexts(list(texts))
        for kind, limits in ranges.items():
            matrix, known = texts.counts(kind, limits, lowercase)
            matrix = matrix if rows is None else matrix[rows]
            counts = np.bincount(matrix.indices, minlength=len(known))
            kept = np.flatnonzero(counts >= max(min_count, 1))
            if most is not None and len(kept) > most:
                kept = np.sort(kept[np.argsort(-counts[kept], kind="stable")[:most]])
            names[kind] = known[kept].tolist()
        return cls(ranges, lowercase, names)

    def __len__(self) -> int:
        return sum(map(len, self.names.values()))

    def of(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Return the different n-grams of texts, one text after the other, and how many each has.

        Examples
        --------
        >>> Ngrams({"word": (1, 1)}, True, {"word": ["a", "cat"]}).of(["a cat a", "the cat"])
        (array([1, 2, 2], dtype=int32), array([2, 1]))
        """
        found, rows, before = [], [], 1
        for kind, names in self.names.items():
            if names:
                columns, row = self._columns(kind, names, texts)
                found.append(columns + before)
                rows.append(row)
            before += len(names)
        if not found:
            return np.empty(0, np.int32), np.zeros(len(texts), np.intp)
        row = np.concatenate(rows)
        order = np.argsort(row, kind="stable")
        counts = np.bincount(row, minlength=len(texts))
        return np.concatenate(found)[order].astype(np.int32), counts

    def _columns(
        self, kind: str, names: Sequence[str], texts: Sequence[str]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return which of these n-grams are in texts, text by text, and in which text each is."""
        if isinstance(texts, CountedTexts):
            matrix, known = texts.counts(kind, self.ranges[kind], self.lowercase)
            place = {name: k for k, name in enumerate(names)}
            columns = np.array([place.get(name, -1) for name in known], int)[matrix.indices]
        else:
            counter = counter_of(kind, self.ranges[kind], self.lowercase, vocabulary=names)
            matrix = counter.transform(texts).tocsr()
            matrix.sort_indices()
            columns = matrix.indices
        row = np.repeat(np.arange(len(texts)), np.diff(matrix.indptr))
        return columns[columns >= 0], row[columns >= 0]

    def all_names(self) -> np.ndarray:
        """Return the n-grams by their numbers; those of characters have the spaces around words."""
        return np.array(["", *(name for names in self.names.values() for name in names)], object)


def counter_of(
    kind: str, limits: tuple[int, int], lowercase: bool, vocabulary: Sequence[str] | None = None
) -> Any:
    """Return scikit-learn's counter of n-grams, each once in a text."""
    # Loaded here: whoever never sees text does without.
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(
        analyzer="word" if kind == "word" else "char_wb",
        ngram_range=tuple(limits),
        lowercase=lowercase,
        token_pattern=WORD if kind == "word" else None,
        vocabulary=vocabulary,
        binary=True,
        dtype=np.float32,
    )
