"""Kernels run at once, and random ones with random arrays and their plain evaluation."""

from __future__ import annotations

import numpy as np

from skdeep.backend.blocks import Scratch, bind
from skdeep.backend.kernel import COMPARISONS, Graph, Kernel, Symbol

UNARY = ("negative", "absolute", "sign", "tanh", "floor", "sin")
BINARY = ("add", "subtract", "multiply", "maximum", "minimum", *sorted(COMPARISONS))
SHAPES = [(1, 37), (3, 11), (2, 5, 3), (1, 7, 4), (3, 1, 6), (2, 4, 1), (1, 1), (1, 1, 1), (40,)]


def random_graph(random: np.random.RandomState, n_inputs: int, n_nodes: int) -> Graph:
    """Draw operations on what is there already, and up to three outputs of any kind."""
    graph = Graph(n_inputs)
    known = [Symbol(graph, ("in", k)) for k in range(n_inputs)]

    def operand():
        if random.rand() < 0.2:
            return float(random.choice([-1.5, -0.0, 0.0, 0.5, 2.0]))
        # Late values more often, so that graphs are deep as well as wide.
        return known[-1 - int(len(known) * random.rand() ** 2)]

    for _ in range(n_nodes):
        kind = random.rand()
        if kind < 0.25:
            known.append(graph.add(str(random.choice(UNARY)), operand()))
        elif kind < 0.9:
            known.append(graph.add(str(random.choice(BINARY)), operand(), operand()))
        else:
            known.append(
                graph.add("where", graph.add("greater", operand(), 0.0), *(operand(), operand()))
            )
    outputs = [operand() for _ in range(random.randint(1, 4))]
    graph.outputs = tuple(graph.ref(value) for value in outputs)
    return graph


def evaluate(graph: Graph, ins: list[np.ndarray]) -> list[np.ndarray]:
    """Evaluate a graph one whole operation at a time, in float64 throughout."""
    values = {("in", k): array.astype(float) for k, array in enumerate(ins)}
    for k, node in enumerate(graph.nodes):
        operands = [ref[1] if ref[0] == "const" else values[ref] for ref in node.args]
        if node.op == "where":
            operands[0] = np.asarray(operands[0]) != 0
        values["node", k] = np.asarray(getattr(np, node.op)(*operands)).astype(float)
    return [np.asarray(ref[1]) if ref[0] == "const" else values[ref] for ref in graph.outputs]


def random_layout(random: np.random.RandomState, shape: tuple[int, ...], dtype) -> np.ndarray:
    """Return an array of `shape`: contiguous, transposed, or cut from columns of a wider one."""
    values = random.randint(-8, 9, shape) / 4
    if np.dtype(dtype).kind in "bu":
        values = np.abs(values)
    kind = random.randint(3)
    if kind == 1 and len(shape) > 1:
        result = np.empty((*shape[:-2], shape[-1], shape[-2]), dtype).swapaxes(-1, -2)
    elif kind == 2:
        result = np.empty((*shape[:-1], shape[-1] + 3), dtype)[..., 2 : 2 + shape[-1]]
    else:
        result = np.empty(shape, dtype)
    result[...] = values.astype(dtype)
    return result


def random_arrays(random: np.random.RandomState, n_inputs: int, n_outputs: int, dtypes="f8"):
    """Return outputs and inputs that broadcast to them; some outputs are an input's memory."""
    shape = SHAPES[random.randint(len(SHAPES))]
    ins = []
    for k in range(n_inputs):
        own = shape if k == 0 else tuple(1 if random.rand() < 0.3 else n for n in shape)
        own = own[random.randint(len(own)) :] if random.rand() < 0.15 and k else own
        ins.append(random_layout(random, own, random.choice(list(dtypes)) if k else "f8"))
    spare = [array for array in ins if array.shape == shape and array.dtype == float]
    outs = []
    for _ in range(n_outputs):
        if spare and random.rand() < 0.5:
            outs.append(spare.pop(random.randint(len(spare))))
        else:
            outs.append(random_layout(random, shape, "f8"))
    return outs, ins


def run(body, outs, ins):
    traced = body if isinstance(body, Kernel) else Kernel(body)
    outs = outs if isinstance(outs, tuple) else (outs,)
    with np.errstate(all="ignore"):
        for function, arguments in bind(traced.graph(len(ins)), outs, ins, Scratch()):
            function(*arguments)


def poisoned(shape, dtype=float):
    return np.full(shape, np.nan, dtype)
