"""Contrastive divergence: the objective of restricted Boltzmann machines."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Self

import numpy as np

from skdeep.backend.base import Array, Backend, Random
from skdeep.kernels import sampling
from skdeep.kernels.arithmetic import multiply, subtract
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.params import ParamStore
from skdeep.train.dataset import Batches, Dataset

#: How far the running means of centering and sparsity move in a step.
SLIDE = 0.01


class ContrastiveDivergence:
    """Gradient of the log likelihood of M RBMs, with samples for what the model expects.

    Rows of data come first and particles, which stand for the model, after them in the same
    arrays, so that one product computes both sides and one product their difference. The data
    are averaged over the rows of the batch and the model over the particles, whose number may
    differ.

    Parameters
    ----------
    rbm : RBM
        What is trained.
    store : ParamStore
        Its parameters on the device.
    table : Dataset
        Rows; targets are not read.
    n_particles : int
        Number N of particles with persistent chains; otherwise a batch has one a row.
    n_steps : int
        Gibbs steps k before the particles are used.
    persistent : bool
        Whether particles go on from step to step (Tieleman, 2008) or start at the data
        (Hinton, 2002).
    centering : bool
        Whether gradients are taken about the mean activities of the data (Melchior, Fischer and
        Wiskott, 2016).
    mean_field : bool
        Whether visible units of particles take their means instead of samples.
    sparsity_target, sparsity_cost : float or ndarray of shape (M,)
        Mean activity that hidden units are drawn to, and how strongly (0: not at all).
    random : Random
        Streams of the samples.

    References
    ----------
    Hinton (2002). Training products of experts by minimizing contrastive divergence. Neural
    Computation 14. Tieleman (2008). Training restricted Boltzmann machines using approximations to
    the likelihood gradient. ICML. Melchior, Fischer and Wiskott (2016). How to center deep
    Boltzmann machines. JMLR 17. Lee, Ekanadham and Ng (2008). Sparse deep belief net model for
    visual area V2. NIPS.
    """

    columns: tuple[str, ...] = ()
    penalises = False
    varies = False

    on_threads = False

    def __init__(
        self,
        rbm: RBM,
        store: ParamStore,
        table: Dataset,
        *,
        random: Random,
        n_particles: int,
        n_steps: int = 1,
        persistent: bool = True,
        centering: bool = False,
        mean_field: bool = False,
        sparsity_target: Any = 0.1,
        sparsity_cost: Any = 0.0,
    ) -> None:
        self.rbm, self.params, self.table, self.random = rbm, store, table, random
        self.n_particles, self.n_steps, self.persistent = n_particles, n_steps, persistent
        self.centering, self.mean_field = centering, mean_field
        self.ops: Backend = store.backend
        self.arena = Arena(store.backend)
        self.prepares = table.sparse is not None
        models, dtype = store.n_models, store.values.dtype
        #: Not a loss: the likelihood is not known while training. (M, 1), zero.
        self.total: Array = self.ops.zeros((models, 1), np.float64)
        self.sparse = bool(np.any(sparsity_cost))
        self._sparsity = [self._per_model(x) for x in (sparsity_target, sparsity_cost)]
        self._rate = self._per_model(SLIDE)
        #: What goes on from step to step besides the parameters.
        self.memory: dict[str, Array] = {}
        if persistent:
            shape = (models, n_particles, rbm.n_hidden)
            self.memory["particles"] = self.ops.zeros(shape, dtype)
        if centering or self.sparse:
            self.memory["hidden_mean"] = self.ops.to_device(
                np.full((models, 1, rbm.n_hidden), 0.5, dtype)
            )
        if centering:
            self.memory["visible_mean"] = self.ops.zeros((models, 1, rbm.n_visible), dtype)
        self._dense_rows: dict[int, Array] = {}

    def _per_model(self, value: Any) -> Array:
        values = np.broadcast_to(np.asarray(value, float), (self.params.n_models,))
        return self.ops.to_device(values.astype(self.params.values.dtype).reshape(-1, 1, 1))

    def largest_product(self, batch: int) -> int:
        """Return the multiply-adds of the largest matrix product of a step on so many rows."""
        particles = self.n_particles if self.persistent else batch
        return (batch + particles) * self.rbm.n_visible * self.rbm.n_hidden

    def table_columns(self, order: np.ndarray, batches: Batches) -> dict[str, np.ndarray]:
        """Return no numbers: the step reads none."""
        return {}

    def part(self, models: slice) -> Self:
        """Return the objective of neighbouring RBMs, on the same memory."""
        part = copy.copy(self)
        part.params, part.random = self.params.part(models), self.random.part(models)
        part.total, part._rate = self.total[models], self._rate[models]
        part._sparsity = [numbers[models] for numbers in self._sparsity]
        part.memory = {name: array[models] for name, array in self.memory.items()}
        return part

    def prepare(self, rows: np.ndarray) -> None:
        """Put a batch of sparse rows (M, B) in its place, dense."""
        models, batch = rows.shape
        assert self.table.sparse is not None
        dense = self.table.sparse[rows.ravel()].toarray().reshape(models, batch, -1)
        self.ops.to_device(dense, self._dense_rows[batch])

    def start_offsets(self, means: np.ndarray) -> None:
        """Set the visible offsets of centering to the means, (F,) or (M, F), of the data."""
        means = means.reshape(-1, 1, self.rbm.n_visible)
        p = self.rbm.views(self.ops.to_host(self.params.values))
        scale = self.rbm.visible.scale(p)
        seen = means if scale is None else means * scale[..., 0][:, None]  # (1 or M, 1, F)
        memory = self.memory["visible_mean"]
        host = np.broadcast_to(seen, memory.shape).astype(memory.dtype)
        self.ops.to_device(host, memory)

    def state(self, models: Sequence[int]) -> dict[str, np.ndarray]:
        """Return what continuing some RBMs needs besides parameters and streams."""
        rows = list(models)
        return {name: self.ops.to_host(array)[rows] for name, array in self.memory.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Continue from what :meth:`state` returned; other numbers of particles take up these."""
        for name, array in self.memory.items():
            if name in state:
                rows = np.arange(array.shape[1]) % state[name].shape[1]
                self.ops.to_device(state[name][:, rows], array)

    def bind(self, batch: int, index: Array, columns: Mapping[str, Array]) -> Callable[[], None]:
        """Return the step for batches of this many rows, chosen by `index` (M, B)."""
        buffers = self.buffers(batch)

        def step() -> None:
            if not self.prepares:
                for m in range(self.params.n_models):  # a model's rows of data lie together
                    self.ops.gather(self.table.X, index[m : m + 1], buffers.data[m : m + 1])
            self.contrast(buffers)

        return step

    def contrast(self, buffers: SimpleNamespace) -> None:
        """Write the gradients for the rows that are in ``buffers.data``."""
        self._sample(buffers)
        self._expectations(buffers)
        self._gradient(buffers)

    def buffers(self, batch: int) -> SimpleNamespace:
        """Return the arrays of a batch size: rows of data first, particles behind them."""
        models, rbm, dtype = self.params.n_models, self.rbm, self.params.values.dtype
        particles = self.n_particles if self.persistent else batch
        rows = batch + particles
        sign = np.repeat([-1 / batch, 1 / particles], [batch, particles])
        share = np.repeat([1 / batch, 0.0], [batch, particles])
        v = self.arena.take("v", (models, rows, rbm.n_visible), dtype)
        h = self.arena.take("h", (models, rows, rbm.n_hidden), dtype)
        states = self.memory.get("particles")
        if states is None:
            states = self.arena.take("states", (models, particles, rbm.n_hidden), dtype)
        visible = np.dtype(np.uint16) if rbm.visible.draws == "bits" else dtype
        self._dense_rows[batch] = v[:, :batch]
        self._reserve(rows)
        return SimpleNamespace(
            v=v,
            h=h,
            n_data=batch,
            data=v[:, :batch],
            data_h=h[:, :batch],
            model=v[:, batch:],
            model_h=h[:, batch:],
            states=states,
            visible_draws=self.arena.take("draws", (models, particles, rbm.n_visible), visible),
            bits=self.arena.take("bits", (models, particles, rbm.n_hidden), np.dtype(np.uint16)),
            sign=self.ops.to_device(sign.astype(dtype).reshape(1, rows, 1)),
            # Not divided by the rows yet: sums of bits are exact.
            row_sign=self.ops.to_device((batch * sign).astype(dtype).reshape(1, 1, rows)),
            share=self.ops.to_device(share.astype(dtype).reshape(1, rows, 1)),
            inverse=self.ops.to_device(np.full((1, 1, 1), 1 / batch, dtype)),
            p=rbm.views(self.params.values),
            g=rbm.views(self.params.grads),
        )

    def _reserve(self, rows: int) -> None:
        """Make the buffers that a step takes by name, before it is recorded."""
        rbm, models = self.rbm, self.params.n_models
        shapes = rbm.visible.work(rows, rbm.n_visible, rbm.n_hidden, training=True)
        for name, shape in shapes.items():
            self._take(name, (models, *shape))
        for name in ("total", "bias_part"):  # of either side
            self._take(name, (models, 1, max(rbm.n_visible, rbm.n_hidden)))

    def _take(self, name: str, shape: tuple[int, ...]) -> Array:
        return self.arena.take(name, shape, self.params.values.dtype)

    def _sample(self, b: SimpleNamespace) -> None:
        """Run the chains: k times down and up, but for the last way up."""
        ops, rbm = self.ops, self.rbm
        if not self.persistent:  # start at the data
            rbm.hidden_input(ops, b.data, b.data_h, b.p, self._take)
            rbm.hidden_mean(ops, b.data_h, b.p)
            self._hidden_states(b, b.data_h, 0)
        for k in range(self.n_steps):
            if k:
                rbm.hidden_input(ops, b.model, b.model_h, b.p, self._take)
                rbm.hidden_mean(ops, b.model_h, b.p)
                self._hidden_states(b, b.model_h, k)
            rbm.visible_input(ops, b.states, b.model, b.p)
            if self.mean_field:
                rbm.visible.mean(ops, b.model, b.p, self._take)
            else:
                self._draw(b, b.visible_draws, rbm.visible.draws, k)
                rbm.visible.sample(ops, b.model, b.p, b.visible_draws, self._take)

    def _draw(self, b: SimpleNamespace, out: Array, kind: str, k: int) -> None:
        """Fill `out` with the random numbers of Gibbs step k."""
        self.ops.draw(self.random, out, kind)

    def _hidden_states(self, b: SimpleNamespace, mean: Array, k: int) -> None:
        self._draw(b, b.bits, "bits", k)
        self.rbm.hidden_sample(self.ops, mean, b.bits, b.states)

    def _expectations(self, b: SimpleNamespace) -> None:
        """Compute hidden probabilities of data and particles; move on what is remembered."""
        ops = self.ops
        b.seen = self.rbm.hidden_input(ops, b.v, b.h, b.p, self._take)
        self.rbm.hidden_mean(ops, b.h, b.p)
        if self.persistent:
            self._hidden_states(b, b.model_h, self.n_steps)
        for name, rows in (("hidden_mean", b.h), ("visible_mean", b.seen)):
            mean = self.memory.get(name)
            if mean is not None:
                total = self._take("total", mean.shape)
                ops.reduce(rows[:, : b.n_data], total, axis=1)
                ops.launch(sampling.slide, mean, mean, total, b.inverse, self._rate)

    def _gradient(self, b: SimpleNamespace) -> None:
        """Write the gradients: what the model expects minus what the data show."""
        ops, g = self.ops, b.g
        ops.gemm(b.row_sign, b.seen, g.b)  # (1, 1, rows) x (M, rows, F)
        ops.launch(multiply, g.b, g.b, b.inverse)
        if self.centering:
            offset = self.memory["hidden_mean"]
            ops.launch(sampling.centered_signed, b.h, b.h, offset, b.sign)
            ops.launch(subtract, b.seen, b.seen, self.memory["visible_mean"])
        else:
            ops.launch(multiply, b.h, b.h, b.sign)
        if self.sparse:
            mean = self.memory["hidden_mean"]
            ops.launch(sampling.sparsity_pull, b.h, b.h, b.share, mean, *self._sparsity)
        ops.reduce(b.h, g.c, axis=1)
        ops.gemm(b.seen, b.h, g.W, trans_a=True)
        offsets = None
        if self.centering:
            offsets = (self.memory["visible_mean"], self.memory["hidden_mean"])
        self.rbm.visible.slopes(ops, b.v, b.sign, b.p, g, self._take, offsets)
        if self.centering:
            self._move_biases(g)

    def _move_biases(self, g: SimpleNamespace) -> None:
        """Take from the biases' gradients what moving W about the offsets does to them."""
        ops, memory = self.ops, self.memory
        part = self._take("bias_part", g.b.shape)
        ops.gemm(memory["hidden_mean"], g.W, part, trans_b=True)
        ops.launch(subtract, g.b, g.b, part)
        part = self._take("bias_part", g.c.shape)
        ops.gemm(memory["visible_mean"], g.W, part)
        ops.launch(subtract, g.c, g.c, part)
