"""Multi-head attention of the steps of sequences to each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels import attention as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.attention.dot_products import DotProducts, Heads
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import (
    ColumnLayer,
    add_bias,
    affine,
    affine_backward,
    as_heads,
    column,
    flat_columns,
)
from skdeep.nn.core.layer import check_counts, steps_only
from skdeep.nn.core.layer_fields import by_model
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views
from skdeep.nn.initializers import Constant, Initializer, SklearnGlorot


class MultiHeadAttention(ColumnLayer):
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

    per_model: ClassVar[tuple[str, ...]] = ("dropout",)

    def __init__(
        self,
        heads: int,
        *,
        causal: bool = False,
        dropout: float | Sequence[float] = 0.0,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        check_counts(self, heads=heads)
        self.heads, self.causal = heads, bool(causal)
        self.dropout = by_model(self, "in [0, 1)", lambda rate: 0 <= rate < 1, dropout=dropout)
        self.weight_init, self.name = weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        steps, features = steps_only(self, in_shape)
        if features % self.heads:
            raise ShapeError(f"{self!r} needs a multiple of {self.heads} features, got {in_shape}")
        fans = (features, features)
        params = {
            "W": Param((features, 3 * features), "weight", self.weight_init, fans),
            "W_out": Param((features, features), "weight", self.weight_init, fans),
            "b": Param((1, 3 * features), "bias", Constant(0.0), fans),
            "b_out": Param((1, features), "bias", Constant(0.0), fans),
        }
        return Spec(
            (steps, features),
            params,
            keeps=frozenset("x"),
            places_output=True,
            traits=frozenset({"noise"} if self.dropout else ()),
        )

    def bind_more(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, scope = v.work, binder.scope
        steps, features = spec.out_shape
        # Queries, keys and values of all heads are one product.
        w.inner = binder.columns(f"{scope}:inner", (steps, 3 * features))
        w.joined = flat_columns(binder.columns(f"{scope}:joined", spec.out_shape))
        w.scale = binder.constant(
            np.full((1, 1, 1), (features // self.heads) ** -0.5, binder.dtype)
        )
        back: dict[str, Any] = {}
        if binder.training:
            w.dinner = binder.columns("attention:dinner", (steps, 3 * features))
            w.djoined = flat_columns(binder.columns("attention:djoined", spec.out_shape))
            back = {"dx": self._heads_of(w.dinner), "dy": w.djoined}
        w.core = DotProducts(
            binder,
            self._heads_of(w.inner),
            w.joined,
            causal=self.causal,
            rate=self.dropout,
            hides=v.valid is not None,
            **back,
        )

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
        add_bias(ops, inner[:, n:], p.b[:, :, n:])
        if v.valid is not None:
            ops.launch(bodies.hidden, w.core.penalty, v.valid.swapaxes(1, 2))
        w.core.forward(ops)
        affine(ops, w.joined, p.W_out, w.y.flat)
        add_bias(ops, w.y.flat, p.b_out)

    def slopes(self, v: Views, dx: Array | None) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        n = v.x.shape[3]
        affine_backward(ops, w.joined, w.dy.flat, g.W_out, g.b_out, p.W_out, w.djoined)
        w.core.backward(ops)
        inner = flat_columns(w.dinner)
        ops.launch(multiply, inner[:, :n], inner[:, :n], w.scale)
        affine_backward(ops, w.x.flat, inner, g.W, g.b, p.W, dx)
