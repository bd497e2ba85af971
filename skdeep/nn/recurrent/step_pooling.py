"""One row of features out of a sequence of steps, whatever its length."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.step_pooling import (
    exp_below,
    is_largest,
    last_of,
    only_valid,
    quotient,
    shared,
    softmax_back,
    weighted_sum_back,
)
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import in_rows
from skdeep.nn.core.layer import Layer, by_step, steps_only
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import VarianceScaling

Make = Callable[..., Array]


class Pooling(Layer):
    """Base: (T, F) to (F,). What lies in the padding behind a sequence is not read.

    Parameters
    ----------
    name : str or None
        Name within the parent.
    """

    reads = "sequences"

    def __init__(self, name: str | None = None) -> None:
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        steps_only(self, in_shape)
        return Spec((in_shape[1],), keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        steps = v.x.shape[2]

        def make(name: str, *shape: int) -> Array:
            place = binder.rows if in_rows(v.x) else binder.steps
            return by_step(place(f"{binder.scope}:{name}", shape))

        if v.valid is None:
            v.work.valid = binder.constant(np.ones((1, steps, 1, 1), binder.dtype))
        else:
            valid = v.valid.swapaxes(1, 2)
            v.work.valid = valid.reshape(*valid.shape, 1).swapaxes(2, 3)  # (M, T, 1, B)
        self._bind_more(v, make, binder)

    def _bind_part(self, v: Views, make: Make) -> None:
        """Make room for a value of each step and feature."""
        v.work.part = make("part", *v.x.shape[2:])

    def _bind_more(self, v: Views, make: Make, binder: Binder) -> None:
        """Make what only this kind needs; ``make(name, *shape)`` gives (M, *shape, B).

        It lies in memory as x does.
        """


def as_step(row: Array) -> Array:
    """Return rows (M, B, F) as one step (M, 1, F, B), a view."""
    return row.reshape(*row.shape, 1).swapaxes(1, 3)


class LastStep(Pooling):
    """The last step of each sequence.

    Parameters
    ----------
    reversed_features : int
        How many of the features, the last ones, come from a layer that runs in reverse: its last
        step is the first.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import LastStep
    >>> from skdeep.testing import run_layer
    >>> run_layer(LastStep(), [[[1.0], [3.0], [2.0]]])
    array([[2.]])
    """

    def __init__(self, reversed_features: int = 0, name: str | None = None) -> None:
        super().__init__(name)
        self.reversed_features = reversed_features

    def build(self, in_shape: Shape) -> Spec:
        return Spec(super().build(in_shape).out_shape)

    def _bind_more(self, v: Views, make: Make, binder: Binder) -> None:
        w, steps = v.work, v.x.shape[2]
        w.zero = binder.constant(np.zeros((1, 1, 1, 1), binder.dtype))
        if v.valid is not None:
            self._bind_part(v, make)
            w.last = make("last", steps, 1)

    def _parts(self, v: Views) -> list[tuple[slice, bool]]:
        """Return ranges of features, and whether their step is the first one."""
        edge = v.x.shape[-1] - self.reversed_features
        parts = [(slice(0, edge), False), (slice(edge, None), True)]
        return [parts[k] for k in range(2) if (edge, self.reversed_features)[k]]

    def forward(self, v: Views, training: bool) -> None:
        w, ops, steps = v.work, v.ops, v.x.shape[2]
        x, y = by_step(v.x), as_step(v.y)
        if v.valid is not None:
            if steps > 1:
                ops.launch(last_of, w.last[:, :-1], w.valid[:, :-1], w.valid[:, 1:])
            ops.copy(w.valid[:, -1:], w.last[:, -1:])
        for features, first in self._parts(v):
            if first:
                ops.copy(x[:, :1, features], y[:, :, features])
            elif v.valid is None:
                ops.copy(x[:, -1:, features], y[:, :, features])
            else:
                part = w.part[:, :, features]
                ops.launch(multiply, part, x[:, :, features], w.last)
                ops.reduce(part, y[:, :, features], axis=1)

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        w, ops, dx, dy = v.work, v.ops, by_step(v.dx), as_step(v.dy)
        for features, first in self._parts(v):
            if first or v.valid is None:
                ops.copy(w.zero, dx[:, :, features])
                step = slice(1) if first else slice(-1, None)
                ops.copy(dy[:, :, features], dx[:, step, features])
            else:
                ops.launch(multiply, dx[:, :, features], w.last, dy[:, :, features])


class MeanSteps(Pooling):
    """The mean over the steps of each sequence.

    Parameters
    ----------
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import MeanSteps
    >>> from skdeep.testing import run_layer
    >>> run_layer(MeanSteps(), [[[1.0], [3.0], [2.0]]])
    array([[2.]])
    """

    def build(self, in_shape: Shape) -> Spec:
        return Spec(super().build(in_shape).out_shape)

    def _bind_more(self, v: Views, make: Make, binder: Binder) -> None:
        self._bind_part(v, make)
        steps = v.work.valid.shape[1]
        v.work.share = make("share", steps, 1)
        v.work.count = make("count", 1, 1)

    def forward(self, v: Views, training: bool) -> None:
        w, ops = v.work, v.ops
        ops.copy(w.valid, w.share)
        ops.reduce(w.share, w.count, axis=1)
        ops.launch(quotient, w.share, w.share, w.count)
        ops.launch(multiply, w.part, by_step(v.x), w.share)
        ops.reduce(w.part, as_step(v.y), axis=1)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            v.ops.launch(multiply, by_step(v.dx), v.work.share, as_step(v.dy))


class MaxSteps(Pooling):
    """The largest value of each feature over the steps of each sequence.

    Gradients are shared evenly among equal ones.

    Parameters
    ----------
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import MaxSteps
    >>> from skdeep.testing import run_layer
    >>> run_layer(MaxSteps(), [[[1.0], [3.0], [2.0]]])
    array([[3.]])
    """

    def build(self, in_shape: Shape) -> Spec:
        return Spec(super().build(in_shape).out_shape)

    def _bind_more(self, v: Views, make: Make, binder: Binder) -> None:
        self._bind_part(v, make)
        v.work.top = make("top", 1, v.x.shape[-1])
        if binder.training:
            v.work.count = make("count", 1, v.x.shape[-1])

    def forward(self, v: Views, training: bool) -> None:
        w, ops = v.work, v.ops
        ops.launch(only_valid, w.part, by_step(v.x), w.valid)
        ops.reduce(w.part, w.top, axis=1, op="max")
        ops.copy(w.top, as_step(v.y))

    def backward(self, v: Views) -> None:
        w, ops = v.work, v.ops
        if v.dx is None:
            return
        ops.launch(is_largest, w.part, w.part, w.top)
        ops.reduce(w.part, w.count, axis=1)
        ops.launch(shared, by_step(v.dx), as_step(v.dy), w.part, w.count)


class AttentionSteps(Pooling):
    """A mean over the steps, weighted by the softmax of their products with a learned vector.

    Parameters
    ----------
    name : str or None
        Name within the parent.

    References
    ----------
    Yang, Yang, Dyer, He, Smola and Hovy (2016). Hierarchical attention networks for document
    classification. NAACL. Here without the dense layer before the product.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import AttentionSteps
    >>> from skdeep.testing import run_layer
    >>> run_layer(AttentionSteps(), np.ones((4, 7, 3))).shape
    (4, 3)
    """

    def build(self, in_shape: Shape) -> Spec:
        features = steps_only(self, in_shape)[1]
        query = Param((features, 1), "weight", VarianceScaling(), (features, 1))
        return Spec((features,), {"query": query}, keeps=frozenset("x"))

    def _bind_more(self, v: Views, make: Make, binder: Binder) -> None:
        self._bind_part(v, make)
        w, (_, _, steps, features) = v.work, v.x.shape
        w.query = v.params.query.reshape(v.params.query.shape[0], 1, features, 1)
        w.score, w.top, w.total = make("score", steps, 1), make("max", 1, 1), make("total", 1, 1)
        if binder.training:
            w.slope, w.mean = make("slope", steps, 1), make("mean", 1, 1)
            w.sum = make("sum", 1, features)

    def forward(self, v: Views, training: bool) -> None:
        w, ops, x = v.work, v.ops, by_step(v.x)
        ops.launch(multiply, w.part, x, w.query)
        ops.reduce(w.part, w.score, axis=2)
        ops.launch(only_valid, w.score, w.score, w.valid)
        ops.reduce(w.score, w.top, axis=1, op="max")
        ops.launch(exp_below, w.score, w.score, w.top)
        ops.reduce(w.score, w.total, axis=1)
        ops.launch(quotient, w.score, w.score, w.total)
        ops.launch(multiply, w.part, x, w.score)
        ops.reduce(w.part, as_step(v.y), axis=1)

    def backward(self, v: Views) -> None:
        w, ops, x, dy = v.work, v.ops, by_step(v.x), as_step(v.dy)
        ops.launch(multiply, w.part, x, dy)
        ops.reduce(w.part, w.slope, axis=2)
        part = w.part[:, :, :1]
        ops.launch(multiply, part, w.slope, w.score)
        ops.reduce(part, w.mean, axis=1)
        ops.launch(softmax_back, w.slope, w.score, w.slope, w.mean)
        ops.launch(multiply, w.part, x, w.slope)
        ops.reduce(w.part, w.sum, axis=1)
        ops.reduce(w.sum, v.grads.query.reshape(w.query.shape), axis=3)
        if v.dx is not None:
            ops.launch(weighted_sum_back, by_step(v.dx), w.score, dy, w.slope, w.query)
