"""The tokens of texts: learned, from texts to tokens, and from tokens to texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from skdeep.data.cells import objects
from skdeep.data.text_units import UNITS, UNKNOWN, Characters

#: What tokens that stand for no text are called.
START, END = "<start>", "<end>"


@dataclass(frozen=True)
class TextSettings:
    """How texts become tokens: parameters of :class:`~skdeep.SequenceEncoder`, which explains them.

    An estimator that has parameters of these names is as good.
    """

    unit: Literal["character", "word", "token", "bpe"] = "character"
    lowercase: bool = False
    strip_accents: Literal["ascii", "unicode"] | Callable[[str], str] | None = None
    token_pattern: str = r"(?u)\w+|[^\w\s]"
    max_tokens: int | None = None
    min_count: int = 1
    handle_unknown: Literal["token", "ignore", "error"] = "token"
    start: bool = True
    end: bool = False
    max_length: int | None = None


@dataclass
class Vocabulary:
    """Tokens of texts.

    Attributes
    ----------
    settings : TextSettings
        Or what has its fields.
    vocabulary : dict of str to int
        The token of each piece of text.
    tokens : ndarray of shape (n_tokens,)
        The text of each token; names in angle brackets of those that stand for no text.
    start_token, end_token, unknown_token : int or None
        Tokens that stand for no text; None where there is no such token.
    merges : sequence of pair of str
        What byte pairs join, in this order.
    """

    settings: Any
    vocabulary: dict[str, int] = field(default_factory=dict)
    tokens: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=object))
    start_token: int | None = None
    end_token: int | None = None
    unknown_token: int | None = None
    merges: Sequence[tuple[str, str]] = ()

    @classmethod
    def learned(cls, settings: Any, X: Any, name: str = "X") -> tuple[Vocabulary, np.ndarray]:
        """Return the vocabulary of texts, and their tokens; errors call the texts `name`."""
        unit = UNITS[settings.unit](settings)
        texts = unit.split(X, name)
        frequent, n_found = unit.learn(texts)
        if not frequent:
            raise ValueError(
                f"no token is left: the texts have {n_found} different ones, none of them "
                f"min_count={settings.min_count} times"
            )
        wanted = {
            START: settings.start,
            END: settings.end,
            UNKNOWN: settings.handle_unknown == "token",
        }
        silent = [name for name, has in wanted.items() if has]
        places = {name: token for token, name in enumerate(silent)}
        found = cls(
            settings,
            {token: k + len(silent) for k, token in enumerate(frequent)},
            np.array([*silent, *frequent], dtype=object),
            places.get(START),
            places.get(END),
            places.get(UNKNOWN),
            unit.merges,
        )
        return found, found._encoded(unit, texts, name)

    def in_order(self, tokens: np.ndarray) -> tuple[Vocabulary, np.ndarray]:
        """Return it numbered by the alphabet, which no repeated sample changes, and `tokens`."""
        silent = len(self.tokens) - len(self.vocabulary)
        order = silent + np.argsort(self.tokens[silent:].astype(str), kind="stable")
        order = np.concatenate([np.arange(silent), order])
        texts = self.tokens[order]
        numbers = {text: k + silent for k, text in enumerate(texts[silent:])}
        found = replace(self, vocabulary=numbers, tokens=texts)
        place = np.argsort(order).astype(np.int32)
        return found, objects([place[sequence] for sequence in tokens])

    @property
    def n_tokens(self) -> int:
        """Number of tokens."""
        return len(self.tokens)

    def encode(self, X: Any, name: str = "X") -> np.ndarray:
        """Return an object array of the tokens of texts, int32; errors call the texts `name`."""
        unit = UNITS[self.settings.unit](self.settings, self.merges)
        return self._encoded(unit, unit.split(X, name), name)

    def unknown(self, X: Any, name: str = "X") -> list[str]:
        """Return the different pieces of texts that are no tokens, in order of appearance."""
        unit = UNITS[self.settings.unit](self.settings, self.merges)
        pieces = (piece for text in unit.split(X, name) for piece in unit.pieces(text))
        return list(dict.fromkeys(piece for piece in pieces if piece not in self.vocabulary))

    def decode(self, X: Any, name: str = "X") -> list[Any]:
        """Return the texts that tokens stand for; errors call the tokens `name`."""
        if isinstance(X, str) or not isinstance(X, Iterable) or getattr(X, "shape", None) == ():
            raise ValueError(f"{name} must be a list of sequences of tokens, got {X!r:.50}")
        unit = UNITS[self.settings.unit](self.settings)
        texts = self.tokens.copy()
        if self.unknown_token is not None:
            texts[self.unknown_token] = unit.unknown
        silent = [token for token in (self.start_token, self.end_token) if token is not None]
        result = []
        for index, sequence in enumerate(X):
            tokens = self._checked(sequence, f"{name}[{index}]")
            result.append(unit.joined(texts[tokens[~np.isin(tokens, silent)]].tolist()))
        return result

    def _checked(self, sequence: Any, name: str) -> np.ndarray:
        """Return tokens as integers; refuse numbers that are none."""
        try:
            tokens = np.asarray(sequence)
        except ValueError:  # nested lists
            tokens = np.array(sequence, dtype=object)
        if tokens.ndim != 1 or (tokens.size and tokens.dtype.kind not in "iu"):
            raise ValueError(
                f"{name} must be a sequence of integer tokens, got dtype {tokens.dtype} "
                f"and shape {tokens.shape}"
            )
        if tokens.size and not 0 <= tokens.min() <= tokens.max() < self.n_tokens:
            raise ValueError(
                f"{name} has tokens from {tokens.min()} to {tokens.max()}; there are "
                f"{self.n_tokens} tokens, from 0"
            )
        return tokens.astype(np.intp)

    def _encoded(self, unit: Characters, texts: Sequence[Any], name: str) -> np.ndarray:
        """Return an object array of int32 arrays."""
        first = [] if self.start_token is None else [self.start_token]
        last = [] if self.end_token is None else [self.end_token]
        longest = self.settings.max_length
        result = np.empty(len(texts), dtype=object)
        for index, text in enumerate(texts):
            tokens = self._known(unit.pieces(text), f"{name}[{index}]")
            if longest is not None:
                tokens = tokens[: max(longest - len(first) - len(last), 0)]
            sequence = [*first, *tokens, *last][:longest]
            result[index] = np.array(sequence, dtype=np.int32)
        return result

    def _known(self, pieces: Sequence[str], name: str) -> list[Any]:
        """Return the tokens of a text without start and end."""
        known = self.vocabulary
        if self.settings.handle_unknown == "ignore":
            return [known[piece] for piece in pieces if piece in known]
        if self.settings.handle_unknown == "error":
            for place, piece in enumerate(pieces):
                if piece not in known:
                    raise ValueError(
                        f"{name} has {piece!r} at place {place}, which is not in the vocabulary"
                    )
        return [known.get(piece, self.unknown_token) for piece in pieces]
