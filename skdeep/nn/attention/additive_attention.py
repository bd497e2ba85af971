"""Attention by a small network of steps and the memory."""

from __future__ import annotations

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.kernels.attention import tanh_of_sum, tanh_of_sum_back
from skdeep.nn.attention.memory_attention import MemoryAttention
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import check_counts
from skdeep.nn.core.memory import Memory
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Constant, Initializer, SklearnGlorot


class AdditiveAttention(MemoryAttention):
    """Put beside each step of a decoder what it finds in the memory: (T, F) to (T, F + D).

    The score of step x for step m of the memory is ``tanh(x U + m W + b) . v`` with a hidden layer
    of A units. It costs A evaluations of tanh for each pair of steps, where
    :class:`DotAttention` needs one product.

    Parameters
    ----------
    memory_units : int
        Width D of the memory, which is what the encoder gives.
    units : int
        Width A of the hidden layer.
    weight_init : Initializer
        How U (F, A), W (D, A) and v (A, 1) start.
    name : str or None
        Name within the parent.

    References
    ----------
    Bahdanau, Cho and Bengio (2015). Neural machine translation by jointly learning to align and
    translate. ICLR.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import AdditiveAttention
    >>> from skdeep.testing import run_layer
    >>> run_layer(AdditiveAttention(2, 4), np.ones((4, 7, 3)), memory=np.ones((4, 5, 2))).shape
    (4, 7, 5)
    """

    def __init__(
        self,
        memory_units: int,
        units: int,
        *,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        super().__init__(memory_units, weight_init=weight_init, name=name)
        check_counts(self, units=units)
        self.units = units

    def build(self, in_shape: Shape) -> Spec:
        spec = super().build(in_shape)
        features, init = in_shape[1], self.weight_init
        params = {
            "U": Param((features, self.units), "weight", init),
            "W": Param((self.memory_units, self.units), "weight", init),
            "b": Param((1, self.units), "bias", Constant()),
            "v": Param((self.units, 1), "weight", init),
        }
        return Spec(spec.out_shape, params, memory=self.memory_units)

    def _bind_scores(self, v: Views, binder: Binder, memory: Memory) -> None:
        w, (models, batch, steps, _) = v.work, v.x.shape
        sources, units = memory.y.shape[2], self.units

        def make(name: str, *shape: int) -> Array:
            return binder.arena.take(f"{binder.scope}:{name}", (models, *shape), binder.dtype)

        w.keys, w.asked = make("keys", batch, sources, units), make("asked", batch, steps, units)
        # One step of the decoder at a time: what it needs of all sources stays near the cache.
        w.hidden = make("hidden", batch, sources, units)
        w.score = make("score", batch, sources, 1)
        if binder.training:
            w.dkeys, w.dasked = make("dkeys", *w.keys.shape[1:]), make("dasked", *w.asked.shape[1:])
            w.dhidden, w.dscore = (
                make("dhidden", *w.keys.shape[1:]),
                make("dscore", batch, sources, 1),
            )
            w.zero = binder.zeros((1, 1, 1, 1))
            w.row = v.params.v.reshape(models, 1, 1, units)
        memory.follow(lambda: self._project(v), lambda: self._project_backward(v))

    @staticmethod
    def _flat(samples: Array) -> Array:
        """See (M, B, S, F) as (M, B * S, F)."""
        models, batch, steps, features = samples.shape
        return samples.reshape(models, batch * steps, features)

    def _project(self, v: Views) -> None:
        keys = self._flat(v.work.keys)
        v.ops.gemm(v.work.values, v.params.W, keys)
        v.ops.launch(add, keys, keys, v.params.b)

    def _project_backward(self, v: Views) -> None:
        w, ops, dkeys = v.work, v.ops, self._flat(v.work.dkeys)
        ops.reduce(dkeys, v.grads.b, axis=1)
        ops.gemm(w.values, dkeys, v.grads.W, trans_a=True)
        ops.gemm(dkeys, v.params.W, w.dvalues, trans_b=True, accumulate=True)

    def _hidden(self, v: Views, t: int) -> None:
        """Write the hidden layer of step t with all steps of the memory."""
        v.ops.launch(tanh_of_sum, v.work.hidden, v.work.keys, v.work.asked[:, :, t : t + 1])

    def _scores(self, v: Views) -> None:
        w, ops = v.work, v.ops
        ops.gemm(self._flat(w.query), v.params.U, self._flat(w.asked))
        for t in range(w.query.shape[2]):
            self._hidden(v, t)
            ops.gemm(self._flat(w.hidden), v.params.v, self._flat(w.score))
            ops.copy(w.score.swapaxes(2, 3), w.share[:, :, t : t + 1])

    def _scores_backward(self, v: Views) -> None:
        w, ops = v.work, v.ops
        ops.copy(w.zero, w.dkeys)
        for t in range(w.query.shape[2]):
            self._hidden(v, t)
            ops.copy(w.dshare[:, :, t : t + 1].swapaxes(2, 3), w.dscore)
            product = {"trans_a": True, "accumulate": t > 0}
            ops.gemm(self._flat(w.hidden), self._flat(w.dscore), v.grads.v, **product)
            ops.launch(tanh_of_sum_back, w.dhidden, w.hidden, w.dscore, w.row)
            ops.reduce(w.dhidden, w.dasked[:, :, t : t + 1], axis=2)
            ops.launch(add, w.dkeys, w.dkeys, w.dhidden)
        ops.gemm(self._flat(w.query), self._flat(w.dasked), v.grads.U, trans_a=True)
        ops.gemm(self._flat(w.dasked), v.params.U, self._flat(w.dquery), trans_b=True)
