"""One formula, written once: an elementwise kernel and the graph traced from its body.

A body is a plain function ``body(xp, *inputs)`` built from operators and the functions of
:class:`Namespace`; it returns one value per output and writes nothing. It is called once with
symbols, never with arrays. NumPy turns the graph into in-place calls over cache blocks
(:mod:`skdeep.backend.blocks`), CuPy into one fused CUDA kernel (:mod:`skdeep.backend.cuda`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, NoReturn, Union

COMPARISONS = frozenset({"greater", "less", "greater_equal", "less_equal", "equal"})

#: A value in a graph: ("in", k), ("const", number) or ("node", k).
Ref = tuple[str, Any]
Value = Union["Symbol", float, int]


class Kept(dict[Hashable, Any]):
    """What was worked out before, by what it was for; all is dropped when it gets too much."""

    #: Sizes together, each entry being one more.
    limit = 1024

    def __init__(self) -> None:
        super().__init__()
        self._size = 0

    def keep(self, key: Hashable, value: Any, size: int = 0) -> None:
        """Add an entry."""
        self._size += 1 + size
        if self._size > self.limit:
            self.clear()
            self._size = 1 + size
        self[key] = value


@dataclass(frozen=True)
class Node:
    """One elementwise operation of a graph."""

    op: str
    args: tuple[Ref, ...]


@dataclass
class Graph:
    """The operations of one body in the order of evaluation, equal ones merged."""

    n_inputs: int
    nodes: list[Node] = field(default_factory=list)
    outputs: tuple[Ref, ...] = ()
    #: What was worked out for arrays of some layout, by that: see :mod:`skdeep.backend.plan`.
    plans: Kept = field(default_factory=Kept, repr=False, compare=False)
    _known: dict[str, int] = field(default_factory=dict)

    def add(self, op: str, *values: Value) -> Symbol:
        """Append one operation, or find the equal one that is there already."""
        node = Node(op, tuple(self.ref(value) for value in values))
        # By text, since 0.0 and -0.0 are equal numbers but not the same constant.
        index = self._known.setdefault(repr(node), len(self.nodes))
        if index == len(self.nodes):
            self.nodes.append(node)
        return Symbol(self, ("node", index))

    def ref(self, value: Value) -> Ref:
        """Return the reference of a symbol or of a Python number."""
        if isinstance(value, Symbol):
            return value.ref
        if isinstance(value, Real):
            return ("const", float(value))
        raise TypeError(f"a kernel body may use symbols and Python numbers, got {value!r}")

    def prune(self) -> None:
        """Leave out operations that no output needs, such as what a helper returns besides."""
        needed = {place for kind, place in self.outputs if kind == "node"}
        for k in reversed(range(len(self.nodes))):
            if k in needed:
                needed |= {place for kind, place in self.nodes[k].args if kind == "node"}
        places = {old: new for new, old in enumerate(sorted(needed))}

        def moved(ref: Ref) -> Ref:
            return ("node", places[ref[1]]) if ref[0] == "node" else ref

        kept = [self.nodes[k] for k in places]
        self.nodes = [Node(node.op, tuple(map(moved, node.args))) for node in kept]
        self.outputs = tuple(map(moved, self.outputs))
        self._known.clear()

    def last_uses(self) -> dict[Ref, int]:
        """Map each reference to the index of the last operation that reads it."""
        return {ref: k for k, node in enumerate(self.nodes) for ref in node.args}


class Symbol:
    """Stands for an array while a body is traced."""

    __slots__ = ("graph", "ref")
    #: NumPy's own numbers leave arithmetic with a symbol to the symbol.
    __array_ufunc__ = None

    def __init__(self, graph: Graph, ref: Ref) -> None:
        self.graph = graph
        self.ref = ref

    def _binary(op: str, *, swap: bool = False) -> Callable[..., Symbol]:  # type: ignore[misc]
        def method(self: Symbol, other: Value) -> Symbol:
            return self.graph.add(op, *((other, self) if swap else (self, other)))

        return method

    __add__, __radd__ = _binary("add"), _binary("add", swap=True)
    __sub__, __rsub__ = _binary("subtract"), _binary("subtract", swap=True)
    __mul__, __rmul__ = _binary("multiply"), _binary("multiply", swap=True)
    __truediv__, __rtruediv__ = _binary("divide"), _binary("divide", swap=True)
    __xor__, __rshift__ = _binary("bitwise_xor"), _binary("right_shift")
    __gt__, __lt__ = _binary("greater"), _binary("less")
    __ge__, __le__ = _binary("greater_equal"), _binary("less_equal")

    def __neg__(self) -> Symbol:
        return self.graph.add("negative", self)

    def __bool__(self) -> bool:
        raise TypeError("a kernel body may not branch on a value: use comparisons as factors")

    def __eq__(self, other: object) -> NoReturn:
        raise TypeError("a kernel body compares for equality by xp.equal")

    __ne__ = __eq__
    __hash__ = None  # type: ignore[assignment]


class Namespace:
    """The functions that a body may call, under NumPy's names."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def _function(op: str) -> Callable[..., Symbol]:  # type: ignore[misc]
        def method(self: Namespace, *values: Value) -> Symbol:
            return self._graph.add(op, *values)

        method.__doc__ = f"Elementwise ``numpy.{op}``."
        return method

    exp, log, tanh, sqrt = map(_function, ("exp", "log", "tanh", "sqrt"))
    abs, sign, maximum, minimum = map(_function, ("absolute", "sign", "maximum", "minimum"))
    equal, sin, cos, floor = map(_function, ("equal", "sin", "cos", "floor"))

    def __getattr__(self, name: str) -> NoReturn:
        known = sorted(key for key in vars(Namespace) if not key.startswith("_"))
        raise AttributeError(f"a kernel body may not call xp.{name}; there are {known}")

    def where(self, condition: Value, yes: Value, no: Value) -> Symbol:
        """Select elementwise; slow on NumPy, so prefer comparisons as factors."""
        return self._graph.add("where", condition, yes, no)


