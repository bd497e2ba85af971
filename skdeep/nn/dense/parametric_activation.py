"""An activation that each unit takes up as far as it has learned to."""

from __future__ import annotations

from functools import lru_cache
from math import inf
from typing import Any

from skdeep.backend.kernel import Kernel
from skdeep.kernels.activations import ACTIVATIONS
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts
from skdeep.nn.core.layer_fields import check_numbers, is_one_of
from skdeep.nn.core.spec import Param, Shape, Spec, Views, Work
from skdeep.nn.initializers import Constant
from skdeep.nn.members.members import by_member, member_rows, of_each_member


class ParametricActivation(Layer):
    """Mix the identity and an activation f: ``y = x + a (f(x) - x)``, one learned a for each unit.

    Parameters
    ----------
    function : str
        A registered activation.
    rate, decay : float
        Factors of the learning rate and of weight decay, which acts on a where `decay` is not 0.
    n_members : int
        How many members of an ensemble stand side by side in a row; those have a in common.
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
        self,
        function: str,
        rate: float = 1.0,
        decay: float = 0.0,
        name: str | None = None,
        n_members: int = 1,
    ) -> None:
        check_counts(self, n_members=n_members)
        check_numbers(
            self, ">= 0 and finite", lambda factor: 0 <= factor < inf, rate=rate, decay=decay
        )
        if not is_one_of(function, ACTIVATIONS):
            raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {function!r}")
        self.function, self.rate, self.decay, self.name = function, rate, decay, name
        self.n_members = n_members

    def build(self, in_shape: Shape) -> Spec:
        kind = "weight" if self.decay else "scale"
        shape = in_shape
        if self.n_members > 1:
            shape = (of_each_member(self, in_shape, self.n_members),)
        shares = Param((1, *shape), kind, Constant(1.0), rate=self.rate, decay=self.decay or 1.0)
        return Spec(in_shape, {"a": shares}, work={"part": Work(in_shape)}, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, k = v.work, self.n_members
        w.x, w.y, w.dx, w.dy, w.a, w.terms = v.x, v.y, v.dx, v.dy, v.params.a, w.part
        if k == 1:
            return
        w.terms = member_rows(w.part, k)
        w.x, w.y, w.dx, w.dy, w.part = (
            by_member(array, k) for array in (v.x, v.y, v.dx, v.dy, w.part)
        )
        w.a = v.params.a[:, None]  # (M, 1, 1, U)

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        v.ops.launch(mixing_kernels(self.function)[0], w.y, w.x, w.a)

    def backward(self, v: Views) -> None:
        w = v.work
        _, both, terms = mixing_kernels(self.function)
        if w.dx is None:
            v.ops.launch(terms, w.part, w.dy, w.x)
        else:
            v.ops.launch(both, (w.dx, w.part), w.dy, w.x, w.a)
        v.ops.reduce(w.terms, v.grads.a, axis=1)


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
