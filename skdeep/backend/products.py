"""Matrix products and reductions as calls of NumPy, most of them of BLAS."""

from __future__ import annotations

import numpy as np

from skdeep.backend.memory import Scratch
from skdeep.backend.ufuncs import Call

#: Length of rows up to which BLAS sums them nearly as exactly as `add.reduce`, which takes longer.
SHORT_SUM = 1 << 14

#: Multiply-adds of a product up to which OpenBLAS does not pack its matrices first. That costs
#: narrow ones up to half of the time.
SMALL_PRODUCT = 1_000_000

#: Rows up to which a larger product with a transposed matrix is turned round.
FEW_ROWS = 32


def product(a: np.ndarray, b: np.ndarray, out: np.ndarray, scratch: Scratch) -> list[Call]:
    """Pick the calls of one gemm: two dimensions where there is one model and one matrix of it.

    ``numpy.dot`` costs half a microsecond less than ``matmul`` but wants a C-contiguous output,
    which a class-major output is after transposing the whole product. It would copy what is cut
    from the rows of a larger matrix.
    """
    if len(out) == 1:
        a, b, out = a[0], b[0], out[0]
        if out.ndim == 2:
            if not out.flags.c_contiguous and out.T.flags.c_contiguous:
                a, b, out = b.T, a.T, out.T
            fits = out.flags.c_contiguous and _in_one_piece(a) and _in_one_piece(b)
            if fits and a.dtype == b.dtype == out.dtype:
                if _is_faster_turned(a, b):
                    turned = scratch.take("turned", out.shape[::-1], out.dtype)
                    return [(np.dot, (b.T, a.T, turned)), (np.copyto, (out, turned.T))]
                return [(np.dot, (a, b, out))]
    return [(np.matmul, (a, b, out))]


def _is_faster_turned(a: np.ndarray, b: np.ndarray) -> bool:
    """Say whether a product of few rows and a transposed matrix is faster the other way round.

    Packing all of the second matrix for few rows took 1.4 to 2.5 times as long, for 4 to 32 rows in
    float32, as the product turned round and copied back.
    """
    rows, inner = a.shape
    few = rows <= FEW_ROWS and inner >= 2 * FEW_ROWS and not b.flags.c_contiguous
    return few and a.dtype == np.float32 and a.size * b.shape[1] > SMALL_PRODUCT


def _in_one_piece(matrix: np.ndarray) -> bool:
    return matrix.flags.c_contiguous or matrix.flags.f_contiguous


def reduction(x: np.ndarray, out: np.ndarray, axis: int, op: str) -> Call:
    """Pick the call of one reduction; sums over a matrix go through BLAS."""
    axis %= x.ndim
    expected = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
    if out.shape != expected:
        raise ValueError(f"reduce: out must have shape {expected}, got {out.shape}")
    squeezed = out.squeeze(axis)
    if op == "max":
        return np.maximum.reduce, (x, axis, None, squeezed)
    if op == "sumsq":
        last = np.moveaxis(x, axis, -1)
        return _row_products(last, last, squeezed)
    if op != "sum":
        raise ValueError(f'op must be "sum", "max" or "sumsq", got {op!r}')
    matrices = x.ndim == 3 or (x.ndim > 3 and x.flags.c_contiguous)
    if matrices and axis >= x.ndim - 2 and x.dtype == out.dtype and x.dtype.kind == "f":
        return _matrix_sums(x, out, axis)
    short = x.ndim == 2 and axis == 1 and x.shape[1] <= SHORT_SUM
    if short and x.dtype == out.dtype and x.dtype.kind == "f":
        return _row_products(x, np.ones(x.shape[1], x.dtype), squeezed)
    return np.add.reduce, (x, axis, out.dtype, squeezed)


def _row_products(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Call:
    """Pick the call that sums products along the last axis; for one row it has less to find out.

    Both have BLAS multiply row by row, so that a row's sum does not depend on the others.
    """
    if out.size == 1 and a.dtype == out.dtype:
        return np.dot, (a.reshape(-1), b.reshape(-1), out.reshape(()))
    return np.vecdot, (a, b, out)


def _matrix_sums(x: np.ndarray, out: np.ndarray, axis: int) -> Call:
    """Pick the product with ones that sums each matrix of `x` along an axis, into `out`."""
    ones, rows = np.ones(x.shape[axis], x.dtype), axis == x.ndim - 2
    target = out.squeeze(axis)
    if x.ndim == 3 and len(x) == 1 and target[0].flags.c_contiguous and _in_one_piece(x[0]):
        return np.dot, ((ones, x[0], target[0]) if rows else (x[0], ones, target[0]))
    return np.matmul, ((ones[None], x, out) if rows else (x, ones[:, None], out))
