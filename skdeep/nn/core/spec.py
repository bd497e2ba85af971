"""What a layer declares, and the views that it computes on.

Shape letters: M models, B batch rows, T time, F features, C channels.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Set
from dataclasses import dataclass, field
from math import inf, prod
from types import SimpleNamespace
from typing import Any, Protocol

from skdeep.backend.base import Array, Backend
from skdeep.nn.initializers import Initializer

Shape = tuple[int, ...]
#: Kinds of weights in the order of a row: what penalties act on first, what is not trained last.
KINDS = ("weight", "embedding", "bias", "scale", "state")


class ShapeError(ValueError):
    """Layers do not fit together; the message names the layer.

    Examples
    --------
    >>> from skdeep.nn import Dense, ShapeError
    >>> try:
    ...     Dense(3).build((4, 4, 1))
    ... except ShapeError as error:
    ...     print(error)
    Dense(units=3) expects rows of features, shape (F,), got (4, 4, 1)
    """


#: Fans that nobody has given.
_OF_THE_SHAPE = (0, 0)


@dataclass(frozen=True)
class Param:
    """One named array of weights of a layer.

    Parameters
    ----------
    shape : tuple of int
        Its shape, without the axis of models; (1, F) is added to samples (B, F).
    kind : {"weight", "embedding", "bias", "scale", "state"}
        What it is: penalties act on weights alone, and a state is not trained.
    init : Initializer
        How it starts.
    fans : tuple of int, optional
        Fan-in and fan-out, which the initialiser scales by. Default: those of a matrix of this
        shape for weights, which maps rows to rows; 1 and 1 for others.
    shareable : bool
        Whether a later layer may share the array: backward then adds to the gradient that it wrote.
    rate, decay : float
        Factors of the learning rate, and of what weight decay takes at each step.

    Examples
    --------
    >>> from skdeep.nn import Normal, Param
    >>> Param((5, 3), "weight", Normal(0.1)).fans
    (5, 3)
    """

    shape: Shape
    kind: str
    init: Initializer
    fans: tuple[int, int] = _OF_THE_SHAPE
    shareable: bool = False
    rate: float = 1.0
    decay: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind of a Param must be one of {KINDS}, got {self.kind!r}")
        for name in ("rate", "decay"):
            if not 0 <= getattr(self, name) < inf:
                raise ValueError(f"{name} of a Param must be >= 0, got {getattr(self, name)!r}")
        if not callable(self.init):
            raise TypeError(
                "init of a Param must be an initializer such as Constant(0.5) or Normal(0.1), "
                f"got {self.init!r}"
            )
        if self.fans == _OF_THE_SHAPE:
            matrix = self.kind == "weight" and len(self.shape) > 1
            fans = (prod(self.shape[:-1]), self.shape[-1]) if matrix else (1, 1)
            object.__setattr__(self, "fans", fans)


@dataclass(frozen=True)
class SharedWeight:
    """An array of an earlier layer in the same sequence, such as tied weights.

    ``slot`` is "layer.key" and ``shape`` what it has there. The backward of the layer that shares
    it runs first and writes the whole gradient; the owner's adds to it.
    """

    slot: str
    shape: Shape


@dataclass(frozen=True)
class Work:
    """A buffer of a layer.

    Parameters
    ----------
    shape : tuple of int
        Its shape, without the axes of models and samples.
    dtype : str or None
        Its type; None is the network's own.
    per_row : bool
        Whether there is one for each sample, ``(M, B, *shape)``; otherwise it is ``(M, *shape)``.

    Examples
    --------
    >>> from skdeep.nn import Work
    >>> Work((3,)).per_row
    True
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
    """What :meth:`Layer.build` declares; shapes leave out models M and samples B.

    Parameters
    ----------
    out_shape : tuple of int
        Shape of a sample's output.
    params : mapping of str to Param
        Weights, by their names in ``v.params`` and ``v.grads``.
    work : mapping of str to Work
        Buffers, by their names in ``v.work``.
    keeps : set of {"x", "y"}
        What `backward` reads again, and no other layer may overwrite until then.
    in_place : bool
        Whether y may be x's memory and dx dy's; they are only where nobody else reads them.
    view : bool
        Whether y is x itself under another shape.
    children : mapping of str to (Layer, Spec)
        Layers inside.
    shared, shared_slots : mapping, frozenset
        Weights of earlier layers by the name they have here, and inner ones that are shared.
    step_major : bool
        Whether outputs (T, F) lie in memory as (M, T, F, B).
    places_output : bool
        Whether `bind` finds a place for y and dy.
    traits : frozenset of str
        "batch" where a sample's output depends on others in training, "noise" where on draws,
        "penalty" where the layer adds to the objective, "parts" where it divides large batches,
        "steps" where sequences that come out have other steps than those that go in, "host" where
        it calls a function of the user's, "together" where it computes what depends on others in
        parts of a batch that meet (``binder.arena.summed``, ``v.ops.together``).
    memory : int
        Width D of the memory that the layer reads (``binder.memory``); 0 where it reads none.
    gives_memory : bool
        Whether the layer gives those inside a memory.

    Examples
    --------
    >>> from skdeep.nn import Dense
    >>> spec = Dense(3).build((5,))
    >>> spec.out_shape, sorted(spec.params), sorted(spec.keeps)
    ((3,), ['W', 'b'], ['x'])
    """

    out_shape: Shape
    params: Mapping[str, Param] = field(default_factory=dict)
    work: Mapping[str, Work] = field(default_factory=dict)
    keeps: Set[str] = frozenset()
    in_place: bool = False
    #: Whether y is x itself under another shape, unless its place is given: bind sees to that.
    view: bool = False
    children: Mapping[str, tuple[InnerLayer, Spec]] = field(default_factory=dict)
    #: Weights of earlier layers by the name they have here, and the inner slots that are shared.
    shared: Mapping[str, SharedWeight] = field(default_factory=dict)
    shared_slots: frozenset[str] = frozenset()
    #: Whether outputs (T, F) lie in memory as (M, T, F, B), which suits work step by step.
    step_major: bool = False
    #: Whether bind itself finds a place for y and dy, unless it is given one.
    places_output: bool = False
    #: "batch" where a row's output depends on its batch in training, "noise" where on draws,
    #: "penalty" where the layer adds a term to the batch's objective, "parts" where it divides
    #: large batches into parts that run side by side, "steps" where there are other steps in y than
    #: in x, "host" where functions of the user's are called, which only one thread may do,
    #: "together" where what depends on the batch is computed in parts of it that meet.
    traits: frozenset[str] = frozenset()
    #: Width of the memory that the layer reads, and whether it gives inner layers one.
    memory: int = 0
    gives_memory: bool = False

    def __post_init__(self) -> None:
        if not set(self.keeps) <= {"x", "y"}:
            raise ValueError(f'keeps of a Spec must be a set of "x", "y" or both, got {self.keeps}')
        object.__setattr__(self, "keeps", frozenset(self.keeps))

    def has(self, trait: str) -> bool:
        """Whether this layer or one inside it has the trait."""
        return trait in self.traits or any(spec.has(trait) for _, spec in self.children.values())


