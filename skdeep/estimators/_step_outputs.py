"""What recurrent networks share that predict at every step of a sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import StrOptions

from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._inputs import TrainingData
from skdeep.estimators._rnn import RNN_CONSTRAINTS, RecurrentNetwork
from skdeep.nn.at_steps import AtSteps
from skdeep.nn.dropout import StepDropout
from skdeep.nn.embedding import Embedding
from skdeep.nn.layer import Layer
from skdeep.optim import SOLVERS
from skdeep.train.chunk_evaluator import ChunkEvaluator
from skdeep.train.chunk_objective import ChunkSupervised
from skdeep.train.chunk_table import ChunkTable
from skdeep.train.chunked_sequences import ChunkedSequences
from skdeep.train.sequences import Sequences

#: Chunks before validation steps that are read to find the state there.
WARM_UP = 4

#: Chunks of an update where ``batch_size='auto'``, or fewer for so many updates an epoch.
MOST_LANES, FEWEST_UPDATES = 32, 16

_LEFT_OUT = {"max_fun", "normalization", "residual", "transform_layer", "mc_samples"}
#: Parameters of every network that predicts at each step, apart from how it reads and scores.
STEP_CONSTRAINTS: dict = {
    name: constraint
    for name, constraint in {**NETWORK_CONSTRAINTS, **RNN_CONSTRAINTS}.items()
    if name not in {*_LEFT_OUT, "pooling", "bidirectional", "scoring", "validation_split"}
} | {"solver": [StrOptions(set(SOLVERS))]}


def usual_batch(n: int) -> int:
    """Return the size of batches where nobody says it, for so many chunks or sequences."""
    return max(1, min(MOST_LANES, n // FEWEST_UPDATES))


class Absent:
    """Hides a method of a base class, for instances and the class alike."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        raise AttributeError(f"{owner.__name__!r} object has no attribute {self.name!r}")


class StepwiseNetwork(RecurrentNetwork):
    """Recurrent layers, and dense ones that predict at each step; no features of rows."""

    # Parameters of other networks that these do without.
    normalization = None
    validation_split = None
    residual = False
    transform_layer = -1
    bidirectional = False
    embedding_dim: Any = None
    n_tokens: Any = None
    tbptt_steps: Any

    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        activations, rates = self._per_layer("activation"), self._per_layer("dropout")
        units = self._units()
        layers: list[Layer] = []
        if self._sequence_form.tokens:
            layers.append(Embedding(self._n_read(), self.embedding_dim, name="embedding"))
        for k, width in enumerate(units):
            layers.append(self._recurrent(k, width))
            if rates[k]:
                layers.append(StepDropout(rates[k], name=f"recurrent_dropout_{k}"))
        head = self._dense_layers(n_logits, activations, rates[len(units) :])
        return [*layers, AtSteps(head, name="steps")]

    def _n_read(self) -> int:
        """Return how many different tokens the network reads."""
        assert self.n_tokens_ is not None
        return self.n_tokens_

    def _last_names(self) -> list[str]:
        return []

    transform = Absent()
    fit_transform = Absent()
    get_feature_names_out = Absent()
    set_output = Absent()
    _n_features_out = Absent()

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags = None
        tags.input_tags.three_d_array = True
        return tags


@dataclass(frozen=True)
class StepTarget:
    """What is predicted at each step is what comes there: tokens, or numbers.

    Parameters
    ----------
    n_columns : int
        Number of tokens, or of channels.
    """

    n_columns: int

    def encode(self, y: Any) -> Any:
        """Return targets (n_steps, columns)."""
        steps = y.to_host().steps
        return steps[:, None] if y.is_tokens else steps

    def check(self, y: Any) -> None:
        """Accept any sequences; they have been checked."""

    def strata(self, target: Any) -> None:
        """Return None: sequences are not stratified."""


