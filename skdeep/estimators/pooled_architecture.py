"""What networks that pool the steps of sequences have in common: tokens, pools, dense layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from skdeep.estimators.architecture import HiddenArchitecture, refuse_noise
from skdeep.estimators.mlp.architecture import MLPArchitecture
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.dense.bag_of_tokens import BagOfTokens
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.initializers import Constant
from skdeep.nn.noise.dropout import BranchDropout, TokenDropout
from skdeep.nn.recurrent.step_pooling import AttentionSteps, LastStep, MaxSteps, MeanSteps, Pooling

POOLS: dict[str, type[Pooling]] = {
    "mean": MeanSteps,
    "max": MaxSteps,
    "attention": AttentionSteps,
}


def usual_width(n_tokens: int) -> int:
    """Return the length of embeddings: the power of two next to the root of `n_tokens`, 4 to 64.

    Examples
    --------
    >>> [usual_width(n) for n in (2, 77, 500, 10_000)]
    [4, 16, 32, 64]
    """
    width = 4
    while width < 64 and width**2 < n_tokens:
        width *= 2
    return width


@dataclass(frozen=True, kw_only=True)
class PooledArchitecture(HiddenArchitecture):
    """Layers of steps, what they are pooled to, and dense layers.

    The shape of a sample is that of a sequence of one step, (1, F), or (n_tokens,) where steps are
    tokens.
    """

    embedding_dim: int | str | None = None
    pooling: str = "last"
    word_dropout: float = 0.0
    n_ngrams: int = 0
    ngram_penalty: float | None = None
    ngram_dropout: float = 0.0

    @property
    def n_hidden(self) -> int:
        return 1 + len(self.widths())  # what the steps are pooled to, and the dense layers

    @property
    def column(self) -> int | None:
        """Which number of a step is its token; None where there is but one."""
        return 0 if self.n_ngrams else None

    def embedding(self, n_tokens: int, n_more: int = 0) -> Layer:
        """Return the embedding of tokens, with room for `n_more`."""
        width = usual_width(n_tokens) if self.embedding_dim == "auto" else self.embedding_dim
        n = n_tokens + n_more
        return Embedding(n, cast(int, width), column=self.column, name="embedding")

    def dropped_words(self) -> list[Layer]:
        """Return what drops tokens in training, behind their embedding."""
        return [TokenDropout(self.word_dropout, name="words")] if self.word_dropout else []

    def with_ngrams(self, layers: list[Layer], n_logits: int) -> list[Layer]:
        """Return layers from tokens to what they are pooled to, with the n-grams beside it."""
        if not self.n_ngrams:
            return layers
        bag = BagOfTokens(
            self.n_ngrams,
            n_logits,
            first=1,
            rate=1.0 if self.ngram_penalty is None else 0.0,  # it is fitted before training
            weight_init=Constant(0.0),
            name="bag",
        )
        beside: list[Layer] = [bag]
        if self.ngram_dropout:
            beside.append(BranchDropout(self.ngram_dropout, name="dropout"))
        both = [Sequential(layers, name="steps"), Sequential(beside, name="ngrams")]
        return [Parallel(both, name="pooling")]

    def check_repeatable(self) -> None:
        super().check_repeatable()
        for name in ("word_dropout", "ngram_dropout"):
            if getattr(self, name):
                refuse_noise(name, getattr(self, name), 0)

    def pool(self, reversed_features: int = 0) -> Layer:
        """Return what makes one vector of the steps, some features of which run in reverse."""
        if self.pooling == "last":
            return LastStep(reversed_features, name="pooling")
        return POOLS[self.pooling](name="pooling")

    def dense(self, rates: Sequence[float]) -> MLPArchitecture:
        """Return the dense hidden layers and the output, by their dropout."""
        return MLPArchitecture.of(self, dropout=rates)

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        last: dict[str, str] = {}
        names = list(names)[:-1]
        for name in names[names.index("pooling") :]:
            last[name.rpartition("_")[2] if name[:7] != "pooling" else ""] = name
        return list(last.values())
