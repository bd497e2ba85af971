"""A backend that computes on the host and refuses whatever a GPU would refuse.

It is the GPU that every machine has: a missing transfer, a host array among device arrays, an
output that nobody wrote or two arrays that overlap fail here as an error or a NaN, with no card.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, NoReturn

import numpy as np

from skdeep.backend.base import Array, Backend, Random, SparseBatch
from skdeep.backend.kernel import Kernel
from skdeep.backend.memory import identity
from skdeep.backend.numpy_backend import NumpyBackend

#: What kernels may be made of on every device.
DTYPES = frozenset(map(np.dtype, ("f4", "f8", "u2", "u4", "i4", "i8", "?")))


def _refuse(self: Any, *args: Any, **kwargs: Any) -> NoReturn:
    raise TypeError(
        "Implicit conversion to a NumPy array is not allowed. Please use the backend's to_host() "
        "to move a device array, and its primitives to compute with one."
    )


class CheckedArray:
    """An array that only a backend can compute with; indexing and reshaping give views.

    It holds an ndarray rather than being one, since NumPy converts its own kind without asking.
    """

    __slots__ = ("held",)

    def __init__(self, held: np.ndarray) -> None:
        self.held = held

    shape = property(lambda self: self.held.shape)
    strides = property(lambda self: self.held.strides)
    dtype = property(lambda self: self.held.dtype)
    ndim = property(lambda self: self.held.ndim)
    size = property(lambda self: self.held.size)
    itemsize = property(lambda self: self.held.itemsize)

    def __len__(self) -> int:
        return len(self.held)

    def __iter__(self) -> Iterator[CheckedArray]:
        return (self[k] for k in range(len(self)))

    def __getitem__(self, key: Any) -> CheckedArray:
        parts = key if isinstance(key, tuple) else (key,)
        for part in parts:
            basic = part is None or part is Ellipsis or isinstance(part, slice | int | np.integer)
            if not basic or isinstance(part, bool):
                raise TypeError(f"only basic indexing gives a view of a device array, got {part!r}")
        keep_array = () if Ellipsis in parts else (Ellipsis,)
        return CheckedArray(self.held[(*parts, *keep_array)])

    def reshape(self, *shape: Any) -> CheckedArray:
        """Return a view of another shape."""
        result = self.held.reshape(*shape)
        if result.size and not np.may_share_memory(result, self.held):
            raise ValueError(
                f"reshaping {self.shape} with strides {self.held.strides} to {shape} makes a copy; "
                "what is written there would be lost"
            )
        return CheckedArray(result)

    def swapaxes(self, first: int, second: int) -> CheckedArray:
        """Return a view with two axes exchanged."""
        return CheckedArray(self.held.swapaxes(first, second))

    def __repr__(self) -> str:
        return f"CheckedArray(shape={self.shape}, dtype={self.dtype})"

    __hash__ = object.__hash__
    __array__ = __array_ufunc__ = __array_function__ = _refuse
    __bool__ = __float__ = __int__ = __index__ = __complex__ = __setitem__ = _refuse
    __add__ = __sub__ = __mul__ = __truediv__ = __matmul__ = __pow__ = __neg__ = _refuse
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rmatmul__ = __iadd__ = __imul__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError("a device array cannot be pickled or copied: move it to the host first")


class CheckedBackend(Backend):
    """Checks every call, then lets a :class:`NumpyBackend` do the work, recordings included."""

    device = "checked"

    chunk_elements = NumpyBackend.chunk_elements
    n_parts = NumpyBackend.n_parts
    product_work = NumpyBackend.product_work
    stacks_products = NumpyBackend.stacks_products

    def __init__(self) -> None:
        self.inner = NumpyBackend()

    def empty(self, shape: tuple[int, ...], dtype: Any) -> CheckedArray:
        self._outside("empty")
        return CheckedArray(np.full(shape, poison(np.dtype(dtype)), dtype))

    def to_device(self, host: np.ndarray, out: Array | None = None) -> CheckedArray:
        self._outside("to_device")
        if not isinstance(host, np.ndarray):
            raise TypeError(f"to_device: host must be a NumPy array, got {type(host).__name__}")
        if out is None:
            return CheckedArray(self.inner.to_device(host))
        self.inner.to_device(host, *_held("to_device", out=out))
        return out  # type: ignore[no-any-return]

    def adopt(self, array: Any, dtype: Any) -> CheckedArray:
        self._outside("adopt")
        if not isinstance(array, CheckedArray):  # crossing the bus copies
            return CheckedArray(np.array(array, dtype, order="C"))
        held = np.ascontiguousarray(array.held, dtype)
        return array if held is array.held else CheckedArray(held)

    def to_host(self, array: Array) -> np.ndarray:
        self._outside("to_host")
        return self.inner.to_host(*_held("to_host", array=array))

    def copy(self, source: Array, out: Array) -> None:
        source, out = _held("copy", source=source, out=out)
        _check_broadcast("copy", out.shape, source=source)
        _check_apart("copy", {"out": out}, {"source": source})
        self.inner.copy(source, out)

    def truncate(self, source: Array, out: Array) -> None:
        source, out = _held("truncate", source=source, out=out)
        _check_shape("truncate", "source", source, out.shape)
        if source.dtype.kind != "f" or out.dtype.kind not in "iu":
            raise TypeError(f"truncate: {source.dtype} cannot be made {out.dtype}")
        self.inner.truncate(source, out)

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
        a, b, out = _held("gemm", a=a, b=b, out=out)
        _check_gemm(a, b, out, trans_a, trans_b)
        _check_apart("gemm", {"out": out}, {"a": a, "b": b}, same_view=False)
        self.inner.gemm(a, b, out, trans_a=trans_a, trans_b=trans_b, accumulate=accumulate)

    def sparse_gemm(
        self,
        a: SparseBatch,
        b: Array,
        out: Array,
        *,
        trans_a: bool = False,
        accumulate: bool = False,
    ) -> None:
        if not isinstance(a, SparseBatch):
            raise TypeError(f"sparse_gemm: a must be a SparseBatch, got {type(a).__name__}")
        b, out = _held("sparse_gemm", b=b, out=out)
        _check_apart("sparse_gemm", {"out": out}, {"b": b}, same_view=False)
        self.inner._emit((_check_sparse, (a, b, out, trans_a)))
        self.inner.sparse_gemm(a, b, out, trans_a=trans_a, accumulate=accumulate)

    def gather(self, source: Array, index: Array, out: Array) -> None:
        source, index, out = _held("gather", source=source, index=index, out=out)
        if index.dtype.kind not in "iu" or out.dtype != source.dtype:
            raise TypeError(
                f"gather: integers choose rows of the same dtype, got index {index.dtype}, "
                f"source {source.dtype}, out {out.dtype}"
            )
        _check_shape("gather", "out", out, index.shape + source.shape[1:])
        _check_apart("gather", {"out": out}, {"source": source, "index": index}, same_view=False)
        self.inner._emit((_check_index, (index, len(source))))
        self.inner.gather(source, index, out)

    def scatter(self, source: Array, index: Array, out: Array) -> None:
        source, index, out = _held("scatter", source=source, index=index, out=out)
        if index.dtype != np.int32 or out.dtype != source.dtype or source.dtype.kind != "f":
            raise TypeError(
                f"scatter: int32 says where floats of one dtype go, got index {index.dtype}, "
                f"source {source.dtype}, out {out.dtype}"
            )
        _check_shape("scatter", "source", source, (*index.shape, out.shape[2]))
        _check_shape("scatter", "out", out, (len(index), *out.shape[1:]))
        _check_apart("scatter", {"out": out}, {"source": source, "index": index}, same_view=False)
        self.inner._emit((_check_index, (index, out.shape[1], "scatter")))
        self.inner.scatter(source, index, out)

    def unfold(
        self, x: Array, out: Array, *, strides: tuple[int, int], dilation: tuple[int, int]
    ) -> None:
        x, out = _held("unfold", x=x, out=out)
        _check_windows("unfold", x, out, strides, dilation)
        _check_apart("unfold", {"out": out}, {"x": x}, same_view=False)
        self.inner.unfold(x, out, strides=strides, dilation=dilation)

    def fold(
        self, patches: Array, out: Array, *, strides: tuple[int, int], dilation: tuple[int, int]
    ) -> None:
        patches, out = _held("fold", patches=patches, out=out)
        _check_windows("fold", out, patches, strides, dilation)
        _check_apart("fold", {"out": out}, {"patches": patches}, same_view=False)
        self.inner.fold(patches, out, strides=strides, dilation=dilation)

    def reduce(self, x: Array, out: Array, *, axis: int, op: str = "sum") -> None:
        x, out = _held("reduce", x=x, out=out)
        expected = list(x.shape)
        expected[axis] = 1
        _check_shape("reduce", "out", out, tuple(expected))
        if op not in ("sum", "max", "sumsq"):
            raise ValueError(f'reduce: op must be "sum", "max" or "sumsq", got {op!r}')
        if x.dtype.kind != "f" or out.dtype.kind != "f":
            raise TypeError(f"reduce: x and out must be floats, got {x.dtype} and {out.dtype}")
        _check_apart("reduce", {"out": out}, {"x": x}, same_view=False)
        self.inner.reduce(x, out, axis=axis, op=op)

    def launch(self, kernel: Kernel, out: Array | tuple[Array, ...], *inputs: Array) -> None:
        where = repr(kernel)
        given = out if isinstance(out, tuple) else (out,)
        names = [f"output {k}" for k in range(len(given))]
        outs = dict(zip(names, _held(where, **dict(zip(names, given, strict=True))), strict=True))
        names = [f"input {k}" for k in range(len(inputs))]
        ins = dict(zip(names, _held(where, **dict(zip(names, inputs, strict=True))), strict=True))
        for name, array in {**outs, **ins}.items():
            if array.dtype not in DTYPES:
                raise TypeError(f"{where}: {name} has dtype {array.dtype}, which no kernel takes")
        shape = outs["output 0"].shape
        for name, array in outs.items():
            _check_shape(where, name, array, shape)
        _check_broadcast(where, shape, **ins)
        _check_apart(where, outs, ins)
        self.inner.launch(kernel, tuple(outs.values()), *ins.values())

    def row_keys(self, X: Any) -> CheckedArray:
        if hasattr(X, "indptr"):
            return CheckedArray(self.inner.row_keys(X))
        (held,) = _held("row_keys", X=X)
        return CheckedArray(self.inner.row_keys(held))

    def draw(self, random: Random, out: Array, kind: str = "bits") -> None:
        (out,) = _held("draw", out=out)
        if len(out) != len(random.generators):
            raise ValueError(f"draw: {len(random.generators)} streams cannot fill {out.shape}")
        whole = {"bits": np.uint16, "words": np.uint32}
        if out.dtype != whole[kind] if kind in whole else out.dtype.kind != "f":
            raise TypeError(f"draw: {kind} cannot be drawn as {out.dtype}")
        self.inner.draw(random, out, kind)

    def on_host(self, function: Callable[..., None], *arrays: Array) -> None:
        named = {f"array {k}": array for k, array in enumerate(arrays)}
        self.inner.on_host(function, *_held("on_host", **named))

    def side_by_side(self, tasks: Sequence[Callable[[], None]]) -> None:
        self.inner.side_by_side(tasks)

    def together(self, function: Callable[[], None]) -> None:
        self.inner.together(function)

    def temporaries(self) -> Any:
        return self.inner.temporaries()

    def record(self, step: Callable[[], None], temporaries: Any = None) -> Callable[[], None]:
        return self.inner.record(step, temporaries)

    def running(self) -> AbstractContextManager[Any]:
        return self.inner.running()

    def session(self, work: int) -> AbstractContextManager[Any]:
        return self.inner.session(work)

    def _outside(self, primitive: str) -> None:
        if self.inner.recording:
            raise RuntimeError(
                f"{primitive} inside a recorded step happens once and is not repeated with it"
            )


def poison(dtype: np.dtype) -> Any:
    """Return what new buffers hold: NaN, or an integer that no index or class code equals."""
    if dtype.kind == "f":
        return np.nan
    return True if dtype.kind == "b" else np.iinfo(dtype).min or np.iinfo(dtype).max


def _held(where: str, **arrays: Any) -> list[np.ndarray]:
    for name, array in arrays.items():
        if not isinstance(array, CheckedArray):
            raise TypeError(f"{where}: {name} must be a device array, got {type(array).__name__}")
    return [array.held for array in arrays.values()]


def _check_shape(where: str, name: str, array: np.ndarray, expected: tuple[int, ...]) -> None:
    if array.shape != expected:
        raise ValueError(f"{where}: {name} must have shape {expected}, got {array.shape}")


def _check_broadcast(where: str, shape: tuple[int, ...], **inputs: np.ndarray) -> None:
    for name, array in inputs.items():
        padded = (1,) * (len(shape) - array.ndim) + array.shape
        fits = len(padded) == len(shape)
        if not fits or any(n not in (1, full) for n, full in zip(padded, shape, strict=True)):
            raise ValueError(
                f"{where}: {name} of shape {array.shape} does not broadcast to {shape}"
            )


def _check_apart(
    where: str,
    outs: dict[str, np.ndarray],
    ins: dict[str, np.ndarray],
    *,
    same_view: bool = True,
) -> None:
    """Refuse an output that overlaps another array, but the very view of an input where allowed."""
    names = list(outs)
    for k, name in enumerate(names):
        others = {**{n: outs[n] for n in names[k + 1 :]}, **ins}
        for other, array in others.items():
            same = same_view and other in ins and identity(array) == identity(outs[name])
            if not same and np.shares_memory(outs[name], array):
                raise ValueError(f"{where}: {name} overlaps {other}")


def _check_gemm(
    a: np.ndarray, b: np.ndarray, out: np.ndarray, trans_a: bool, trans_b: bool
) -> None:
    m, k = (a.swapaxes(-1, -2) if trans_a else a).shape[-2:]
    inner, n = (b.swapaxes(-1, -2) if trans_b else b).shape[-2:]
    stacked = a.ndim == b.ndim == out.ndim >= 3
    axes = zip(a.shape[:-2], b.shape[:-2], out.shape[:-2], strict=stacked)
    fit = all({i, j} <= {1, n} and n == max(i, j) for i, j, n in axes)
    if not (stacked and fit and k == inner and out.shape[-2:] == (m, n)):
        raise ValueError(
            f"gemm: {a.shape}{'.T' * trans_a} @ {b.shape}{'.T' * trans_b} does not give {out.shape}"
        )
    if not a.dtype == b.dtype == out.dtype or a.dtype not in (np.float32, np.float64):
        raise TypeError(f"gemm: one float dtype is needed, got {a.dtype}, {b.dtype}, {out.dtype}")


def _check_windows(
    where: str,
    images: np.ndarray,
    patches: np.ndarray,
    strides: tuple[int, int],
    dilation: tuple[int, int],
) -> None:
    """Refuse patches that reach outside the images: their memory would be read or written."""
    if images.ndim != 4 or patches.ndim != 6 or images.dtype != patches.dtype:
        raise ValueError(
            f"{where}: images (B, H, W, C) and patches (B, OH, OW, KH, KW, C) of one dtype are "
            f"needed, got {images.shape} {images.dtype} and {patches.shape} {patches.dtype}"
        )
    outside = (images.shape[0], images.shape[3]) != (patches.shape[0], patches.shape[5])
    for axis in (0, 1):
        outputs, taps = patches.shape[1 + axis], patches.shape[3 + axis]
        reach = (outputs - 1) * strides[axis] + (taps - 1) * dilation[axis] + 1
        outside |= reach > images.shape[1 + axis]
    if outside:
        raise ValueError(
            f"{where}: patches {patches.shape} with strides {strides} and dilation {dilation} do "
            f"not lie within images {images.shape}"
        )


def _check_sparse(a: SparseBatch, b: np.ndarray, out: np.ndarray, trans_a: bool) -> None:
    rows, columns = a.matrix.shape[::-1] if trans_a else a.matrix.shape
    _check_shape("sparse_gemm", "out", out, (len(b), rows, b.shape[2]))
    if b.shape[1] != columns or a.matrix.dtype != b.dtype:
        raise ValueError(
            f"sparse_gemm: {rows} x {columns} {a.matrix.dtype} cannot multiply {b.shape} {b.dtype}"
        )


def _check_index(index: np.ndarray, n_rows: int, where: str = "gather") -> None:
    if index.size and not (0 <= index.min() and index.max() < n_rows):
        raise IndexError(f"{where}: an index is outside the {n_rows} rows")
