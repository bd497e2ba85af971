"""The layer protocol: what a layer declares, and the views that it computes on.

A layer is an immutable description and owns no memory. :meth:`Layer.build` declares shapes, and
:meth:`Layer.forward` and :meth:`Layer.backward` write complete results into arrays that were
bound before training. Shape letters: M models, B batch rows, T time, F features, C channels.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from skdeep.backend.base import Array, Backend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from skdeep.nn.binder import Binder
    from skdeep.nn.initializers import Initializer

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """Layers do not fit together; the message names the layer."""


@dataclass(frozen=True)
class Param:
    """One named array of a layer.

    ``kind`` is "weight" (what penalties act on), "bias", "scale" or "state" (not trained).
    ``fans`` are the fan-in and fan-out that the initialiser scales by. ``lends`` says that backward
    can add to the gradient that a layer which borrows the array (:class:`Borrow`) has written.
    """

    shape: Shape
    kind: str
    init: Initializer
    fans: tuple[int, int] = (1, 1)
    lends: bool = False


@dataclass(frozen=True)
class Borrow:
    """An array of an earlier layer in the same sequence, such as tied weights.

    ``slot`` is "layer.key" and ``shape`` what it has there. The borrower's backward, which runs
    first, writes the gradient completely; the owner's adds to it.
    """

    slot: str
    shape: Shape


@dataclass(frozen=True)
class Work:
    """A buffer of a layer: ``(M, B, *shape)``, or ``(M, *shape)`` where not ``per_row``.

    ``dtype`` None means the network's own.
    """

    shape: Shape
    dtype: str | None = None
    per_row: bool = True


@dataclass(frozen=True)
class Spec:
    """What :meth:`Layer.build` declares; shapes leave out M and B.

    ``keeps`` names what backward reads again ("x", "y"). ``in_place`` says that y may be x's
    memory and dx dy's, which the binder grants only where nobody else reads them.
    """

    out_shape: Shape
    params: Mapping[str, Param] = field(default_factory=dict)
    work: Mapping[str, Work] = field(default_factory=dict)
    keeps: frozenset[str] = frozenset()
    in_place: bool = False
    #: Whether y is x itself under another shape, unless its place is given: bind sees to that.
    view: bool = False
    children: Mapping[str, tuple[Layer, Spec]] = field(default_factory=dict)
    #: Arrays of other layers by the name they have here, and the inner slots that are borrowed.
    borrows: Mapping[str, Borrow] = field(default_factory=dict)
    lent: frozenset[str] = frozenset()
    #: Whether outputs (T, F) lie in memory as (M, T, F, B), which suits work step by step.
    step_major: bool = False
    #: Whether bind itself finds a place for y and dy, unless it is given one.
    places_output: bool = False
    #: "batch" where a row's output depends on its batch in training, "noise" where on draws,
    #: "penalty" where the layer adds a term to the batch's objective.
    traits: frozenset[str] = frozenset()

    def has(self, trait: str) -> bool:
        """Whether this layer or one inside it has the trait."""
        return trait in self.traits or any(spec.has(trait) for _, spec in self.children.values())


@dataclass
class Noise:
    """What masks are computed from: row keys (M, B, 1), or (M, 1, 1) for one mask for all rows.

    ``seed`` (M, 1, 1) changes with each step. Both are uint32.
    """

    keys: Array
    seed: Array


def unit_words(scope: str, shape: Shape) -> np.ndarray:
    """Return a constant of each unit of the layer in `scope`, uint32 (1, 1, *shape)."""
    seed = np.random.SeedSequence(list(scope.encode()))
    words = np.random.Generator(np.random.SFC64(seed)).integers(0, 2**32, shape, np.uint32)
    return words[None, None]


@dataclass
class Views:
    """The arrays that one layer works on, for one batch size.

    ``x`` (M, B, *in) is read, ``y`` (M, B, *out) written by forward; ``dy`` is read, ``dx``
    written by backward (``dx`` is None where nobody needs it). ``params`` and ``grads`` hold the
    named arrays (M, *shape), ``work`` the buffers, ``children`` the inner layers' views. ``weight``
    (M, 1, B) are the rows' weights, which add to one; ``noise`` is there where masks are wanted.
    ``lent`` names the params whose gradients hold a borrower's part that backward must add to.
    ``valid`` (M, B, T) is 1 in the steps of each sequence and 0 in the padding behind it; it is
    None where all sequences are full.
    """

    ops: Backend
    x: Array
    y: Array
    dx: Array
    dy: Array
    params: SimpleNamespace
    grads: SimpleNamespace
    work: SimpleNamespace
    weight: Array = None
    noise: Noise | None = None
    valid: Array = None
    lent: frozenset[str] = frozenset()
    children: dict[str, Views] = field(default_factory=dict)


class Layer(ABC):
    """One step of a network: an immutable description that owns no memory."""

    #: A name within its parent; None takes the class's name and position.
    name: str | None = None
    #: Fields that may hold a tuple, one number per model.
    per_model: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def build(self, in_shape: Shape) -> Spec:
        """Declare outputs, parameters and buffers; raise :class:`ShapeError` if it cannot be."""

    @abstractmethod
    def forward(self, v: Views, training: bool) -> None:
        """Write ``v.y`` completely."""

    @abstractmethod
    def backward(self, v: Views) -> None:
        """Write ``v.dx`` (where there is one) and every array of ``v.grads`` completely."""

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:  # noqa: B027 - a hook
        """Bind what lies inside; composite layers and layers with constants override it."""

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v!r}" for k, v in vars(self).items() if not k.startswith("_"))
        return f"{type(self).__name__}({values})"

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


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
