"""Layer normalisation of the columns of an array (M, F, N), each over its features."""

from __future__ import annotations

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels import normalization as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.spec import Named, Param
from skdeep.nn.initializers import Constant


def norm_params(features: int) -> dict[str, Param]:
    """Return the weights of a normalisation of so many features."""
    return {
        "scale": Param((1, features), "scale", Constant(1.0)),
        "shift": Param((1, features), "bias", Constant(0.0)),
    }


class FeatureNorm:
    """Normalise columns, then scale and shift each feature.

    Parameters
    ----------
    binder : Binder
        Where buffers come from.
    shape : tuple of int
        (M, F, N).
    epsilon : float
        Added to the variance.
    params, grads : Named
        ``scale`` and ``shift``, (M, 1, F), and their gradients.
    """

    def __init__(
        self,
        binder: Binder,
        shape: tuple[int, int, int],
        epsilon: float,
        params: Named,
        grads: Named,
    ) -> None:
        models, features, count = shape
        scope = binder.scope

        def take(name: str, *size: int) -> Array:
            return binder.arena.take(f"{scope}:{name}", (models, *size), binder.dtype)

        def column(row: Array) -> Array:
            return row.reshape(models, features, 1)

        self.row, self.scale, self.shift = params.scale, column(params.scale), column(params.shift)
        self.unit, self.inverse = take("unit", features, count), take("inverse", 1, count)
        self.mean, self.other = take("mean", 1, count), take("other", 1, count)
        #: What is read again at once.
        depth = scope.count(".")
        self.part = binder.arena.take(f"norm:part:{depth}", shape, binder.dtype)
        if binder.training:
            self.dscale, self.dshift = column(grads.scale), column(grads.shift)
        numbers = {"share": 1 / features, "epsilon": epsilon}
        for key, number in numbers.items():
            setattr(self, key, binder.constant(np.full((1, 1, 1), number, binder.dtype)))

    share: Array
    epsilon: Array

    def forward(self, ops: Backend, x: Array, y: Array) -> None:
        """Write what becomes of columns x."""
        ops.reduce(x, self.mean, axis=1)
        ops.launch(multiply, self.mean, self.mean, self.share)
        ops.launch(bodies.centred_and_squared, (self.unit, self.part), x, self.mean)
        ops.reduce(self.part, self.inverse, axis=1)
        ops.launch(
            bodies.inverse_from_squares, self.inverse, self.inverse, self.share, self.epsilon
        )
        inputs = (self.unit, self.inverse, self.scale, self.shift)
        ops.launch(bodies.unit_and_scaled, (self.unit, y), *inputs)

    def backward(self, ops: Backend, dy: Array, dx: Array | None, more: Array | None) -> None:
        """Write gradients, and that of x plus `more` where it is needed."""
        ops.reduce(dy, self.dshift, axis=2)
        ops.launch(multiply, self.part, dy, self.unit)
        ops.reduce(self.part, self.dscale, axis=2)
        if dx is None:
            return
        ops.gemm(self.row, dy, self.mean)
        ops.gemm(self.row, self.part, self.other)
        ops.launch(multiply, self.mean, self.mean, self.share)
        ops.launch(multiply, self.other, self.other, self.share)
        inputs = (dy, self.unit, self.inverse, self.scale, self.mean, self.other)
        if more is None:
            ops.launch(bodies.unit_backward, dx, *inputs)
        else:
            ops.launch(bodies.unit_backward_plus, dx, *inputs, more)
