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
from skdeep.backend.products import SMALL_PRODUCT, product, reduction
from skdeep.backend.threads import blas_threads
from skdeep.backend.ufuncs import Call
from skdeep.backend.workers import run_side_by_side

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


#: Multiply-adds of a product up to which a second BLAS thread costs more than it gives
#: (``benchmarks/trials.py``, and the worse the busier the machine is).
ONE_THREAD_WORK = 4_000_000


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
        scratch = self._recording.scratch or Scratch()
        if not accumulate:
            self._emit(*product(a, b, out, scratch))
            return
        part = scratch.take("product", out.shape, out.dtype)
        self._emit(*product(a, b, part, scratch), (np.add, (out, part, out)))

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
        self._emit(reduction(x, out, axis, op))

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


def _sparse_product(
    a: SparseBatch, b: np.ndarray, out: np.ndarray, trans_a: bool, accumulate: bool
) -> None:
    matrix = a.matrix.T if trans_a else a.matrix
    for weights, target in zip(b, out, strict=True):
        product = matrix @ weights
        target[...] = target + product if accumulate else product
