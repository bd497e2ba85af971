"""What a layer declares, and the views that it computes on.

Shape letters: M models, B batch rows, T time, F features, C channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Protocol

from skdeep.backend.base import Array, Backend
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


class InnerLayer(Protocol):
    """What a description says of a layer inside: what ``Layer`` can do once it is built."""

    def forward(self, v: Views, training: bool) -> None: ...

    def backward(self, v: Views) -> None: ...

    def bind(self, spec: Spec, v: Views, binder: Any) -> None: ...


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
    children: Mapping[str, tuple[InnerLayer, Spec]] = field(default_factory=dict)
    #: Arrays of other layers by the name they have here, and the inner slots that are borrowed.
    borrows: Mapping[str, Borrow] = field(default_factory=dict)
    lent: frozenset[str] = frozenset()
    #: Whether outputs (T, F) lie in memory as (M, T, F, B), which suits work step by step.
    step_major: bool = False
    #: Whether bind itself finds a place for y and dy, unless it is given one.
    places_output: bool = False
    #: "batch" where a row's output depends on its batch in training, "noise" where on draws,
    #: "penalty" where the layer adds a term to the batch's objective, "parts" where it divides
    #: large batches into parts that run side by side.
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
