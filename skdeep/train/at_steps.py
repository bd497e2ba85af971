"""Training and scoring where every step of a sequence has a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.carry import Carry
from skdeep.nn.network import Network, Program
from skdeep.nn.params import ParamStore
from skdeep.train.chunks import Chunks
from skdeep.train.data import Batches, Table
from skdeep.train.supervised import Supervised

#: Chunks whose keys are computed at once.
KEYED = 256


class ChunkTable(Table):
    """Chunks of sequences whose steps have targets and weights.

    Parameters
    ----------
    backend : Backend
        Where arrays go.
    chunks : Chunks
        Where the steps of each chunk lie.
    steps : ndarray of shape (n_steps, F) or (n_steps,)
        What is read at each step: numbers, or tokens.
    target : ndarray of shape (n_steps, columns)
        What is to be predicted at each step.
    weight : ndarray of shape (n_steps,) or None
        Weight of each step; None: all count one.
    dtype : dtype
        The network's dtype.
    shifted : bool
        Whether a step reads the one before it, and the first one of a sequence `start`.
    start : float or int
        What stands before a sequence.
    """

    def __init__(
        self,
        backend: Backend,
        chunks: Chunks,
        steps: np.ndarray,
        target: np.ndarray,
        weight: np.ndarray | None,
        dtype: Any,
        *,
        shifted: bool,
        start: Any = 0,
    ) -> None:
        self.chunks = chunks
        edge = np.zeros((2, *steps.shape[1:]), steps.dtype)
        edge[1] = start
        padded = np.concatenate([steps, edge])
        goal = np.concatenate([target, np.zeros((2, *target.shape[1:]), target.dtype)])
        each = np.ones(len(steps)) if weight is None else weight
        each = np.concatenate([each, np.zeros(2)])
        places = chunks.previous if shifted else chunks.places
        self._host = (padded, places)
        kind = dtype if padded.dtype.kind == "f" else np.int32
        super().__init__(backend, padded.astype(kind), goal, each.astype(dtype), dtype)
        #: The weight of each chunk.
        self.host_weight = each[chunks.places].sum(axis=1)
        self.inputs: Array = backend.to_device(places)
        self.outputs: Array = backend.to_device(chunks.places)
        self.goes_on: Array = backend.to_device(chunks.goes_on.astype(dtype)[:, None])
        self.valid: Array = backend.to_device((chunks.places < chunks.n_steps).astype(dtype))
        self.n_rows = len(places)

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
    """The mean loss on chunks of validation sequences, and something of each of their steps.

    Parameters
    ----------
    objective : StepwiseSupervised
        Of the current parameters, with its divisor set to the weight of all steps.
    rows : ndarray of shape (M, n_batches * B)
        The chunks, batch by batch.
    batch : int
        Chunks B in a batch.
    width : int
        Numbers that are kept of each step: K predictions; 0: none.
    """

    def __init__(
        self, objective: StepwiseSupervised, rows: np.ndarray, batch: int, width: int
    ) -> None:
        self.objective, self.ops, self.rows = objective, objective.ops, rows
        models, dtype = objective.params.n_models, objective.params.values.dtype
        steps = objective.network.n_steps
        program = objective.program(batch, training=False)
        self._index: Array = self.ops.empty((models, batch), np.intp)
        self._batches = [slice(k, k + batch) for k in range(0, rows.shape[1], batch)]
        #: Predictions, (M, n_batches, T * B, K), on the device; overwritten by each call.
        shape = (models, len(self._batches), steps * batch, width)
        self.by_batch: Array = self.ops.empty(shape, dtype)
        self._output: Array = self.ops.empty((models, steps * batch, width), dtype)
        total = np.broadcast_to(np.asarray(objective.divisor, float), (models,))[:, None]
        numbers = {"inverse_weight": 1 / total, "rows": np.ones((1, 1))}
        columns = {k: self.ops.to_device(v.astype(dtype)) for k, v in numbers.items()}

        def step() -> None:
            objective.load(program, self._index, columns)
            program.loss_value()
            objective.add_batch_loss(program, columns)
            if width:
                program.output(program.delta)  # the delta is not needed
                self.ops.copy(program.delta.swapaxes(1, 2), self._output)

        self._step: Callable[[], None] = self.ops.record(step)

    @property
    def outputs(self) -> Array:
        """Predictions for each step of the chunks, (M, rows, K)."""
        return self.by_batch.reshape(self.by_batch.shape[0], -1, self.by_batch.shape[-1])

    def __call__(self) -> np.ndarray:
        """Return each model's mean loss, float64 (M,), and renew :attr:`outputs`."""
        ops, total = self.ops, self.objective.total
        ops.copy(ops.zeros(total.shape, np.float64), total)
        with ops.running():
            for k, cut in enumerate(self._batches):
                ops.to_device(np.ascontiguousarray(self.rows[:, cut]), self._index)
                self._step()
                if self._output.shape[-1]:
                    ops.copy(self._output, self.by_batch[:, k])
        return ops.to_host(total)[:, 0]
