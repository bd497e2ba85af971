"""A stand-in for the part of CuPy that the backend calls, to be put into ``sys.modules``.

Its arrays are NumPy's under another type, and its functions refuse NumPy arrays as CuPy's do. An
``ElementwiseKernel`` is compiled by a C++ compiler from the text it is given, with the parameters
as references into the arrays, as CuPy makes them. What this cannot show: that real CuPy takes the
same arguments, and anything about a card.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np

from tests.backend.cuda_text import SHIM

CXX = next((name for name in ("g++", "c++", "clang++") if shutil.which(name)), None)
CTYPES = {
    "float32": "float",
    "float64": "double",
    "uint16": "unsigned short",
    "uint32": "unsigned int",
    "int32": "int",
    "int64": "long long",
    "bool": "bool",
}


class Device:
    """A card; the current one is the last entered."""

    entered = [0]
    synchronized = 0

    def __init__(self, number=None):
        self.id = self.entered[-1] if number is None else number

    def __enter__(self):
        self.entered.append(self.id)
        return self

    def __exit__(self, *error):
        self.entered.pop()

    def synchronize(self):
        Device.synchronized += 1


class ndarray(np.ndarray):
    """An array on a card."""

    def __array_finalize__(self, source):
        self.device = getattr(source, "device", None)
        if not isinstance(self.device, Device):
            self.device = Device()

    device = None

    def get(self, order="C"):
        return np.array(np.asarray(self), order=order)

    def set(self, host):
        if type(host) is not np.ndarray or host.dtype != self.dtype or host.shape != self.shape:
            raise TypeError("set takes a NumPy array of the same shape and dtype")
        if not (self.flags.c_contiguous or self.flags.f_contiguous):
            raise RuntimeError("Cannot set to non-contiguous array")
        self[...] = host.view(ndarray)


def on_card(*arrays):
    """Refuse host arrays, and arrays on another card than the current one."""
    for array in arrays:
        if not isinstance(array, ndarray):
            raise TypeError(f"Unsupported type {type(array)}")
        if array.device.id != Device.entered[-1]:
            raise ValueError("Array device must be same as the current device")


class OutOfMemoryError(MemoryError):
    """As CuPy words it."""

    def __init__(self, size, total):
        super().__init__(
            f"Out of memory allocating {size:,} bytes (allocated so far: {total:,} bytes)."
        )


class CUDARuntimeError(RuntimeError):
    """An error of the CUDA runtime."""


class ElementwiseKernel:
    """Compiles its text at the first call."""

    made: list[str] = []

    def __init__(self, in_params, out_params, operation, name, *, preamble="", no_return=False):
        assert no_return
        assert name.isidentifier()
        self.ins, self.outs = (
            [tuple(p.split()) for p in params.split(",") if p.strip()]
            for params in (in_params, out_params)
        )
        self.operation, self.preamble = operation, preamble
        self.function = None
        ElementwiseKernel.made.append(name)

    def __call__(self, *arrays):
        on_card(*arrays)
        params = [*self.ins, *self.outs]
        assert len(arrays) == len(params)
        for array, (dtype, name) in zip(arrays, params, strict=True):
            if array.dtype.name != dtype:
                raise TypeError(f"Type is mismatched. {name} {array.dtype} {dtype}")
        shape = np.broadcast_shapes(*(array.shape for array in arrays))
        for out in arrays[len(self.ins) :]:
            if out.shape != shape:
                raise ValueError("Out shape is mismatched")
        views = [np.broadcast_to(a, shape, subok=True) if a.shape != shape else a for a in arrays]
        numbers = [len(shape), *shape, *(s for view in views for s in view.strides)]
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in arrays]
        self.compiled()((ctypes.c_longlong * len(numbers))(*numbers), *pointers)

    def compiled(self):
        """Return the C function, made on first use."""
        if self.function is None:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "kernel.cpp")
                file.write_text(self.source())
                command = [CXX, "-O1", "-shared", "-fPIC", str(file), "-o", f"{folder}/kernel.so"]
                subprocess.run(command, check=True, timeout=120)
                self.function = ctypes.CDLL(f"{folder}/kernel.so").kernel
        return self.function

    def source(self):
        """Return a loop over the elements, each parameter a reference."""
        params = [*self.ins, *self.outs]
        arguments = ", ".join(f"char* p_{name}" for _, name in params)
        lines = []
        for k, (dtype, name) in enumerate(params):
            const = "const " if k < len(self.ins) else ""
            lines.append(
                f"{const}{CTYPES[dtype]} &{name} = "
                f"*({CTYPES[dtype]}*)(p_{name} + at(numbers, {k}, i));"
            )
        body = "\n".join([*lines, self.operation])
        return f"""{SHIM}{self.preamble}
