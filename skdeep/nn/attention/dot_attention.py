"""Attention by products of steps with the memory."""

from __future__ import annotations

import numpy as np

from skdeep.kernels.arithmetic import multiply
from skdeep.nn.attention.memory_attention import MemoryAttention, each
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.memory import Memory
from skdeep.nn.core.spec import Param, Shape, Spec, Views


class DotAttention(MemoryAttention):
    """Put beside each step of a decoder what it finds in the memory: (T, F) to (T, F + D).

    The score of step x for step m of the memory is ``x . (m W) / sqrt(F)`` ("general" attention,
    scaled). Behind a recurrent layer, all steps are computed as one batch of products.

    Parameters
    ----------
    memory_units : int
        Width D of the memory, which is what the encoder gives.
    weight_init : Initializer
        How W (D, F) starts.
    name : str or None
        Name within the parent.

    References
    ----------
    Luong, Pham and Manning (2015). Effective approaches to attention-based neural machine
    translation. EMNLP.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import DotAttention
    >>> from skdeep.testing import run_layer
    >>> run_layer(DotAttention(2), np.ones((4, 7, 3)), memory=np.ones((4, 5, 2))).shape
    (4, 7, 5)
    """

    def build(self, in_shape: Shape) -> Spec:
        spec = super().build(in_shape)
        shape = (self.memory_units, in_shape[1])
        return Spec(
            spec.out_shape,
            {"W": Param(shape, "weight", self.weight_init)},
            memory=self.memory_units,
        )

    def _bind_scores(self, v: Views, binder: Binder, memory: Memory) -> None:
        w, (models, batch, _, features) = v.work, v.x.shape
        shape = (models, batch * memory.y.shape[2], features)
        w.scale = binder.constant(np.full((1, 1, 1, 1), features**-0.5, binder.dtype))
        w.keys = binder.arena.take(f"{binder.scope}:keys", shape, binder.dtype)
        w.by_sample = w.keys.reshape(models, batch, -1, features)
        if binder.training:
            w.dkeys = binder.arena.take(f"{binder.scope}:dkeys", shape, binder.dtype)
            w.dby_sample = w.dkeys.reshape(models, batch, -1, features)
        memory.follow(lambda: self._project(v), lambda: self._project_backward(v))

    def _project(self, v: Views) -> None:
        v.ops.gemm(v.work.values, v.params.W, v.work.keys)

    def _project_backward(self, v: Views) -> None:
        w, ops = v.work, v.ops
        ops.gemm(w.values, w.dkeys, v.grads.W, trans_a=True)
        ops.gemm(w.dkeys, v.params.W, w.dvalues, trans_b=True, accumulate=True)

    def _scores(self, v: Views) -> None:
        w, ops = v.work, v.ops
        ops.gemm(each(w.query), each(w.by_sample), each(w.share), trans_b=True)
        ops.launch(multiply, w.share, w.share, w.scale)

    def _scores_backward(self, v: Views) -> None:
        w, ops = v.work, v.ops
        ops.launch(multiply, w.dshare, w.dshare, w.scale)
        ops.gemm(each(w.dshare), each(w.query), each(w.dby_sample), trans_a=True)
        ops.gemm(each(w.dshare), each(w.by_sample), each(w.dquery))
