"""Pooling of neighbouring steps of sequences of any length."""

from __future__ import annotations

import numpy as np

from skdeep.backend.kernel import Kernel
from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.step_pooling import only_valid, window_factor
from skdeep.nn.conv.masked_steps import MaskedSteps, as_column, other_steps
from skdeep.nn.conv.pooling import AveragePool, MaxPool, Pool
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import steps_only
from skdeep.nn.core.spec import Shape, Spec, Views


class StepPool(Pool):
    """Base: windows of steps side by side, of sequences (T, C) of any length.

    Steps beyond a sequence's last whole window are left out; a sequence that is shorter than a
    window is one window.

    Parameters
    ----------
    size : int
        Steps of a window.
    name : str or None
        Name within the parent.
    """

    reads = "sequences"
    #: What is read of x, and of what is there.
    _mask: Kernel = multiply

    def build(self, in_shape: Shape) -> Spec:
        steps_only(self, in_shape)
        spec = super().build(in_shape)
        size = self.size if isinstance(self.size, int) else self.size[0]
        return spec if size == 1 else other_steps(spec)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.there = MaskedSteps(v, binder, self._mask)
        v.children["rows"] = v.work.there.views
        super().bind(spec, v.children["rows"], binder)
        if v.valid is not None and "steps" in spec.traits:
            v.valid_y = binder.rows(f"{binder.scope}:valid", spec.out_shape[:1])
            self._bind_lengths(v, binder)

    def _bind_lengths(self, v: Views, binder: Binder) -> None:
        """Make what is needed where sequences differ in their length."""

    def forward(self, v: Views, training: bool) -> None:
        v.work.there.load(v)
        super().forward(v.children["rows"], training)  # type: ignore[safe-super]
        if v.valid_y is not v.valid:
            (_, size), steps = self.window(v.x.shape[2:]), v.y.shape[2]
            v.ops.copy(v.valid[:, :, size - 1 :: size][:, :, :steps], v.valid_y)
            v.ops.copy(v.valid[:, :, :1], v.valid_y[:, :, :1])  # however short the sequence is
            self._correct(v)

    def _correct(self, v: Views) -> None:
        """Make y what it is without the padding."""

    def backward(self, v: Views) -> None:
        super().backward(v.children["rows"])  # type: ignore[safe-super]
        v.work.there.store(v)


class StepMaxPool(StepPool, MaxPool):
    """The largest of each window of steps; its gradient goes to the first of equal ones.

    What :class:`MaxPool` does with signals of one length.

    Parameters
    ----------
    size : int
        Steps of a window. Those beyond a sequence's last whole window are left out; a sequence that
        is shorter than a window is one window.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import StepMaxPool
    >>> from skdeep.testing import run_layer
    >>> run_layer(StepMaxPool(2), [[[1.0], [3.0], [2.0], [0.0]]])
    array([[[3.],
            [2.]]])
    """

    _mask = only_valid

    def _correct(self, v: Views) -> None:
        v.ops.launch(multiply, v.y, v.y, as_column(v.valid_y))


class StepAveragePool(StepPool, AveragePool):
    """The mean of each window of steps.

    What :class:`AveragePool` does with signals of one length.

    Parameters
    ----------
    size : int
        Steps of a window. Those beyond a sequence's last whole window are left out; a sequence that
        is shorter than a window is one window.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import StepAveragePool
    >>> from skdeep.testing import run_layer
    >>> run_layer(StepAveragePool(2), [[[1.0], [3.0], [2.0], [0.0]]])
    array([[[2.],
            [1.]]])
    """

    def _bind_lengths(self, v: Views, binder: Binder) -> None:
        w = v.work
        w.factor = binder.rows(f"{binder.scope}:factor", (1,))
        (_, size) = self.window(v.x.shape[2:])
        w.size = binder.constant(np.full((1, 1, 1), size, binder.dtype))
        if binder.training:
            v.children["rows"].dy = binder.rows("dy of windows", v.y.shape[2:])

    def _correct(self, v: Views) -> None:
        # A sequence that is shorter than a window has a mean over fewer steps.
        w, (_, size) = v.work, self.window(v.x.shape[2:])
        v.ops.reduce(v.valid[:, :, :size], w.factor, axis=2)
        v.ops.launch(window_factor, w.factor, w.factor, w.size)
        first = v.y[:, :, 0]
        v.ops.launch(multiply, first, first, w.factor)

    def backward(self, v: Views) -> None:
        rows = v.children["rows"]
        if rows.dy is not v.dy:
            v.ops.copy(v.dy, rows.dy)
            first = rows.dy[:, :, 0]
            v.ops.launch(multiply, first, first, v.work.factor)
        super().backward(v)
