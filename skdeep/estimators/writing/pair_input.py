"""Pairs as what an estimator takes: sources, and the sequences to make of them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from skdeep.backend.user_warnings import warn
from skdeep.data.chunked import FEWEST_UPDATES
from skdeep.data.pair import PairRows
from skdeep.data.reading_parameters import check_same_reading, reading_parameters
from skdeep.estimators.input_kinds import TableInput
from skdeep.estimators.writing.texts import READ_BY, TextSide
from skdeep.nn.core.spec import Shape
from skdeep.train.sequences.pairs import Pairs
from skdeep.train.sequences.sequences import Sequences

#: New tokens that a warning names at most.
N_NAMED = 5
#: Pairs of an update where ``batch_size='auto'``.
USUAL_BATCH = 64


class PairInput(TableInput):
    """Pairs of a sample and the sequence that is to be written for it.

    It sets ``_sides``, from which :class:`TextSide` makes numbers of texts, and
    ``target_tokens_``. A subclass says what samples are.
    """

    name = "pairs"
    sparse = False

    def __init__(self) -> None:
        super().__init__(PairRows)

    @abstractmethod
    def sources(self, estimator: Any, X: Any, *, reset: bool) -> Any:
        """Return what an encoder reads of samples, valid; learn where `reset` what they are."""

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        if isinstance(X, Pairs):  # of a callback, valid already
            return X, X
        if y is None:
            raise ValueError(
                f"This {type(estimator).__name__} estimator requires y to be passed, but the "
                "target y is None."
            )
        if reset:
            estimator._sides = {}
            estimator._read_by = reading_parameters(estimator, READ_BY)
        else:
            check_same_reading(estimator._read_by, reading_parameters(estimator, READ_BY))
        sources = self.sources(estimator, X, reset=reset)
        targets = self.tokens(estimator, y, "y", "target", reset=reset, written=True)
        if sources.shape[0] != len(targets):
            raise ValueError(
                f"X and y must have as many samples as each other, got {sources.shape[0]} and "
                f"{len(targets)}"
            )
        if reset:
            estimator.longest_target_ = max(map(len, targets)) - 2
        pairs = Pairs.of_tokens(sources, targets)
        return pairs, pairs

    def tokens(
        self,
        estimator: Any,
        samples: Any,
        name: str,
        side: str,
        *,
        reset: bool,
        written: bool = False,
    ) -> np.ndarray:
        """Return the tokens of one side, "source" or "target"; learn where `reset` what it is."""
        if not reset:
            return self.side(estimator, side).encode(samples, name)
        learned, tokens = TextSide.learned(samples, name, estimator, written=written)
        estimator._sides[side] = learned.state()
        setattr(estimator, f"{side}_tokens_", learned.vocabulary.tokens)
        return tokens

    def check_continued(self, estimator: Any, X: Any, y: Any) -> None:
        given = {"source": ("X", X), "target": ("y", y)}
        for side in estimator._sides:
            name, samples = given[side]
            new = self.side(estimator, side).unknown(samples, name)
            if new:
                some = ", ".join(map(repr, new[:N_NAMED])) + ", ..." * (len(new) > N_NAMED)
                never = " and are never written" * (side == "target")
                warn(
                    f"{name} has {len(new)} tokens that are not in the vocabulary, which was "
                    f"learned in the first call: {some}; they count as unknown{never}. Only a new "
                    "fit, without warm_start, learns them"
                )

    @staticmethod
    def side(estimator: Any, name: str) -> TextSide:
        """Return what makes numbers of the samples of one side, "source" or "target"."""
        return TextSide.of(estimator._sides[name])

    def check(self, estimator: Any, X: Any) -> Any:
        return X.source if isinstance(X, Pairs) else self.sources(estimator, X, reset=False)

    def samples_per_batch(self, estimator: Any, n: int) -> int:
        if estimator.batch_size == "auto":
            return max(1, min(USUAL_BATCH, n // FEWEST_UPDATES))
        return super().samples_per_batch(estimator, n)

    def dtype_of(self, X: Any) -> Any:
        return np.float32

    def shape_inside(self, estimator: Any, n_features: int) -> Shape:
        return (1,)

    @abstractmethod
    def shape(self, estimator: Any, n_features: int) -> Shape:
        """Return the shape of a source as the architecture sees it."""


class TextPairs(PairInput):
    """Pairs of texts, or of lists of tokens; sets ``source_tokens_``, too."""

    def sources(self, estimator: Any, X: Any, *, reset: bool) -> Sequences:
        tokens = self.tokens(estimator, X, "X", "source", reset=reset)
        if reset:
            estimator.n_features_in_ = 1
        return Sequences(np.concatenate(list(tokens)), [len(sequence) for sequence in tokens])

    def shape(self, estimator: Any, n_features: int) -> Shape:
        return (len(estimator.source_tokens_),)
