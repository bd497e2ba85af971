"""The last layer of a decoder of real numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skdeep.nn.core.binder import Binder
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Constant


class GaussianOutput(Dense):
    """An affine map to means, and ``log_variance``, one number for all features.

    The layer holds the number for the likelihood
    (:class:`skdeep.nn.variational.likelihoods.Gaussian`), which alone reads it and writes its
    gradient; the layer's own output does not depend on it.
    """

    def build(self, in_shape: Shape) -> Spec:
        spec = super().build(in_shape)
        held = {"log_variance": Param((1, 1), "scale", Constant(0.0))}
        return replace(spec, params={**spec.params, **held})

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.zero = binder.constant(np.zeros((1, 1, 1), binder.dtype))

    def backward(self, v: Views) -> None:
        super().backward(v)
        v.ops.copy(v.work.zero, v.grads.log_variance)
