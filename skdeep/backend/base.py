"""The array interface: the few things that the engine may ask of a device.

Everything above this package works on device arrays of one backend and never asks which one.
Besides the primitives below it may slice (basic indexing), ``reshape`` and ``swapaxes`` device
arrays and read their ``shape``, ``strides`` and ``dtype``; whatever computes goes through a
primitive.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from skdeep.backend.kernel import Kernel

#: A device array: ``numpy.ndarray``, ``cupy.ndarray`` or the checked backend's wrapper.
Array = Any


class Backend(ABC):
    """What the hot loop may call, and nothing else.

    Shape letters: M models, B batch rows, F features. Outputs are always written completely.
    """

    #: What `device=` resolves to: "cpu", "cuda:0", ...
    device: str

    #: Elements of a temporary that is filled and read again at once: on a CPU it stays in cache.
    chunk_elements: int = 1 << 25

    #: Multiply-adds up to which a product of narrow matrices is fastest.
    product_work: int = 1 << 62

    #: Whether many small products are fast, also where matrices of a stack lie interleaved:
    #: for convolutions of fewer multiplications, and logits that lie class by class.
    stacks_products: bool = False

    #: The most tasks into which whoever has much to do divides it, for :meth:`side_by_side`.
    n_parts: int = 1

    @abstractmethod
    def empty(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return a new C-contiguous array; used while building, never in a step."""

    def zeros(self, shape: tuple[int, ...], dtype: Any) -> Array:
        """Return a new array of zeros; used while building, never in a step."""
        return self.to_device(np.zeros(shape, dtype))

    @abstractmethod
    def to_device(self, host: np.ndarray, out: Array | None = None) -> Array:
        """Copy a host array to the device, into `out` where given; never aliases `host`."""

    @abstractmethod
    def adopt(self, array: Any, dtype: Any) -> Array:
        """Return data as a C-contiguous device array to read from; shares memory where it can."""

    @abstractmethod
    def to_host(self, array: Array) -> np.ndarray:
        """Copy a device array to a new host array."""

    @abstractmethod
    def copy(self, source: Array, out: Array) -> None:
        """Copy `source`, broadcast and cast as needed, into `out`."""

    @abstractmethod
    def truncate(self, source: Array, out: Array) -> None:
        """Write the whole parts of floats into an array of integers of the same shape."""

    @abstractmethod
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
        """Write ``op(a) @ op(b)`` of stacks (M, m, k) and (M, k, n) into `out`, or add it there.

        A leading axis of length one broadcasts over the models. All may have further axes between
        the first and the last two: there is a matrix for each place. Those of length one broadcast.
        """

    @abstractmethod
    def sparse_gemm(
        self,
        a: SparseBatch,
        b: Array,
        out: Array,
        *,
        trans_a: bool = False,
        accumulate: bool = False,
    ) -> None:
        """Write ``op(a) @ b`` of the sparse matrix that `a` holds then into `out`, or add it."""

    @abstractmethod
    def gather(self, source: Array, index: Array, out: Array) -> None:
        """Copy rows: ``out[m, b] = source[index[m, b]]``, with index (M, B)."""

    @abstractmethod
    def scatter(self, source: Array, index: Array, out: Array) -> None:
        """Write the sum of what belongs to each row: the transpose of :meth:`gather`.

        ``out[m, v]`` (M, V, F) is the sum of ``source[m, b]`` (M, B, F) over ``index[m, b] == v``.
        The index (M, B) is int32.
        """

    @abstractmethod
    def unfold(
        self, x: Array, out: Array, *, strides: tuple[int, int], dilation: tuple[int, int]
    ) -> None:
        """Copy the patches of images (B, H, W, C) that a kernel meets into `out`.

        ``out[b, i, j, k, l] = x[b, i * strides[0] + k * dilation[0], j * strides[1] + l *
        dilation[1]]`` of shape (B, OH, OW, KH, KW, C), which may lie in memory in any order.
        """

    @abstractmethod
    def fold(
        self, patches: Array, out: Array, *, strides: tuple[int, int], dilation: tuple[int, int]
    ) -> None:
        """Write the sum of what patches (B, OH, OW, KH, KW, C) hold of each pixel into `out`.

        The transpose of :meth:`unfold`; pixels of `out` (B, H, W, C) in no patch become zero.
        """

    @abstractmethod
    def reduce(self, x: Array, out: Array, *, axis: int, op: str = "sum") -> None:
        """Reduce one axis by "sum", "max" or "sumsq" into `out`, which keeps it with length one."""

    @abstractmethod
    def launch(self, kernel: Kernel, out: Array | tuple[Array, ...], *inputs: Array) -> None:
        """Evaluate an elementwise kernel; inputs broadcast to the outputs' one shape.

        An output may be the very array of an input; any other overlap is an error.
        """

    @abstractmethod
    def row_keys(self, X: Any) -> Array:
        """Return a uint32 key of each row by its content, (n,), for the hash behind masks.

        `X` is an array of this device, or a CSR matrix on the host.
        """

    @abstractmethod
    def draw(self, random: Random, out: Array, kind: str = "bits") -> None:
        """Fill `out` (M, ...) from the models' streams.

        Kinds are "bits" (uint16), "words" (uint32), "uniform" in [0, 1) and "normal".
        """

    def side_by_side(self, tasks: Sequence[Callable[[], None]]) -> None:
        """Run tasks of which none writes what another reads or writes, in any order or at once.

        They are worth a thread where each takes a tenth of a millisecond or more.
        """
        for task in tasks:
            task()

    def together(self, function: Callable[[], None]) -> None:
        """Within tasks side by side: wait for all of them, let one call the function, go on.

        All tasks meet as often, and in the same order. Elsewhere it is called at once.
        """
        function()

    def on_host(self, function: Callable[..., None], *arrays: Array) -> None:
        """Let a function of the host change copies of arrays in place, and take them back.

        No device can record it: a step with it stays a plain one there.
        """
        copies = [self.to_host(array) for array in arrays]
        function(*copies)
        for copy, array in zip(copies, arrays, strict=True):
            self.to_device(copy, array)

    def temporaries(self) -> Any:
        """Return memory for several recordings, of which no two may run at once.

        None: recordings here hold no memory.
        """
        return None

    def record(self, step: Callable[[], None], temporaries: Any = None) -> Callable[[], None]:
        """Return a function that repeats the primitives `step` calls, on the same arrays.

        `step` must read everything that changes between calls from device arrays. Where there
        is nothing to gain, or not yet, the step itself comes back.

        Parameters
        ----------
        step : callable
            What to repeat.
        temporaries : object, optional
            What :meth:`temporaries` returned, to share it with other recordings; None: memory of
            its own.
        """
        return step

    def sparse(self, matrix: Any, dtype: Any) -> Any:
        """Return a host CSR matrix as this device's, for a :class:`SparseBatch`."""
        return matrix.astype(dtype, copy=False)

    def running(self) -> AbstractContextManager[Any]:
        """Return the context in which steps run."""
        return nullcontext()

    def session(self, work: int) -> AbstractContextManager[AbstractContextManager[Any]]:
        """Return the context of a whole training, to be entered twice: ``with ... as held, held:``.

        `work` is the number of multiply-adds of the largest matrix product of a step, by which a
        backend may choose how many threads to use. It is entered twice because Ctrl-C may come up
        in the first instruction of an exit: then the other one ends the session.
        """
        return nullcontext(nullcontext())

    def stack_bytes(self, factor: float = 1.0) -> int:
        """Return how much memory a step of all models that train at once should touch.

        `factor` is how much more than fits in cache is worth it, where cache sets the limit.
        """
        return 1 << 30

    def synchronize(self) -> None:  # noqa: B027 - where calls return when done, this is all
        """Wait until all that was asked is done."""


