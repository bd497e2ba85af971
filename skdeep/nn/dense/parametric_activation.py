"""An activation that each unit takes up as far as it has learned to."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from math import inf
from typing import Any

from skdeep.backend.kernel import Kernel
from skdeep.kernels.activations import ACTIVATIONS, mixture
from skdeep.kernels.arithmetic import multiply
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
        work = {name: Work(in_shape) for name in ("moved", "steep")}
        return Spec(in_shape, {"a": shares}, work=work, in_place=True)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, k = v.work, self.n_members
        w.x, w.y, w.dx, w.dy, w.a, w.terms = v.x, v.y, v.dx, v.dy, v.params.a, w.moved
        w.learns = binder.training
        if k == 1:
            return
        w.terms = member_rows(w.moved, k)
        w.x, w.y, w.dx, w.dy = (by_member(array, k) for array in (v.x, v.y, v.dx, v.dy))
        w.moved, w.steep = (by_member(array, k) for array in (w.moved, w.steep))
        w.a = v.params.a[:, None]  # (M, 1, 1, U)

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        plain, keeping, steep, *_ = mixing_kernels(self.function)
        if not w.learns:
            v.ops.launch(plain, w.y, w.x, w.a)
        elif w.dx is None:
            v.ops.launch(keeping, (w.y, w.moved), w.x, w.a)
        else:
            v.ops.launch(steep, (w.y, w.moved, w.steep), w.x, w.a)

    def backward(self, v: Views) -> None:
        w = v.work
        v.ops.launch(multiply, w.moved, w.dy, w.moved)  # nobody else reads it
        v.ops.reduce(w.terms, v.grads.a, axis=1)
        scaled = mixing_kernels(self.function)[-1]
        if scaled is not None:
            v.ops.launch(scaled, v.grads.a, v.grads.a)
        if w.dx is not None:
            v.ops.launch(multiply, w.dx, w.dy, w.steep)


@lru_cache(maxsize=64)
def mixing_kernels(function: str) -> tuple[Kernel, Kernel, Kernel, Kernel | None]:
    """Return the kernels of y; of y and what moves it; of these and the slope of y; of da.

    What backward reads is computed with y, whose slope shares its dear functions. The last one
    gives the sums for da the factor that they lack, and is None where they lack none.
    """
    factor, parts = mixture(function)

    def own(a: Any) -> Any:
        return a if factor == 1 else factor * a

    def mixed(xp: Any, x: Any, a: Any) -> Any:
        return x + own(a) * parts(xp, x)[0]

    def moved(xp: Any, x: Any, a: Any) -> Any:
        moved = parts(xp, x)[0]
        return x + own(a) * moved, moved

    def steep(xp: Any, x: Any, a: Any) -> Any:
        moved, steep = parts(xp, x)
        return x + own(a) * moved, moved, 1 + own(a) * steep

    def scaled(xp: Any, sums: Any) -> Any:
        return factor * sums

    def named(body: Callable[..., Any]) -> Kernel:
        return Kernel(body, f"{body.__name__}_{function}")

    rest = None if factor == 1 else named(scaled)
    return named(mixed), named(moved), named(steep), rest
