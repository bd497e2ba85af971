"""What is made of a whole sequence, at each of its steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, by_step, steps_only
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views
from skdeep.nn.recurrent.step_pooling import as_step


class RepeatSteps(Layer):
    """Give each step what layers make of the whole sequence: (T, F) to (T, K).

    Layers behind it that read sequences can make all steps of the one row, as the decoder of an
    autoencoder of sequences does.

    Parameters
    ----------
    layers : sequence of Layer
        From sequences (T, F) to rows (K,).
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import MeanSteps, RepeatSteps
    >>> from skdeep.testing import run_layer
    >>> run_layer(RepeatSteps([MeanSteps()]), [[[1.0], [3.0]]]).tolist()
    [[[2.0], [2.0]]]
    """

    reads = "sequences"

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        self.body, self.name = Sequential(layers), name

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers inside."""
        return self.body.layers

    def build(self, in_shape: Shape) -> Spec:
        steps, _ = steps_only(self, in_shape)
        inner = self.body.build(in_shape)
        if len(inner.out_shape) != 1:
            raise ShapeError(f"{self!r} must give a row of a sequence, got {inner.out_shape}")
        keeps = inner.keeps & {"x"}
        return Spec((steps, *inner.out_shape), children={"body": (self.body, inner)}, keeps=keeps)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if v.y is None:
            v.y, v.dy = binder.outputs(binder.scope, spec.out_shape, step_major=True)
        body, inner = spec.children["body"]
        name = binder.child("body")
        y, dy = binder.outputs(f"{name}:row", inner.out_shape)
        v.children["body"] = binder.bind(body, inner, name, v.x, v.dx, y=y, dy=dy)
        steps = spec.out_shape[0]
        if v.valid is None:
            v.work.valid = binder.constant(np.ones((1, steps, 1, 1), binder.dtype))
        else:
            valid = v.valid.swapaxes(1, 2)
            v.work.valid = valid.reshape(*valid.shape, 1).swapaxes(2, 3)  # (M, T, 1, B)
        if binder.training:
            shape = (binder.store.n_models, *spec.out_shape, binder.batch)
            v.work.part = binder.arena.take(f"{binder.scope}:part", shape, binder.dtype)

    def forward(self, v: Views, training: bool) -> None:
        body = v.children["body"]
        self.body.forward(body, training)
        v.ops.copy(as_step(body.y), by_step(v.y))

    def backward(self, v: Views) -> None:
        body, w = v.children["body"], v.work
        v.ops.launch(multiply, w.part, by_step(v.dy), w.valid)
        v.ops.reduce(w.part, as_step(body.dy), axis=1)
        self.body.backward(body)
