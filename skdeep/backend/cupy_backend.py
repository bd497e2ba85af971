"""The CuPy backend: the primitives as eager calls on one NVIDIA card.

CuPy is imported when a backend is made, never with this module. Written against CuPy 14.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from skdeep.backend.base import Array, Backend, Random, SparseBatch
from skdeep.backend.cuda import Elementwise, elementwise
from skdeep.backend.errors import DeviceError, DeviceMemoryError
from skdeep.backend.hashing import row_keys
from skdeep.backend.im2col import taps
from skdeep.backend.kernel import Kernel, graph_of

#: The distribution is not called like the package: that name is somebody else's on PyPI.
INSTALL = " or, for drivers of CUDA 13, ".join(
    f'pip install "scikit-deep[{extra}]"' for extra in ("cuda12", "cuda13")
)


def _on_device(primitive: Callable[..., Any]) -> Callable[..., Any]:
    """Run a primitive with the backend's card as the current one: CuPy keeps one per thread."""

    @wraps(primitive)
    def run(self: CupyBackend, *args: Any, **kwargs: Any) -> Any:
        with self.running():
            return primitive(self, *args, **kwargs)

    return run


class CupyBackend(Backend):
    """Runs on a card through CuPy, each primitive at once.

    Parameters
    ----------
    device_id : int, optional
        The card's number. Default: CuPy's current one.

    Raises
    ------
    DeviceError
        If CuPy is not installed or finds no such card.
    """

    def __init__(self, device_id: int | None = None) -> None:
        self._cupy = _import_cupy()
        self.device_id = _find_card(self._cupy, device_id)
        self.device = f"cuda:{self.device_id}"
        self._card = self._cupy.cuda.Device(self.device_id)
        self._bound: WeakKeyDictionary[Kernel, dict[Any, Callable[..., Any]]] = WeakKeyDictionary()
        self._compiled: dict[Elementwise, Callable[..., Any]] = {}
        self._sumsq = self._cupy.ReductionKernel(
            "T x", "T y", "x * x", "a + b", "y = a", "0", "skdeep_sumsq"
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        """Select the card, and explain it where its memory runs out."""
        try:
            with self._card:
                yield
        except self._cupy.cuda.memory.OutOfMemoryError as error:
            with self._card:
                free, total = self._cupy.cuda.runtime.memGetInfo()
            raise DeviceMemoryError(
                f"{self.device} has too little memory: {error} {free:,} of its {total:,} bytes are "
                "free. Choose a smaller batch_size or smaller hidden_layer_sizes, or "
                'device="cpu".'
            ) from error

    @_on_device
    def empty(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return self._cupy.empty(shape, dtype)

    @_on_device
    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Array:
        return self._cupy.zeros(shape, dtype)

    @_on_device
    def to_device(self, host: np.ndarray, out: Array | None = None) -> Array:
        if out is None:
            return self._cupy.array(host, order="C")
        if out.flags.c_contiguous and out.dtype == host.dtype and out.shape == host.shape:
            out.set(np.ascontiguousarray(host))
        else:
            self._cupy.copyto(out, self._cupy.asarray(host))
        return out

    @_on_device
    def adopt(self, array: Any, dtype: Any) -> Array:
        cupy = self._cupy
        if isinstance(array, cupy.ndarray) and array.device.id != self.device_id:
            array = cupy.array(array)  # over from another card
        return cupy.ascontiguousarray(cupy.asarray(array), dtype)

    @_on_device
    def to_host(self, array: Array) -> np.ndarray:
        host: np.ndarray = array.get(order="C")
        return host

    @_on_device
    def copy(self, source: Array, out: Array) -> None:
        self._cupy.copyto(out, source)

    @_on_device
    def truncate(self, source: Array, out: Array) -> None:
        self._cupy.copyto(out, source, casting="unsafe")

    @_on_device
    def gemm(
        self,
        a: Array,
        b: Array,
        out: Array,
        *,
        trans_a: bool = False,
        trans_b: bool = False,
        accumulate: bool = False,
    ) -> None:
        a = a.swapaxes(-1, -2) if trans_a else a
        b = b.swapaxes(-1, -2) if trans_b else b
        if len(out) == 1:  # cuBLAS takes transposed matrices as they are, CuPy copies 3-D ones
            a, b, out = a[0], b[0], out[0]
        turned = out.swapaxes(-1, -2)
        if not out.flags.c_contiguous and turned.flags.c_contiguous:
            a, b, out = b.swapaxes(-1, -2), a.swapaxes(-1, -2), turned
        if accumulate:
            self._cupy.add(out, self._cupy.matmul(a, b), out=out)
        else:
            self._cupy.matmul(a, b, out=out)

    @_on_device
    def sparse(self, matrix: Any, dtype: Any) -> Any:
        from cupyx.scipy.sparse import csr_matrix

        return csr_matrix(matrix.astype(dtype, copy=False))

    @_on_device
    def sparse_gemm(
        self,
        a: SparseBatch,
        b: Array,
        out: Array,
        *,
        trans_a: bool = False,
        accumulate: bool = False,
    ) -> None:
        matrix = a.matrix.T if trans_a else a.matrix
        for weights, target in zip(b, out, strict=True):
            product = matrix @ weights
            self._cupy.copyto(target, target + product if accumulate else product)

    @_on_device
    def gather(self, source: Array, index: Array, out: Array) -> None:
        self._cupy.take(source, index, axis=0, out=out)

    @_on_device
    def scatter(self, source: Array, index: Array, out: Array) -> None:
        out.fill(0)
        for rows, places, sums in zip(source, index, out, strict=True):
            self._cupy.add.at(sums, places, rows)  # atomic: the order of the sum is the card's

    @_on_device
    def unfold(
        self, x: Array, out: Array, *, strides: tuple[int, int], dilation: tuple[int, int]
    ) -> None:
        for tap, pixels in taps(out, x, strides, dilation):
            self._cupy.copyto(tap, pixels)

    @_on_device
    def fold(
        self, patches: Array, out: Array, *, strides: tuple[int, int], dilation: tuple[int, int]
    ) -> None:
        out.fill(0)
        for tap, place in taps(patches, out, strides, dilation):
            self._cupy.add(place, tap, out=place)

    @_on_device
    def reduce(self, x: Array, out: Array, *, axis: int, op: str = "sum") -> None:
        axis %= x.ndim
        squeezed = out.squeeze(axis)
        if op == "sum":
            self._cupy.sum(x, axis=axis, dtype=out.dtype, out=squeezed)
        elif op == "max":
            self._cupy.max(x, axis=axis, out=squeezed)
        elif op == "sumsq":
            self._sumsq(x, axis=axis, out=squeezed)
        else:
            raise ValueError(f'op must be "sum", "max" or "sumsq", got {op!r}')

    @_on_device
    def launch(self, kernel: Kernel, out: Array | tuple[Array, ...], *inputs: Array) -> None:
        outs = out if isinstance(out, tuple) else (out,)
        self._kernel(kernel, inputs, outs)(*inputs, *outs)

    def _kernel(
        self, kernel: Kernel, inputs: tuple[Array, ...], outs: tuple[Array, ...]
    ) -> Callable[..., Any]:
        """Return the compiled kernel for these dtypes; equal texts share one."""
        ins_dtypes = tuple(a.dtype for a in inputs)
        outs_dtypes = tuple(a.dtype for a in outs)
        known = self._bound.setdefault(kernel, {})
        found = known.get((ins_dtypes, outs_dtypes))
        if found is None:
            text = elementwise(graph_of(kernel, len(inputs)), ins_dtypes, outs_dtypes)
            found = self._compiled.get(text)
            if found is None:
                found = self._compiled[text] = self._cupy.ElementwiseKernel(
                    text.in_params,
                    text.out_params,
                    text.operation,
                    "skdeep_" + re.sub(r"\W", "_", kernel.name),
                    preamble=text.preamble,
                    no_return=True,
                )
            known[ins_dtypes, outs_dtypes] = found
        return found

    @_on_device
    def row_keys(self, X: Any) -> Array:
        if hasattr(X, "indptr"):
            return self._cupy.asarray(row_keys(np, X))
        return row_keys(self._cupy, X)

    @_on_device
    def draw(self, random: Random, out: Array, kind: str = "bits") -> None:
        host = np.empty(out.shape, out.dtype)
        random.fill(host, kind)
        self.to_device(host, out)

    @_on_device
    def stack_bytes(self, factor: float = 1.0) -> int:
        free: int = self._cupy.cuda.runtime.memGetInfo()[0]
        return free // 2

    @_on_device
    def synchronize(self) -> None:
        self._card.synchronize()


def _import_cupy() -> Any:
    try:
        import cupy
    except ModuleNotFoundError as error:
        if error.name != "cupy":
            raise DeviceError(
                f'device="cuda": CuPy is installed but cannot be imported: {error}'
            ) from error
        raise DeviceError(f'device="cuda" needs CuPy, which is not installed: {INSTALL}') from None
    except ImportError as error:
        raise DeviceError(
            f'device="cuda": CuPy is installed but cannot be imported: {error}'
        ) from error
    return cupy


def _find_card(cupy: Any, device_id: int | None) -> int:
    """Return the number of a card that is there."""
    try:
        count = cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise DeviceError(
            f'device="cuda": CuPy is installed but finds no NVIDIA GPU with a driver that it can '
            f"use: {error}"
        ) from error
    if not count:
        raise DeviceError('device="cuda": CuPy is installed but finds no NVIDIA GPU')
    if device_id is None:
        return int(cupy.cuda.runtime.getDevice())
    if device_id >= count:
        there = ", ".join(f'"cuda:{k}"' for k in range(count))
        raise DeviceError(f'device="cuda:{device_id}" is not there; CuPy finds {there}')
    return device_id
