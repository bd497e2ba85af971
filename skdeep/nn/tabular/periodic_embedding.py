"""Each number as a few learned functions of it: waves, mixed by a small matrix."""

from __future__ import annotations

from math import pi, sqrt

from skdeep.kernels import numeric_embeddings as bodies
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import rows_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Shape, Spec, Views, Work
from skdeep.nn.initializers import Normal, Uniform
from skdeep.nn.tabular.number_embedding import NumberEmbedding, by_column


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
        # One matrix for each column, samples first; columns stand beside the models.
        work = {"waves": Work((columns, waves)), "mixed": Work((columns, mixed))}
        work |= {key: Work((columns, 1)) for key in ("x", "sum")}
        work |= {key: Work((columns, waves)) for key in ("angle", "slope")}
        return Spec((columns * self.units,), params, work=work, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        super().bind(spec, v, binder)
        v.work.learns = binder.training

    def forward(self, v: Views, training: bool) -> None:
        ops, p, w = v.ops, v.params, v.work
        ops.copy(by_column(v.x), w.x)
        if w.learns:
            ops.launch(bodies.wave_and_angle, (w.waves, w.angle), w.x, p.f, p.b)
        else:
            ops.launch(bodies.wave, w.waves, w.x, p.f, p.b)
        for m in range(len(w.x)):  # one product for each column
            ops.gemm(w.waves[m], p.W[m], w.mixed[m])
        ops.launch(add, w.y[..., :-1], w.mixed, p.c)
        ops.copy(w.x, w.y[..., -1:])

    def backward(self, v: Views) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        ops.copy(w.dy[..., :-1], w.mixed)
        for m in range(len(w.x)):
            ops.gemm(w.waves[m], w.mixed[m], g.W[m], trans_a=True)
            ops.gemm(w.mixed[m], p.W[m], w.slope[m], trans_b=True)
        ops.reduce(w.mixed, g.c, axis=2)
        ops.launch(bodies.slope_at, w.slope, w.slope, w.angle)
        ops.reduce(w.slope, g.b, axis=2)
        for m in range(len(w.x)):
            ops.gemm(w.x[m], w.slope[m], g.f[m], trans_a=True)
        ops.launch(bodies.turns, g.f, g.f)
        if v.dx is not None:
            ops.launch(bodies.turned, w.slope, w.slope, p.f)
            ops.reduce(w.slope, w.sum, axis=3)
            ops.launch(add, by_column(v.dx), w.sum, w.dy[..., -1:])
