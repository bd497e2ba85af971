"""The CUDA C++ text of a traced kernel, for given dtypes.

:func:`elementwise` gives the parts that ``cupy.ElementwiseKernel`` takes; :func:`standalone` puts
the same body into a complete kernel, so that any CUDA compiler can check it without a card.
Operations follow NumPy: ``maximum`` and ``minimum`` hand on NaN, and constants have the dtype of
what they meet, so that float32 stays float32.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from skdeep.backend.dtypes import BOOL, WORD, DType, Types, infer
from skdeep.backend.kernel import Graph, Node, Ref

#: C++ types by NumPy's names; the names are also what CuPy calls them.
TYPES = {
    "float32": "float",
    "float64": "double",
    "uint16": "unsigned short",
    "uint32": "unsigned int",
    "int32": "int",
    "int64": "long long",
    "bool": "bool",
}
INFIX = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "greater": ">",
    "less": "<",
    "greater_equal": ">=",
    "less_equal": "<=",
    "equal": "==",
    "bitwise_xor": "^",
    "right_shift": ">>",
}
#: Functions of the CUDA math library by their double names; the float one has an f behind it.
MATH = {name: name for name in ("exp", "log", "tanh", "sqrt", "sin", "cos", "floor")}
MATH["absolute"] = "fabs"
#: What the preamble defines, and the names that it defines there.
OWN = {"maximum": "skdeep_maximum", "minimum": "skdeep_minimum", "sign": "skdeep_sign"}

#: The leading 32 bits of NaN and infinity, in double and in single precision.
_NAN_AND_INFINITY = (("7ff80000", "7ff00000"), ("7fc00000", "7f800000"))

PREAMBLE = """
template <typename T> __device__ inline T skdeep_maximum(T a, T b) {
    return (a >= b || a != a) ? a : b;
}
template <typename T> __device__ inline T skdeep_minimum(T a, T b) {
    return (a <= b || a != a) ? a : b;
}
template <typename T> __device__ inline T skdeep_sign(T a) {
    return a > T(0) ? T(1) : (a < T(0) ? T(-1) : (a == T(0) ? T(0) : a));
}
"""


@dataclass(frozen=True)
class Elementwise:
    """The arguments of ``cupy.ElementwiseKernel``, all text."""

    in_params: str
    out_params: str
    operation: str
    preamble: str = PREAMBLE


def elementwise(graph: Graph, ins: Sequence[DType], outs: Sequence[DType]) -> Elementwise:
    """Return the text of a graph on inputs and outputs of these dtypes."""
    return Elementwise(
        ", ".join(f"{_name(dtype)} x{k}" for k, dtype in enumerate(ins)),
        ", ".join(f"{_name(dtype)} r{k}" for k, dtype in enumerate(outs)),
        "\n".join(_body(graph, ins, outs)),
    )


def standalone(graph: Graph, ins: Sequence[DType], outs: Sequence[DType], name: str) -> str:
    """Return a complete ``__global__`` kernel over `n` contiguous elements.

    It comes without :data:`PREAMBLE`, which a file of many kernels needs once.
    """
    arguments = [f"const {_ctype(dtype)}* in{k}" for k, dtype in enumerate(ins)]
    arguments += [f"{_ctype(dtype)}* out{k}" for k, dtype in enumerate(outs)]
    # References, as CuPy makes them: the body must not read an input after writing an output.
    names = [f"const {_ctype(dtype)}& x{k} = in{k}[i];" for k, dtype in enumerate(ins)]
    names += [f"{_ctype(dtype)}& r{k} = out{k}[i];" for k, dtype in enumerate(outs)]
    lines = "\n        ".join([*names, *_body(graph, ins, outs)])
    return f"""
extern "C" __global__ void {name}(const long long n, {", ".join(arguments)}) {{
    const long long first = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    const long long stride = (long long)gridDim.x * blockDim.x;
    for (long long i = first; i < n; i += stride) {{
        {lines}
    }}
}}
"""


def _body(graph: Graph, ins: Sequence[DType], outs: Sequence[DType]) -> list[str]:
    """Return the statements: read all inputs, one line per operation, write all outputs."""
    types = infer(graph, ins, outs)
    lines = [f"const {_ctype(dtype)} a{k} = x{k};" for k, dtype in enumerate(ins)]
    for k, node in enumerate(graph.nodes):
        lines.append(f"const {_ctype(types.results[k])} t{k} = {_expression(types, k, node)};")
    for j, ref in enumerate(graph.outputs):
        if ref[0] == "const":
            value = constant(ref[1], outs[j] if outs[j].kind == "f" else np.dtype(np.float64))
        else:
            value = _variable(ref)
        lines.append(f"r{j} = ({_ctype(outs[j])})({value});")
    return lines


def _expression(types: Types, k: int, node: Node) -> str:
    computed = types.computed[k]
    if node.op == "where":
        condition = _operand(types, k, node.args[0], types.of(node.args[0], k))
        yes, no = (_operand(types, k, ref, computed) for ref in node.args[1:])
        return f"({condition}) ? {yes} : {no}"
    values = [_operand(types, k, ref, computed) for ref in node.args]
    if node.op in INFIX:
        sign = "&&" if computed == BOOL and node.op == "multiply" else INFIX[node.op]
        return f"{values[0]} {sign} {values[1]}"
    if node.op == "negative":
        return f"-{values[0]}"
    suffix = "f" if node.op in MATH and computed == np.float32 else ""
    function = OWN[node.op] if node.op in OWN else MATH[node.op] + suffix
    return f"{function}({', '.join(values)})"


def _operand(types: Types, k: int, ref: Ref, dtype: DType) -> str:
    """Return an operand of operation `k`, cast to `dtype` where it is of another."""
    if ref[0] == "const":
        return constant(ref[1], dtype)
    name = _variable(ref)
    return name if types.of(ref, k) == dtype else f"({_ctype(dtype)}){name}"


def _variable(ref: Ref) -> str:
    return f"{'a' if ref[0] == 'in' else 't'}{ref[1]}"


def constant(value: float, dtype: DType) -> str:
    """Return a literal that has exactly the value that NumPy's `dtype` gives it."""
    if dtype == WORD:
        return f"{int(value)}u"
    single = dtype == np.float32
    with np.errstate(over="ignore"):
        rounded = float(np.float32(value)) if single else float(value)
    if not math.isfinite(rounded):
        bits = _NAN_AND_INFINITY[single][math.isinf(rounded)]
        text = f"__int_as_float(0x{bits})" if single else f"__longlong_as_double(0x{bits}00000000)"
        return f"(-{text})" if rounded < 0 else text
    text = f"{rounded!r}{'f' if single else ''}"
    return f"({text})" if text.startswith("-") else text


def _name(dtype: DType) -> str:
    if dtype.name not in TYPES:
        raise TypeError(f"a kernel takes {', '.join(TYPES)}, got {dtype.name}")
    return dtype.name


def _ctype(dtype: DType) -> str:
    return TYPES[_name(dtype)]
