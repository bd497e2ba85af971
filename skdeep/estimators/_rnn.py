"""What the two recurrent networks share: sequences in, and the layers that read them."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.backend import Backend, compute
from skdeep.estimators import _inputs
from skdeep.estimators._mlp import MultilayerPerceptron
from skdeep.estimators._parameters import widths_of
from skdeep.estimators._sequences import check_sequences
from skdeep.nn.dropout import Dropout, StepDropout
from skdeep.nn.embedding import Embedding
from skdeep.nn.gru import GRU
from skdeep.nn.initializers import get_initializers
from skdeep.nn.layer import Layer
from skdeep.nn.lstm import LSTM
from skdeep.nn.network import Network
from skdeep.nn.parallel import Parallel
from skdeep.nn.recurrent import Recurrent
from skdeep.nn.rnn import RNN
from skdeep.nn.step_pooling import AttentionSteps, LastStep, MaxSteps, MeanSteps, Pooling
from skdeep.train.predictor import Predictor
from skdeep.train.sequence_evaluator import SequenceEvaluator
from skdeep.train.sequence_objective import SequenceSupervised
from skdeep.train.sequence_predictor import SequencePredictor
from skdeep.train.sequences import Sequences

CELLS: dict[str, type[Recurrent]] = {"lstm": LSTM, "gru": GRU, "rnn": RNN}
POOLS: dict[str, type[Pooling]] = {
    "mean": MeanSteps,
    "max": MaxSteps,
    "attention": AttentionSteps,
}

_COUNT = Interval(Integral, 1, None, closed="left")
RNN_CONSTRAINTS: dict = {
    "recurrent_layer_sizes": ["array-like", _COUNT],
    "cell": [StrOptions(set(CELLS))],
    "bidirectional": ["boolean"],
    "pooling": [StrOptions({"last", *POOLS})],
    "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
    "embedding_dim": [_COUNT, None],
    "n_tokens": [_COUNT, None],
    "tbptt_steps": [_COUNT, None],
}


class RecurrentNetwork(MultilayerPerceptron):
    """Recurrent layers before the dense ones; comes before an estimator of rows.

    Rows are :class:`~skdeep.train.sequences.Sequences` from the check of X on. The network is
    described for one step, which says nothing of how many there are.
    """

    #: The channels of a step, or the form of tokens; see :mod:`skdeep.estimators._sequences`.
    _sequence_form: Any
    n_tokens_: int | None

    _rows: ClassVar[str] = "sequences"
    _usual_clip_norm: ClassVar[float | None] = 1.0

    # ------------------------------------------------------------------ parameters

    def _units(self) -> list[int]:
        sizes = widths_of("recurrent_layer_sizes", self.recurrent_layer_sizes)
        if not sizes:
            raise ValueError("recurrent_layer_sizes must be one or more positive integers, got []")
        return sizes

    def _per_layer(self, name: str) -> list[Any]:
        """Return a parameter's value for each hidden layer that has one.

        Activations are those of the dense layers; dropout follows each recurrent layer too.
        """
        before = len(self._units()) if name == "dropout" else 0
        what = "recurrent and dense hidden layers" if before else "dense hidden layers"
        return self._spread(name, before + len(self._sizes()), what, "layer")

    def _n_hidden(self) -> int:
        return 1 + len(self._sizes())  # what the steps are pooled to, and the dense layers

    def _check_layers(self) -> None:
        self._units()
        super()._check_layers()
        if self.solver == "lbfgs" and self.recurrent_dropout:
            raise ValueError(
                f"recurrent_dropout={self.recurrent_dropout!r} does not go with solver='lbfgs', "
                "which needs an objective that is not random: use another solver"
            )
        if self.n_tokens is not None and self.embedding_dim is None:
            raise ValueError("n_tokens needs embedding_dim: without it, X is no sequence of tokens")

    # ------------------------------------------------------------------ sequences

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        if not reset and self._sequence_form.tokens != (self.embedding_dim is not None):
            raise ValueError(
                "training cannot go on: embedding_dim was set, so that X would be something else. "
                "Fit anew, with warm_start=False."
            )
        X = self._check_sequences(X, reset=reset)
        y = _inputs.check_fit_target(self, X, y)
        if reset:
            self._learn_vocabulary(X)
        return X, y

    def _check_sequences(self, X: Any, *, reset: bool) -> Sequences:
        tokens = self.embedding_dim is not None if reset else self._sequence_form.tokens
        return check_sequences(self, X, tokens=tokens, reset=reset)

    def _learn_vocabulary(self, X: Sequences) -> None:
        self.n_tokens_ = self.n_tokens
        if X.is_tokens and self.n_tokens is None:
            largest = compute(lambda xp, steps: steps.max().reshape(1), X.steps)
            self.n_tokens_ = int(_inputs.to_host(largest)[0]) + 1

    def _check_rows(self, X: Any) -> Sequences:
        X = self._check_sequences(X, reset=False)
        _inputs.check_beside(self, X, self._device)
        if not X.is_tokens:
            _inputs.check_magnitude(X, self._values.dtype)
        return X

    def _dtype_of(self, X: Sequences) -> Any:
        return np.float32 if X.is_tokens else X.dtype

    # ------------------------------------------------------------------ training

    def _objective(self, network: Any, store: Any, table: Any, **options: Any) -> Any:
        return SequenceSupervised(network, store, table, **options)

    def _evaluator(self, network: Any, store: Any, table: Any, rows: Any, **numbers: Any) -> Any:
        return SequenceEvaluator(network, store, table, rows)

    def _make_predictor(self, values: np.ndarray, backend: Backend) -> Predictor:
        return SequencePredictor(self._network, values, backend)

    # ------------------------------------------------------------------ layers

    def _make_network(self, n_features: int) -> Network:
        loss = self._loss()
        layers = self._layers(n_features, loss.n_logits(self._target.n_columns))
        form = self._sequence_form
        return Network(layers, (1,) if form.tokens else (1, form.width), loss)

    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        activations, rates = self._per_layer("activation"), self._per_layer("dropout")
        units = self._units()
        layers: list[Layer] = []
        if self._sequence_form.tokens:
            assert self.n_tokens_ is not None
            layers.append(Embedding(self.n_tokens_, self.embedding_dim, name="embedding"))
        for k, width in enumerate(units):
            layers.append(self._recurrent(k, width))
            if rates[k] and k < len(units) - 1:
                layers.append(StepDropout(rates[k], name=f"recurrent_dropout_{k}"))
        layers.append(self._pooling(units[-1]))
        last = rates[len(units) - 1]
        if last:
            layers.append(Dropout(last, name="pooling_dropout"))
        return [*layers, *self._dense_layers(n_logits, activations, rates[len(units) :])]

    def _recurrent(self, k: int, width: int) -> Layer:
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

    def _pooling(self, width: int) -> Layer:
        if self.pooling == "last":
            return LastStep(width if self.bidirectional else 0, name="pooling")
        return POOLS[self.pooling](name="pooling")

    def _describe_network(self) -> None:
        super()._describe_network()
        self.n_layers_ = len(self._units()) + len(self._sizes()) + 2

    def _last_names(self) -> list[str]:
        names: dict[str, str] = {}
        for name in list(self._network.spec.children)[:-1]:
            if not name.startswith(("recurrent_", "embedding")):
                names[name.rpartition("_")[2] if name[:7] != "pooling" else ""] = name
        return list(names.values())

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = False
        return tags