static long long at(const long long* numbers, int array, long long i) {{
    const long long ndim = numbers[0];
    long long offset = 0;
    for (long long d = ndim - 1; d >= 0; --d) {{
        offset += (i % numbers[1 + d]) * numbers[1 + ndim * (array + 1) + d];
        i /= numbers[1 + d];
    }}
    return offset;
}}
extern "C" void kernel(const long long* numbers, {arguments}) {{
    long long size = 1;
    for (long long d = 0; d < numbers[0]; ++d) size *= numbers[1 + d];
    for (long long i = 0; i < size; ++i) {{
        {body}
    }}
}}
"""


class ReductionKernel:
    """Knows the one reduction that the backend defines."""

    def __init__(self, *texts):
        assert texts[:6] == ("T x", "T y", "x * x", "a + b", "y = a", "0")

    def __call__(self, x, *, axis, out):
        on_card(x, out)
        np.sum(np.square(x), axis, out=out)


class csr_matrix:
    """A SciPy matrix that multiplies device arrays only."""

    def __init__(self, matrix):
        self.matrix, self.shape, self.dtype = matrix, matrix.shape, matrix.dtype

    @property
    def T(self):
        return csr_matrix(self.matrix.T)

    def __matmul__(self, dense):
        on_card(dense)
        return np.asarray(self.matrix @ np.asarray(dense)).view(ndarray)


def checked(function, n_arrays):
    """Return a NumPy function whose leading arguments and `out` must lie on the card."""

    def call(*args, out=None, **kwargs):
        on_card(*args[:n_arrays], *(() if out is None else (out,)))
        result = function(*args, out=out, **kwargs)
        return result if out is not None else np.asarray(result).view(ndarray)

    return call


def add_at(out, index, values):
    on_card(out, index, values)
    np.add.at(np.asarray(out), np.asarray(index), np.asarray(values))


def array(value, order="C"):
    return np.array(np.asarray(value), order=order).view(ndarray)


def asarray(value):
    return value if isinstance(value, ndarray) else array(value)


def ascontiguousarray(value, dtype=None):
    on_card(value)
    dtype = value.dtype if dtype is None else dtype
    return (
        np.asarray(value).astype(dtype, "C", copy=False).view(ndarray)
        if (value.dtype != dtype or not value.flags.c_contiguous)
        else value
    )


def copyto(out, source):
    on_card(out, source)
    np.copyto(out, source)


def module(n_cards=1, free=10**9):
    """Return the modules to put in place, by name."""
    cupy = ModuleType("cupy")
    cupy.ndarray, cupy.array, cupy.asarray = ndarray, array, asarray
    cupy.ascontiguousarray, cupy.copyto = ascontiguousarray, copyto

    def allocate(make):
        def new(shape, dtype):
            size = int(np.prod(shape)) * np.dtype(dtype).itemsize
            if size > free:
                raise OutOfMemoryError(size, 0)
            return make(shape, dtype).view(ndarray)

        return new

    cupy.empty, cupy.zeros = allocate(np.empty), allocate(np.zeros)
    for name, n_arrays in (("matmul", 2), ("add", 2), ("take", 2), ("sum", 1), ("max", 1)):
        setattr(cupy, name, checked(getattr(np, name), n_arrays))
    cupy.add.at = add_at
    cupy.isfinite, cupy.isnan = np.isfinite, np.isnan
    cupy.ElementwiseKernel, cupy.ReductionKernel = ElementwiseKernel, ReductionKernel
    cupy.cuda = SimpleNamespace(
        Device=Device,
        memory=SimpleNamespace(OutOfMemoryError=OutOfMemoryError),
        runtime=SimpleNamespace(
            CUDARuntimeError=CUDARuntimeError,
            getDevice=lambda: Device.entered[-1],
            getDeviceCount=lambda: n_cards,
            memGetInfo=lambda: (free, 2 * free),
        ),
    )
    parts = {name: ModuleType(name) for name in ("cupyx", "cupyx.scipy", "cupyx.scipy.sparse")}
    parts["cupyx.scipy.sparse"].csr_matrix = csr_matrix
    return {"cupy": cupy, **parts}
