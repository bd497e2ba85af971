"""Log variances that stay where their exponentials are numbers."""

from __future__ import annotations

import numpy as np

from skdeep.kernels.variational import LARGEST, SMALLEST, bounded, bounded_backward
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views


class BoundedLogVariance(Layer):
    """Let log variances, the second half of the input, grow like logarithms beyond a range.

    Within it they stay as they are, and means, the first half, always do. Beyond it a variance
    grows, or shrinks, linearly with the input instead of exponentially. So it never overflows, and
    a gradient is left that leads back.

    Parameters
    ----------
    low, high : float
        Ends of the range.
    name : str or None
        Name within the parent.
    """

    def __init__(
        self, low: float = SMALLEST, high: float = LARGEST, name: str | None = None
    ) -> None:
        self.low, self.high, self.name = low, high, name

    def build(self, in_shape: Shape) -> Spec:
        if rows_only(self, in_shape) % 2:
            raise ShapeError(f"{self!r} expects means and as many log variances, got {in_shape}")
        return Spec(in_shape, keeps=frozenset("y"), in_place=True)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        half = spec.out_shape[0] // 2
        ends = np.repeat([[-np.inf, self.low], [np.inf, self.high]], half, axis=1)
        v.work.low, v.work.high = (
            binder.constant(end.astype(binder.dtype).reshape(1, 1, -1)) for end in ends
        )

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(bounded, v.y, v.x, v.work.low, v.work.high)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            v.ops.launch(bounded_backward, v.dx, v.dy, v.y, v.work.low, v.work.high)
