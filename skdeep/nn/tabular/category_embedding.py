"""A learned vector for each category of each column."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skdeep.kernels.arithmetic import place
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts, rows_only
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views, Work
from skdeep.nn.initializers import Initializer, Normal


class CategoryEmbedding(Layer):
    """Look up a vector for the category in each column: (C,) numbers to (C * units,).

    Columns hold the numbers of categories, from 0, as floats. What is below counts as 0, and what
    is above as the last one.

    Parameters
    ----------
    n_categories : sequence of int
        Number of categories of each column.
    units : int
        Length E of a vector.
    weight_init : Initializer
        How vectors start.
    name : str or None
        Name within the parent.

    References
    ----------
    Guo and Berkhahn (2016). Entity embeddings of categorical variables.

    Examples
    --------
    >>> from skdeep.nn import CategoryEmbedding
    >>> from skdeep.testing import run_layer
    >>> run_layer(CategoryEmbedding([10, 3], 4), [[9.0, 0.0], [1.0, 2.0]]).shape
    (2, 8)
    """

    def __init__(
        self,
        n_categories: Sequence[int],
        units: int,
        *,
        weight_init: Initializer = Normal(1.0),
        name: str | None = None,
    ) -> None:
        if not isinstance(n_categories, list | tuple) or not n_categories:
            raise ValueError(
                "n_categories of CategoryEmbedding must be a list with a number for each column, "
                f"got {n_categories!r}"
            )
        check_counts(
            self, units=units, **{f"n_categories[{k}]": n for k, n in enumerate(n_categories)}
        )
        self.n_categories, self.units = tuple(n_categories), units
        self.weight_init, self.name = weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        columns = rows_only(self, in_shape)
        if columns != len(self.n_categories):
            raise ShapeError(f"{self!r} expects {len(self.n_categories)} features, got {in_shape}")
        vectors = Param((sum(self.n_categories), self.units), "embedding", self.weight_init)
        work = {
            "codes": Work((columns,), "int32"),
            "tokens": Work((columns,), "int32"),
            "vectors": Work((columns, self.units)),
        }
        return Spec((columns * self.units,), {"W": vectors}, work=work)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        first = np.cumsum([0, *self.n_categories[:-1]]).astype(np.int32)
        v.work.first = binder.constant(first[None, None])  # where a column's vectors begin
        last = np.array(self.n_categories, np.int32) - 1
        v.work.last = binder.constant(last[None, None])
        models, batch, columns = v.x.shape
        v.work.flat = v.work.tokens.reshape(models, batch * columns)
        v.work.rows = v.work.vectors.reshape(models, batch * columns, self.units)
        shape = (models, batch, columns, self.units)
        v.work.y = v.y.reshape(shape)
        v.work.dy = None if v.dy is None else v.dy.reshape(shape)
        if v.dx is not None:
            v.work.zero = binder.constant(np.zeros((1, 1, 1), binder.dtype))

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        v.ops.truncate(v.x, w.codes)
        v.ops.launch(place, w.tokens, w.codes, w.last, w.first)
        for m in range(len(w.rows)):
            one = slice(m, m + 1)
            v.ops.gather(v.params.W[m], w.flat[one], w.rows[one])
        v.ops.copy(w.vectors, w.y)

    def backward(self, v: Views) -> None:
        v.ops.copy(v.work.dy, v.work.vectors)
        v.ops.scatter(v.work.rows, v.work.flat, v.grads.W)
        if v.dx is not None:  # codes have no slope
            v.ops.copy(v.work.zero, v.dx)
