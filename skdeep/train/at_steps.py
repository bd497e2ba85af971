"""Training and scoring where every step of a sequence has a target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.carry import Carry
from skdeep.nn.network import Network, Program
from skdeep.nn.params import ParamStore
from skdeep.train.chunks import Chunks, LaneOrder, Lanes, piece_length
from skdeep.train.data import Batches, Order, Table
from skdeep.train.sequences import Sequences
from skdeep.train.supervised import Supervised

#: Chunks whose keys are computed at once.
KEYED = 256


class ChunkedSequences:
    """Sequences as a training in chunks reads them: rows are chunks.

    Parameters
    ----------
    sequences : Sequences
        On the host.
    size : int
        Steps L of a chunk.
    n_lanes : int
        Chunks B in a batch.
    cut : bool
        Whether to cut long sequences into pieces, so that all lanes are filled; a piece begins
        with an empty state.
    shifted : bool
        Whether a step reads the one before it, which is to predict it, and the first one of a
        sequence reads `start`.
    start : float or int
        What stands before a sequence.
    """

    def __init__(
        self,
        sequences: Sequences,
        size: int,
        n_lanes: int,
        *,
        cut: bool,
        shifted: bool = True,
        start: Any = 0,
    ) -> None:
        self.sequences, self.shifted, self.start = sequences, shifted, start
        lengths = sequences.lengths
        longest = piece_length(lengths, size, n_lanes) if cut else None
        n_steps = int(sequences.steps.shape[0])
        self.chunks = Chunks(sequences.starts, lengths, size, n_steps, longest)
        self.lanes = Lanes(self.chunks, np.arange(len(self.chunks.first)), n_lanes)
        self.shape = (self.chunks.padding, sequences.width)
        self.dtype = sequences.dtype

    @property
    def order_of_steps(self) -> np.ndarray:
        """The places of all steps in the order in which batches predict for them."""
        return self.chunks.order_of_steps(self.lanes.rows(), self.lanes.n_lanes)


class ChunkTable(Table):
    """Chunks of sequences whose steps have targets and weights.

    Parameters
    ----------
    backend : Backend
        Where arrays go.
    X : ChunkedSequences
        What is read.
    target : ndarray of shape (n_steps, columns)
        What is to be predicted at each step.
    weight : ndarray of shape (n_steps,) or None
        Weight of each step; None: all count one.
    dtype : dtype
        The network's dtype.
    """

    def __init__(
        self,
        backend: Backend,
        X: ChunkedSequences,
        target: np.ndarray,
        weight: np.ndarray | None,
        dtype: Any,
    ) -> None:
        chunks, steps = X.chunks, X.sequences.steps
        edge = np.zeros((2, *steps.shape[1:]), steps.dtype)
        edge[1] = X.start
        each = np.ones(len(steps)) if weight is None else weight
        each = np.concatenate([each, np.zeros(2)])
        places = chunks.previous if X.shifted else chunks.places
        self.backend, self.sparse, self.lanes = backend, None, X.lanes
        self._host = (np.concatenate([steps, edge]), places)
        self.X = backend.adopt(self._host[0], dtype if steps.dtype.kind == "f" else np.int32)
        goal = np.concatenate([target, np.zeros((2, *target.shape[1:]), target.dtype)])
        self.target = backend.adopt(goal, dtype if goal.dtype.kind == "f" else np.int32)
        self.weight = backend.adopt(each, dtype)
        #: The weight of each chunk.
        self.host_weight = each[chunks.places].sum(axis=1)
        self.inputs: Array = backend.to_device(places)
        self.outputs: Array = backend.to_device(chunks.places)
        self.goes_on: Array = backend.to_device(chunks.goes_on.astype(dtype)[:, None])
        self.valid: Array = backend.to_device((chunks.places < chunks.n_steps).astype(dtype))
        self.n_rows = len(places)
        self.chunk_size = chunks.size

    def order(
        self, rows: Any, randoms: Sequence[np.random.RandomState | None], batch_size: int
    ) -> Order:
        """Return the order in which models visit the lanes."""
        return LaneOrder([self.lanes] * len(randoms), randoms)

    @cached_property
    def keys(self) -> Array:
        """Keys of the chunks by what they read, (C + 1,), uint32."""
        (steps, places), found = self._host, []
        for begin in range(0, len(places), KEYED):
            rows = steps[places[begin : begin + KEYED]]
            rows = np.ascontiguousarray(rows.reshape(len(rows), -1), self.weight.dtype)
            keys = self.backend.row_keys(self.backend.to_device(rows))
            found.append(self.backend.to_host(keys))
        return self.backend.to_device(np.concatenate(found))


class StepwiseSupervised(Supervised):
    """The mean loss over the steps of a batch of chunks.

    Parameters
    ----------
    network, store, table, options
        As of :class:`~skdeep.train.supervised.Supervised`; the table is a :class:`ChunkTable`, and
        the network predicts for each of the steps of a chunk.
    carries : bool
        Whether chunks go on from the state after the chunks before, which were the batch before.
    """

    table: ChunkTable

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        table: ChunkTable,
        *,
        carries: bool,
        **options: Any,
    ) -> None:
        super().__init__(network, store, table, **options)
        self.carries = carries
        self._carry: dict[int, Carry] = {}

    def part(self, models: slice) -> StepwiseSupervised:
        """Return the objective of neighbouring models, on the same memory."""
        part = super().part(models)
        assert isinstance(part, StepwiseSupervised)
        part._carry = {batch: carry.part(models) for batch, carry in self._carry.items()}
        return part

    def table_columns(self, order: np.ndarray, batches: Batches) -> dict[str, np.ndarray]:
        """Return this objective's per-step numbers; losses count by the weight of their batch."""
        found = super().table_columns(order, batches)
        weights = self.table.weight_sums(order, batches)
        total = weights.sum(axis=0)
        found["rows"] = weights * (batches.counts / np.where(total > 0, total, 1.0))
        found["penalty"] = 0.5 * found["l2"] * found["rows"]
        return found

    def _program(self, batch: int, training: bool, weight: Array | None) -> Program:
        models, dtype = self.params.n_models, self.params.values.dtype
        valid = None
        if self.carries and batch not in self._carry:
            self._carry[batch] = Carry(self.ops, models, batch, dtype)
        self._places(batch)  # taken here, since a step allocates nothing
        if not self.carries:
            valid = self.arena.take("valid", (models, batch, self.network.n_steps), dtype)
        noise = self._noise(batch) if training else None
        if noise is not None:
            _ = self.table.keys  # computed here, before a step reads them
        return Program(
            self.network,
            self.params,
            self.arena,
            batch,
            training=training,
            targets=True,
            noise=noise,
            valid=valid,
            carry=self._carry.get(batch),
        )

    def _places(self, batch: int) -> list[Array]:
        """Return where the places of the steps of a batch go, two arrays (M, B, T)."""
        shape = (self.params.n_models, batch, self.network.n_steps)
        return [self.arena.take(name, shape, np.intp) for name in ("places", "major")]

    def load(self, program: Program, index: Array, columns: Mapping[str, Array]) -> None:
        """Gather the steps, targets and weights of the chunks that `index` (M, B) names."""
        ops, table, batch = self.ops, self.table, program.batch
        models, steps = self.params.n_models, self.network.n_steps
        flat = (models, batch * steps)
        places, major = self._places(batch)
        ops.gather(table.inputs, index, places)
        ops.gather(table.X, places.reshape(flat), program.x.reshape(*flat, *table.X.shape[1:]))
        ops.gather(table.outputs, index, places)
        ops.copy(places.swapaxes(1, 2), major.reshape(models, steps, batch))
        major = major.reshape(flat)
        ops.gather(table.target, major, program.target_rows)
        ops.gather(table.weight, major, program.weight_rows)
        weights = (program.weight_rows, columns["inverse_weight"])
        ops.launch(multiply, program.weight_rows, *weights)
        self._load_states(program, index)

    def _load_states(self, program: Program, index: Array) -> None:
        """Say which chunks go on, which steps are there, and what masks are computed from."""
        ops, table, noise = self.ops, self.table, program.views.noise
        carry = self._carry.get(program.batch)
        if carry is None:
            ops.gather(table.valid, index, program.views.valid)
        else:
            ops.gather(table.goes_on, index, carry.keep.reshape(*index.shape, 1))
        if noise is not None:
            ops.gather(table.keys, index, noise.keys.reshape(index.shape))


