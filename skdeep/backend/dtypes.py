"""In which dtype each operation of a kernel computes: one rule for NumPy and for CUDA.

Floats promote as in NumPy. Everything else is a factor: integers and comparisons take the dtype
of the floats beside them, so that float32 stays float32. A product of two comparisons is one too.
Only uint32 computes with itself, modulo 2 ** 32, which is what hashing needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skdeep.backend.kernel import COMPARISONS, Graph, Node, Ref

DType = np.dtype[np.generic]
BOOL: DType = np.dtype(bool)
#: Random bits: among themselves and with constants they keep their 32 bits and wrap around.
WORD: DType = np.dtype(np.uint32)
BITWISE = frozenset({"bitwise_xor", "right_shift"})
WORD_OPERATIONS = BITWISE | {"add", "multiply"}


@dataclass(frozen=True)
class Types:
    """The dtypes of one graph on given arrays.

    Attributes
    ----------
    ins : sequence of dtype
        Of the inputs.
    results, computed : list of dtype
        What each operation gives, and what its operands and constants are cast to before.
    """

    ins: Sequence[DType]
    results: list[DType]
    computed: list[DType]

    def of(self, ref: Ref, node: int) -> DType:
        """Return the dtype in which operation `node` meets an operand."""
        if ref[0] == "const":
            return self.computed[node]
        return self.ins[ref[1]] if ref[0] == "in" else self.results[ref[1]]


def infer(graph: Graph, ins: Sequence[DType], outs: Sequence[DType]) -> Types:
    """Apply the rule to a graph on inputs and outputs of these dtypes."""
    types = Types(ins, [], [])
    default = _float(ins) or _float(outs) or np.dtype(np.float64)
    for node in graph.nodes:
        values = node.args[1:] if node.op == "where" else node.args
        found = [types.of(ref, -1) for ref in values if ref[0] != "const"]
        all_known = len(found) == len(values)
        if node.op in COMPARISONS:
            computed = np.result_type(*found) if all_known else _float(found) or default
            result = BOOL
        elif node.op == "multiply" and all_known and set(found) == {BOOL}:
            computed = result = BOOL
        elif node.op in WORD_OPERATIONS and set(found) == {WORD} and _whole(node):
            computed = result = WORD
        elif node.op in BITWISE:
            raise TypeError(f"{node.op} is defined for uint32 alone, got {node.args} of {found}")
        else:
            computed = result = _float(found) or default
        types.computed.append(computed)
        types.results.append(result)
    return types


def _whole(node: Node) -> bool:
    """Whether constants are words themselves: ``bits * 2.0**-32`` is meant as a float."""
    return all(ref[1] >= 0 and ref[1] == int(ref[1]) for ref in node.args if ref[0] == "const")


def _float(dtypes: Sequence[DType]) -> DType | None:
    floats = [dtype for dtype in dtypes if dtype.kind == "f"]
    return np.result_type(*floats) if floats else None
