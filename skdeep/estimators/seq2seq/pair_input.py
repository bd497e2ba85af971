"""Pairs as what an estimator takes: sources, and the sequences to make of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.chunked import FEWEST_UPDATES
from skdeep.data.pair import PairRows
from skdeep.estimators.input_kinds import TableInput
from skdeep.estimators.seq2seq.texts import TextSide
from skdeep.nn.core.spec import Shape
from skdeep.train.sequences.pairs import Pairs
from skdeep.train.sequences.sequences import Sequences

#: Pairs of an update where ``batch_size='auto'``.
USUAL_BATCH = 64


class PairInput(TableInput):
    """Pairs of texts, or of lists of tokens.

    It sets ``_sides``, from which :class:`TextSide` makes numbers of both, ``source_tokens_`` and
    ``target_tokens_``.
    """

    name = "pairs"
    sparse = False

    def __init__(self) -> None:
        super().__init__(PairRows)

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        if isinstance(X, Pairs):  # of a callback, valid already
            return X, X
        if y is None:
            raise ValueError(
                f"This {type(estimator).__name__} estimator requires y to be passed, but the "
                "target y is None."
            )
        if reset:
            sources = self._learn(estimator, X, "X", "source", written=False)
            targets = self._learn(estimator, y, "y", "target", written=True)
        else:
            sources = self.side(estimator, "source").encode(X, "X")
            targets = self.side(estimator, "target").encode(y, "y")
        if len(sources) != len(targets):
            raise ValueError(
                f"X and y must hold a sequence each for every pair, got {len(sources)} and "
                f"{len(targets)}"
            )
        if reset:
            estimator.n_features_in_ = 1
            estimator.longest_target_ = max(map(len, targets)) - 2
        pairs = Pairs.of_tokens(as_sequences(sources), targets)
        return pairs, pairs

    @staticmethod
    def _learn(estimator: Any, samples: Any, name: str, side: str, *, written: bool) -> np.ndarray:
        """Learn what one side is; return its tokens."""
        learned, tokens = TextSide.learned(samples, name, estimator, written=written)
        if side == "source":
            estimator._sides = {}
        estimator._sides[side] = learned.state()
        setattr(estimator, f"{side}_tokens_", learned.vocabulary.tokens)
        return tokens

    @staticmethod
    def side(estimator: Any, name: str) -> TextSide:
        """Return what makes numbers of the samples of one side, "source" or "target"."""
        return TextSide.of(estimator._sides[name])

    def check(self, estimator: Any, X: Any) -> Any:
        if isinstance(X, Pairs):
            return X.source
        return as_sequences(self.side(estimator, "source").encode(X, "X"))

    def samples_per_batch(self, estimator: Any, n: int) -> int:
        if estimator.batch_size == "auto":
            return max(1, min(USUAL_BATCH, n // FEWEST_UPDATES))
        return super().samples_per_batch(estimator, n)

    def dtype_of(self, X: Any) -> Any:
        return np.float32

    def shape_inside(self, estimator: Any, n_features: int) -> Shape:
        return (1,)

    def shape(self, estimator: Any, n_features: int) -> Shape:
        return (len(estimator.source_tokens_),)


def as_sequences(tokens: np.ndarray) -> Sequences:
    """Return token sequences one after the other."""
    return Sequences(np.concatenate(list(tokens)), [len(sequence) for sequence in tokens])
