"""Multi-head attention: of the steps of sequences to each other, and to a memory."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels import attention as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.attention.dot_products import DotProducts, Heads
from skdeep.nn.attention.memory_attention import memory_of
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import (
    ColumnLayer,
    add_bias,
    affine,
    affine_backward,
    as_heads,
    bias_backward,
    column,
    flat_columns,
)
from skdeep.nn.core.layer import check_counts, steps_only
from skdeep.nn.core.layer_fields import by_model
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views
from skdeep.nn.core.state import RecurrentState
from skdeep.nn.initializers import Constant, Initializer, SklearnGlorot


class HeadsLayer(ColumnLayer):
    """Base: several heads look at values, and their results are joined and mapped to F numbers.

    A subclass binds ``v.work.core``, which writes ``v.work.joined``.
    """

    per_model: ClassVar[tuple[str, ...]] = ("dropout",)

    def __init__(
        self,
        heads: int,
        *,
        dropout: float | Sequence[float] = 0.0,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        check_counts(self, heads=heads)
        self.heads = heads
        self.dropout = by_model(self, "in [0, 1)", lambda rate: 0 <= rate < 1, dropout=dropout)
        self.weight_init, self.name = weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        _, features = steps_only(self, in_shape)
        if features % self.heads:
            raise ShapeError(f"{self!r} needs a multiple of {self.heads} features, got {in_shape}")
        return Spec(
            in_shape,
            self._params(features),
            keeps=frozenset("x"),
            places_output=True,
            traits=frozenset({"noise"} if self.dropout else ()),
            memory=self._memory(),
        )

    @abstractmethod
    def _params(self, features: int) -> dict[str, Param]:
        """Return the weights, W_out and b_out among them."""

    def _memory(self) -> int:
        """Return the width of the memory that it reads; 0: it reads none."""
        return 0

    def _map(
        self, end: str, n_in: int, n_out: int, parts: int = 1, biases: int = 1
    ) -> dict[str, Param]:
        """Return the matrix and the biases of some maps side by side."""
        fans = (n_in, n_out)
        return {
            f"W{end}": Param((n_in, parts * n_out), "weight", self.weight_init, fans),
            f"b{end}": Param((1, biases * n_out), "bias", Constant(0.0), fans),
        }

    def bind_more(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, features = v.work, spec.out_shape[1]
        w.joined = flat_columns(binder.columns(f"{binder.scope}:joined", spec.out_shape))
        scale = (features // self.heads) ** -0.5
        w.scale = binder.constant(np.full((1, 1, 1), scale, binder.dtype))
        back = {}
        if binder.training:
            w.djoined = flat_columns(binder.columns("attention:djoined", spec.out_shape))
            back = {"dy": w.djoined}
        w.core = self._bind_core(v, binder, rate=self.dropout, **back)

    @abstractmethod
    def _bind_core(self, v: Views, binder: Binder, **options: Any) -> DotProducts:
        """Make queries, keys and values, and return what computes with them."""

    def _join(self, v: Views) -> None:
        """Map what the heads give to the layer's outputs."""
        w, p = v.work, v.params
        affine(v.ops, w.joined, p.W_out, w.y.flat)
        add_bias(v.ops, w.y.flat, p.b_out)

    def _join_backward(self, v: Views) -> None:
        w, p, g = v.work, v.params, v.grads
        bias_backward(v.ops, w.dy.flat, g.b_out)
        affine_backward(v.ops, w.joined, w.dy.flat, g.W_out, p.W_out, w.djoined)


