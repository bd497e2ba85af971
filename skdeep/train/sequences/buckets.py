"""Lengths of programs: few of them, with little padding."""

from __future__ import annotations

import numpy as np

#: Programs that sequences of different lengths are cut into at most.
MOST_PROGRAMS = 8
#: Rows of padding that one program more is worth: its recording costs as much as hundreds of rows,
#: which epochs share.
OVERHEAD = 16
#: Different lengths that the best cuts are looked for among; more are rounded up to a grid.
MOST_LENGTHS = 256


def program_lengths(
    lengths: np.ndarray, most: int = MOST_PROGRAMS, overhead: float = OVERHEAD
) -> np.ndarray:
    """Return the lengths of the programs that sequences run in, ascending, `most` at most.

    Each sequence runs in the shortest one that holds it. The sum over programs of length times
    (rows + `overhead`) is the least there is (dynamic programming over the different lengths).

    Examples
    --------
    >>> program_lengths(np.array([3] * 30 + [4] * 30 + [20] * 50))
    array([ 4, 20])
    """
    different, counts = np.unique(rounded(lengths), return_counts=True)
    before = np.concatenate([[0], np.cumsum(counts)])
    # cost[i, j]: one program, as long as the j-th length, for the rows from the i-th length on.
    cost = different * (before[1:] - before[:-1, None] + overhead)
    cost = np.where(np.tri(len(different), dtype=bool).T, cost, np.inf)
    best = cost[0]
    starts: list[np.ndarray] = []
    while len(starts) + 1 < min(most, len(different)):
        # One program more: the last one begins at i, the others hold what is before.
        totals = np.concatenate([[np.inf], best[:-1]])[:, None] + cost
        start = totals.argmin(axis=0)
        found = totals[start, np.arange(len(start))]
        if found[-1] >= best[-1]:
            break
        starts.append(start)
        best = found
    ends, end = [len(different) - 1], len(different) - 1
    for start in reversed(starts):
        end = int(start[end]) - 1
        ends.append(end)
    # The longest holds its rows exactly, also where lengths were rounded.
    return np.asarray(np.minimum(different[ends[::-1]], lengths.max()))


def rounded(lengths: np.ndarray) -> np.ndarray:
    """Return lengths, rounded up to a grid where they are too many different ones."""
    different = np.unique(lengths)
    if len(different) <= MOST_LENGTHS:
        return lengths
    grid = different[np.linspace(0, len(different) - 1, MOST_LENGTHS).astype(int)]
    return np.asarray(grid[np.searchsorted(grid, lengths)])


def coarse(number: int) -> int:
    """Return the next number with three significant bits below the first: one eighth up at most.

    What is recorded for numbers of this grid serves many calls.

    Examples
    --------
    >>> [coarse(n) for n in (1, 7, 17, 100, 1000)]
    [1, 7, 18, 104, 1024]
    """
    step = 1 << max(int(number).bit_length() - 4, 0)
    return -(-int(number) // step) * step