def graph_of(formula: Any, n_inputs: int) -> Graph:
    """Return what a formula computes; refuse what is no formula."""
    if not isinstance(formula, Kernel):
        raise TypeError(f"launch needs a formula that @kernel has made, got {formula!r}")
    return formula.graph(n_inputs)


class Kernel:
    """An elementwise formula.

    Parameters
    ----------
    body : callable
        ``body(xp, *inputs)`` returning one value, or a tuple with one value per output.
    name : str, optional
        Default: the body's name.

    Examples
    --------
    >>> from skdeep.nn import Kernel
    >>> Kernel(lambda xp, x: x * x, name="square")
    Kernel(square)
    """

    def __init__(self, body: Callable[..., Any], name: str | None = None) -> None:
        self.body = body
        self.name = (name or body.__name__).strip("_")
        self.__doc__ = body.__doc__
        self._graphs: dict[int, Graph] = {}

    def graph(self, n_inputs: int) -> Graph:
        """Trace the body for `n_inputs` inputs, once."""
        if n_inputs not in self._graphs:
            graph = Graph(n_inputs)
            symbols = [Symbol(graph, ("in", k)) for k in range(n_inputs)]
            try:
                result = self.body(Namespace(graph), *symbols)
            except TypeError as error:
                if "ufunc" not in str(error):
                    raise
                raise TypeError(
                    f"{self.name} calls a function of NumPy, which would see no numbers: call that "
                    "of xp, such as xp.exp"
                ) from error
            values = result if isinstance(result, tuple) else (result,)
            graph.outputs = tuple(graph.ref(value) for value in values)
            graph.prune()
            self._graphs[n_inputs] = graph
        return self._graphs[n_inputs]

    def __repr__(self) -> str:
        return f"Kernel({self.name})"


def kernel(body: Callable[..., Any]) -> Kernel:
    """Make an elementwise formula of a function, for every backend; a decorator.

    The function is called once, with symbols. What it did with them is then repeated on arrays,
    block by block on NumPy and as one kernel on a GPU.

    Parameters
    ----------
    body : callable
        ``body(xp, *inputs)`` returns one value, or a tuple with one value for each output. It may
        use the operators + - * / and comparisons, whose result is a factor of 0 or 1, and of `xp`
        the functions exp, log, tanh, sqrt, sin, cos, abs, sign, maximum, minimum, floor, equal and
        where. It may not branch on a value.

    Returns
    -------
    formula : Kernel
        To be handed to ``v.ops.launch(formula, out, *inputs)``, where `out` is an array or a tuple
        of arrays, and inputs broadcast as in NumPy.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.backend import get_backend
    >>> from skdeep.nn import kernel
    >>> @kernel
    ... def leaky(xp, x, slope):
    ...     return xp.maximum(x, slope * x)
    >>> y = np.empty(2)
    >>> get_backend("cpu").launch(leaky, y, np.array([-1.0, 2.0]), np.array([0.1, 0.1]))
    >>> y
    array([-0.1,  2. ])
    """
    return Kernel(body)