class MultiHeadAttention(HeadsLayer):
    """Each step looks at all steps of its sequence: (T, F) to (T, F).

    Every head has a query, a key and a value of F / heads numbers for each step. What it gives for
    a step is the mean of all values, weighted by the softmax of the keys' products with the step's
    query over ``sqrt(F / heads)``. Heads are joined and mapped to F numbers.

    Steps in the padding behind a sequence are not looked at. Memory for weights does not grow with
    T * T beyond a bound: long sequences are computed in chunks of queries.

    Parameters
    ----------
    heads : int
        Number of heads, which divides F.
    causal : bool
        Whether a step looks at itself and the steps before alone.
    dropout : float or sequence of float
        Probability in [0, 1) with which each weight is dropped in training, one for all models or
        one each.
    weight_init : Initializer
        How the four maps start; biases start at zero.
    name : str or None
        Name within the parent.

    References
    ----------
    Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin (2017). Attention is
    all you need. NIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import MultiHeadAttention
    >>> from skdeep.testing import run_layer
    >>> run_layer(MultiHeadAttention(2), np.ones((4, 7, 6))).shape
    (4, 7, 6)
    """

    def __init__(
        self,
        heads: int,
        *,
        causal: bool = False,
        dropout: float | Sequence[float] = 0.0,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        super().__init__(heads, dropout=dropout, weight_init=weight_init, name=name)
        self.causal = bool(causal)

    def _params(self, features: int) -> dict[str, Param]:
        # Queries, keys and values of all heads are one product. A bias of keys would add the same
        # to all scores of a query: it would change nothing.
        return self._map("", features, features, 3, biases=2) | self._map(
            "_out", features, features
        )

    def _bind_core(self, v: Views, binder: Binder, **options: Any) -> DotProducts:
        w, (steps, features) = v.work, v.x.shape[2:]
        shape = (steps, 3 * features)
        w.inner = binder.columns(f"{binder.scope}:inner", shape)
        heads = self._heads_of(w.inner)
        w.cache = None
        if binder.carry is not None:
            w.cache = StepCache(self, binder.carry, v.x, binder, heads)
            heads = w.cache.heads
        if binder.training:
            w.dinner = binder.columns("attention:dinner", shape)
            options["dx"] = self._heads_of(w.dinner)
        # What a step of a sequence sees before it is never padding.
        hides = w.cache is not None or (v.valid is not None and not self.causal)
        causal = self.causal and w.cache is None
        return DotProducts(binder, heads, w.joined, causal=causal, hides=hides, **options)

    def _heads_of(self, inner: Array) -> Heads:
        """See the fused columns (M, B, T, 3 F) as queries, keys and values."""
        n = inner.shape[3] // 3
        return Heads(*(as_heads(inner[..., k * n : (k + 1) * n], self.heads) for k in range(3)))

    def compute(self, v: Views, training: bool) -> None:
        ops, p, w = v.ops, v.params, v.work
        n = v.x.shape[3]
        inner, bias = flat_columns(w.inner), column(p.b)
        affine(ops, w.x.flat, p.W, inner)
        ops.launch(bodies.scaled_sum, inner[:, :n], inner[:, :n], bias[:, :n], w.scale)
        add_bias(ops, inner[:, 2 * n :], p.b[:, :, n:])
        if w.cache is not None:
            w.cache.write(ops, w.core.penalty)
        elif w.core.penalty is not None:
            ops.launch(bodies.hidden, w.core.penalty, v.valid.swapaxes(1, 2))
        w.core.forward(ops)
        self._join(v)

    def slopes(self, v: Views, dx: Array | None) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        n = v.x.shape[3]
        self._join_backward(v)
        w.core.backward(ops)
        inner = flat_columns(w.dinner)
        ops.launch(multiply, inner[:, :n], inner[:, :n], w.scale)
        bias_backward(ops, inner[:, :n], g.b[:, :, :n])
        bias_backward(ops, inner[:, 2 * n :], g.b[:, :, n:])
        affine_backward(ops, w.x.flat, inner, g.W, p.W, dx)


class StepCache:
    """Keys and values of all steps that were read before, where a program reads one at a time."""

    def __init__(
        self,
        layer: MultiHeadAttention,
        carry: RecurrentState,
        x: Array,
        binder: Binder,
        own: Heads,
    ) -> None:
        _, _, steps, features = x.shape
        if not layer.causal:
            raise ValueError(f"{layer!r} looks at later steps: it cannot read one at a time")
        if steps != 1 or binder.training:
            raise ValueError(f"{layer!r} reads one step at a time, without training, got {steps}")
        scope, longest = binder.scope, carry.longest
        names = [f"{scope}.{name}" for name in ("keys", "values")]
        caches = [carry.cache(name, (features, longest)) for name in names]
        models, batch = caches[0].shape[:2]
        shape = (models, batch, layer.heads, features // layer.heads, longest)
        self.heads = Heads(own.q, *(cache.reshape(shape) for cache in caches))
        self._own = own
        self._step = carry.step
        self._times = binder.constant(np.arange(longest).astype(binder.dtype))

    def write(self, ops: Backend, penalty: Array) -> None:
        """Put this step's keys and values in their place, and hide places behind it."""
        models, batch, _ = self._step.shape
        step = self._step.reshape(models, batch, 1, 1, 1)
        for cache, new in zip(self.heads[1:], self._own[1:], strict=True):
            ops.launch(bodies.put_in_place, cache, cache, new, self._times, step)
        times = self._times.reshape(1, -1, 1)
        ops.launch(bodies.later, penalty, times, self._step.swapaxes(1, 2))


class CrossAttention(HeadsLayer):
    """Each step of a decoder looks at all steps of a memory: (T, F) to (T, F).

    As in :class:`MultiHeadAttention`, but keys and values are made of what an encoder has written,
    within one network: once for each source, also where a decoder writes step by
    step. Bound without training, ``v.work.share`` has the weights, (M, B, heads, T, S).

    Parameters
    ----------
    heads : int
        Number of heads, which divides F.
    memory_units : int
        Width D of the memory, which is what the encoder gives.
    dropout : float or sequence of float
        Probability in [0, 1) with which each weight is dropped in training, one for all models or
        one each.
    weight_init : Initializer
        How the four maps start; biases start at zero.
    name : str or None
        Name within the parent.

    References
    ----------
    Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin (2017). Attention is
    all you need. NIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import CrossAttention
    >>> from skdeep.testing import run_layer
    >>> run_layer(CrossAttention(2, 3), np.ones((4, 7, 6)), memory=np.ones((4, 5, 3))).shape
    (4, 7, 6)
    """

    def __init__(
        self,
        heads: int,
        memory_units: int,
        *,
        dropout: float | Sequence[float] = 0.0,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        super().__init__(heads, dropout=dropout, weight_init=weight_init, name=name)
        check_counts(self, memory_units=memory_units)
        self.memory_units = memory_units

    def _memory(self) -> int:
        return self.memory_units

    def _params(self, features: int) -> dict[str, Param]:
        both = self._map("", features, features) | self._map("_out", features, features)
        return both | self._map("_memory", self.memory_units, features, 2, biases=1)

    def _bind_core(self, v: Views, binder: Binder, **options: Any) -> DotProducts:
        w, (steps, features) = v.work, v.x.shape[2:]
        memory = w.memory = memory_of(self, binder)
        models, batch, sources, _ = memory.y.shape
        queries = binder.columns(f"{binder.scope}:queries", (steps, features))
        pairs = binder.columns(f"{binder.scope}:pairs", (sources, 2 * features))
        w.queries, w.pairs = flat_columns(queries), flat_columns(pairs)
        if binder.training:
            dqueries = binder.columns("attention:dqueries", (steps, features))
            dpairs = binder.columns(f"{binder.scope}:dpairs", (sources, 2 * features))
            w.dqueries, w.dpairs = flat_columns(dqueries), flat_columns(dpairs)
            w.drows = memory.dy.reshape(models, batch * sources, -1)
            options["dx"] = self._heads_of(dqueries, dpairs)
        else:
            shape = (models, batch, self.heads, steps, sources)
            w.share = binder.arena.take(f"{binder.scope}:share", shape, binder.dtype)
            options["share"] = w.share
        memory.follow(lambda: self._project(v), lambda: self._project_backward(v))
        heads, hides = self._heads_of(queries, pairs), memory.valid is not None
        return DotProducts(binder, heads, w.joined, hides=hides, **options)

    def _heads_of(self, queries: Array, pairs: Array) -> Heads:
        n = queries.shape[3]
        parts = (queries, pairs[..., :n], pairs[..., n:])
        return Heads(*(as_heads(part, self.heads) for part in parts))

    @staticmethod
    def _values(pairs: Array) -> Array:
        """Return the values of keys and values (M, 2 F, B * S)."""
        return pairs[:, pairs.shape[1] // 2 :]

    def _project(self, v: Views) -> None:
        """Make keys and values of the memory, and hide what is none of it."""
        w, p = v.work, v.params
        affine(v.ops, flat_columns(w.memory.y), p.W_memory, w.pairs)
        add_bias(v.ops, self._values(w.pairs), p.b_memory)
        if w.core.penalty is not None:
            v.ops.launch(bodies.hidden, w.core.penalty, w.memory.valid.swapaxes(1, 2))

    def _project_backward(self, v: Views) -> None:
        w, p, g, ops = v.work, v.params, v.grads, v.ops
        memory = flat_columns(w.memory.y)
        bias_backward(ops, self._values(w.dpairs), g.b_memory)
        affine_backward(ops, memory, w.dpairs, g.W_memory, p.W_memory, None)
        gradient = {"trans_a": True, "trans_b": True, "accumulate": True}
        ops.gemm(w.dpairs, p.W_memory, w.drows, **gradient)

    def compute(self, v: Views, training: bool) -> None:
        ops, p, w = v.ops, v.params, v.work
        affine(ops, w.x.flat, p.W, w.queries)
        ops.launch(bodies.scaled_sum, w.queries, w.queries, column(p.b), w.scale)
        w.core.forward(ops)
        self._join(v)

    def slopes(self, v: Views, dx: Array | None) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        self._join_backward(v)
        w.core.backward(ops)
        ops.launch(multiply, w.dqueries, w.dqueries, w.scale)
        bias_backward(ops, w.dqueries, g.b)
        affine_backward(ops, w.x.flat, w.dqueries, g.W, p.W, dx)
