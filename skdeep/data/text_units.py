"""What a token of a text is: a character, a word, a piece of a word, or a string of a list."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from skdeep.data.byte_pairs import Merge, Segmenter, chunks, joined, learned_merges
from skdeep.data.cells import has_order, listed
from skdeep.data.columns import kind_of_value
from skdeep.data.naming import shown

#: How many tokens byte pairs make where nobody says it.
BYTE_PAIR_TOKENS = 4000
UNKNOWN_CHARACTER = "\N{REPLACEMENT CHARACTER}"
UNKNOWN = "<unknown>"


class Characters:
    """Each character of a string."""

    #: What an unknown token is in a text.
    unknown = UNKNOWN_CHARACTER
    #: Merges of byte pairs, which others do not have.
    merges: Sequence[Merge] = ()

    def __init__(self, settings: Any, merges: Sequence[Merge] = ()) -> None:
        self.settings = settings

    def prepared(self, X: Any, name: str) -> list[Any]:
        """Return the samples, checked and in the case that is wanted."""
        prepare = preprocessor(self.settings)
        return [prepare(text_of(text, f"{name}[{k}]")) for k, text in enumerate(texts_of(X, name))]

    def split(self, X: Any, name: str) -> list[Sequence[str]]:
        """Return what is counted in each text."""
        return self.prepared(X, name)

    def learn(self, texts: Sequence[Sequence[str]]) -> tuple[list[str], int]:
        """Return the tokens to keep, the most frequent first, and how many there were."""
        counts = Counter(chain.from_iterable(texts))
        frequent = [token for token, n in counts.items() if n >= self.settings.min_count]
        return by_frequency(frequent, counts)[: self.settings.max_tokens], len(counts)

    def pieces(self, text: Sequence[str]) -> Sequence[str]:
        """Return the tokens of one text as strings."""
        return text

    def joined(self, pieces: list[str]) -> Any:
        """Return the text of tokens."""
        return "".join(pieces)


class Words(Characters):
    """Each match of a pattern in a string."""

    unknown = UNKNOWN

    def split(self, X: Any, name: str) -> list[Sequence[str]]:
        said = f"token_pattern={self.settings.token_pattern!r}"
        try:
            pattern = re.compile(self.settings.token_pattern)
        except re.error as error:
            raise ValueError(f"{said} is no regular expression: {error}") from error
        if pattern.groups > 1:
            raise ValueError(
                f"{said} has {pattern.groups} groups: use (?:...) for all but the one that is the "
                "token"
            )
        result: list[Sequence[str]] = [pattern.findall(text) for text in self.prepared(X, name)]
        for k, words in enumerate(result):
            if "" in words:
                raise ValueError(f"{said} finds an empty string in {name}[{k}], which is no token")
        return result

    def joined(self, pieces: list[str]) -> Any:
        return " ".join(pieces)


class TokenLists(Characters):
    """Each string of a list."""

    unknown = UNKNOWN

    def split(self, X: Any, name: str) -> list[Sequence[str]]:
        prepare = preprocessor(self.settings)
        return [
            [
                prepare(text_of(token, f"{name}[{index}][{k}]"))
                for k, token in enumerate(tokens_of(sample, f"{name}[{index}]"))
            ]
            for index, sample in enumerate(texts_of(X, name))
        ]

    def joined(self, pieces: list[str]) -> Any:
        return pieces


class BytePairs(Characters):
    """Pieces of words; every character that was seen is one, too."""

    def __init__(self, settings: Any, merges: Sequence[Merge] = ()) -> None:
        self.settings, self.merges = settings, merges
        self._segmenter = Segmenter(merges)

    def split(self, X: Any, name: str) -> list[Sequence[str]]:
        return [chunks(text) for text in self.prepared(X, name)]

    def learn(self, texts: Sequence[Sequence[str]]) -> tuple[list[str], int]:
        counts = Counter(chain.from_iterable(texts))
        characters = sorted(set(chain.from_iterable(counts)))
        wanted = self.settings.max_tokens or BYTE_PAIR_TOKENS
        least = max(2, self.settings.min_count)  # what occurs once says nothing of other texts
        self.merges = learned_merges(counts, wanted - len(characters), least)
        self._segmenter = Segmenter(self.merges)
        found: Counter[str] = Counter()
        for chunk, n in counts.items():
            for piece in self._segmenter.pieces(chunk):
                found[piece] += n
        tokens = {*characters, *(first + second for first, second in self.merges)}
        # Other texts may have pieces that these only have inside longer ones. They come first: who
        # counts the tokens of these texts by the largest then counts them, too.
        return [*sorted(tokens - set(found)), *by_frequency(found, found)], len(characters)

    def pieces(self, text: Sequence[str]) -> Sequence[str]:
        return [piece for chunk in text for piece in self._segmenter.pieces(chunk)]

    def joined(self, pieces: list[str]) -> Any:
        return joined(pieces)


UNITS: dict[str, type[Characters]] = {
    "character": Characters,
    "word": Words,
    "token": TokenLists,
    "bpe": BytePairs,
}


def by_frequency(tokens: Iterable[str], counts: Counter[str]) -> list[str]:
    """Return tokens, the most frequent first, and equally frequent ones by the alphabet."""
    return sorted(tokens, key=lambda token: (-counts[token], token))


def preprocessor(settings: Any) -> Callable[[str], str]:
    """Return what is done to each text, or token, before it is cut."""
    # Loaded here: whoever never sees text does without.
    from sklearn.feature_extraction.text import CountVectorizer

    prepare = CountVectorizer(
        lowercase=settings.lowercase, strip_accents=settings.strip_accents
    ).build_preprocessor()

    def prepared(text: str) -> str:
        found = prepare(text)
        if not isinstance(found, str):  # of a function of the user's
            raise ValueError(
                f"strip_accents must return a string, but {shown(settings.strip_accents)} returned "
                f"{shown(found)} for {text!r:.50}"
            )
        return found

    return prepared


def texts_of(X: Any, name: str) -> list[Any]:
    """Return the samples of a list, an array or a series; refuse anything else, and none."""
    X = listed(X)
    shape = getattr(X, "shape", (0,))
    if not has_order(X) or len(shape) != 1:
        what = "one string" if isinstance(X, str) else f"{type(X).__name__}"
        what += f" of shape {shape}" if len(shape) != 1 else ""
        raise ValueError(f"{name} must be a list, array or series of texts, got {what}")
    texts = list(X)
    if not texts:
        raise ValueError(f"{name} must hold at least one text, got none")
    return texts


def text_of(text: Any, name: str) -> str:
    """Return a sample that is a string; refuse anything else."""
    if not isinstance(text, str):
        if kind_of_value(text) == "missing":
            raise ValueError(f"{name} is missing, {text!r}: leave it out, or put a word there")
        hint = " (set unit='token' for lists of tokens)" if _is_list(text) else ""
        hint = ": give text, such as .decode() makes of them" if isinstance(text, bytes) else hint
        raise ValueError(f"{name} is not a string: got {type(text).__name__} {text!r:.50}{hint}")
    return text


def tokens_of(sample: Any, name: str) -> Sequence[Any]:
    """Return a sample that is a list; refuse anything else."""
    if not _is_list(sample):
        raise ValueError(
            f"{name} must be a list of strings with unit='token', got "
            f"{type(sample).__name__} {sample!r:.50}"
        )
    return sample


def _is_list(sample: Any) -> bool:
    """Whether a sample is a sequence, but no string."""
    return isinstance(sample, list | tuple) or getattr(sample, "ndim", 0) == 1
