"""The supervised objective: mean loss of the batch, with a penalty on the weights."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.base import Array, Random, SparseBatch
from skdeep.backend.kernel import kernel
from skdeep.kernels.arithmetic import add, multiply
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.parts import PartArena
from skdeep.nn.core.spec import Noise
from skdeep.nn.core.state import RecurrentState
from skdeep.train.dataset import Batches, Dataset, batch_slices
from skdeep.train.parts import add_gradients, network_parts, stretches
from skdeep.train.predictor import chunk_rows


@kernel
def add_loss(xp: Any, total: Any, loss: Any, rows: Any) -> Any:
    """Add a batch's mean loss, times its rows."""
    return total + loss * rows


@kernel
def add_penalised_loss(
    xp: Any, total: Any, loss: Any, rows: Any, squares: Any, penalty: Any
) -> Any:
    """Add a batch's mean loss and its share of the L2 penalty, times its rows."""
    return total + (loss * rows + squares * penalty)


class Supervised:
    """Loss and gradients of M networks on batches of a table.

    The batch's objective is ``sum(w * loss) / sum(w) + alpha / 2 * |W|^2 / sum(w)``, as in
    scikit-learn. The penalty's gradient is added by the optimizer's kernel (column "l2").

    Parameters
    ----------
    network : Network
        What is trained.
    store : ParamStore
        Its parameters on the device.
    table : Dataset
        Rows, targets, weights.
    alpha : float or ndarray of shape (M,)
        Strength of the L2 penalty.
    random : Random or None
        Streams that each step's seed of dropout masks is drawn from.
    divisor : float or ndarray of shape (M,), optional
        What every batch's sum is divided by, instead of its own sum of weights; for sums over
        several batches.
    """

    columns: tuple[str, ...] = ("rows", "inverse_weight", "l2", "penalty")
    #: Whether the objective itself draws what keys of rows and a step's seed are needed for.
    draws_by_row: ClassVar[bool] = False
    #: Whether a part of a batch may be loaded by itself.
    divisible: ClassVar[bool] = True

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        table: Dataset,
        *,
        alpha: Any = 0.0,
        random: Random | None = None,
        divisor: Any = None,
    ) -> None:
        self.divisor = divisor
        self.network, self.params, self.table = network, store, table
        self.alpha = np.asarray(alpha, float)
        self.random = random or Random([])
        #: Whether the optimizer has to add the penalty's gradient (column "l2").
        self.penalises = bool(self.alpha.any())
        self.ops, self.arena = store.backend, Arena(store.backend)
        models = store.n_models
        #: Sum over the epoch so far of each batch's mean loss times its rows, (M, 1) float64.
        self.total: Array = self.ops.zeros((models, 1), np.float64)
        self._batch_loss: Array = self.ops.empty((models, 1), store.values.dtype)
        self._squares: Array = self.ops.empty((models, 1), store.values.dtype)
        multiplies = table.sparse is not None and network.accepts_sparse
        self._sparse = SparseBatch() if multiplies else None
        self._programs: dict[int, Program] = {}
        self._seed: Array | None = None
        self._level: Array | None = None
        self._smoothing: Array | None = None
        if random is not None and (network.spec.has("noise") or self.draws_by_row):
            self._seed = self.ops.zeros((models, 1, 1), np.uint32)
            self._next_seed = np.empty((models, 1, 1), np.uint32)

        self.prepares = self._seed is not None or table.sparse is not None
        self.varies = table.weight is not None

    def chunks(
        self, rows: np.ndarray, most: int, *, training: bool = False
    ) -> list[tuple[slice, Supervised]]:
        """Cut rows (M, n), as :meth:`arranged`, into chunks; say what computes each.

        In training a layer whose output depends on the batch gets all rows at once.
        """
        n = rows.shape[1]
        whole = training and self.network.spec.has("batch")
        size = max(n, 1) if whole else chunk_rows(self.network, most)
        return [(chunk, self) for chunk in batch_slices(n, size)]

    def arranged(self, rows: np.ndarray) -> np.ndarray | None:
        """Return which of rows (M, n) stand where in chunks, (M, n); None: as they are."""
        return None

    def largest_product(self, batch: int) -> int:
        """Return the multiply-adds of the largest matrix product of a step on so many rows.

        None counts where parts run side by side: BLAS's own threads, which wait for the next
        product by turning round and round, would be in their way.
        """
        if self.on_threads:
            return 0
        return batch * self.network.layout.largest_weight

    @property
    def on_threads(self) -> bool:
        """Whether threads share the steps, and BLAS has one."""
        return self.network.spec.has("parts")

    def part(self, models: slice) -> Supervised:
        """Return the objective of neighbouring models, on the same memory."""
        part = copy.copy(self)
        part.params = self.params.part(models)
        part.random = self.random.part(models)
        part.total, part._batch_loss = self.total[models], self._batch_loss[models]
        part._squares = self._squares[models]
        if self._seed is not None:
            part._seed, part._next_seed = self._seed[models], self._next_seed[models]
        return part

    def state(self, models: Sequence[int]) -> dict[str, np.ndarray]:
        """Return nothing: parameters and streams are all there is."""
        return {}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from what :meth:`state` returned."""

    def table_columns(self, order: np.ndarray, batches: Batches) -> dict[str, np.ndarray]:
        """Return this objective's per-step numbers, each broadcasting to (n steps, M)."""
        weights = self.table.weight_sums(order, batches)
        if self.divisor is not None:
            weights = np.full_like(weights, self.divisor)
        inverse = 1.0 / np.where(weights > 0, weights, 1.0)  # a batch of weight zero moves nothing
        rows = batches.sizes.astype(float)
        l2 = self.alpha * inverse
        return {"rows": rows, "inverse_weight": inverse, "l2": l2, "penalty": 0.5 * l2 * rows}

    def prepare(self, rows: np.ndarray) -> None:
        """Do what a batch needs on the host: draw its seed, cut its sparse rows (M = 1)."""
        if self._seed is not None:
            self.random.fill(self._next_seed, "words")
            self.ops.to_device(self._next_seed, self._seed)
        if self.table.sparse is None:
            return
        cut = self.table.sparse[rows[0]]
        program = self._programs[cut.shape[0]]
        dense: Any = None
        if self._sparse is None or self.table.target is None:
            dense = cut.toarray()[None]  # this batch's only
        if self._sparse is not None:
            self._sparse.matrix = self.ops.sparse(cut, self.params.values.dtype)
        else:  # the first layer wants dense rows
            self.ops.to_device(dense, program.x)
        if self.table.target is None:
            self.ops.to_device(dense, program.target_rows)

    def bind(self, batch: int, index: Array, columns: Mapping[str, Array]) -> Callable[[], None]:
        """Return the step for batches of this many rows, chosen by `index` (M, B)."""
        parts = self._parts(batch)
        if len(parts) > 1:
            return self._bind_parts(parts, index, columns)
        program = self._training_program(batch, columns)

        def step() -> None:
            self.load(program, index, columns)
            program.loss_and_gradient()
            self.add_batch_loss(program, columns)

        return step

    def _parts(self, batch: int) -> list[slice]:
        """Return the rows of each part of a batch that one thread takes through the network."""
        whole = not self.divisible or self.table.sparse is not None
        return network_parts(self.network, batch, 1 if whole else self.ops.n_parts)

    def _bind_parts(
        self, parts: Sequence[slice], index: Array, columns: Mapping[str, Array]
    ) -> Callable[[], None]:
        """Return the step where each part goes through the whole network on one thread."""
        ops, dtype = self.ops, self.params.values.dtype
        ones = [self.of_rows(k, parts, index.shape[1]) for k in range(len(parts))]
        losses = self.arena.take("part losses", (self.params.n_models, len(parts)), dtype)
        tasks = [
            one.part_step(index[:, rows], columns, losses[:, k : k + 1])
            for k, (one, rows) in enumerate(zip(ones, parts, strict=True))
        ]
        total, *shares = (one.params.grads for one in ones)
        cuts = stretches([(0, total.shape[1], False)], self.ops.n_parts)
        sums = [partial(add_gradients, ops, total, shares, pieces) for pieces in cuts]

        def step() -> None:
            ops.side_by_side(tasks)
            ops.side_by_side(sums)
            ops.reduce(losses, self._batch_loss, axis=1)
            self._add_loss(columns)

        return step

    def of_rows(self, number: int, parts: Sequence[slice], batch: int) -> Supervised:
        """Return the objective of one of several parts of a batch, on memory of its own.

        The first part writes its gradients where those of the batch go.
        """
        part = copy.copy(self)
        part.arena, part._programs = PartArena(self.arena, number, len(parts)), {}
        part.divisor = batch if self.divisor is None else self.divisor
        self.params.allocate_grads()
        if number:
            grads = self.params.grads
            held = part.arena.take("grads", grads.shape, grads.dtype)
            part.params = self.params.with_grads(held)
        return part

    def part_step(
        self, index: Array, columns: Mapping[str, Array], loss: Array
    ) -> Callable[[], None]:
        """Return what computes the gradients and the loss (M, 1) of the rows in `index`."""
        program = self._training_program(index.shape[1], columns)
        own = self.arena.take("index", index.shape, index.dtype)  # that of a stack lies apart

        def step() -> None:
            self.ops.copy(index, own)
            self.load(program, own, columns)
            program.loss_and_gradient()
            self._sum_terms(program, loss)

        return step

    def _training_program(self, batch: int, columns: Mapping[str, Array]) -> Program:
        """Return a program for training whose levels of noise and smoothing are columns."""
        self._level, self._smoothing = columns.get("noise_level"), columns.get("smoothing_level")
        return self.program(batch, training=True)

    def program(self, batch: int, training: bool) -> Program:
        """Return a program whose rows and targets :meth:`load` fills."""
        models, dtype = self.params.n_models, self.params.values.dtype
        weight = None
        if self.table.weight is None:
            count = np.asarray(batch if self.divisor is None else self.divisor, float)
            equal = np.broadcast_to(1.0 / count.reshape(-1, 1, 1), (models, 1, batch))
            weight = self.ops.to_device(equal.astype(dtype))
        program = self._program(batch, training, weight)
        self._programs[batch] = program
        return program

    def _valid(self, batch: int) -> Array | None:
        """Return where it stands which steps are there; None: rows have no padding."""
        return None

    def _source_valid(self, batch: int) -> Array | None:
        """Return where it stands which steps of sources are there; None: all, or no sources."""
        return None

    def _carried(self, batch: int) -> RecurrentState | None:
        """Return where states come from and go to; None: they start from zeros."""
        return None

    def _program(self, batch: int, training: bool, weight: Array | None) -> Program:
        """Bind the network for batches of this many rows."""
        return Program(
            self.network,
            self.params,
            self.arena,
            batch,
            training=training,
            targets=True,
            weight=weight,
            noise=self._noise(batch) if training else None,
            sparse=self._sparse,
            valid=self._valid(batch),
            carry=self._carried(batch),
            source_valid=self._source_valid(batch),
            smoothing=self._smoothing if training else None,
        )

    def _noise(self, batch: int) -> Noise | None:
        """Return where the keys of a batch's rows and the step's seed go."""
        if self._seed is None:
            return None
        shape = (self.params.n_models, batch, 1)
        return Noise(self.arena.take("keys", shape, np.dtype(np.uint32)), self._seed, self._level)

    def load(self, program: Program, index: Array, columns: Mapping[str, Array]) -> None:
        """Gather the rows, targets and weights that `index` (M, B) names."""
        self._load_rows(program, index)
        if self.table.weight is not None:
            self.ops.gather(self.table.weight, index, program.weight_rows)
            weights = (program.weight_rows, columns["inverse_weight"])
            self.ops.launch(multiply, program.weight_rows, *weights)

    def _load_rows(self, program: Program, index: Array) -> None:
        """Gather rows and targets, and the keys of masks."""
        ops, table = self.ops, self.table
        if table.X is not None:
            self._load_x(program, index)
        if table.target is not None:
            ops.gather(table.target, index, program.target_rows)
        self._load_keys(program, index)

    def _load_keys(self, program: Program, index: Array) -> None:
        """Gather the keys of masks."""
        noise = program.views.noise
        if noise is not None:
            self.ops.gather(self.table.keys, index, noise.keys.reshape(index.shape))

    def _load_x(self, program: Program, index: Array) -> None:
        """Gather what the network reads."""
        self.ops.gather(self.table.X, index, program.x)

    def add_batch_loss(self, program: Program, columns: Mapping[str, Array]) -> None:
        """Add the batch's mean loss, times its rows, to the epoch's total."""
        self._sum_terms(program, self._batch_loss)
        for term in program.terms:
            self.ops.launch(add, self._batch_loss, self._batch_loss, term.reshape(-1, 1))
        self._add_loss(columns)

    def _sum_terms(self, program: Program, out: Array) -> None:
        """Write the sum of each model's loss terms into `out` (M, 1)."""
        if program.row_values is not program.value:
            self.ops.reduce(program.value, program.row_values, axis=1)
        self.ops.reduce(program.row_values[:, 0], out, axis=1)

    def _add_loss(self, columns: Mapping[str, Array]) -> None:
        """Add the batch's loss and the penalty to the epoch's total."""
        ops, params = self.ops, self.params
        if not self.penalises:
            ops.launch(add_loss, self.total, self.total, self._batch_loss, columns["rows"])
            return
        weights = params.values[:, : params.layout.n_weights]
        ops.reduce(weights, self._squares, axis=1, op="sumsq")
        inputs = (self._batch_loss, columns["rows"], self._squares, columns["penalty"])
        ops.launch(add_penalised_loss, self.total, self.total, *inputs)
