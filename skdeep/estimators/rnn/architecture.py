"""The architectures of recurrent networks: of whole sequences, and of their steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from skdeep.estimators.architecture import HiddenArchitecture
from skdeep.estimators.checks.values import per_layer, widths_of
from skdeep.estimators.mlp.architecture import MLPArchitecture
from skdeep.nn.blocks import dropout
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.parallel import Parallel
from skdeep.nn.core.residual import Residual
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.embedding import Embedding
from skdeep.nn.initializers import Constant, get_initializers
from skdeep.nn.noise.dropout import StepDropout
from skdeep.nn.recurrent.gru import GRU
from skdeep.nn.recurrent.lstm import LSTM
from skdeep.nn.recurrent.recurrent import Recurrent
from skdeep.nn.recurrent.rnn import RNN
from skdeep.nn.recurrent.step_pooling import AttentionSteps, LastStep, MaxSteps, MeanSteps, Pooling
from skdeep.nn.recurrent.time_distributed import TimeDistributed

CELLS: dict[str, type[Recurrent]] = {"lstm": LSTM, "gru": GRU, "rnn": RNN}
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
class RNNArchitecture(HiddenArchitecture):
    """Recurrent layers, what their steps are pooled to, and dense layers.

    Fields are parameters of :class:`skdeep.RNNClassifier`. The shape of a sample is that of a
    sequence of one step, (1, F), or (n_tokens,) where steps are tokens.
    """

    recurrent_layer_sizes: Any
    cell: str
    recurrent_dropout: float
    tbptt_steps: int | None
    embedding_dim: int | str | None = None
    bidirectional: bool = False
    pooling: str = "last"

    # ------------------------------------------------------------------ parameters

    def units(self) -> list[int]:
        """Return how many units each recurrent layer has."""
        sizes = widths_of("recurrent_layer_sizes", self.recurrent_layer_sizes)
        if not sizes:
            raise ValueError("recurrent_layer_sizes must be one or more positive integers, got []")
        return sizes

    @property
    def n_hidden(self) -> int:
        return 1 + len(self.widths())  # what the steps are pooled to, and the dense layers

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
        layers.append(self._pool(units[-1]))
        layers += dropout(rates[len(units) - 1], "", "pooling_dropout")
        return [*layers, *self.dense(rates).layers(shape, n_logits)]

    def recurrent(self, shape: Shape, rates: Sequence[float], n_more: int = 0) -> list[Layer]:
        """Return the recurrent layers, with dropout behind the first of them.

        Tokens are embedded before, those of the shape and `n_more`.
        """
        layers: list[Layer] = []
        if len(shape) == 1:
            width = usual_width(shape[0]) if self.embedding_dim == "auto" else self.embedding_dim
            layers.append(Embedding(shape[0] + n_more, cast(int, width), name="embedding"))
        for k, width in enumerate(self.units()):
            layers.append(self._cells(k, width))
            if k < len(rates) and rates[k]:
                layers.append(StepDropout(rates[k], name=f"recurrent_dropout_{k}"))
        return layers

    def dense(self, rates: Sequence[float]) -> MLPArchitecture:
        """Return the dense hidden layers and the output, by the dropout of all layers."""
        return MLPArchitecture.of(self, dropout=rates[len(self.units()) :])

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

    def _pool(self, width: int) -> Layer:
        if self.pooling == "last":
            return LastStep(width if self.bidirectional else 0, name="pooling")
        return POOLS[self.pooling](name="pooling")

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        last: dict[str, str] = {}
        for name in list(names)[:-1]:
            if not name.startswith(("recurrent_", "embedding")):
                last[name.rpartition("_")[2] if name[:7] != "pooling" else ""] = name
        return list(last.values())


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
        layers = self.recurrent(shape, rates[: len(self.units())], self.n_more)
        layers.append(TimeDistributed(self.dense(rates).layers(shape, n_logits), name="steps"))
        if not self.linear_part:
            return layers
        line = Dense(n_logits, weight_init=Constant(0.0), name="linear")
        return [Residual(layers, TimeDistributed([line]), name="network")]

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        return []
