"""The layer protocol.

A layer is an immutable description and owns no memory. :meth:`Layer.build` declares shapes, and
:meth:`Layer.forward` and :meth:`Layer.backward` write complete results into arrays that were
bound before training. Shape letters: M models, B batch rows, T time, F features, C channels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from numbers import Integral
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views
from skdeep.nn.core.value import Value

#: What a layer computes on.
Reads: TypeAlias = Literal["arrays", "sequences", "tokens", "any"]


class Layer(Value, ABC):
    """One step of a network: an immutable description that owns no memory.

    A layer of your own derives from it and says three things: :meth:`build` which shapes and
    weights there are, :meth:`forward` what y is, :meth:`backward` what gradients are. The last two
    compute with ``v.ops`` on the arrays of a :class:`Views`, which have two axes in front, M models
    and B samples. ``v.ops.launch(formula, out, *arrays)`` applies a :func:`kernel` or a NumPy-like
    formula elementwise, ``v.ops.gemm`` multiplies matrices, ``v.ops.reduce`` sums along an axis.
    NumPy functions and operators on these arrays would work only once, as training
    repeats the calls of ``v.ops``: :func:`skdeep.testing.check_layer` finds such mistakes.

    The constructor keeps each of its arguments under its own name, as estimators do, so that
    searches can make layers with others.

    Attributes
    ----------
    name : str or None
        A name within its parent; None takes the class's name and position.
    per_model : tuple of str
        Arguments that models of one stack may differ in, such as one that says how weights start.
        All others must be equal for candidates of a search to train together.
    reads : {"arrays", "sequences", "tokens", "any"}
        What it computes on: "arrays" of one shape; "sequences" (T, F) of any length, heeding
        ``v.valid``; "tokens" (T,); or "any" where each number of y depends on one of x alone.
        Estimators take their samples for what the first layer reads that is not "any".

    Examples
    --------
    A learned factor for each feature:

    >>> from skdeep.nn import Constant, Layer, Param, Spec, Work, kernel
    >>> from skdeep.testing import check_layer, run_layer
    >>> @kernel
    ... def times(xp, a, b):
    ...     return a * b
    >>> class Scale(Layer):
    ...     def __init__(self, start=1.0, name=None):
    ...         self.start, self.name = start, name
    ...
    ...     def build(self, in_shape):
    ...         s = Param((1, *in_shape), "scale", Constant(self.start))
    ...         return Spec(in_shape, {"s": s}, work={"xdy": Work(in_shape)}, keeps={"x"})
    ...
    ...     def forward(self, v, training):
    ...         v.ops.launch(times, v.y, v.x, v.params.s)
    ...
    ...     def backward(self, v):
    ...         v.ops.launch(times, v.work.xdy, v.x, v.dy)
    ...         v.ops.reduce(v.work.xdy, v.grads.s, axis=1)
    ...         if v.dx is not None:
    ...             v.ops.launch(times, v.dx, v.dy, v.params.s)
    >>> run_layer(Scale(3.0), [[1.0, 2.0]])
    array([[3., 6.]])
    """

    #: A name within its parent; None takes the class's name and position.
    name: str | None = None
    #: Fields that may hold a tuple, one number per model.
    per_model: ClassVar[tuple[str, ...]] = ()
    #: What the layer computes on: "arrays" of one shape; "sequences" (T, F) of any length or
    #: "tokens" (T,), heeding ``v.valid``; or "any" where each number of y depends on one of x.
    #: Estimators take their samples for what the first layer that is particular reads.
    reads: Reads = "arrays"

    @abstractmethod
    def build(self, in_shape: Shape) -> Spec:
        """Declare outputs, weights and buffers for samples of a shape.

        Parameters
        ----------
        in_shape : tuple of int
            Shape of one sample: (F,), (T, F), (H, W, C).

        Returns
        -------
        spec : Spec
            What the layer needs.

        Raises
        ------
        ShapeError
            If the layer takes no samples of this shape.
        """

    @abstractmethod
    def forward(self, v: Views, training: bool) -> None:
        """Write ``v.y`` completely.

        Parameters
        ----------
        v : Views
            Arrays, the same ones in each call.
        training : bool
            Whether this is a training step.
        """

    @abstractmethod
    def backward(self, v: Views) -> None:
        """Write ``v.dx`` (where there is one) and every array of ``v.grads`` completely.

        Parameters
        ----------
        v : Views
            Arrays, as `forward` has left them, and ``v.dy``.
        """

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        """Bind what lies inside; composite layers and layers with constants override it."""


def is_count(number: Any) -> bool:
    """Whether this is a positive whole number, NumPy's included."""
    whole = isinstance(number, Integral) and not isinstance(number, bool)
    return whole and int(number) > 0


def check_counts(layer: Layer, **numbers: Any) -> None:
    """Refuse what are no positive whole numbers."""
    for name, number in numbers.items():
        if not is_count(number):
            raise ValueError(
                f"{name} of {type(layer).__name__} must be a positive integer, got {number!r}"
            )


def steps_only(layer: Layer, in_shape: Shape) -> Shape:
    """Return the (T, F) of sequences; raise for any other shape."""
    if len(in_shape) != 2 or min(in_shape) < 1:
        raise ShapeError(f"{layer!r} expects sequences of steps, shape (T, F), got {in_shape}")
    return in_shape


def by_step(rows: Array) -> Array:
    """Return sequences (M, B, T, F) as (M, T, F, B), a view."""
    return rows.swapaxes(1, 3).swapaxes(1, 2)


def rows_only(layer: Layer, in_shape: Shape) -> int:
    """Return the number of features of flat rows; raise for any other shape."""
    if len(in_shape) != 1 or in_shape[0] < 1:
        raise ShapeError(f"{layer!r} expects rows of features, shape (F,), got {in_shape}")
    return in_shape[0]


def unit_words(scope: str, shape: Shape) -> np.ndarray:
    """Return a constant of each unit of the layer in `scope`, uint32 (1, 1, *shape)."""
    seed = np.random.SeedSequence(list(scope.encode()))
    words = np.random.Generator(np.random.SFC64(seed)).integers(0, 2**32, shape, np.uint32)
    return words[None, None]
