"""Training and predicting where every step of whole sequences has a label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.network import Program
from skdeep.train.evaluator import Evaluator
from skdeep.train.predictor import CHUNK_ROWS
from skdeep.train.sequences.buckets import coarse
from skdeep.train.sequences.sequence_objective import SequenceSupervised, length_chunks
from skdeep.train.sequences.sequence_predictor import (
    OVERHEAD,
    SequencePredictor,
    _SequenceWorker,
)
from skdeep.train.sequences.sequence_table import SequenceTable
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.step_losses import StepLosses


class StepValues(Sequences):
    """Values of the steps of sequences, such as targets or weights, at the places of the steps."""

    def any(self) -> bool:
        """Whether a value of these sequences is not zero."""
        return any(np.any(values) for values in self)


class TaggedTable(SequenceTable):
    """Sequences whose steps have targets and weights.

    Parameters
    ----------
    backend, X, dtype
        As for :class:`~skdeep.train.sequences.sequence_table.SequenceTable`.
    target : StepValues
        Targets (n_steps, columns) of the steps of X.
    weight : StepValues or None
        Their weights (n_steps,); None: all count one.
    """

    def __init__(
        self, backend: Backend, X: Sequences, target: Any, weight: Any, dtype: Any
    ) -> None:
        each = np.ones(X.steps.shape[0]) if weight is None else np.asarray(weight.steps, float)
        super().__init__(backend, X, target.steps, each, dtype)
        self.full = None  # steps are gathered one by one, as their targets are
        sums = np.concatenate([[0.0], np.cumsum(each)])
        #: The weight of each sequence.
        self.host_weight = sums[X.starts + X.lengths] - sums[X.starts]


class TaggedSupervised(StepLosses, SequenceSupervised):
    """The mean loss over the steps of a batch of sequences; parameters as of its bases."""

    table: TaggedTable

    def load(self, program: Program, index: Array, columns: Mapping[str, Array]) -> None:
        """Gather the steps, targets and weights of the sequences that `index` (M, B) names."""
        self._load_x(program, index)
        self._load_steps(program, self._index[program.batch], columns)
        if program.valid is not None:  # behind a sequence's end stands its last step again
            models, batch, steps = program.valid.shape
            there = program.weight_rows.reshape(models, steps, batch)
            self.ops.launch(multiply, there, there, program.valid.swapaxes(1, 2))
        self._load_keys(program, index)


class TaggedEvaluator(Evaluator):
    """Mean loss and predictions of each step; a sequence's outputs are those of all its steps.

    They stand one after the other in a row as long as the longest sequence needs, (M, n, T * K).
    """

    objective_type = TaggedSupervised
    objective: TaggedSupervised

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        arrays = [self.outputs] if self._back is None else [self.outputs, self._computed]
        for array in arrays:  # what lies behind shorter sequences is never written
            self.ops.copy(self.ops.zeros((1, 1, 1), array.dtype), array)

    @property
    def width(self) -> int:
        return self.objective.network.n_logits * self.objective.table.sequences.longest

    def write_outputs(self, program: Program, out: Array) -> None:
        steps, logits = program.network.spec.out_shape
        program.output(program.delta)  # the delta is not needed
        found = program.as_outputs(program.delta)
        place = out[:, :, : steps * logits].reshape(*out.shape[:2], steps, logits)
        program.ops.copy(found, place)


class TagPredictor(SequencePredictor):
    """Computes what fitted networks give for each step of new sequences."""

    def decoded(self, codes: np.ndarray, lengths: np.ndarray, start: str) -> list[np.ndarray]:
        """Return the outputs (T_i, K) of one model for rows (n, F) that a layer gives each step.

        The layers behind `start` must know nothing of later steps.
        """
        order, backend = np.argsort(-lengths, kind="stable"), self.backend
        found: list[np.ndarray] = [np.empty(0)] * len(codes)
        held_codes = np.ascontiguousarray(codes, self.store.values.dtype)
        with backend.session(0) as held, held, self._worker(False) as worker:
            assert isinstance(worker, _SequenceWorker)
            for chunk, length in length_chunks(lengths[order], self.network, CHUNK_ROWS, OVERHEAD):
                rows, size = order[chunk], (coarse(chunk.stop - chunk.start), coarse(length))
                program, run = worker.sequence_program(*size, False, "output", False, start)
                padded = held_codes[np.resize(rows, size[0])]
                place = program.views.children[start].y  # (M, B, T, F)
                backend.copy(backend.to_device(padded[None, :, None]), place)
                run()
                steps = backend.to_host(program.as_outputs(program.z))[0]
                for row, one in zip(rows, steps, strict=False):
                    found[row] = one[: lengths[row]]
        return found

    def at_steps(self, X: Sequences, what: str = "output") -> np.ndarray:
        """Return "output", "logits" or a layer of one model for all steps, sequence by sequence.

        On the host, (n_steps, K).
        """
        ends = np.cumsum(X.lengths)
        named = what not in ("output", "logits")
        width = self.network.width(what) // (self.network.n_steps if named else 1)
        result = np.empty((int(ends[-1]), width), self.store.values.dtype)
        with self._in_session(X) as held, held:
            for rows, program in self._runs(self.adopt(X), what):
                layers = program.views.children
                given = layers[what].y if named else program.as_outputs(program.z)
                found = self.backend.to_host(given)[0]  # (B, T, K)
                for steps, row in zip(found, rows, strict=False):
                    end, count = ends[row], X.lengths[row]
                    result[end - count : end] = steps[:count]
        return result
