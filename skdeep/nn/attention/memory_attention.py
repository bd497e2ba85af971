"""Attention of a decoder's steps over a memory: what both ways of scoring share."""

from __future__ import annotations

from abc import abstractmethod

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add, multiply
from skdeep.kernels.step_pooling import exp_below, only_valid, quotient, softmax_slope
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts, steps_only
from skdeep.nn.core.memory import Memory
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views
from skdeep.nn.initializers import Initializer, SklearnGlorot


class MemoryAttention(Layer):
    """Base: each step (F,) gets the mean of the memory (S, D) beside it, (T, F) to (T, F + D).

    The mean is weighted by the softmax of scores that a subclass gives, over the steps of the
    source that are there. All steps of the decoder are computed at once.
    """

    reads = "sequences"

    def __init__(
        self,
        memory_units: int,
        *,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        check_counts(self, memory_units=memory_units)
        self.memory_units, self.weight_init, self.name = memory_units, weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        steps, features = steps_only(self, in_shape)
        return Spec((steps, features + self.memory_units), memory=self.memory_units)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        memory = memory_of(self, binder)
        w, (models, batch, steps, features) = v.work, v.x.shape
        shape = (models, batch * memory.y.shape[2], self.memory_units)
        w.memory, w.dmemory = memory.y, memory.dy
        w.values = memory.y.reshape(shape)

        def make(name: str, *shape: int) -> Array:
            return binder.arena.take(f"{binder.scope}:{name}", (models, *shape), binder.dtype)

        sources = memory.y.shape[2]
        w.query = make("query", batch, steps, features)
        w.context = make("context", batch, steps, self.memory_units)
        #: The weights (M, B, T, S), which say what each step looked at.
        w.share = make("share", batch, steps, sources)
        w.top, w.total = make("top", batch, steps, 1), make("total", batch, steps, 1)
        w.valid = None
        if memory.valid is not None:
            w.valid = memory.valid.reshape(*memory.valid.shape[:2], 1, sources)
        if binder.training:
            for name in ("query", "context", "share"):
                setattr(w, f"d{name}", make(f"d{name}", *getattr(w, name).shape[1:]))
            w.mean = make("mean", batch, steps, 1)
            w.dvalues = memory.dy.reshape(shape)
        self._bind_scores(v, binder, memory)

    def forward(self, v: Views, training: bool) -> None:
        w, ops, features = v.work, v.ops, v.x.shape[-1]
        ops.copy(v.x, w.query)
        self._scores(v)
        if w.valid is not None:
            ops.launch(only_valid, w.share, w.share, w.valid)
        ops.reduce(w.share, w.top, axis=3, op="max")
        ops.launch(exp_below, w.share, w.share, w.top)
        ops.reduce(w.share, w.total, axis=3)
        ops.launch(quotient, w.share, w.share, w.total)
        ops.gemm(each(w.share), each(w.memory), each(w.context))
        ops.copy(w.query, v.y[..., :features])
        ops.copy(w.context, v.y[..., features:])

    def backward(self, v: Views) -> None:
        w, ops, features = v.work, v.ops, v.x.shape[-1]
        ops.copy(v.dy[..., features:], w.dcontext)
        ops.gemm(each(w.share), each(w.dcontext), each(w.dmemory), trans_a=True, accumulate=True)
        ops.gemm(each(w.dcontext), each(w.memory), each(w.dshare), trans_b=True)
        ops.launch(multiply, w.dshare, w.dshare, w.share)
        ops.reduce(w.dshare, w.mean, axis=3)
        ops.launch(softmax_slope, w.dshare, w.dshare, w.share, w.mean)
        self._scores_backward(v)
        if v.dx is not None:
            ops.launch(add, v.dx, w.dquery, v.dy[..., :features])

    # ------------------------------------------------------------------ of each kind

    @abstractmethod
    def _bind_scores(self, v: Views, binder: Binder, memory: Memory) -> None:
        """Make arrays, and let what is made of the memory alone follow it."""

    @abstractmethod
    def _scores(self, v: Views) -> None:
        """Write the scores of ``work.query`` into ``work.share``."""

    @abstractmethod
    def _scores_backward(self, v: Views) -> None:
        """Take ``work.dshare``, the scores' slopes, to ``work.dquery`` and the weights."""


def memory_of(layer: Layer, binder: Binder) -> Memory:
    """Return the memory that a layer reads; refuse a network that has none."""
    if binder.memory is None:
        raise ShapeError(f"{layer!r} reads a memory, which only the decoder of a pair is given")
    return binder.memory


def each(samples: Array) -> Array:
    """See (M, B, T, F) as one matrix for each sample, (M * B, T, F)."""
    return samples.reshape(samples.shape[0] * samples.shape[1], *samples.shape[2:])
