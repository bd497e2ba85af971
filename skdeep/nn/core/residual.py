"""Residual connections."""

from __future__ import annotations

from collections.abc import Sequence

from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, Reads
from skdeep.nn.core.layer_fields import is_one_of
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Initializer, SklearnGlorot


class Residual(Layer):
    """Add a shortcut around some layers: ``y = body(x) + shortcut(x)``.

    Parameters
    ----------
    layers : sequence of Layer
        The body.
    projection : {"auto", "never"} or Layer
        "auto": the shortcut is a linear map where the body changes the shape, and the identity
        elsewhere: a dense one of rows, a convolution of images with a kernel of one and the body's
        strides. "never": a body that changes the shape raises ShapeError. A layer: the shortcut,
        whatever the shapes.
    weight_init : Initializer
        How the projection starts.
    name : str or None
        Name within the parent.

    References
    ----------
    He, Zhang, Ren and Sun (2016). Deep residual learning for image recognition. CVPR.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Activation, Dense, Residual
    >>> from skdeep.testing import run_layer
    >>> run_layer(Residual([Dense(3), Activation("tanh")]), np.ones((4, 3))).shape
    (4, 3)
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        projection: str | Layer = "auto",
        *,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        if not isinstance(projection, Layer) and not is_one_of(projection, ("auto", "never")):
            raise ValueError(f"projection must be 'auto', 'never' or a layer, got {projection!r}")
        self.body, self.projection = Sequential(layers), projection
        self.weight_init, self.name = weight_init, name

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers inside."""
        return self.body.layers

    @property
    def reads(self) -> Reads:  # type: ignore[override]
        """What the layers inside read."""
        return self.body.reads

    def build(self, in_shape: Shape) -> Spec:
        inner = self.body.build(in_shape)
        children: dict[str, tuple[Layer, Spec]] = {"body": (self.body, inner)}
        if inner.has("steps") and not isinstance(self.projection, Layer):
            raise ShapeError(
                f"the layers of {self!r} give other steps than they read: say which, such as "
                f"projection=StepConv({inner.out_shape[-1]}, 1, strides=2, bias=False)"
            )
        if isinstance(self.projection, Layer) or inner.out_shape != in_shape:
            shortcut = self._projection(in_shape, inner.out_shape)
            children["shortcut"] = (shortcut, shortcut.build(in_shape))
            if children["shortcut"][1].out_shape != inner.out_shape:
                raise ShapeError(f"{self!r} maps {in_shape} to {inner.out_shape}: no shortcut fits")
        keeps = frozenset("x" for _, spec in children.values() if "x" in spec.keeps)
        return Spec(inner.out_shape, children=children, keeps=keeps)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if v.y is None:
            v.y, v.dy = binder.outputs(binder.scope, spec.out_shape)
        body, inner = spec.children["body"]
        # The sum goes where the body wrote, unless the body reads that again. Both parts read
        # x and dy, so neither may overwrite them: they are handed their outputs.
        y = binder.rows(f"{binder.scope}:body", spec.out_shape) if "y" in inner.keeps else v.y
        name = binder.child("body")
        v.children["body"] = binder.bind(body, inner, name, v.x, v.dx, y=y, dy=v.dy)
        v.valid_y = v.children["body"].valid_y
        if "shortcut" in spec.children:
            shortcut, inner = spec.children["shortcut"]
            name = binder.child("shortcut")
            y = binder.rows(f"{name}:y", spec.out_shape)
            dx = None if v.dx is None else binder.rows(f"{name}:dx", v.x.shape[2:])
            v.children["shortcut"] = binder.bind(shortcut, inner, name, v.x, dx, y=y, dy=v.dy)

    def forward(self, v: Views, training: bool) -> None:
        body, shortcut = v.children["body"], v.children.get("shortcut")
        self.body.forward(body, training)
        if shortcut is not None:
            self._projection(v.x.shape[2:], v.y.shape[2:]).forward(shortcut, training)
        v.ops.launch(add, v.y, body.y, v.x if shortcut is None else shortcut.y)

    def backward(self, v: Views) -> None:
        body, shortcut = v.children["body"], v.children.get("shortcut")
        self.body.backward(body)
        if shortcut is not None:
            self._projection(v.x.shape[2:], v.y.shape[2:]).backward(shortcut)
        if v.dx is not None:
            v.ops.launch(add, v.dx, v.dx, v.dy if shortcut is None else shortcut.dx)

    def _projection(self, in_shape: Shape, out_shape: Shape) -> Layer:
        """Return the layer of a shortcut between these shapes."""
        if isinstance(self.projection, Layer):
            return self.projection
        if self.projection == "never" or len(in_shape) != len(out_shape):
            raise ShapeError(f"{self!r} maps {in_shape} to {out_shape}: no shortcut fits")
        if len(out_shape) == 1:
            return Dense(out_shape[0], bias=False, weight_init=self.weight_init)
        from skdeep.nn.conv.conv import Conv  # networks of flat rows load no convolutions

        steps = tuple(-(-n // out) for n, out in zip(in_shape[:-1], out_shape[:-1], strict=True))
        return Conv(out_shape[-1], 1, strides=steps, bias=False, weight_init=self.weight_init)
