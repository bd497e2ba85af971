"""One side of translations as users hand it in: strings or lists of tokens, to numbers and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

import numpy as np

from skdeep.data.byte_pairs import joined
from skdeep.data.text_units import texts_of
from skdeep.data.vocabulary import TextSettings, Vocabulary

#: A word with the space before it and an apostrophe behind it, or a mark: no character is lost.
WORD = re.compile(r" ?\w+['\N{RIGHT SINGLE QUOTATION MARK}]?| ?[^\w\s]")
UNITS = {"char": "character"}
#: Parameters that say what is read of texts.
READ_BY = ("unit", "lowercase", "min_count", "max_tokens")


class TextSide:
    """What the samples of one side are, and the numbers of their tokens.

    Parameters
    ----------
    kind : {"text", "strings", "numbers"}
        Whether samples are strings, lists of strings or lists of integers.
    unit : str
        What a token of a string is.
    lowercase : bool
        Whether strings are made lower case.
    vocabulary : Vocabulary
        The numbers of tokens.
    """

    def __init__(self, kind: str, unit: str, lowercase: bool, vocabulary: Vocabulary) -> None:
        self.kind, self.unit, self.lowercase = kind, unit, lowercase
        self.vocabulary = vocabulary

    @classmethod
    def learned(
        cls, X: Any, name: str, params: Any, *, written: bool
    ) -> tuple[TextSide, np.ndarray]:
        """Return what samples are, with the vocabulary of them, and their tokens.

        Parameters
        ----------
        X : list of str, or of lists of str or int
            The samples.
        name : str
            What errors call them.
        params : estimator
            Whose ``unit``, ``lowercase``, ``min_count`` and ``max_tokens`` hold.
        written : bool
            Whether a decoder writes them, so that each has a start and an end.
        """
        samples = texts_of(X, name)
        unit = UNITS.get(params.unit, params.unit)
        kind = _kind(samples, name)
        side = cls(kind, unit, params.lowercase, Vocabulary(None))
        settings = TextSettings(
            unit=side._cut,
            min_count=params.min_count,
            max_tokens=params.max_tokens,
            start=written,
            end=written,
        )
        learned, tokens = Vocabulary.learned(settings, side._split(samples, name), name)
        side.vocabulary, tokens = learned.in_order(tokens)
        _check_lengths(tokens, name, 2 * written)
        return side, tokens

    @property
    def _cut(self) -> Any:
        """What the vocabulary is to cut; words are cut here already."""
        whole = self.kind == "text" and self.unit in ("character", "bpe")
        return self.unit if whole else "token"

    # ------------------------------------------------------------------ to plain values and back

    def state(self) -> dict[str, Any]:
        """Return what it is made of, as plain values."""
        known = self.vocabulary
        names = ("start_token", "end_token", "unknown_token")
        return {
            "kind": self.kind,
            "unit": self.unit,
            "lowercase": self.lowercase,
            "tokens": list(known.tokens),
            "merges": [list(pair) for pair in known.merges],
            "silent": {name: getattr(known, name) for name in names},
        }

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> TextSide:
        """Return what :meth:`state` was taken of."""
        side = cls(state["kind"], state["unit"], state["lowercase"], Vocabulary(None))
        tokens, silent = state["tokens"], state["silent"]
        written = silent["start_token"] is not None
        unspoken = {token for token in silent.values() if token is not None}
        side.vocabulary = Vocabulary(
            TextSettings(unit=side._cut, start=written, end=written),
            {text: k for k, text in enumerate(tokens) if k not in unspoken},
            np.array(tokens, dtype=object),
            **silent,
            merges=[(first, second) for first, second in state["merges"]],
        )
        return side

    # ------------------------------------------------------------------ samples and tokens

    def encode(self, X: Any, name: str) -> np.ndarray:
        """Return the tokens of samples, an object array of arrays."""
        samples = texts_of(X, name)
        kind = _kind(samples, name)
        if kind != self.kind:
            said = {
                "text": "strings",
                "strings": "lists of strings",
                "numbers": "lists of integers",
            }
            raise ValueError(f"{name} holds {said[kind]}, but was fitted on {said[self.kind]}")
        tokens = self.vocabulary.encode(self._split(samples, name), name)
        _check_lengths(tokens, name, 2 * (self.vocabulary.start_token is not None))
        return tokens

    def unknown(self, X: Any, name: str) -> list[str]:
        """Return the different tokens of samples that the vocabulary does not have."""
        return self.vocabulary.unknown(self._split(texts_of(X, name), name), name)

    def decode(self, sequences: Sequence[np.ndarray]) -> list[Any]:
        """Return samples in the form in which they came."""
        found = self.vocabulary.decode(sequences)
        if self.kind == "numbers":
            return [[int(token) for token in tokens] for tokens in found]
        if self.kind == "text" and self._cut == "token":
            return [joined(tokens) for tokens in found]
        return found

    def names(self, tokens: np.ndarray) -> list[str]:
        """Return the texts of tokens one by one."""
        return [str(text) for text in self.vocabulary.tokens[tokens]]

    def _split(self, samples: Sequence[Any], name: str) -> Sequence[Any]:
        """Return samples as the vocabulary takes them."""
        if self.kind == "numbers":
            return [[str(int(token)) for token in sample] for sample in samples]
        if self.kind == "strings":
            return samples
        texts = [text.lower() if self.lowercase else text for text in samples]
        if self.unit != "word":
            return texts
        return [WORD.findall(" " + " ".join(text.split())) for text in texts]


def _kind(samples: Sequence[Any], name: str) -> str:
    """Return what all samples are; refuse what are none."""
    kinds: dict[str, int] = {}
    for k, sample in enumerate(samples):
        if isinstance(sample, str):
            kinds.setdefault("text", k)
            continue
        if not (isinstance(sample, list | tuple) or getattr(sample, "ndim", 0) == 1):
            raise ValueError(
                f"{name}[{k}] must be a string or a list of tokens, got {type(sample).__name__} "
                f"{sample!r:.50}"
            )
        if len(sample) == 0:
            raise ValueError(f"{name}[{k}] is empty: it needs at least one token")
        whole = all(isinstance(t, Integral) and not isinstance(t, bool) for t in sample)
        kinds.setdefault("numbers" if whole else "strings", k)
    if len(kinds) > 1:
        said = " and ".join(f"{name}[{k}] holds {kind}" for kind, k in kinds.items())
        raise ValueError(f"the samples of {name} differ in kind: {said}")
    return next(iter(kinds))


def _check_lengths(tokens: np.ndarray, name: str, silent: int) -> None:
    """Refuse samples without tokens."""
    for k, sequence in enumerate(tokens):
        if len(sequence) <= silent:
            raise ValueError(f"{name}[{k}] is empty: it needs at least one token")
