"""Layers side by side."""

from __future__ import annotations

from collections.abc import Sequence

from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, Reads
from skdeep.nn.core.layer_fields import check_layers
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views


class Parallel(Layer):
    """Several branches read the same x; their outputs are joined along the last axis.

    Parameters
    ----------
    branches : sequence of Layer
        At least one; a :class:`~skdeep.nn.core.sequential.Sequential` where a branch is a chain. A
        branch's ``name`` (default: its class and position) names its parameters.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Dense, Parallel
    >>> from skdeep.testing import run_layer
    >>> run_layer(Parallel([Dense(2), Dense(5)]), np.ones((4, 3))).shape
    (4, 7)
    """

    def __init__(self, branches: Sequence[Layer], name: str | None = None) -> None:
        self.branches = check_layers(self, branches, "branch")
        self.name = name

    @property
    def reads(self) -> Reads:  # type: ignore[override]
        """What the first branch reads that is particular."""
        return next((branch.reads for branch in self.branches if branch.reads != "any"), "any")

    def build(self, in_shape: Shape) -> Spec:
        children: dict[str, tuple[Layer, Spec]] = {}
        for k, branch in enumerate(self.branches):
            name = branch.name or f"{type(branch).__name__.lower()}_{k}"
            if name in children:
                raise ValueError(f"two branches of {self!r} are called {name!r}")
            children[name] = (branch, branch.build(in_shape))
        specs = [spec for _, spec in children.values()]
        shapes = [spec.out_shape for spec in specs]
        if len({shape[:-1] for shape in shapes}) > 1:
            raise ShapeError(f"the branches of {self!r} give shapes that do not join: {shapes}")
        out_shape = (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
        keeps = frozenset[str]().union(*(spec.keeps for spec in specs))
        steps = all(spec.step_major for spec in specs)
        return Spec(out_shape, children=children, keeps=keeps, step_major=steps)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if v.y is None:
            given = {"step_major": spec.step_major}
            v.y, v.dy = binder.outputs(binder.scope, spec.out_shape, **given)
        start = 0
        for name, (branch, inner) in spec.children.items():
            full = binder.child(name)
            stop = start + inner.out_shape[-1]
            y = v.y[..., start:stop]
            dy = None if v.dy is None else v.dy[..., start:stop]
            dx = v.dx  # the first branch writes it, the others add to it
            if dx is not None and start:
                dx = binder.rows(f"{full}:dx", v.x.shape[2:])
            v.children[name] = binder.bind(branch, inner, full, v.x, dx, y=y, dy=dy)
            start = stop
        v.valid_y = next(iter(v.children.values())).valid_y

    def forward(self, v: Views, training: bool) -> None:
        for branch, child in zip(self.branches, v.children.values(), strict=True):
            branch.forward(child, training)

    def backward(self, v: Views) -> None:
        for k, (branch, child) in enumerate(zip(self.branches, v.children.values(), strict=True)):
            branch.backward(child)
            if k and v.dx is not None:
                v.ops.launch(add, v.dx, v.dx, child.dx)
