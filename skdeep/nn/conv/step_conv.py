"""Convolution over the steps of sequences of any length."""

from __future__ import annotations

from skdeep.nn.conv.conv import Conv
from skdeep.nn.conv.geometry import step_geometry
from skdeep.nn.conv.images import per_axis
from skdeep.nn.conv.masked_steps import MaskedSteps, other_steps
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import steps_only
from skdeep.nn.core.spec import Shape, Spec, Views


class StepConv(Conv):
    """Convolve sequences (T, C) of any length with kernels over their steps, and add a bias.

    What :class:`Conv` does with signals of one length. A sequence gives what it gives alone,
    whatever stands behind its end in a batch. So "same" puts ``(reach - 1) // 2`` zeros before the
    first step, where a kernel reaches over ``reach`` steps, and as many behind the last step as the
    last output needs: with strides, :class:`Conv` may put one more before.

    Parameters
    ----------
    filters : int
        Number of outputs at each step.
    kernel_size : int
        Steps that a kernel meets.
    strides : int
        Steps between neighbouring outputs.
    dilation : int
        Steps between neighbouring entries of a kernel.
    padding : {"same", "valid"}
        "same": zeros around a sequence of T steps, so that there are ``ceil(T / stride)`` outputs.
        "valid": none, and sequences must be as long as a kernel reaches.
    bias : bool
        Whether there is a bias b (F,).
    weight_init, bias_init : Initializer
        How W (K, C, F) and b start.
    name : str or None
        Name within the parent.

    References
    ----------
    Wang, Yan and Oates (2017). Time series classification from scratch with deep neural networks: a
    strong baseline. IJCNN.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import StepConv
    >>> from skdeep.testing import run_layer
    >>> run_layer(StepConv(8, 3, strides=2), np.ones((4, 9, 1))).shape
    (4, 5, 8)
    """

    reads = "sequences"
    _along = staticmethod(step_geometry)

    def build(self, in_shape: Shape) -> Spec:
        steps_only(self, in_shape)
        spec = super().build(in_shape)
        first, every = self._places(in_shape)
        return spec if (first, every) == (0, 1) else other_steps(spec)

    def _places(self, in_shape: Shape) -> tuple[int, int]:
        """Return which step must be there for the first output to be, and how many lie between."""
        kernel, strides, dilation = (
            per_axis(self, value, in_shape)[1]
            for value in (self.kernel_size, self.strides, self.dilation)
        )
        return (0 if self.padding == "same" else (kernel - 1) * dilation), strides

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.behind = MaskedSteps(v, binder)
        v.children["rows"] = v.work.behind.views
        super().bind(spec, v.children["rows"], binder)
        if v.valid is not None and "steps" in spec.traits:
            v.valid_y = binder.rows(f"{binder.scope}:valid", spec.out_shape[:1])

    def forward(self, v: Views, training: bool) -> None:
        v.work.behind.load(v)
        super().forward(v.children["rows"], training)
        if v.valid_y is not v.valid:
            first, every = self._places(v.x.shape[2:])
            steps = v.y.shape[2]
            v.ops.copy(v.valid[:, :, first::every][:, :, :steps], v.valid_y)

    def backward(self, v: Views) -> None:
        super().backward(v.children["rows"])
        v.work.behind.store(v)
