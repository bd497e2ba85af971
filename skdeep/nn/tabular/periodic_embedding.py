"""Each number as a few learned functions of it: waves, mixed by a small matrix."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from skdeep.kernels import numeric_embeddings as bodies
from skdeep.kernels.arithmetic import subtract
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import rows_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Shape, Spec, Views, Work
from skdeep.nn.initializers import Normal, Uniform
from skdeep.nn.tabular.number_embedding import NumberEmbedding, by_column, by_place


class PeriodicEmbedding(NumberEmbedding):
    """Give each column a vector: ``cos(2 pi x f + b) @ W + c`` and x itself ("PBLD").

    Frequencies f, phases b and the small matrices W are each column's own. The output has `units`
    numbers for each column, the last of which is x.

    Parameters
    ----------
    units : int
        Numbers for each column, x included.
    n_frequencies : int
        Waves of each column.
    scale : float
        Standard deviation of the frequencies at the start.
    rate : float
        Factor of the learning rate.
    name : str or None
        Name within the parent.

    References
    ----------
    Gorishniy, Rubachev and Babenko (2022). On embeddings for numerical features in tabular deep
    learning. NeurIPS. Holzmüller, Grinsztajn and Steinwart (2024). Better by default. NeurIPS.

    Examples
    --------
    >>> from skdeep.nn import PeriodicEmbedding
    >>> from skdeep.testing import run_layer
    >>> run_layer(PeriodicEmbedding(4), [[0.5, 1.0]])[0, [3, 7]]
    array([0.5, 1. ])
    """

    places_first = True

    def __init__(
        self,
        units: int = 4,
        n_frequencies: int = 16,
        scale: float = 0.1,
        rate: float = 1.0,
        name: str | None = None,
    ) -> None:
        self.units, self.n_frequencies = units, n_frequencies
        self.scale, self.rate, self.name = scale, rate, name
        self._check(n_frequencies=n_frequencies)
        if units < 2:
            raise ValueError(f"units of PeriodicEmbedding must be at least 2, got {units!r}")
        check_numbers(self, "positive", lambda number: number > 0, scale=scale)

    def build(self, in_shape: Shape) -> Spec:
        columns, waves, mixed = rows_only(self, in_shape), self.n_frequencies, self.units - 1
        bound = 1 / sqrt(waves)
        params = {
            "f": self._param((columns, 1, waves), Normal(self.scale)),
            "b": self._param((columns, 1, waves), Uniform(pi)),
            "W": self._param((columns, waves, mixed), Uniform(bound)),
            "c": self._param((columns, 1, mixed), Uniform(bound)),
        }
        # Rows of waves, all columns side by side, and last a row of ones for c. Angles are products
        # with a row of x and one of ones.
        work = {
            "waves": Work((waves + 1, columns)),
            "angle": Work((waves, columns)),
            "slope": Work((waves, columns)),
            "lines": Work((2, columns)),
            "sums": Work((2, columns)),
            "turns": Work((columns, waves, 2), per_row=False),
            "weights": Work((columns, waves + 1, mixed), per_row=False),
        }
        return Spec((columns * self.units,), params, work=work, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        super().bind(spec, v, binder)
        w = v.work
        w.ones = binder.constant(np.ones((1, 1, 1, 1), binder.dtype))
        w.angles, w.slopes, w.rows = by_place(w.angle), by_place(w.slope), by_place(w.waves)
        w.places = by_place(w.lines)

    def forward(self, v: Views, training: bool) -> None:
        ops, p, w = v.ops, v.params, v.work
        ops.copy(by_column(v.x)[..., 0], w.lines[:, 0])
        ops.copy(w.ones, w.lines[:, 1:])
        ops.launch(bodies.turns, w.turns[..., :1], p.f.swapaxes(2, 3))
        ops.copy(p.b.swapaxes(2, 3), w.turns[..., 1:])
        ops.copy(p.W, w.weights[:, :, :-1])
        ops.copy(p.c, w.weights[:, :, -1:])
        for m in range(len(w.waves)):  # one product for each column
            ops.gemm(w.turns[m], w.places[m], w.angles[m])
        ops.launch(bodies.wave_at, w.waves[:, :-1], w.angle)
        ops.copy(w.ones, w.waves[:, -1:])
        for m in range(len(w.waves)):
            ops.gemm(w.rows[m], w.weights[m], w.y[m, ..., :-1], trans_a=True)
        ops.copy(by_column(v.x), w.y[..., -1:])

    def backward(self, v: Views) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        for m in range(len(w.waves)):
            ops.gemm(p.W[m], w.dy[m, ..., :-1], w.slopes[m], trans_b=True)
            ops.gemm(w.rows[m], w.dy[m, ..., :-1], w.weights[m])
        ops.copy(w.weights[:, :, :-1], g.W)
        ops.copy(w.weights[:, :, -1:], g.c)
        ops.launch(bodies.slope_at, w.slope, w.slope, w.angle)
        if v.dx is not None:
            for m in range(len(w.waves)):
                ops.gemm(w.turns[m], w.slopes[m], by_place(w.sums)[m], trans_a=True)
            sums = w.sums[:, 0].swapaxes(1, 2)
            ops.launch(subtract, v.dx, w.dy[..., -1].swapaxes(1, 2), sums)
        for m in range(len(w.waves)):
            ops.gemm(w.slopes[m], w.places[m], w.turns[m], trans_b=True)
        ops.launch(bodies.turns_back, g.f, w.turns[..., :1].swapaxes(2, 3))
        ops.launch(bodies.minus, g.b, w.turns[..., 1:].swapaxes(2, 3))
