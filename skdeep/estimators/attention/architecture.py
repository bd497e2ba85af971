"""The architecture of Transformer encoders that predict once for each sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from skdeep.estimators.checks.values import per_layer
from skdeep.estimators.pooled_architecture import PooledArchitecture
from skdeep.nn.attention.blocks import encoder_block
from skdeep.nn.attention.positions import LearnedPositions, SinusoidalPositions
from skdeep.nn.blocks import dropout
from skdeep.nn.core.in_parts import InParts
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.dense.step_dense import StepDense
from skdeep.nn.initializers import Initializer, Normal, VarianceScaling, get_initializers
from skdeep.nn.normalization.step_norm import StepNorm


@dataclass(frozen=True, kw_only=True)
class AttentionArchitecture(PooledArchitecture):
    """Blocks of a Transformer's encoder, what their steps are pooled to, and dense layers.

    Fields are parameters of :class:`skdeep.AttentionClassifier`.
    """

    n_blocks: int
    n_units: int
    n_heads: int
    n_feed_forward: int | None
    feed_forward_activation: str
    positions: str | None
    n_positions: int

    # ------------------------------------------------------------------ parameters

    @property
    def n_layers(self) -> int:
        return self.n_blocks + len(self.widths()) + 2

    def activations(self) -> list[Any]:
        """Return the activation of each dense hidden layer."""
        n = len(self.widths())
        return per_layer("activation", self.activation, n, "dense hidden layers", "layer")

    def rates(self) -> list[Any]:
        """Return the dropout of each block and behind each dense hidden layer."""
        n = self.n_blocks + len(self.widths())
        return per_layer("dropout", self.dropout, n, "blocks and dense hidden layers", "layer")

    def check(self) -> None:
        super().check()
        if self.n_units % self.n_heads:
            raise ValueError(
                f"n_heads={self.n_heads!r} must divide n_units={self.n_units!r}: each head has as "
                "many units as the others"
            )

    # ------------------------------------------------------------------ layers

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        rates = self.rates()
        encoder = InParts(self.encoder(rates[: self.n_blocks]), name="encoder")
        layers = [*self.steps(shape), encoder, self.pool()]
        layers += dropout(rates[self.n_blocks - 1], "", "pooling_dropout")
        dense = self.dense(rates[self.n_blocks :]).layers(shape, n_logits)
        return [*self.with_ngrams(layers, n_logits), *dense]

    def steps(self, shape: Shape) -> list[Layer]:
        """Return what makes steps of `n_units` numbers, of about unit variance, of a sequence's."""
        even = VarianceScaling(1.0, "in")
        if len(shape) > 1:
            return [StepDense(self.n_units, weight_init=even, name="embedding")]
        own = self.embedding_dim in ("auto", self.n_units)
        width = self.n_units if own else self.embedding_dim
        embedding = Embedding(
            shape[0],
            int(width),  # type: ignore[arg-type]
            column=self.column,
            weight_init=Normal(1.0),
            name="embedding",
        )
        more = [] if own else [StepDense(self.n_units, weight_init=even, name="projection")]
        return [embedding, *self.dropped_words(), *more]

    def encoder(self, rates: list[float]) -> list[Layer]:
        """Return the positions, the blocks and the last normalisation."""
        weight, _ = get_initializers(self.kernel_initializer, "tanh")
        layers = self._positions(rates[0], Normal(0.02))
        for k, rate in enumerate(rates):
            layers += encoder_block(
                self.n_heads,
                self.n_feed_forward or 4 * self.n_units,
                activation=self.feed_forward_activation,
                dropout=rate,
                weight_init=weight,
                suffix=f"_{k}",
            )
        return [*layers, StepNorm(name="norm")]

    def _positions(self, rate: float, start: Initializer) -> list[Layer]:
        if self.positions is None:
            return []
        if self.positions == "learned":
            given = (self.n_positions,)
            return [LearnedPositions(*given, dropout=rate, weight_init=start, name="positions")]
        return [SinusoidalPositions(dropout=rate, name="positions")]
