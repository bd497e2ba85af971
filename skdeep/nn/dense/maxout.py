"""Maxout units."""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts
from skdeep.nn.core.spec import Shape, Spec, Views
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Initializer, SklearnGlorot


@kernel
def largest(xp: Any, *pieces: Any) -> Any:
    """Return the largest of the pieces."""
    top = pieces[0]
    for piece in pieces[1:]:
        top = xp.maximum(top, piece)
    return top


@kernel
def to_largest(xp: Any, dy: Any, *pieces: Any) -> Any:
    """Hand dy to the largest piece, to the first of equal ones, and 0 to the others."""
    result = []
    for k, piece in enumerate(pieces):
        wins = dy
        for j, other in enumerate(pieces):
            if j != k:
                wins = wins * (piece > other if j < k else piece >= other)
        result.append(wins)
    return tuple(result)


class Maxout(Layer):
    """Each unit is the largest of several affine maps of its sample.

    Parameters
    ----------
    units : int
        Number of outputs U.
    pieces : int
        Number of affine maps of each unit, at least two.
    weight_init, bias_init : Initializer
        How each map starts.
    name : str or None
        Name within the parent.

    References
    ----------
    Goodfellow, Warde-Farley, Mirza, Courville and Bengio (2013). Maxout networks. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Maxout
    >>> from skdeep.testing import run_layer
    >>> run_layer(Maxout(5, pieces=3), np.ones((4, 3))).shape
    (4, 5)
    """

    def __init__(
        self,
        units: int,
        pieces: int = 2,
        *,
        weight_init: Initializer = SklearnGlorot(),
        bias_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        check_counts(self, units=units, pieces=pieces)
        if pieces < 2:
            raise ValueError(f"the pieces of Maxout must be at least 2, got {pieces!r}")
        self.units, self.pieces = units, pieces
        self.weight_init, self.bias_init, self.name = weight_init, bias_init, name

    def _piece(self) -> Dense:
        return Dense(self.units, weight_init=self.weight_init, bias_init=self.bias_init)

    def build(self, in_shape: Shape) -> Spec:
        piece = self._piece()
        spec = piece.build(in_shape)
        children = {f"piece_{k}": (piece, spec) for k in range(self.pieces)}
        return Spec((self.units,), children=children, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if v.y is None:
            v.y, v.dy = binder.outputs(binder.scope, spec.out_shape)
        for name, (piece, inner) in spec.children.items():
            full = binder.child(name)
            dx = v.dx  # the first piece writes it, the others add to it
            if dx is not None and v.children:
                dx = binder.rows(f"{full}:dx", v.x.shape[2:])
            v.children[name] = binder.bind(piece, inner, full, v.x, dx)

    def forward(self, v: Views, training: bool) -> None:
        piece, children = self._piece(), v.children.values()
        for child in children:
            piece.forward(child, training)
        v.ops.launch(largest, v.y, *(child.y for child in children))

    def backward(self, v: Views) -> None:
        piece, children = self._piece(), v.children.values()
        outputs = [child.y for child in children]
        v.ops.launch(to_largest, tuple(child.dy for child in children), v.dy, *outputs)
        for k, child in enumerate(children):
            piece.backward(child)
            if k and v.dx is not None:
                v.ops.launch(add, v.dx, v.dx, child.dx)