class SparseBatch:
    """A place for the sparse rows of the current batch, since their storage changes size."""

    def __init__(self) -> None:
        self.matrix: Any = None


class Random:
    """Random streams of M models; row m draws what model m alone would draw.

    The draws are made on the host, so that they agree on every device and in every dtype.
    """

    def __init__(self, seeds: Sequence[np.random.SeedSequence]) -> None:
        self.generators = [np.random.Generator(np.random.SFC64(seed)) for seed in seeds]

    @classmethod
    def joined(cls, parts: Sequence[Random]) -> Random:
        """Return the very streams of several, side by side."""
        whole = cls([])
        whole.generators = [generator for part in parts for generator in part.generators]
        return whole

    def part(self, models: slice) -> Random:
        """Return the very streams of neighbouring models."""
        part = Random([])
        part.generators = self.generators[models]
        return part

    def fill(self, out: np.ndarray, kind: str) -> None:
        """Fill the host array `out` (M, ...) with "bits", "words", "uniform" or "normal" draws."""
        if kind not in ("bits", "words", "uniform", "normal"):
            raise ValueError(f'kind must be "bits", "words", "uniform" or "normal", got {kind!r}')
        if len(out) != len(self.generators):
            raise ValueError(f"{len(self.generators)} streams cannot fill an array {out.shape}")
        for m, generator in enumerate(self.generators):
            row = out[m, ...]  # a view, even of one number
            if kind == "bits":
                words = np.asarray(generator.bit_generator.random_raw((row.size + 3) // 4))
                halves = words.astype("<u8", copy=False).view("<u2")  # alike on every processor
                row[...] = halves[: row.size].reshape(row.shape)
            elif kind == "uniform":
                # In float32 the largest draws would round to 1, which is outside [0, 1).
                below_one = np.nextafter(row.dtype.type(1), row.dtype.type(0))
                np.minimum(generator.random(row.shape).astype(row.dtype), below_one, out=row)
            elif kind == "words":  # the seed of each step: one number is drawn without a shape
                shape = None if row.size == 1 else row.shape
                row[...] = generator.integers(0, 2**32, shape, np.uint32)
            else:
                row[...] = generator.standard_normal(row.shape)

    def state(self) -> list[dict[str, Any]]:
        """Return the state of each stream, for checkpoints."""
        return [dict(g.bit_generator.state) for g in self.generators]

    def restore(self, states: Sequence[dict[str, Any]]) -> None:
        """Continue from states that :meth:`state` returned."""
        for generator, state in zip(self.generators, states, strict=True):
            generator.bit_generator.state = state