class StepwiseEvaluator:
    """The mean loss on the chunks of a table, and something of each of their steps.

    States are carried through whole sequences, whatever their length; memory is needed for one
    batch of chunks, and for what is kept.

    Parameters
    ----------
    network : Network
        What is evaluated.
    store : ParamStore
        Current parameters, read at each call.
    table : ChunkTable
        What it reads, and how.
    carries : bool
        Whether states go on from chunk to chunk.
    keep : {"output", "loss"} or None
        What is kept of each step: its K predictions, or its loss times its weight.
    """

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        table: ChunkTable,
        *,
        carries: bool = True,
        keep: str | None = "output",
    ) -> None:
        assert table.host_weight is not None
        order, batch = table.lanes.rows(), table.lanes.n_lanes
        total = float(table.host_weight[order].sum())
        objective = StepwiseSupervised(network, store, table, carries=carries, divisor=total)
        self.objective, self.ops = objective, objective.ops
        models, dtype = store.n_models, store.values.dtype
        program = objective.program(batch, training=False)
        width = {"output": network.n_logits, "loss": 1, None: 0}[keep]
        rows = network.n_steps * batch
        self._index: Array = self.ops.empty((models, batch), np.intp)
        self._batches = [
            np.ascontiguousarray(np.broadcast_to(part, (models, batch)))
            for part in order.reshape(-1, batch)
        ]
        self._by_batch: Array = self.ops.empty((models, len(self._batches), rows, width), dtype)
        self._kept: Array = self.ops.empty((models, rows, width), dtype)
        weight = 1.0 if keep == "loss" else total
        numbers = {"inverse_weight": 1 / weight, "rows": weight / total}
        columns = {k: self.ops.to_device(np.full((1, 1), v, dtype)) for k, v in numbers.items()}
        self._step = self.ops.record(lambda: self._evaluate(program, columns, keep))

    def _evaluate(self, program: Program, columns: Mapping[str, Array], keep: str | None) -> None:
        """Compute the loss of a batch, and what is kept of its steps."""
        self.objective.load(program, self._index, columns)
        program.loss_value()
        self.objective.add_batch_loss(program, columns)
        if keep == "output":
            program.output(program.delta)  # the delta is not needed
            self.ops.copy(program.delta.swapaxes(1, 2), self._kept)
        elif keep == "loss":
            self.ops.reduce(program.value, self._kept.swapaxes(1, 2), axis=1)

    @property
    def outputs(self) -> Array:
        """What is kept of all steps, (M, rows, width), in the order of the table's lanes."""
        models, batches, rows, width = self._by_batch.shape
        return self._by_batch.reshape(models, batches * rows, width)

    def __call__(self) -> np.ndarray:
        """Return each model's mean loss, float64 (M,), and renew :attr:`outputs`."""
        ops, total = self.ops, self.objective.total
        ops.copy(ops.zeros(total.shape, np.float64), total)
        with ops.running():
            for k, rows in enumerate(self._batches):
                ops.to_device(rows, self._index)
                self._step()
                if self._kept.size:
                    ops.copy(self._kept, self._by_batch[:, k])
        return ops.to_host(total)[:, 0]
