"""Batches in parts that run side by side, each on one thread.

Where parts begin depends on shapes alone, never on how many threads there are; so do results.
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Arena, Summed
from skdeep.nn.core.spec import Shape, Spec

#: Multiply-adds, forward, of each part where there are more than two: with less to do, calls are so
#: short that threads wait for each other's Python more than they gain.
FULL_PART = 256_000_000


def cut_batch(batch: int, work: int, worth: int, most: int, full: int = 0) -> list[slice]:
    """Return the rows of each part of a batch: of one, two, four or eight, for as many threads.

    Parameters
    ----------
    batch : int
        Rows.
    work : int
        Multiply-adds of all of them, forward.
    worth : int
        Those that are worth a thread: there are two parts from twice as many on.
    most : int
        The largest number of parts.
    full : int
        Multiply-adds of each part where there are more than two, if that is more than usual.
    """
    full, most = max(full, FULL_PART), min(most, batch)
    n_parts = 1 if work < 2 * worth or most < 2 else 2
    while n_parts > 1 and 2 * n_parts <= most and 2 * n_parts * full <= work:
        n_parts *= 2
    stops = [batch * (k + 1) // n_parts for k in range(n_parts)]
    return [slice(a, b) for a, b in zip([0, *stops], stops, strict=False)]


def divides(spec: Spec) -> bool:
    """Say whether all layers may see a part of a batch instead of the batch.

    A layer that changes a state in training, such as a running mean, must know of parts: all of
    them would change it, and at the same time.
    """
    of_the_batch = "batch" in spec.traits or any(p.kind == "state" for p in spec.params.values())
    if spec.traits & {"penalty", "host"} or (of_the_batch and "together" not in spec.traits):
        return False
    return all(divides(child) for _, child in spec.children.values())


class PartArena(Arena):
    """The buffers of one part, among those of the whole; nobody divides a part again."""

    def __init__(self, whole: Arena, number: int, count: int) -> None:
        self.backend, self.n_parts = whole.backend, 1
        self._whole, self._number, self._count = whole, number, count

    @property
    def alone(self) -> bool:
        return self._count == 1

    def summed(self, name: str, shape: Shape, dtype: Any) -> Summed:
        if self.alone:
            return super().summed(name, shape, dtype)
        shares = [self._whole.take(f"share {k}:{name}", shape, dtype) for k in range(self._count)]
        return Summed(self._whole.take(name, shape, dtype), shares[self._number], shares)

    def take(self, name: str, shape: Shape, dtype: Any) -> Array:
        return self._whole.take(f"part {self._number}:{name}", shape, dtype)
