"""Each number as a vector that is linear between learned-from-data edges."""

from __future__ import annotations

from math import inf, sqrt
from typing import Any

import numpy as np

from skdeep.kernels import numeric_embeddings as bodies
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import rows_only
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views, Work
from skdeep.nn.initializers import Constant, Initializer, Uniform
from skdeep.nn.tabular.number_embedding import NumberEmbedding, by_column, by_place

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

    places_first = True

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
        # Rows of shares, all columns side by side, then a row of x for w and one of ones for b.
        work = {
            "code": Work((self.n_bins + 2, columns)),
            "slope": Work((self.n_bins + 2, columns)),
            "sum": Work((1, columns)),
            "weights": Work((columns, self.n_bins + 2, self.units), per_row=False),
            "inverse": Work((self.n_bins, columns, 1), per_row=False),
        }
        return Spec((columns * self.units,), params, work=work, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        super().bind(spec, v, binder)
        w, n = v.work, self.n_bins
        w.ones = binder.constant(np.ones((1, 1, 1, 1), binder.dtype))
        w.shares, w.x, w.one = w.code[:, :n], w.code[:, n : n + 1], w.code[:, n + 1 :]
        w.rows, w.slopes = by_place(w.code), by_place(w.slope)
        #: Each edge of all columns, (M, n, C, 1).
        w.starts, w.ends = (
            v.params.edges[..., edges].swapaxes(1, 3).swapaxes(2, 3)
            for edges in (slice(None, -1), slice(1, None))
        )
        low, high = np.zeros((2, n, 1, 1))
        high += 1
        low[0], high[-1] = -inf, inf
        w.low, w.high = (binder.constant(x.astype(binder.dtype)[None]) for x in (low, high))

    def forward(self, v: Views, training: bool) -> None:
        ops, p, w, n = v.ops, v.params, v.work, self.n_bins
        ops.launch(bodies.inverse_width, w.inverse, w.starts, w.ends)
        ops.copy(by_column(v.x)[..., 0], w.x[:, 0])
        ops.copy(w.ones, w.one)
        ops.launch(bodies.bin_share, w.shares, w.x, w.starts, w.inverse)
        if n > 1:  # the first and the last bin go on
            below, above = w.shares[:, 1:], w.shares[:, :-1]
            ops.launch(bodies.at_least_0, below, below)
            ops.launch(bodies.at_most_1, above, above)
        ops.copy(p.V, w.weights[:, :, :n])
        ops.copy(p.w, w.weights[:, :, n : n + 1])
        ops.copy(p.b, w.weights[:, :, n + 1 :])
        for m in range(len(w.code)):  # one product for each column
            ops.gemm(w.rows[m], w.weights[m], w.y[m], trans_a=True)

    def backward(self, v: Views) -> None:
        ops, g, w, n = v.ops, v.grads, v.work, self.n_bins
        if v.dx is not None:
            self._backward_x(v)
        for m in range(len(w.code)):
            ops.gemm(w.rows[m], w.dy[m], w.weights[m])
        ops.copy(w.weights[:, :, :n], g.V)
        ops.copy(w.weights[:, :, n : n + 1], g.w)
        ops.copy(w.weights[:, :, n + 1 :], g.b)

    def _backward_x(self, v: Views) -> None:
        ops, w, n = v.ops, v.work, self.n_bins
        for m in range(len(w.code)):
            ops.gemm(w.weights[m], w.dy[m], w.slopes[m], trans_b=True)
        shares, line = w.slope[:, :n], w.slope[:, n : n + 1]
        ops.launch(bodies.bin_slope, shares, shares, w.x, w.starts, w.inverse, w.low, w.high)
        ops.reduce(shares, w.sum, axis=1)
        ops.launch(add, v.dx, w.sum[:, 0].swapaxes(1, 2), line[:, 0].swapaxes(1, 2))


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
