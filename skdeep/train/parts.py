"""What threads share of a training step: parts of its batch, and stretches of its parameters.

Where they begin depends on shapes alone, never on how many threads there are; so do results.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.network import Network
from skdeep.nn.core.parts import cut_batch, divides

#: Multiply-adds of a part, forward, from which on it is worth a thread.
PART_WORK = 8_000_000
#: The same for each parameter, of two parts and of more: every part reads all of them, and has
#: gradients of its own, which are added up.
PART_REUSE, FULL_REUSE = 64, 256
#: Numbers of all these gradients but the first.
MOST_GRADIENTS = 1 << 24
#: Parameters from which on a stretch is worth a thread.
STRETCH = 1 << 16

#: Parameters with equal factors from which on they are moved by themselves: a call for each
#: operation costs as much as reading a factor for each of so many.
ALIKE = 1 << 15

#: Parameters (start, stop, penalised) that an optimizer moves alike.
Range = tuple[int, int, bool]


def network_parts(network: Network, batch: int, most: int) -> list[slice]:
    """Return the rows of each part of a batch that goes through a network on one thread.

    Networks without convolutions or the like have one part: their products are large enough for
    BLAS's own threads, or so small that no thread pays. So have those where a row's output, or
    the objective, depends on the rest of the batch, or a state may, unless layers know of parts,
    and those that call functions of the user's.
    """
    if not network.spec.has("parts") or not divides(network.spec):
        return [slice(0, batch)]
    size = max(1, network.layout.n_trainable)
    work = batch * network.row_work
    most = min(most, 1 + MOST_GRADIENTS // size)
    worth = max(PART_WORK, PART_REUSE * size)
    return cut_batch(batch, work, worth, most, FULL_REUSE * size)


def stretches(ranges: Sequence[Range], most: int) -> list[list[Range]]:
    """Cut ranges of parameters into at most so many lists of ranges, of about equal lengths."""
    total = sum(stop - start for start, stop, _ in ranges)
    n = max(1, min(most, total // STRETCH))
    lists: list[list[Range]] = [[] for _ in range(n)]
    ends, passed = [total * (k + 1) // n for k in range(n)], 0
    for start, stop, penalised in ranges:
        first = passed
        for end, held in zip(ends, lists, strict=True):
            a, b = max(first, passed), min(end, first + stop - start)
            if a < b:
                held.append((start + a - first, start + b - first, penalised))
                passed = b
    return lists


def alike(factors: np.ndarray, start: int, stop: int) -> list[tuple[int, int, bool]]:
    """Cut a range where factors (k, n) change: long runs of equal ones, and what lies between.

    Returns
    -------
    pieces : list of (start, stop, bool)
        The last says whether all factors of a piece are equal.
    """
    held = factors[:, start:stop]
    changes = np.flatnonzero((held[:, 1:] != held[:, :-1]).any(axis=0)) + 1
    found: list[tuple[int, int, bool]] = []
    for begin, end in pairwise([start, *(start + changes).tolist(), stop]):
        long = end - begin >= ALIKE
        if found and not long and not found[-1][2]:
            found[-1] = (found[-1][0], end, False)
        else:
            found.append((begin, end, long))
    return found


def add_gradients(
    ops: Backend, total: Array, shares: Sequence[Array], pieces: Sequence[Range]
) -> None:
    """Add stretches of the gradients of the later parts, in order, to those of the first."""
    for start, stop, _ in pieces:
        held = total[:, start:stop]
        for share in shares:
            ops.launch(add, held, held, share[:, start:stop])
