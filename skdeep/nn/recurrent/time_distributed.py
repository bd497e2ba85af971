"""Layers of rows at every step of sequences: what makes a prediction for each step."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, by_step, steps_only
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Named, Noise, Shape, ShapeError, Spec, Views


class TimeDistributed(Layer):
    """Apply layers to the features of each step, as if every step were a row: (T, F) to (T, K).

    Rows are ordered by step, (M, T * B, F). A row's dropout masks are those of its sequence in all
    steps.

    Parameters
    ----------
    layers : sequence of Layer
        From rows (F,) to rows (K,).
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Activation, TimeDistributed, Dense
    >>> from skdeep.testing import run_layer
    >>> run_layer(TimeDistributed([Dense(5), Activation("relu")]), np.ones((4, 7, 3))).shape
    (4, 7, 5)
    """

    reads = "sequences"

    def __init__(self, layers: Sequence[Layer], name: str | None = None) -> None:
        self.inner, self.name = Sequential(layers), name

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers inside."""
        return self.inner.layers

    def build(self, in_shape: Shape) -> Spec:
        steps, features = steps_only(self, in_shape)
        inner = self.inner.build((features,))
        if len(inner.out_shape) != 1:
            raise ShapeError(f"{self!r} must give rows, got {inner.out_shape}")
        if inner.has("batch"):
            raise ShapeError(f"{self!r}: a layer of batch statistics would count the padding")
        return Spec((steps, *inner.out_shape), children=inner.children, traits=inner.traits)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, (models, batch, steps, features) = v.work, v.x.shape
        rows = copy(binder)
        rows.batch, rows.noise = batch * steps, self._noise(v, binder, steps)

        def make(name: str, *shape: int) -> Array:
            return binder.arena.take(f"{binder.scope}:{name}", (models, *shape), binder.dtype)

        w.x = make("rows", rows.batch, features)
        w.dx = None if v.dx is None else make("drows", rows.batch, features)
        units = spec.out_shape[1]
        w.y = make("logits", units, rows.batch).swapaxes(1, 2)
        w.dy = make("dlogits", units, rows.batch).swapaxes(1, 2) if binder.training else None
        if v.y is None:
            v.y, v.dy = binder.outputs(binder.scope, spec.out_shape, step_major=True)
        inner = Spec((units,), children=spec.children)
        arrays = (w.x, w.y, w.dx, w.dy, v.params, v.grads, Named())
        v.children["rows"] = Views(v.ops, *arrays, weight=binder.weight, noise=rows.noise)
        self.inner.bind(inner, v.children["rows"], rows)

    @staticmethod
    def _noise(v: Views, binder: Binder, steps: int) -> Noise | None:
        """Return the noise of rows: the keys of their sequences."""
        v.work.keys = None
        if v.noise is None or v.noise.keys.shape[1] == 1:
            return v.noise
        models, batch, _ = v.noise.keys.shape
        shape = (models, steps * batch, 1)
        keys = binder.arena.take(f"{binder.scope}:keys", shape, v.noise.keys.dtype)
        v.work.keys = keys.reshape(models, steps, batch, 1)
        return Noise(keys, v.noise.seed, v.noise.level)

    @staticmethod
    def _steps_of(rows: Array, steps: int) -> Array:
        """See rows (M, T * B, K), which lie class-major, as sequences (M, B, T, K)."""
        models, count, units = rows.shape
        major = rows.swapaxes(1, 2).reshape(models, units, steps, count // steps)
        return major.swapaxes(1, 3)

    def _as_rows(self, sequences: Array, rows: Array) -> tuple[Array, Array]:
        """Return both arrays as (M, T, B, F), ready to copy."""
        models, batch, steps, features = sequences.shape
        return by_step(sequences).swapaxes(2, 3), rows.reshape(models, steps, batch, features)

    def forward(self, v: Views, training: bool) -> None:
        w, ops = v.work, v.ops
        ops.copy(*self._as_rows(v.x, w.x))
        if w.keys is not None:
            models, batch, _ = v.noise.keys.shape  # type: ignore[union-attr]
            ops.copy(v.noise.keys.reshape(models, 1, batch, 1), w.keys)  # type: ignore[union-attr]
        self.inner.forward(v.children["rows"], training)
        ops.copy(self._steps_of(w.y, v.x.shape[2]), v.y)

    def backward(self, v: Views) -> None:
        w, ops = v.work, v.ops
        ops.copy(v.dy, self._steps_of(w.dy, v.x.shape[2]))
        self.inner.backward(v.children["rows"])
        if v.dx is not None:
            steps, rows = self._as_rows(v.dx, w.dx)
            ops.copy(rows, steps)
