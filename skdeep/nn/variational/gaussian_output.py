"""The last layer of a decoder of real numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.offset import Offset
from skdeep.nn.initializers import Constant


class HoldsVariance(Layer):
    """A layer that gives means, and holds ``log_variance``, one number for all features.

    The layer holds the number for the likelihood
    (:class:`skdeep.nn.variational.likelihoods.GaussianDecoder`), which alone reads it and writes
    its gradient; the layer's own output does not depend on it.
    """

    def build(self, in_shape: Shape) -> Spec:
        spec = super().build(in_shape)  # type: ignore[safe-super]
        held = {"log_variance": Param((1, 1), "scale", Constant(0.0))}
        return replace(spec, params={**spec.params, **held})

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        super().bind(spec, v, binder)
        v.work.zero = binder.constant(np.zeros((1, 1, 1), binder.dtype))

    def backward(self, v: Views) -> None:
        super().backward(v)  # type: ignore[safe-super]
        v.ops.copy(v.work.zero, v.grads.log_variance)


class GaussianOutput(HoldsVariance, Dense):
    """An affine map to means, which holds their variance."""


class GaussianOffset(HoldsVariance, Offset):
    """Means of which each has a number of its own added, which holds their variance."""
