"""Neighbouring columns, each with a layer of their own."""

from __future__ import annotations

from collections.abc import Sequence

from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts, rows_only
from skdeep.nn.core.layer_fields import check_layers
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views


class ByColumns(Layer):
    """Cut rows into neighbouring columns, and join what a layer of their own makes of each.

    Parameters
    ----------
    widths : sequence of int
        Number of columns of each part; together all there are.
    layers : sequence of Layer or None
        One for each part; None hands its columns on.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import Activation, ByColumns
    >>> from skdeep.testing import run_layer
    >>> run_layer(ByColumns([1, 2], [Activation("relu"), None]), [[-1.0, -2.0, 3.0]])
    array([[ 0., -2.,  3.]])
    """

    def __init__(
        self, widths: Sequence[int], layers: Sequence[Layer | None], name: str | None = None
    ) -> None:
        several = isinstance(layers, list | tuple) and isinstance(widths, list | tuple)
        if not several or len(widths) != len(layers) or not layers:
            raise ValueError(
                f"ByColumns needs a layer, or None, for each of the widths {widths!r}, got "
                f"{layers!r}"
            )
        check_counts(self, **{f"widths[{k}]": width for k, width in enumerate(widths)})
        check_layers(self, [layer for layer in layers if layer is not None], "layer")
        self.widths, self.layers, self.name = tuple(widths), tuple(layers), name

    def build(self, in_shape: Shape) -> Spec:
        if rows_only(self, in_shape) != sum(self.widths):
            raise ShapeError(f"{self!r} expects {sum(self.widths)} features, got {in_shape}")
        children: dict[str, tuple[Layer, Spec]] = {}
        total, keeps = 0, set[str]()
        for k, (width, layer) in enumerate(zip(self.widths, self.layers, strict=True)):
            if layer is None:
                total += width
                continue
            name = layer.name or f"{type(layer).__name__.lower()}_{k}"
            spec = layer.build((width,))
            children[name] = (layer, spec)
            total += rows_only(layer, spec.out_shape)
            keeps |= spec.keeps
        return Spec((total,), children=children, keeps=frozenset(keeps))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if v.y is None:
            v.y, v.dy = binder.outputs(binder.scope, spec.out_shape)
        parts = iter(spec.children.items())
        start = place = 0
        v.work.plain = []
        for width, layer in zip(self.widths, self.layers, strict=True):
            cut = slice(start, start + width)
            x, dx = v.x[..., cut], None if v.dx is None else v.dx[..., cut]
            if layer is None:
                to = slice(place, place + width)
                v.work.plain.append((x, dx, v.y[..., to], None if v.dy is None else v.dy[..., to]))
                place += width
            else:
                name, (_, inner) = next(parts)
                to = slice(place, place + inner.out_shape[-1])
                given = {"y": v.y[..., to], "dy": None if v.dy is None else v.dy[..., to]}
                full = binder.child(name)
                v.children[name] = binder.bind(layer, inner, full, x, dx, **given)
                place = to.stop
            start += width

    def forward(self, v: Views, training: bool) -> None:
        for x, _, y, _ in v.work.plain:
            v.ops.copy(x, y)
        for layer, child in self._pairs(v):
            layer.forward(child, training)

    def backward(self, v: Views) -> None:
        for _, dx, _, dy in v.work.plain:
            if dx is not None:
                v.ops.copy(dy, dx)
        for layer, child in self._pairs(v):
            layer.backward(child)

    def _pairs(self, v: Views) -> list[tuple[Layer, Views]]:
        layers = [layer for layer in self.layers if layer is not None]
        return list(zip(layers, v.children.values(), strict=True))
