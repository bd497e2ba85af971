"""Layers one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, Reads
from skdeep.nn.core.layer_fields import check_layers
from skdeep.nn.core.spec import Shape, ShapeError, SharedWeight, Spec, Views


class Sequential(Layer):
    """Each layer reads what the one before it wrote.

    Parameters
    ----------
    layers : sequence of Layer
        At least one. A layer's ``name`` (default: its class and position) names its parameters.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Activation, Dense, Sequential
    >>> from skdeep.testing import run_layer
    >>> run_layer(Sequential([Dense(8), Activation("relu")]), np.ones((4, 3))).shape
    (4, 8)
    """

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        self.layers = check_layers(self, layers, "layer")
        self.name = name

    @property
    def reads(self) -> Reads:  # type: ignore[override]
        """What the first layer reads that is particular."""
        return next((layer.reads for layer in self.layers if layer.reads != "any"), "any")

    def build(self, in_shape: Shape) -> Spec:
        children: dict[str, tuple[Layer, Spec]] = {}
        shape, shared = in_shape, set[str]()
        for k, layer in enumerate(self.layers):
            if layer.reads == "tokens" and not all(spec.view for _, spec in children.values()):
                raise ShapeError(f"{layer!r} reads tokens: no layer that computes comes before it")
            spec = layer.build(shape)
            if not isinstance(spec, Spec):
                raise TypeError(f"build of {layer!r} must return a Spec, got {spec!r}")
            name = layer.name or f"{type(layer).__name__.lower()}_{k}"
            if name in children:
                raise ValueError(f"two layers of {self!r} are called {name!r}")
            for weight in spec.shared.values():
                self._check_shared(layer, weight, children, shared)
                shared.add(weight.slot)
            children[name] = (layer, spec)
            shape = spec.out_shape
        specs = [spec for _, spec in children.values()]
        keeps = frozenset(
            keep for keep, order in (("x", specs), ("y", specs[::-1])) if _keeps(keep, order)
        )
        view = all(spec.view for spec in specs)
        return Spec(
            shape, children=children, keeps=keeps, shared_slots=frozenset(shared), view=view
        )

    @staticmethod
    def _check_shared(
        layer: Layer, weight: SharedWeight, before: dict[str, tuple[Layer, Spec]], shared: set[str]
    ) -> None:
        """Refuse to share what is not there, does not fit, or is shared already."""
        owner, _, key = weight.slot.rpartition(".")
        param = before[owner][1].params.get(key) if owner in before else None
        if param is None or not param.shareable:
            raise ShapeError(
                f"{layer!r} needs {weight.slot!r} of a layer before it that can share it"
            )
        if param.shape != weight.shape:
            raise ShapeError(
                f"{layer!r} needs {weight.slot!r} of shape {weight.shape}, got {param.shape}"
            )
        if weight.slot in shared:
            raise ShapeError(f"{layer!r} needs {weight.slot!r}, which another layer shares")

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        x, dx = v.x, v.dx
        kept = True  # the input belongs to somebody else
        last = len(spec.children) - 1
        for k, (name, (layer, inner)) in enumerate(spec.children.items()):
            given = {"y": v.y, "dy": v.dy} if k == last and v.y is not None else {}
            child = binder.bind(
                layer, inner, binder.child(name), x, dx, may_overwrite=not kept, **given
            )
            v.children[name] = child
            # Where no backward follows, nobody reads what lies between the layers again.
            kept = (inner.view and kept) or (binder.training and "y" in inner.keeps)
            x, dx = child.y, child.dy
            binder = binder.seeing(child.valid_y)
        v.y, v.dy, v.valid_y = x, dx, binder.valid

    def forward(self, v: Views, training: bool) -> None:
        for layer, child in zip(self.layers, v.children.values(), strict=True):
            layer.forward(child, training)

    def backward(self, v: Views) -> None:
        pairs = list(zip(self.layers, v.children.values(), strict=True))
        for layer, child in reversed(pairs):
            layer.backward(child)


def _keeps(what: str, specs: Sequence[Spec]) -> bool:
    """Say whether the first of these reads `what` again, or one behind views of the same memory."""
    for spec in specs:
        if what in spec.keeps or not spec.view:
            return what in spec.keeps
    return False
