"""The architectures of recurrent networks: of whole sequences, and of their steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skdeep.estimators.checks.values import per_layer, widths_of
from skdeep.estimators.pooled_architecture import PooledArchitecture
from skdeep.nn.blocks import dropout
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Constant, get_initializers
from skdeep.nn.noise.dropout import StepDropout
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.recurrent import Recurrent
from skdeep.nn.recurrent.rnn import RNN
from skdeep.nn.recurrent.time_distributed import TimeDistributed

CELLS: dict[str, type[Recurrent]] = {"lstm": LSTM, "gru": GRU, "rnn": RNN}


@dataclass(frozen=True, kw_only=True)
class RNNArchitecture(PooledArchitecture):
    """Recurrent layers, what their steps are pooled to, and dense layers.

    Fields are parameters of :class:`skdeep.RNNClassifier`. The shape of a sample is that of a
    sequence of one step, (1, F), or (n_tokens,) where steps are tokens.
    """

    recurrent_layer_sizes: Any
    cell: str
    recurrent_dropout: float
    tbptt_steps: int | None
    bidirectional: bool = False

    # ------------------------------------------------------------------ parameters

    def units(self) -> list[int]:
        """Return how many units each recurrent layer has."""
        sizes = widths_of("recurrent_layer_sizes", self.recurrent_layer_sizes)
        if not sizes:
            raise ValueError("recurrent_layer_sizes must be one or more positive integers, got []")
        return sizes

    @property
    def n_layers(self) -> int:
        return len(self.units()) + len(self.widths()) + 2

    def activations(self) -> list[Any]:
        """Return the activation of each dense hidden layer."""
        n = len(self.widths())
        return per_layer("activation", self.activation, n, "dense hidden layers", "layer")

    def rates(self) -> list[Any]:
        """Return the dropout behind each recurrent and each dense hidden layer."""
        n = len(self.units()) + len(self.widths())
        return per_layer("dropout", self.dropout, n, "recurrent and dense hidden layers", "layer")

    def check(self) -> None:
        self.units()
        super().check()

    def check_repeatable(self) -> None:
        super().check_repeatable()
        if self.recurrent_dropout:
            raise ValueError(
                f"recurrent_dropout={self.recurrent_dropout!r} does not work with solver='lbfgs', "
                "which needs an objective that is not random: use another solver"
            )

    # ------------------------------------------------------------------ layers

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        units, rates = self.units(), self.rates()
        layers = self.recurrent(shape, rates[: len(units) - 1])
        layers.append(self.pool(units[-1] if self.bidirectional else 0))
        layers += dropout(rates[len(units) - 1], "", "pooling_dropout")
        return [
            *self.with_ngrams(layers, n_logits),
            *self.dense(rates[len(units) :]).layers(shape, n_logits),
        ]

    def recurrent(self, shape: Shape, rates: Sequence[float], n_more: int = 0) -> list[Layer]:
        """Return the recurrent layers, with dropout behind the first of them.

        Tokens are embedded before, those of the shape and `n_more`.
        """
        layers: list[Layer] = []
        if len(shape) == 1:
            layers += [self.embedding(shape[0], n_more), *self.dropped_words()]
        for k, width in enumerate(self.units()):
            layers.append(self._cells(k, width))
            if k < len(rates) and rates[k]:
                layers.append(StepDropout(rates[k], name=f"recurrent_dropout_{k}"))
        return layers

    def _cells(self, k: int, width: int) -> Layer:
        """Return recurrent layer k, of one direction or both."""
        weight, _ = get_initializers(self.kernel_initializer, "tanh")
        kind = CELLS[self.cell]
        options: dict[str, Any] = {"dropout": self.recurrent_dropout, "weight_init": weight}
        if self.tbptt_steps is not None:
            options["truncate"] = self.tbptt_steps
        if not self.bidirectional:
            return kind(width, **options, name=f"recurrent_{k}")
        both = [
            kind(width, **options, name="forward"),
            kind(width, **options, reverse=True, name="backward"),
        ]
        return Parallel(both, name=f"recurrent_{k}")


@dataclass(frozen=True, kw_only=True)
class StepArchitecture(RNNArchitecture):
    """Recurrent layers, and dense ones that predict at each step.

    Parameters
    ----------
    n_more : int
        Tokens that are read besides those of sequences.
    linear_part : bool
        Whether a linear map of what a step reads is added to what the layers make of it.
    """

    n_more: int = 0
    linear_part: bool = False

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        rates = self.rates()
        n = len(self.units())
        layers = self.recurrent(shape, rates[:n], self.n_more)
        layers.append(TimeDistributed(self.head(shape, n_logits, rates[n:]), name="steps"))
        if not self.linear_part:
            return layers
        line = Dense(n_logits, weight_init=Constant(0.0), name="linear")
        return [Residual(layers, TimeDistributed([line]), name="network")]

    def head(self, shape: Shape, n_logits: int, rates: list[float]) -> list[Layer]:
        """Return what makes the logits of a step, by the dropout of its hidden layers."""
        return self.dense(rates).layers(shape, n_logits)

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        return []
