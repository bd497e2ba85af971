"""Each number as a vector that is linear between learned-from-data edges."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np

from skdeep.kernels import numeric_embeddings as bodies
from skdeep.kernels.arithmetic import add, multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import rows_only
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views, Work
from skdeep.nn.initializers import Constant, Initializer, Uniform
from skdeep.nn.tabular.number_embedding import NumberEmbedding, by_column

#: Where edges lie that nobody has given: from -SPAN to SPAN.
SPAN = 3.0


class Edges(Initializer):
    """Edges as they are given, or evenly spaced ones.

    Parameters
    ----------
    values : tuple of tuple of float, or None
        Those of each column.
    """

    def __init__(self, values: tuple[tuple[float, ...], ...] | None) -> None:
        self.values = values

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Edges) and self.values == other.values

    def __hash__(self) -> int:
        return hash(self.values)

    def __call__(self, random, shape, fans):
        columns, _, n_edges = shape
        if self.values is None:
            return np.tile(np.linspace(-SPAN, SPAN, n_edges), (columns, 1, 1))
        return np.array(self.values, float).reshape(shape)


class PiecewiseLinearEmbedding(NumberEmbedding):
    """Give each column a vector: ``x w + b + code(x) @ V``, linear between edges ("PLE").

    The code has a share for each bin between two edges: 1 where the bin lies below x, 0 where it
    lies above, and how far x has come within it. The first and the last bin go on beyond the outer
    edges. V starts at 0, so that the vector is linear in x at first ("version B"). Edges are a
    state: part of the weights, but no training moves them. Bins of width 0 count for nothing.

    Parameters
    ----------
    units : int
        Numbers for each column.
    n_bins : int
        Bins of each column.
    edges : sequence of sequence of float, or None
        The ``n_bins + 1`` edges of each column, from low to high, such as
        :func:`quantile_edges` returns; None spaces them evenly from -3 to 3.
    rate : float
        Factor of the learning rate.
    name : str or None
        Name within the parent.

    References
    ----------
    Gorishniy, Rubachev and Babenko (2022). On embeddings for numerical features in tabular deep
    learning. NeurIPS. Gorishniy, Kotelnikov and Babenko (2025). TabM. ICLR.

    Examples
    --------
    >>> from skdeep.nn import PiecewiseLinearEmbedding
    >>> from skdeep.testing import run_layer
    >>> layer = PiecewiseLinearEmbedding(1, n_bins=2, edges=[[0.0, 1.0, 3.0]])
    >>> weights = {"w": 0.0, "b": 0.0, "V": [[[1.0], [10.0]]]}
    >>> run_layer(layer, [[-1.0], [0.5], [2.0], [5.0]], weights=weights).ravel()
    array([-1. ,  0.5,  6. , 21. ])
    """

    def __init__(
        self,
        units: int = 8,
        n_bins: int = 16,
        edges: Any = None,
        rate: float = 1.0,
        name: str | None = None,
    ) -> None:
        self.units, self.n_bins, self.rate, self.name = units, n_bins, rate, name
        self._check(n_bins=n_bins)
        self.edges = None if edges is None else _checked_edges(edges, n_bins)

    def build(self, in_shape: Shape) -> Spec:
        columns, bound = rows_only(self, in_shape), 1 / sqrt(self.units)
        if self.edges is not None and len(self.edges) != columns:
            raise ShapeError(f"{self!r} has edges of {len(self.edges)} columns, got {in_shape}")
        row = (columns, 1, self.units)
        params = {
            "w": self._param(row, Uniform(bound)),
            "b": self._param(row, Uniform(bound)),
            "V": self._param((columns, self.n_bins, self.units), Constant(0.0)),
            "edges": Param((columns, 1, self.n_bins + 1), "state", Edges(self.edges)),
        }
        work = {
            "code": Work((columns, self.n_bins)),
            "slope": Work((columns, self.n_bins)),
            "mixed": Work((columns, self.units)),
            "x": Work((columns, 1)),
            "sum": Work((columns, 1)),
            "inverse": Work((columns, 1, self.n_bins), per_row=False),
        }
        return Spec((columns * self.units,), params, work=work, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        super().bind(spec, v, binder)
        low, high = np.zeros((2, self.n_bins))
        high += 1
        low[0], high[-1] = -inf, inf
        for key, values in (("low", low), ("high", high)):
            limits = values.astype(binder.dtype).reshape(1, 1, 1, -1)
            setattr(v.work, key, binder.constant(limits))

    def forward(self, v: Views, training: bool) -> None:
        ops, p, w = v.ops, v.params, v.work
        starts, ends = p.edges[..., :-1], p.edges[..., 1:]
        ops.launch(bodies.inverse_width, w.inverse, starts, ends)
        ops.copy(by_column(v.x), w.x)
        ops.launch(bodies.bin_share, w.code, w.x, starts, w.inverse, w.low, w.high)
        for m in range(len(w.x)):  # one product for each column
            ops.gemm(w.code[m], p.V[m], w.mixed[m])
        ops.launch(bodies.line, w.y, w.mixed, w.x, p.w, p.b)

    def backward(self, v: Views) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        ops.copy(w.dy, w.mixed)
        ops.reduce(w.mixed, g.b, axis=2)
        for m in range(len(w.x)):
            ops.gemm(w.code[m], w.mixed[m], g.V[m], trans_a=True)
            ops.gemm(w.x[m], w.mixed[m], g.w[m], trans_a=True)
        if v.dx is None:
            return
        for m in range(len(w.x)):
            ops.gemm(w.mixed[m], p.V[m], w.slope[m], trans_b=True)
        starts = p.edges[..., :-1]
        limits = (w.x, starts, w.inverse, w.low, w.high)
        ops.launch(bodies.bin_slope, w.slope, w.slope, *limits)
        ops.reduce(w.slope, w.sum, axis=3)
        ops.launch(multiply, w.mixed, w.mixed, p.w)
        ops.reduce(w.mixed, w.x, axis=3)
        ops.launch(add, by_column(v.dx), w.sum, w.x)


def _checked_edges(edges: Any, n_bins: int) -> tuple[tuple[float, ...], ...]:
    """Return edges as tuples, or say what is wrong with them."""
    try:
        array = np.array(edges, float)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.ndim != 2 or array.shape[1] != n_bins + 1 or not np.isfinite(array).all():
        raise ValueError(
            f"edges of PiecewiseLinearEmbedding must be n_bins + 1 = {n_bins + 1} finite numbers "
            f"for each column, got {edges!r}"
        )
    if (np.diff(array) < 0).any():
        raise ValueError("edges of PiecewiseLinearEmbedding must rise in each column")
    return tuple(map(tuple, array.tolist()))
