"""A layer of rows at every position of an image."""

from __future__ import annotations

from copy import copy
from math import prod
from typing import Any

import numpy as np

from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views, Work


class PerPixel(Layer):
    """Apply a layer to the channels of each position, as if every position were a row.

    It makes batch normalisation that of channels, with the mean over rows and positions, and layer
    normalisation that of each position over its channels.

    Parameters
    ----------
    layer : Layer
        A layer of rows (C,) with nothing inside and without noise.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Dense, PerPixel
    >>> from skdeep.testing import run_layer
    >>> run_layer(PerPixel(Dense(2)), np.ones((4, 6, 6, 3))).shape
    (4, 6, 6, 2)
    """

    def __init__(self, layer: Layer, name: str | None = None) -> None:
        self.layer, self.name = layer, name

    def build(self, in_shape: Shape) -> Spec:
        if len(in_shape) < 2:
            raise ShapeError(f"{self!r} expects positions and channels, got {in_shape}")
        inner = self.layer.build(in_shape[-1:])
        if inner.children or inner.shared or inner.has("noise"):
            raise ShapeError(f"{self!r}: a plain layer without noise is needed")
        positions = in_shape[:-1]
        work = {key: _spread(need, prod(positions)) for key, need in inner.work.items()}
        if inner.has("batch"):
            work["row_weight"] = Work((prod(positions),))
        out_shape = (*positions, *inner.out_shape)
        return Spec(
            out_shape,
            inner.params,
            work,
            keeps=inner.keeps,
            in_place=inner.in_place,
            traits=inner.traits,
        )

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        inner = self.layer.build(v.x.shape[-1:])
        rows = copy(binder)
        rows.batch = binder.batch * prod(v.x.shape[2:-1])
        if inner.has("batch") and binder.training:
            v.work.share = binder.constant(
                np.full((1, 1, 1), binder.batch / rows.batch, binder.dtype)
            )
            rows.weight = v.work.row_weight.reshape(len(v.work.row_weight), 1, -1)
        x, y, dx, dy = (self._rows(array) for array in (v.x, v.y, v.dx, v.dy))
        row_views = Views(v.ops, x, y, dx, dy, v.params, v.grads, copy(v.work), rows.weight)
        row_views.shared = v.shared
        models = binder.store.n_models
        for key, need in inner.work.items():
            shape = (models, rows.batch, *need.shape) if need.per_row else (models, *need.shape)
            setattr(row_views.work, key, getattr(v.work, key).reshape(shape))
        self.layer.bind(inner, row_views, rows)
        v.children["rows"] = row_views

    def forward(self, v: Views, training: bool) -> None:
        if training and hasattr(v.work, "share"):
            self._weigh(v)
        self.layer.forward(v.children["rows"], training)

    def backward(self, v: Views) -> None:
        self.layer.backward(v.children["rows"])

    def _weigh(self, v: Views) -> None:
        """Write what each position counts in the statistics of a batch."""
        models, batch = v.x.shape[:2]
        weight = v.weight.reshape(models, batch, 1)
        v.ops.launch(multiply, v.work.row_weight, weight, v.work.share)

    @staticmethod
    def _rows(array: Any) -> Any:
        """See (M, B, ..., C) as rows (M, B * positions, C)."""
        return None if array is None else array.reshape(array.shape[0], -1, array.shape[-1])


def _spread(need: Work, positions: int) -> Work:
    """Return what a buffer of rows needs for all positions of a row."""
    shape = (positions, *need.shape) if need.per_row else need.shape
    return Work(shape, need.dtype, need.per_row)
