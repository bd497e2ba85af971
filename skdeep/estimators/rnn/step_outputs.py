"""The common parent of networks that predict the next step of a sequence."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

import numpy as np

from skdeep.data.chunked import MOST_LANES, ChunkRows, lanes_for, parts_to_validate
from skdeep.data.kinds import as_rows
from skdeep.data.training_data import TrainingData
from skdeep.estimators import supervised
from skdeep.estimators.base import NetworkEstimator
from skdeep.estimators.rnn.architecture import StepArchitecture
from skdeep.estimators.sequences import SequenceInput
from skdeep.train.sequences.chunk_evaluator import ChunkEvaluator
from skdeep.train.sequences.chunk_table import ChunkTable
from skdeep.train.sequences.chunked_sequences import ChunkedSequences
from skdeep.train.sequences.sequences import Sequences


class ChunkInput(SequenceInput):
    """Sequences that are read chunk by chunk, many of them side by side."""

    def samples_per_batch(self, estimator: Any, n: int) -> int:
        """Return the number of lanes: those that no sequence fills take parts of long ones."""
        lanes: int = estimator._n_lanes
        return lanes

    def add_validation(
        self,
        estimator: Any,
        data: TrainingData,
        given: Mapping[str, Any],
        random: Any,
        y: Any,
        X_given: Any,
    ) -> None:
        """Cut training and validation sequences into chunks."""
        X, weight = data.X.to_host(), data.weight
        # Also of predictions, whatever is set later.
        estimator._chunk_steps = int(estimator.tbptt_steps)
        kept, held_out = estimator._divided(X, y, weight, given, random)
        data.weight = estimator._step_weights(X, y, weight)
        estimator._n_lanes = lanes_for(kept, estimator._chunk_steps, estimator.batch_size)
        data.X = estimator._chunked(kept, estimator._n_lanes, cut=True)
        data.rows = as_rows(data.X).indices()
        if held_out is not None:
            data.X_val, data.target_val, data.weight_val = held_out


class NextStepNetwork(NetworkEstimator):
    """Parent of networks that predict the next step from those before, trained chunk by chunk.

    They are trained on chunks of ``tbptt_steps`` steps: the state goes on from chunk to chunk, and
    gradients stop where a chunk begins.
    """

    _input = ChunkInput(ChunkRows)
    out_activation_ = supervised.out_activation_
    #: What is read before the first step of a sequence.
    _start_step: ClassVar[float] = 0.0
    #: Whether what is read at a step lies at its place, so that nothing stands before sequences.
    _aligned: ClassVar[bool] = False

    def _start_of(self, X: Sequences) -> Any:
        """Return what stands before sequences: a token of its own, a number, or nothing."""
        if self._aligned:
            return None
        return self.n_tokens_ if X.is_tokens else self._start_step

    def _architecture(self) -> StepArchitecture:
        return StepArchitecture.of(self, n_more=1)  # the token before the first one

    def _describe_network(self) -> None:
        self.n_layers_ = self._architecture().n_layers

    def _check_data(self, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X = self._input.check_fit_rows(self, X, reset=reset)
        return X, X

    # ------------------------------------------------------------------ training

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _chunked(self, X: Sequences, n_lanes: int, *, cut: bool) -> ChunkedSequences:
        size = min(self._chunk_steps, X.longest)
        return ChunkedSequences(X, size, n_lanes, cut=cut, start=self._start_of(X))

    def _score_outputs(self, target: Any, output: Any, weight: Any) -> float:
        raise NotImplementedError  # the loss is the score

    @abstractmethod
    def _divided(
        self, X: Sequences, y: Sequences, weight: Any, given: Mapping[str, Any], random: Any
    ) -> tuple[Sequences, Any]:
        """Return the sequences to train on, and chunks, targets and weights to validate with."""

    def _step_weights(self, X: Sequences, y: Sequences, weight: Any) -> np.ndarray | None:
        """Return the weights of steps, where they lie, by those of sequences; None: all one."""
        return None if weight is None else X.spread(np.repeat(weight, X.lengths))

    def _held_out(
        self, X: Sequences, y: Sequences, weight: Any, begins: Any = 0
    ) -> tuple[Any, Any, Any]:
        """Return chunks, targets and weights to validate with sequences from some step on."""
        parts, weights = parts_to_validate(X, weight, begins, self._chunk_steps)
        targets = parts
        if y is not X:
            targets, _ = parts_to_validate(y, weight, begins, self._chunk_steps)
        chunks = self._chunked(parts, min(MOST_LANES, len(parts)), cut=False)
        return chunks, self._target.encode(targets), weights

    # ------------------------------------------------------------------ predictions

    def _fitted_outputs(self, rows: Any) -> Iterator[Any]:
        loss, outputs = self._scored(rows, "output")
        yield from (np.array(loss), outputs)

    def _scored_target(self, X: Sequences) -> np.ndarray:
        """Return what the loss of steps compares with."""
        return self._target.encode(X)

    def _scored(self, X: Sequences, keep: str | None) -> tuple[float, np.ndarray]:
        """Return the mean loss of sequences, and what is kept of each step (n_steps, width)."""
        X = X.to_host()
        target = self._scored_target(X)
        own = self._chunked(X, min(MOST_LANES, len(X)), cut=False)
        backend, store = self._predictor.backend, self._predictor.store
        table = ChunkTable(backend, own, target, None, self._values.dtype)
        network = self._network.of_length(own.size)
        evaluator = ChunkEvaluator(network, store, table, own.rows(), keep=keep)
        with backend.session(own.n_lanes * network.layout.largest_weight) as held, held:
            loss = float(evaluator()[0])
        found = backend.to_host(evaluator.outputs)[0]
        return loss, own.at_places(found) if found.size else found
