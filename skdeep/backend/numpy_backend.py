"""The NumPy backend: primitives bound once to their arrays, replayed as a flat list of calls."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from skdeep.backend._compat import csc_matvecs
from skdeep.backend.base import Array, Backend, Random, SparseBatch
from skdeep.backend.blocks import bind
from skdeep.backend.hashing import row_keys
from skdeep.backend.im2col import added, taps, tilings
from skdeep.backend.kernel import Kernel, graph_of
from skdeep.backend.memory import Scratch, Temporaries, as_runs, as_view
from skdeep.backend.threads import blas_threads
from skdeep.backend.ufuncs import Call
from skdeep.backend.workers import run_side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


#: Multiply-adds of a product up to which a second BLAS thread costs more than it gives
#: (``benchmarks/trials.py``, and the worse the busier the machine is).
ONE_THREAD_WORK = 4_000_000


#: Multiply-adds of a product up to which OpenBLAS does not pack its matrices first. That costs
#: narrow ones up to half of the time.
SMALL_PRODUCT = 1_000_000

#: Length of rows up to which BLAS sums them nearly as exactly as `add.reduce`, which takes longer.
SHORT_SUM = 1 << 14

#: What a step of all models of a stack may touch: about what stays near from step to step
#: (``benchmarks/search.py --parts sizes``).
STACK_BYTES = 4 << 20


class _Recording(threading.local):
    """The list that primitives append to while a step is recorded, per thread."""

    def __init__(self) -> None:
        self.calls: list[Call] | None = None
        self.scratch: Scratch | None = None
        #: Where the scratch of tasks that run side by side comes from, and those being recorded.
        self.temporaries = Temporaries()
        self.tasks: Tasks | None = None


class Tasks:
    """The calls of tasks that run side by side, between the places where all of them meet."""

    def __init__(self) -> None:
        #: For each task its lists of calls, one more than there are meetings.
        self.lists: list[list[list[Call]]] = []
        self.meetings: list[list[Call]] = []

    def sections(self) -> Iterator[tuple[list[list[Call]], list[Call]]]:
        """Yield what runs side by side, and the calls of the meeting behind it."""
        if len({len(lists) for lists in self.lists}) > 1:
            raise RuntimeError("tasks that run side by side must meet equally often")
        yield from zip(zip(*self.lists, strict=True), [*self.meetings, []], strict=True)


class NumpyBackend(Backend):
    """Runs on the host with NumPy.

    A primitive resolves its arguments into calls of NumPy functions on fixed views. Outside a
    recording the calls run at once; within one they are kept, and :meth:`record` returns a
    function that runs the list. So Python's share of a step is one loop over ready calls.
    """

    device = "cpu"
    chunk_elements = 120_000
    product_work = SMALL_PRODUCT
    stacks_products = True
    n_parts = 8

    def __init__(self) -> None:
        self._recording = _Recording()

    @property
    def recording(self) -> bool:
        """Whether this thread is inside :meth:`record`."""
        return self._recording.calls is not None

    def empty(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.empty(shape, dtype)

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> np.ndarray:
        return np.zeros(shape, dtype)

    def to_device(self, host: np.ndarray, out: Array | None = None) -> np.ndarray:
        if out is None:
            return np.array(host, order="C")
        held: np.ndarray = out
        np.copyto(held, host)
        return held

    def adopt(self, array: Any, dtype: Any) -> np.ndarray:
        return np.ascontiguousarray(array, dtype)

    def to_host(self, array: Array) -> np.ndarray:
        return np.array(array)

    def copy(self, source: Array, out: Array) -> None:
        if self._recording.calls is None:  # between steps, where every microsecond shows
            np.copyto(out, source, "same_kind")
        else:
            self._recording.calls.append((np.copyto, (*as_runs(out, source), "same_kind")))

    def truncate(self, source: Array, out: Array) -> None:
        self._emit((np.copyto, (out, source, "unsafe")))

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
        if not accumulate:
            self._emit(_product(a, b, out))
            return
        part = (self._recording.scratch or Scratch()).take("product", out.shape, out.dtype)
        self._emit(_product(a, b, part), (np.add, (out, part, out)))

    def sparse_gemm(
        self,
        a: SparseBatch,
        b: Array,
        out: Array,
        *,
        trans_a: bool = False,
        accumulate: bool = False,
    ) -> None:
        self._emit((_sparse_product, (a, b, out, trans_a, accumulate)))

    def gather(self, source: Array, index: Array, out: Array) -> None:
        flat = as_view(out, (index.size, *out.shape[2:]))  # (M * B, ...)
        index = as_view(index, (index.size,))
        if index.dtype != np.intp:  # which take would make in each call
            held = np.empty(index.shape, np.intp)
            self._emit((np.copyto, (held, index)))
            index = held
        # The mode "raise" would write through a buffer; who builds the index answers for it.
        self._emit((source.take, (index, 0, flat, "clip")))

    def scatter(self, source: Array, index: Array, out: Array) -> None:
        # The product of a sparse matrix with `source`, whose column b has a one in the row that
        # source[b] belongs to. SciPy's own operator would allocate the result.
        count, width = source.shape[1:]
        ends, ones = np.arange(count + 1, dtype=index.dtype), np.ones(count, source.dtype)
        for rows, columns, sums in zip(source, index, out, strict=True):
            matrix = (len(sums), count, width, ends, columns, ones)
            flat = (as_view(rows, (rows.size,)), as_view(sums, (sums.size,)))
            self._emit((sums.fill, (0,)), (csc_matvecs, (*matrix, *flat)))

    def unfold(
        self, x: Array, out: Array, *, strides: tuple[int, int], dilation: tuple[int, int]
    ) -> None:
        batch, height, width, channels = x.strides
        steps = (height * strides[0], width * strides[1])
        inner = (height * dilation[0], width * dilation[1])
        view = as_strided(x, out.shape, (batch, *steps, *inner, channels), writeable=False)
        self._emit((np.copyto, as_runs(out, view)))

    def fold(
        self, patches: Array, out: Array, *, strides: tuple[int, int], dilation: tuple[int, int]
    ) -> None:
        if dilation != (1, 1):
            self._emit((out.fill, (0,)))
            for tap, place in taps(patches, out, strides, dilation):
                self._emit((np.add, (place, tap, place)))
            return
        if min(strides) > 1 and min(patches.shape[1:3]) > 2:
            apart = self._fold_apart(patches, out, strides)
            if apart:
                self._emit(*apart)
                return
        places = list(tilings(patches, out, strides))
        height, width = (n * step for n, step in zip(patches.shape[1:3], strides, strict=True))
        if patches.shape[3] >= strides[0] and patches.shape[4] >= strides[1]:
            tap, place = places.pop(0)  # covers all but what is behind it
            self._emit((np.copyto, as_runs(place, tap)))
            for rest in (out[:, height:], out[:, :height, width:]):
                self._emit(*[(rest.fill, (0,))] * bool(rest.size))
        else:
            self._emit((out.fill, (0,)))
        for tap, place in places:
            self._emit(*added(place, tap))

    def _fold_apart(self, patches: Array, out: Array, strides: tuple[int, int]) -> list[Call]:
        """Return the calls that add pixels of the same place in a stride, which lie side by side.

        Rows of windows are longer than one window's channels, and are added in half of the time.
        There are none where `out` is not as many strides long as the windows reach.
        """
        taps = patches.transpose(3, 4, 0, 1, 2, 5)
        steps = [-(-k // step) for k, step in zip(taps.shape[:2], strides, strict=True)]
        grid = [n + k - 1 for n, k in zip(taps.shape[3:5], steps, strict=True)]
        if out.shape[1:3] != tuple(n * step for n, step in zip(grid, strides, strict=True)):
            return []
        scratch = self._recording.scratch or Scratch()
        shape = (*strides, len(out), *grid, out.shape[3])
        sums, (rows, columns) = scratch.take("fold", shape, out.dtype), taps.shape[3:5]
        first = taps[: strides[0], : strides[1]]
        core = sums[: first.shape[0], : first.shape[1], :, :rows, :columns]
        calls: list[Call] = [(sums.fill, (0,))] * (core.shape[:2] != strides)
        calls += [(np.copyto, as_runs(core, first))]
        calls += [(sums[:, :, :, rows:].fill, (0,)), (sums[:, :, :, :rows, columns:].fill, (0,))]
        for i, j in list(np.ndindex(*steps))[1:]:
            part = taps[i * strides[0] :, j * strides[1] :][: strides[0], : strides[1]]
            place = sums[: part.shape[0], : part.shape[1], :, i : i + rows, j : j + columns]
            calls.append((np.add, (place, part, place)))
        pixels = as_view(out, (len(out), grid[0], strides[0], grid[1], strides[1], out.shape[3]))
        calls.append((np.copyto, as_runs(pixels.transpose(2, 4, 0, 1, 3, 5), sums)))
        return calls

    def reduce(self, x: Array, out: Array, *, axis: int, op: str = "sum") -> None:
        self._emit(_reduction(x, out, axis, op))

    def launch(self, kernel: Kernel, out: Array | tuple[Array, ...], *inputs: Array) -> None:
        outs = out if isinstance(out, tuple) else (out,)
        scratch = self._recording.scratch or Scratch()
        try:
            calls = bind(graph_of(kernel, len(inputs)), outs, inputs, scratch)
        except ValueError as error:
            error.add_note(f"while binding {kernel!r}")
            raise
        self._emit(*calls)

    def row_keys(self, X: Any) -> np.ndarray:
        return np.asarray(row_keys(np, X))

    def draw(self, random: Random, out: Array, kind: str = "bits") -> None:
        self._emit((random.fill, (out, kind)))

    def temporaries(self) -> Temporaries:
        return Temporaries()

    def record(self, step: Callable[[], None], temporaries: Any = None) -> Callable[[], None]:
        recording = self._recording
        if recording.calls is not None:
            raise RuntimeError("a recording is running in this thread already")
        calls: list[Call] = []
        held = recording.temporaries = temporaries or Temporaries()
        recording.calls, recording.scratch = calls, held.own
        try:
            step()
        finally:
            recording.calls = recording.scratch = None

        def replay() -> None:
            for function, arguments in calls:
                function(*arguments)

        return replay

    def side_by_side(self, tasks: Sequence[Callable[[], None]]) -> None:
        recording = self._recording
        if recording.tasks is not None or len(tasks) < 2:
            super().side_by_side(tasks)
            return
        if recording.calls is None:
            self.record(lambda: self.side_by_side(tasks))()
            return
        whole, scratch, found = recording.calls, recording.scratch, Tasks()
        recording.tasks = found
        try:
            for k, task in enumerate(tasks):
                recording.calls = []
                recording.scratch = recording.temporaries.of_task(k)
                found.lists.append([recording.calls])
                task()
        finally:
            recording.calls, recording.scratch, recording.tasks = whole, scratch, None
        for lists, meeting in found.sections():
            self._emit((run_side_by_side, (lists, self.running)), *meeting)

    def together(self, function: Callable[[], None]) -> None:
        recording, tasks = self._recording, self._recording.tasks
        if tasks is None:
            function()
            return
        if len(tasks.lists) == 1:  # the first task records it for all
            recording.calls = []
            tasks.meetings.append(recording.calls)
            function()
        recording.calls = []
        tasks.lists[-1].append(recording.calls)

    def on_host(self, function: Callable[..., None], *arrays: Array) -> None:
        self._emit((function, arrays))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Silence floating-point warnings: a diverging model is found by its loss.

        NumPy casts through a buffer of this many elements, which it allocates in each call that
        mixes dtypes; ``errstate`` restores its size too.
        """
        with np.errstate(all="ignore"):
            np.setbufsize(512)
            yield

    def session(self, work: int) -> AbstractContextManager[Any]:
        return blas_threads(1 if work <= ONE_THREAD_WORK else None, for_products=True)

    def stack_bytes(self, factor: float = 1.0) -> int:
        return int(factor * STACK_BYTES)

    def _emit(self, *calls: Call) -> None:
        if self._recording.calls is not None:
            self._recording.calls.extend(calls)
        else:
            for function, arguments in calls:
                function(*arguments)


def _product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> Call:
    """Pick the call of one gemm: two dimensions where there is one model and one matrix of it.

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
                return np.dot, (a, b, out)
    return np.matmul, (a, b, out)


def _in_one_piece(matrix: np.ndarray) -> bool:
    return matrix.flags.c_contiguous or matrix.flags.f_contiguous


def _sparse_product(
    a: SparseBatch, b: np.ndarray, out: np.ndarray, trans_a: bool, accumulate: bool
) -> None:
    matrix = a.matrix.T if trans_a else a.matrix
    for weights, target in zip(b, out, strict=True):
        product = matrix @ weights
        target[...] = target + product if accumulate else product


def _reduction(x: np.ndarray, out: np.ndarray, axis: int, op: str) -> Call:
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
