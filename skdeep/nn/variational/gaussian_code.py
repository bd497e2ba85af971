"""The code of a variational autoencoder: normal, with means and log variances as its input."""

from __future__ import annotations

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.normal_noise import normal_noise
from skdeep.kernels.variational import code, code_spread
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, rows_only, unit_words
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views


class GaussianCode(Layer):
    """Draw a code from the normal distribution whose mean and log variance are the input's halves.

    Bound without noise, y is the mean. The noise is a hash of the row's key, the step's seed, the
    draw and the component (:mod:`skdeep.kernels.variational`), so a row's draws do not depend on
    the other rows of its batch; noise with one key gives all rows one draw. Where y has k times the
    rows of x there are k draws of each row: the first draw of all rows, then the second, and so on.

    Parameters
    ----------
    n_components : int
        Width H of the code; the input has 2 H columns.
    name : str or None
        Name within the parent.

    References
    ----------
    Kingma and Welling (2014). Auto-encoding variational Bayes. ICLR.
    """

    def __init__(self, n_components: int, name: str | None = None) -> None:
        self.n_components, self.name = n_components, name

    def build(self, in_shape: Shape) -> Spec:
        if rows_only(self, in_shape) != 2 * self.n_components:
            raise ShapeError(
                f"{self!r} expects means and log variances, {2 * self.n_components} features, "
                f"got {in_shape}"
            )
        shape = (self.n_components,)
        return Spec(shape, keeps=frozenset("x"), traits=frozenset({"noise"}))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        models, rows, _ = v.x.shape
        width, draws = self.n_components, v.y.shape[1] // rows
        full = (models, draws, rows, width)  # (M, k, B, H)
        v.work.mean, v.work.log_variance = halves(v.x)
        v.work.y = v.y.reshape(full)
        if v.dx is not None:
            v.work.dy = v.dy.reshape(full)
            v.work.d_mean, v.work.d_log_variance = halves(v.dx)
        if v.noise is None:
            v.work.zero = binder.constant(np.zeros((1, 1, 1, 1), binder.dtype))
            return
        keys = v.noise.keys.shape[1]
        v.work.keys = v.noise.keys.reshape(models, 1, keys, 1)
        v.work.seed = v.noise.seed.reshape(models, 1, 1, 1)
        words = unit_words(binder.scope, (2, draws, width)).reshape(2, 1, draws, 1, width)
        v.work.first, v.work.second = binder.constant(words[0]), binder.constant(words[1])
        shape = (models, draws, keys, width)
        v.work.noise = binder.arena.take(f"{binder.scope}:noise", shape, binder.dtype)
        if v.dx is not None:
            v.work.spread = binder.arena.take(f"{binder.scope}:spread", full, binder.dtype)

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        if v.noise is None:
            v.ops.copy(w.mean, w.y)
            return
        v.ops.launch(normal_noise, w.noise, w.keys, w.seed, w.first, w.second)
        v.ops.launch(code, w.y, w.mean, w.log_variance, w.noise)

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        w = v.work
        v.ops.reduce(w.dy, w.d_mean, axis=1)
        if v.noise is None:
            v.ops.copy(w.zero, w.d_log_variance)
            return
        v.ops.launch(code_spread, w.spread, w.dy, w.log_variance, w.noise)
        v.ops.reduce(w.spread, w.d_log_variance, axis=1)


def halves(array: Array) -> tuple[Array, Array]:
    """Return views (M, 1, B, H) of the means and the log variances in (M, B, 2 H)."""
    width = array.shape[2] // 2
    return array[:, None, :, :width], array[:, None, :, width:]
