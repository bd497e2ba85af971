"""How many steps of a sequence layers need, and how many they give."""

from __future__ import annotations

from collections.abc import Sequence

from skdeep.nn.core.layer import Layer
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape, ShapeError

#: Layers that take no sequence of so many steps take none.
LONGEST = 2**20


def least_steps(layers: Sequence[Layer], step: Shape) -> int:
    """Return the length of the shortest sequences that layers take.

    Parameters
    ----------
    layers : sequence of Layer
        One after the other.
    step : tuple of int
        The shape of a step, (F,), or () of tokens.

    Raises
    ------
    ShapeError
        If they take sequences of no length.

    Examples
    --------
    >>> from skdeep.nn import StepConv
    >>> least_steps([StepConv(8, 5, padding="valid"), StepConv(8, 3, padding="valid")], (2,))
    7
    """
    chain = Sequential(layers)

    def fits(steps: int) -> bool:
        try:
            chain.build((steps, *step))
        except ShapeError:
            return False
        return True

    low, high = 0, 1  # the first is too short
    while not fits(high):
        if high >= LONGEST:
            chain.build((1, *step))  # which says why
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
