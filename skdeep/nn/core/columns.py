"""Sequences as columns: (M, B, T, F) that lie in memory as (M, F, B, T).

What attention computes for each step (means over features, biases, factors of a query) is then the
same for a whole long row of memory, and each product reads and writes its arrays as they are.
"""

from __future__ import annotations

from abc import abstractmethod

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Spec, Views


class Columns:
    """Sequences (M, B, T, F) of any layout, as columns (M, F, B * T).

    Parameters
    ----------
    array : Array of shape (M, B, T, F)
        What is read or written. Where it cannot be seen as columns there is a copy.
    name : str
        Of the copy's buffer.
    binder : Binder
        Where it comes from.

    Attributes
    ----------
    flat : Array of shape (M, F, B * T)
        What to compute on, between :meth:`load` or :meth:`store`.
    """

    def __init__(self, array: Array, name: str, binder: Binder) -> None:
        self._array, self._copy = array, None
        if not mergeable(array):
            self._copy = array = binder.columns(name, array.shape[2:])
        self.flat = flat_columns(array)

    def load(self, ops: Backend) -> None:
        """Read the sequences."""
        if self._copy is not None:
            ops.copy(self._array, self._copy)

    def store(self, ops: Backend) -> None:
        """Write the sequences."""
        if self._copy is not None:
            ops.copy(self._copy, self._array)


def mergeable(array: Array) -> bool:
    """Say whether the sequences of (M, B, T, F) lie one behind the other."""
    _, batch, steps, _ = array.shape
    return bool(1 in (batch, steps) or array.strides[1] == steps * array.strides[2])


def in_rows(array: Array) -> bool:
    """Say whether sequences (M, B, T, F) lie one behind the other, step by step."""
    _, _, steps, features = array.shape
    together = array.strides[2] == features * array.strides[3]
    return bool(mergeable(array) and (together or steps == 1))


def as_columns(array: Array) -> Array:
    """See (M, B, T, F) as (M, F, B, T)."""
    return array.swapaxes(1, 3).swapaxes(2, 3)


def flat_columns(array: Array) -> Array:
    """See (M, B, T, F), where they are mergeable, as (M, F, B * T)."""
    models, batch, steps, features = array.shape
    return as_columns(array).reshape(models, features, batch * steps)


def as_heads(array: Array, heads: int) -> Array:
    """See (M, B, T, F) as (M, B, heads, F / heads, T)."""
    models, batch, steps, features = array.shape
    return (
        array.reshape(models, batch, steps, heads, features // heads).swapaxes(2, 3).swapaxes(3, 4)
    )


def as_steps(columns: Array, batch: int) -> Array:
    """See columns (M, F, B * T) as sequences (M, B, T, F)."""
    models, features, count = columns.shape
    return columns.reshape(models, features, batch, count // batch).swapaxes(1, 3).swapaxes(1, 2)


def column(row: Array) -> Array:
    """See what there is of each feature, (M, 1, F), as a column (M, F, 1)."""
    return row.reshape(row.shape[0], row.shape[2], 1)


def affine(ops: Backend, x: Array, weights: Array, y: Array) -> None:
    """Multiply columns by weights (M, F, U)."""
    ops.gemm(weights, x, y, trans_a=True)


def affine_backward(
    ops: Backend, x: Array, dy: Array, dw: Array, w: Array, dx: Array | None
) -> None:
    """Write the gradients of weights, and of x where it is needed."""
    ops.gemm(x, dy, dw, trans_b=True)
    if dx is not None:
        ops.gemm(w, dy, dx)


def bias_backward(ops: Backend, dy: Array, db: Array) -> None:
    """Write the gradient of a bias (M, 1, U)."""
    ops.reduce(dy, column(db), axis=2)


def add_bias(ops: Backend, y: Array, bias: Array) -> None:
    """Add a bias (M, 1, U) to columns."""
    ops.launch(add, y, y, column(bias))


class ColumnLayer(Layer):
    """Base of layers (T, F) to (T, U) that compute on columns.

    ``v.work`` has x, y and, in training, dy and dx as :class:`Columns`; dx is None where nobody
    needs it.
    """

    reads = "sequences"

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, scope = v.work, binder.scope
        if v.y is None:
            v.y = binder.columns(f"{scope}:y", spec.out_shape)
            v.dy = binder.columns(f"{scope}:dy", spec.out_shape) if binder.training else None
        w.x, w.y = Columns(v.x, f"{scope}:x", binder), Columns(v.y, f"{scope}:copy", binder)
        if binder.training:
            w.dy = Columns(v.dy, f"{scope}:dcopy", binder)
            w.dx = None if v.dx is None else Columns(v.dx, f"{scope}:dx", binder)
        self.bind_more(spec, v, binder)

    def forward(self, v: Views, training: bool) -> None:
        v.work.x.load(v.ops)
        self.compute(v, training)
        v.work.y.store(v.ops)

    def backward(self, v: Views) -> None:
        w = v.work
        w.dy.load(v.ops)
        self.slopes(v, None if w.dx is None else w.dx.flat)
        if w.dx is not None:
            w.dx.store(v.ops)

    @abstractmethod
    def bind_more(self, spec: Spec, v: Views, binder: Binder) -> None:
        """Make the layer's own arrays."""

    @abstractmethod
    def compute(self, v: Views, training: bool) -> None:
        """Write ``v.work.y.flat``, from ``v.work.x.flat``."""

    @abstractmethod
    def slopes(self, v: Views, dx: Array | None) -> None:
        """Write gradients of weights and, where it is needed, dx, from ``v.work.dy.flat``."""
