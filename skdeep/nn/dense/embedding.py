"""A learned row of numbers for each token."""

from __future__ import annotations

import numpy as np

from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views
from skdeep.nn.initializers import Initializer, Normal


class Embedding(Layer):
    """Look up a row of W for each token of a sequence: (T,) int32 to (T, units).

    Comes first in a network. Backward adds the gradient of each step to its token's row, so
    its cost depends on the steps and not on the vocabulary, apart from zeroing the other rows.

    Parameters
    ----------
    n_tokens : int
        Number of tokens V; they are 0 to V - 1, which is not checked here.
    units : int
        Numbers E of each token.
    column : int or None
        Steps are rows (T, C) of tokens, of which this one is read; None: steps are tokens (T,).
    weight_init : Initializer
        How W (V, E) starts.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import Embedding
    >>> from skdeep.testing import run_layer
    >>> run_layer(Embedding(10, 4), [[1, 5, 1]]).shape
    (1, 3, 4)
    """

    reads = "tokens"

    def __init__(
        self,
        n_tokens: int,
        units: int,
        *,
        column: int | None = None,
        weight_init: Initializer = Normal(1.0),
        name: str | None = None,
    ) -> None:
        check_counts(self, n_tokens=n_tokens, units=units)
        self.n_tokens, self.units, self.column = n_tokens, units, column
        self.weight_init, self.name = weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        form = "(T,)" if self.column is None else "(T, C)"
        if len(in_shape) != form.count(" ") + 1 or min(in_shape) < 1:
            raise ShapeError(f"{self!r} expects sequences of tokens, shape {form}, got {in_shape}")
        if self.column is not None and not -1 < self.column < in_shape[1]:
            raise ShapeError(f"{self!r} reads column {self.column}, got {in_shape}")
        shape = (self.n_tokens, self.units)
        return Spec(
            (in_shape[0], self.units),
            {"W": Param(shape, "embedding", self.weight_init, shareable=True)},
        )

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        models, batch, steps = v.x.shape[:3]
        if self.column is None:
            v.work.tokens = v.x.reshape(models, batch * steps)
        else:
            shape, dtype = (models, batch * steps), np.dtype(np.int32)
            v.work.tokens = binder.arena.take(f"{binder.scope}:tokens", shape, dtype)
        if binder.training and "W" in v.shared:
            name, shape = f"{binder.scope}:part", v.params.W.shape
            v.work.part = binder.arena.take(name, shape, binder.dtype)

    def forward(self, v: Views, training: bool) -> None:
        if self.column is not None:
            v.ops.copy(v.x[..., self.column], v.work.tokens.reshape(v.x.shape[:3]))
        flat = v.y.reshape(*v.work.tokens.shape, self.units)
        for m in range(len(flat)):
            one = slice(m, m + 1)
            v.ops.gather(v.params.W[m], v.work.tokens[one], flat[one])

    def backward(self, v: Views) -> None:
        flat = v.dy.reshape(*v.work.tokens.shape, self.units)
        if "W" not in v.shared:
            v.ops.scatter(flat, v.work.tokens, v.grads.W)
            return
        v.ops.scatter(flat, v.work.tokens, v.work.part)
        v.ops.launch(add, v.grads.W, v.grads.W, v.work.part)