@dataclass
class Noise:
    """What masks are computed from: row keys (M, B, 1), or (M, 1, 1) for one mask for all rows.

    ``seed`` (M, 1, 1) changes with each step. Both are uint32. ``level`` (M, 1) multiplies the
    probabilities of dropout, and may change with each step; None: they stay.
    """

    keys: Array
    seed: Array
    level: Array = None
    _held: dict[Hashable, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def anew(self) -> Noise:
        """Return the same for another program, whose layers have computed nothing yet."""
        return Noise(self.keys, self.seed, self.level)

    def once(self, key: Hashable, make: Callable[[], Any]) -> tuple[Any, bool]:
        """Return what layers of one program have in common, and whether the caller asks first.

        That layer computes it in each step, before the others, which are bound after it.
        """
        first = key not in self._held
        if first:
            self._held[key] = make()
        return self._held[key], first


class Named(SimpleNamespace):
    """Arrays by the names that :meth:`Layer.build` gave them."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"no array is called {name!r} here: build names {sorted(vars(self))}")


@dataclass
class Views:
    """The arrays that one layer works on, for one batch size.

    Attributes
    ----------
    ops : Backend
        What computes: ``launch``, ``gemm``, ``reduce``, ``copy``, ``gather``.
    x, y : array of shape (M, B, ...)
        Samples and outputs, read and written by `forward`.
    dy, dx : array like y, array like x or None
        Read and written by `backward`; `dx` is None where nobody needs it.
    params, grads : namespace
        The named weights (M, ...), and their gradients.
    work : namespace
        The buffers; `bind` may add to it.
    weight : array of shape (M, 1, B)
        Weights of the samples, which add to one.
    noise : Noise or None
        What masks are computed from; None where there are to be none.
    valid : array of shape (M, B, T) or None
        1 in the steps of each sequence and 0 in the padding behind it; None: all are full.
    valid_y : array of shape (M, B, T') or None
        The same of the steps of y. It is `valid` unless `bind` of a layer that gives other steps
        than it reads (trait "steps") puts an array there, which `forward` writes.
    shared : frozenset of str
        Weights that a later layer shares: `backward` must add to their gradients.
    children : dict of str to Views
        Those of the layers inside.

    Examples
    --------
    What a layer sees of a batch of two samples:

    >>> from skdeep.nn import Dense
    >>> from skdeep.testing import run_layer
    >>> class Shows(Dense):
    ...     def forward(self, v, training):
    ...         super().forward(v, training)
    ...         print(v.x.shape, v.y.shape, v.params.W.shape)
    >>> _ = run_layer(Shows(3), [[1.0] * 5] * 2)
    (1, 2, 5) (1, 2, 3) (1, 5, 3)
    """

    ops: Backend
    x: Array
    y: Array
    dx: Array
    dy: Array
    params: Named
    grads: Named
    work: Named
    weight: Array = None
    noise: Noise | None = None
    valid: Array = None
    valid_y: Array = None
    shared: frozenset[str] = frozenset()
    children: dict[str, Views] = field(default_factory=dict)
