"""An activation that each unit takes up as far as it has learned to."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import Any

from skdeep.backend.kernel import Kernel
from skdeep.kernels.activations import ACTIVATIONS
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.layer_fields import check_numbers, is_one_of
from skdeep.nn.core.spec import Param, Shape, Spec, Views, Work
from skdeep.nn.initializers import Constant


class ParametricActivation(Layer):
    """Mix the identity and an activation f: ``y = x + a (f(x) - x)``, one learned a for each unit.

    Parameters
    ----------
    function : str
        A registered activation.
    rate, decay : float
        Factors of the learning rate and of weight decay, which acts on a where `decay` is not 0.
    name : str or None
        Name within the parent.

    References
    ----------
    Holzmüller, Grinsztajn and Steinwart (2024). Better by default: strong pre-tuned MLPs and
    boosted trees on tabular data. NeurIPS.

    Examples
    --------
    >>> from skdeep.nn import ParametricActivation
    >>> from skdeep.testing import run_layer
    >>> run_layer(ParametricActivation("relu"), [[-1.0, 2.0]])
    array([[0., 2.]])
    """

    def __init__(
        self, function: str, rate: float = 1.0, decay: float = 0.0, name: str | None = None
    ) -> None:
        check_numbers(
            self, ">= 0 and finite", lambda factor: 0 <= factor < inf, rate=rate, decay=decay
        )
        if not is_one_of(function, ACTIVATIONS):
            raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {function!r}")
        self.function, self.rate, self.decay, self.name = function, rate, decay, name

    def build(self, in_shape: Shape) -> Spec:
        kind = "weight" if self.decay else "scale"
        shares = Param((1, *in_shape), kind, Constant(1.0), rate=self.rate, decay=self.decay or 1.0)
        return Spec(in_shape, {"a": shares}, work={"part": Work(in_shape)}, keeps=frozenset("x"))

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(mixing_kernels(self.function)[0], v.y, v.x, v.params.a)

    def backward(self, v: Views) -> None:
        _, both, terms = mixing_kernels(self.function)
        if v.dx is None:
            v.ops.launch(terms, v.work.part, v.dy, v.x)
        else:
            v.ops.launch(both, (v.dx, v.work.part), v.dy, v.x, v.params.a)
        v.ops.reduce(v.work.part, v.grads.a, axis=1)


@lru_cache(maxsize=64)
def mixing_kernels(function: str) -> tuple[Kernel, Kernel, Kernel]:
    """Return the kernels of y, of dx and the terms of da, and of these terms alone."""
    pair = ACTIVATIONS[function]
    value, slope, reads = pair.function, pair.derivative, pair.reads

    def mixed(xp: Any, x: Any, a: Any) -> Any:
        return x + a * (value(xp, x) - x)

    def backward(xp: Any, dy: Any, x: Any, a: Any) -> Any:
        y = value(xp, x)
        steep = slope(xp, y if reads == "y" else x)
        return dy * (1 + a * (steep - 1)), dy * (y - x)

    def terms(xp: Any, dy: Any, x: Any) -> Any:
        return dy * (value(xp, x) - x)

    name = f"mixed_{function}"
    return Kernel(mixed, name), Kernel(backward, f"{name}_backward"), Kernel(terms, f"{name}_terms")
