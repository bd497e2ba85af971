"""A weighted mean of learned rows, whatever the order of the tokens."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.bags import by_norm, counted
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views
from skdeep.nn.initializers import Constant, Initializer, Normal


class BagOfTokens(Layer):
    """Mean of the rows of W of a sequence's tokens, each times the token's scale: (T,) to (units,).

    ``y = sum_t s_t W_t / sqrt(sum_t s_t ** 2)``: where scales are inverse document frequencies,
    this is a linear map of the TF-IDF vector of the sequence, whose length is one. Comes first in a
    network, or in a branch of the first layer. Token 0 stands for nothing, and does not count.

    Parameters
    ----------
    n_tokens : int
        Number of tokens V; they are 0 to V - 1, which is not checked here.
    units : int
        Numbers E of each token.
    first : int
        Steps may be rows (T, C) of tokens. Those in columns before this one are not read.
    rate : float
        Factor of the learning rate of W; 0 keeps it as it is.
    weight_init : Initializer
        How W (V, E) starts. The scales (V, 1), which training does not change, start at 1.
    name : str or None
        Name within the parent.

    References
    ----------
    Joulin, Grave, Bojanowski and Mikolov (2017). Bag of tricks for efficient text classification.
    EACL.

    Examples
    --------
    >>> from skdeep.nn import BagOfTokens
    >>> from skdeep.testing import run_layer
    >>> run_layer(BagOfTokens(10, 4), [[1, 5, 1]]).shape
    (1, 4)
    """

    reads = "tokens"

    def __init__(
        self,
        n_tokens: int,
        units: int,
        *,
        first: int = 0,
        rate: float = 1.0,
        weight_init: Initializer = Normal(1.0),
        name: str | None = None,
    ) -> None:
        check_counts(self, n_tokens=n_tokens, units=units)
        check_numbers(self, ">= 0 and finite", lambda factor: 0 <= factor < inf, rate=rate)
        self.n_tokens, self.units, self.first, self.rate = n_tokens, units, first, rate
        self.weight_init, self.name = weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        columns = in_shape[1] if len(in_shape) == 2 else 1
        if len(in_shape) not in (1, 2) or min(in_shape) < 1 or self.first >= columns:
            raise ShapeError(
                f"{self!r} expects sequences of tokens, shape (T,), or of rows of more than "
                f"{self.first} tokens, shape (T, C), got {in_shape}"
            )
        weight = Param(
            (self.n_tokens, self.units), "embedding", self.weight_init, rate=self.rate, decay=0.0
        )
        return Spec(
            (self.units,),
            {"W": weight, "scale": Param((self.n_tokens, 1), "state", Constant(1.0))},
        )

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        models, batch, steps = v.x.shape[:3]
        columns = v.x.shape[3] - self.first if len(v.x.shape) == 4 else 1
        w, n = v.work, steps * columns

        def make(name: str, *shape: int, dtype: Any = binder.dtype) -> Array:
            return binder.arena.take(f"{binder.scope}:{name}", (models, *shape), dtype)

        w.tokens = make("tokens", batch * n, dtype=np.dtype(np.int32))
        w.given = v.x.reshape(*v.x.shape[:3], -1)[..., self.first :]
        w.scales, w.share = make("scales", batch * n, 1), make("share", batch, steps, columns)
        w.total, w.rows = make("total", batch, 1), make("rows", batch * n, self.units)
        if v.valid is None:
            w.valid = binder.constant(np.ones((1, 1, 1, 1), binder.dtype))
        else:
            w.valid = v.valid.reshape(*v.valid.shape, 1)

    def forward(self, v: Views, training: bool) -> None:
        w, ops = v.work, v.ops
        four, (models, batch, steps, columns) = w.share.shape, w.share.shape
        n = steps * columns
        ops.copy(w.given, w.tokens.reshape(four))
        for m in range(models):
            one = slice(m, m + 1)
            ops.gather(v.params.scale[m], w.tokens[one], w.scales[one])
            ops.gather(v.params.W[m], w.tokens[one], w.rows[one])
        ops.launch(counted, w.share, w.scales.reshape(four), w.tokens.reshape(four), w.valid)
        share = w.share.reshape(models, batch, n)
        ops.reduce(share, w.total, axis=2, op="sumsq")
        ops.launch(by_norm, share, share, w.total)
        rows = w.rows.reshape(models, batch, n, self.units)
        ops.launch(multiply, rows, rows, share.reshape(models, batch, n, 1))
        ops.reduce(rows, v.y.reshape(models, batch, 1, self.units), axis=2)

    def backward(self, v: Views) -> None:
        w, ops = v.work, v.ops
        models, batch, steps, columns = w.share.shape
        rows = w.rows.reshape(models, batch, steps * columns, self.units)
        share = w.share.reshape(models, batch, steps * columns, 1)
        ops.launch(multiply, rows, v.dy.reshape(models, batch, 1, self.units), share)
        ops.scatter(w.rows, w.tokens, v.grads.W)
