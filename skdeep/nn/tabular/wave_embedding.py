"""Each number as rectified mixtures of sines and cosines of it."""

from __future__ import annotations

from math import pi, sqrt

import numpy as np

from skdeep.kernels import numeric_embeddings as bodies
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import rows_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Shape, Spec, Views, Work
from skdeep.nn.initializers import Normal, Uniform
from skdeep.nn.tabular.number_embedding import NumberEmbedding, by_column


class WaveEmbedding(NumberEmbedding):
    """Give each column a vector: ``relu([cos, sin](2 pi f x) @ W + c)`` ("PLR").

    Frequencies f are each column's own. W and c are each column's own, or the same for all, which
    is the "lite" variant.

    Parameters
    ----------
    units : int
        Numbers for each column.
    n_frequencies : int
        Frequencies of each column, of which there are a sine and a cosine.
    scale : float
        Standard deviation of the frequencies at the start.
    lite : bool
        Whether all columns have W and c in common.
    rate : float
        Factor of the learning rate.
    name : str or None
        Name within the parent.

    References
    ----------
    Gorishniy, Rubachev and Babenko (2022). On embeddings for numerical features in tabular deep
    learning. NeurIPS.

    Examples
    --------
    >>> from skdeep.nn import WaveEmbedding
    >>> from skdeep.testing import run_layer
    >>> run_layer(WaveEmbedding(6), [[0.5, 1.0]]).shape
    (1, 12)
    """

    def __init__(
        self,
        units: int = 8,
        n_frequencies: int = 16,
        scale: float = 0.1,
        lite: bool = False,
        rate: float = 1.0,
        name: str | None = None,
    ) -> None:
        self.units, self.n_frequencies, self.scale = units, n_frequencies, scale
        self.lite, self.rate, self.name = lite, rate, name
        self._check(n_frequencies=n_frequencies)
        check_numbers(self, "positive", lambda number: number > 0, scale=scale)

    def build(self, in_shape: Shape) -> Spec:
        columns, waves = rows_only(self, in_shape), 2 * self.n_frequencies
        mixed, bound = 1 if self.lite else columns, 1 / sqrt(waves)
        params = {
            "f": self._param((columns, 1, self.n_frequencies), Normal(self.scale)),
            "W": self._param((mixed, waves, self.units), Uniform(bound)),
            "c": self._param((mixed, 1, self.units), Uniform(bound)),
        }
        work = {
            "waves": Work((columns, waves)),
            "slope": Work((columns, waves)),
            "mixed": Work((columns, self.units)),
            "x": Work((columns, 1)),
            "sum": Work((columns, 1)),
        }
        return Spec((columns * self.units,), params, work=work, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        super().bind(spec, v, binder)
        w, half = v.work, self.n_frequencies
        #: A sine is a cosine a quarter turn later.
        w.phases = [
            binder.constant(np.full((1, 1, 1, 1), turn, binder.dtype)) for turn in (0.0, -pi / 2)
        ]
        w.parts = [slice(0, half), slice(half, None)]
        if self.lite:  # one matrix of all columns' rows
            for key in ("waves", "slope", "mixed"):
                held = getattr(w, key)
                setattr(w, f"{key}_rows", held.reshape(len(held), 1, -1, held.shape[-1]))
        else:
            w.waves_rows, w.slope_rows, w.mixed_rows = w.waves, w.slope, w.mixed

    def forward(self, v: Views, training: bool) -> None:
        ops, p, w = v.ops, v.params, v.work
        ops.copy(by_column(v.x), w.x)
        for part, phase in zip(w.parts, w.phases, strict=True):
            ops.launch(bodies.wave, w.waves[..., part], w.x, p.f, phase)
        for m in range(len(w.x)):
            ops.gemm(w.waves_rows[m], p.W[m], w.mixed_rows[m])
        ops.launch(add, w.mixed, w.mixed, p.c)
        ops.launch(bodies.rectified, w.y, w.mixed)

    def backward(self, v: Views) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        ops.launch(bodies.rectified_slope, w.mixed, w.dy, w.mixed)
        for m in range(len(w.x)):
            ops.gemm(w.waves_rows[m], w.mixed_rows[m], g.W[m], trans_a=True)
            ops.gemm(w.mixed_rows[m], p.W[m], w.slope_rows[m], trans_b=True)
        ops.reduce(w.mixed_rows, g.c, axis=2)
        first, second = (w.slope[..., part] for part in w.parts)
        for slope, phase in zip((first, second), w.phases, strict=True):
            ops.launch(bodies.wave_slope, slope, slope, w.x, p.f, phase)
        ops.launch(add, first, first, second)
        for m in range(len(w.x)):
            ops.gemm(w.x[m], first[m], g.f[m], trans_a=True)
        ops.launch(bodies.turns, g.f, g.f)
        if v.dx is not None:
            ops.launch(bodies.turned, first, first, p.f)
            ops.reduce(first, w.sum, axis=3)
            ops.copy(w.sum, by_column(v.dx))
