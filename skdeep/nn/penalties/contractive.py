"""An affine map and its activation, with a penalty on how fast the outputs change."""

from __future__ import annotations

import numpy as np

from skdeep.kernels import penalties as bodies
from skdeep.kernels.activations import ACTIVATIONS
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.spec import Shape, Spec, Views, Work
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Initializer, SklearnGlorot


class ContractiveDense(Dense):
    """``y = h(x W + b)``, with a term of the batch's objective for the slopes of y along x.

    The term is half of `strength` times the weighted mean over the rows of ``|dy / dx|^2``, all
    entries squared and summed up. As h works on each unit by itself, that is ``sum_j h'_j ** 2
    sum_i W_ij ** 2``.

    Parameters
    ----------
    units : int
        Number of outputs U.
    activation : str
        Name of h.
    strength : float
        Factor of the term, not negative.
    weight_init, bias_init : Initializer
        How W (F, U) and b (U,) start.
    name : str or None
        Name within the parent.

    References
    ----------
    Rifai, Vincent, Muller, Glorot and Bengio (2011). Contractive auto-encoders. ICML.
    """

    per_model = ("strength",)

    def __init__(
        self,
        units: int,
        activation: str,
        strength: float,
        *,
        weight_init: Initializer = SklearnGlorot(),
        bias_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        super().__init__(units, weight_init=weight_init, bias_init=bias_init, name=name)
        if activation not in ACTIVATIONS:
            raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {activation!r}")
        if not 0 <= strength < np.inf:
            raise ValueError(
                f"the strength of ContractiveDense must be finite and >= 0, got {strength!r}"
            )
        self.activation, self.strength = activation, float(strength)

    def build(self, in_shape: Shape) -> Spec:
        spec = super().build(in_shape)
        row = (1, self.units)
        work = {key: Work(row, per_row=False) for key in ("size", "slopes", "product")}
        work |= {"term": Work((1, 1), per_row=False), "inner": Work((self.units,))}
        reads = ACTIVATIONS[self.activation].reads
        if reads == "x":  # of the activation, whose x is not this layer's
            work["a"] = Work((self.units,))
        keeps = frozenset("x" if reads == "x" else "xy")
        return Spec(spec.out_shape, spec.params, work, keeps=keeps, traits=frozenset({"penalty"}))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.a = getattr(v.work, "a", v.y)  # what the activation reads in backward
        if binder.training:
            binder.terms.append(v.work.term)
            v.work.strength = binder.own(0.0 if binder.as_predicted else self.strength)
            v.work.weight = v.weight.swapaxes(1, 2)  # (M, B, 1)

    def forward(self, v: Views, training: bool) -> None:
        activation, w = ACTIVATIONS[self.activation], v.work
        self._affine(v, w.a)
        v.ops.launch(activation.forward, v.y, w.a)
        if training:
            self._penalise(v)

    def _penalise(self, v: Views) -> None:
        """Write the sums that the term and its gradient need, and the term."""
        w, activation = v.work, ACTIVATIONS[self.activation]
        v.ops.launch(bodies.squared_slope(activation), w.inner, w.a, w.weight)
        v.ops.reduce(w.inner, w.slopes, axis=1)
        v.ops.reduce(v.params.W, w.size, axis=1, op="sumsq")
        v.ops.launch(bodies.contraction, (w.product, w.size), w.slopes, w.size, w.strength)
        v.ops.reduce(w.product, w.term, axis=2)

    def backward(self, v: Views) -> None:
        w, activation = v.work, ACTIVATIONS[self.activation]
        delta = w.inner
        v.ops.launch(activation.backward, delta, v.dy, w.a)
        v.ops.launch(bodies.add_contraction_slope(activation), delta, delta, w.a, w.weight, w.size)
        self._affine_backward(v, delta)
        inputs = (v.grads.W, v.params.W, w.slopes, w.strength)
        v.ops.launch(bodies.add_scaled_columns, v.grads.W, *inputs)