class NextStepNetwork(StepwiseNetwork):
    """Networks that predict the next step from those before, trained chunk by chunk.

    They are trained on chunks of ``tbptt_steps`` steps: the state goes on from chunk to chunk, and
    gradients stop where a chunk begins.
    """

    scoring = "loss"

    #: What is read before the first step of a sequence.
    _start_step: ClassVar[float] = 0.0

    def _start_of(self, X: Sequences) -> Any:
        """Return what stands before sequences: a token of its own, or a number."""
        return self.n_tokens_ if X.is_tokens else self._start_step

    def _n_read(self) -> int:
        return super()._n_read() + 1

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X = self._check_sequences(X, reset=reset)
        self._check_steps(X)
        if reset:
            self._learn_vocabulary(X)
        return X, X

    def _check_steps(self, X: Sequences) -> None:
        """Raise if steps have values that cannot be predicted."""

    # ------------------------------------------------------------------ training

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        return tags

    def _rows_per_batch(self, n: int) -> int:
        return self._n_lanes

    def _check_batch_size(self, n: int) -> None:
        """Accept any: lanes that no sequence fills are filled with parts of long ones."""

    def _lanes_for(self, X: Sequences) -> int:
        """Return how many chunks a batch has."""
        chunks = int((-(-X.lengths // self._chunk_steps)).sum())
        if self.batch_size == "auto":
            return usual_batch(chunks)
        return min(int(self.batch_size), chunks)

    def _chunked(self, X: Sequences, n_lanes: int, *, cut: bool) -> ChunkedSequences:
        size = min(self._chunk_steps, X.longest)
        return ChunkedSequences(X, size, n_lanes, cut=cut, start=self._start_of(X))

    def _add_validation(
        self, data: TrainingData, given: Mapping[str, Any], random: Any, y: Any, X_given: Any
    ) -> None:
        """Cut training and validation sequences into chunks."""
        X, weight = data.X.to_host(), data.weight
        self._chunk_steps = int(self.tbptt_steps)  # also of predictions, whatever is set later
        kept, held_out = self._divided(X, weight, given, random)
        rows = weight if weight is None else np.repeat(weight, X.lengths)
        data.weight = None if rows is None else X.spread(rows)
        self._n_lanes = self._lanes_for(kept)
        data.X = self._chunked(kept, self._n_lanes, cut=True)
        data.rows = data.X.rows()
        if held_out is not None:
            own, target, weight_val = held_out
            data.X_val = own
            data.target_val, data.weight_val = target, weight_val

    def _stack_key(self, data: TrainingData, backend: Any) -> Any:
        key = super()._stack_key(data, backend)
        layouts = [None if X is None else X.layout for X in (data.X, data.X_val)]
        return None if key is None else (*key, *layouts)

    def _divided(
        self, X: Sequences, weight: Any, given: Mapping[str, Any], random: Any
    ) -> tuple[Sequences, Any]:
        """Return the sequences to train on, and chunks, targets and weights to validate with."""
        raise NotImplementedError

    def _held_out(self, X: Sequences, weight: Any, begins: Any = 0) -> tuple[Any, Any, Any]:
        """Return chunks, targets and weights to validate with sequences from some step on.

        Chunks before that step are read, to find the state there, but do not count. Few long
        sequences are cut into parts, each behind such chunks, which are read side by side.
        """
        warm, most = WARM_UP * self._chunk_steps, max(1, MOST_LANES // len(X))
        each = np.ones(len(X)) if weight is None else weight
        if not each.any():
            raise ValueError("all rows held out for early stopping have a sample_weight of zero")
        steps, counts = [], []
        begins = np.broadcast_to(begins, len(X))
        for one, begin, end, own in zip(X, begins, X.lengths, each, strict=True):
            n_parts = min(most, max(1, (end - begin) // warm))
            edges = np.linspace(begin, end, n_parts + 1).astype(int)
            for first, last in pairwise(edges):
                start = max(0, first - warm)
                steps.append(one[start:last])
                counts.append(np.where(np.arange(start, last) < first, 0.0, own))
        parts = Sequences(np.concatenate(steps), [len(part) for part in steps])
        chunks = self._chunked(parts, min(MOST_LANES, len(parts)), cut=False)
        return chunks, self._target.encode(parts), np.concatenate(counts)

    def _objective(self, network: Any, store: Any, table: Any, **options: Any) -> Any:
        return ChunkSupervised(network.of_length(table.chunks.size), store, table, **options)

    def _evaluator(self, network: Any, store: Any, table: Any, rows: Any, **numbers: Any) -> Any:
        own = network.of_length(table.chunks.size)
        return ChunkEvaluator(own, store, table, rows, keep=None)

    # ------------------------------------------------------------------ predictions

    def _fitted_outputs(self, rows: Any) -> Iterator[Any]:
        loss, outputs = self._scored(rows, "output")
        yield from (np.array(loss), outputs)

    def _scored(self, X: Sequences, keep: str | None) -> tuple[float, np.ndarray]:
        """Return the mean loss of sequences, and what is kept of each step (n_steps, width)."""
        X = X.to_host()
        own = self._chunked(X, min(MOST_LANES, len(X)), cut=False)
        backend, store = self._predictor.backend, self._predictor.store
        target = self._target.encode(X)
        table = ChunkTable(backend, own, target, None, self._values.dtype)
        network = self._network.of_length(own.size)
        evaluator = ChunkEvaluator(network, store, table, own.rows(), keep=keep)
        with backend.session(own.n_lanes * network.layout.largest_weight):
            loss = float(evaluator()[0])
        found = backend.to_host(evaluator.outputs)[0]
        return loss, own.at_places(found) if found.size else found
