"""Whether the memory of this machine holds what parameters ask for."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.free_memory import free_memory
from skdeep.nn.core.params import Layout

#: Bytes of which nobody needs to ask whether they are free.
SMALL = 2**28


def check_memory(what: str, numbers: int, dtype: Any, advice: str) -> None:
    """Refuse arrays that the memory of this machine does not hold, before it is asked for.

    Parameters
    ----------
    what : str
        What there is so much of, as the beginning of the error.
    numbers : int
        Elements of the arrays.
    dtype : dtype
        What they are to be held in.
    advice : str
        What to do instead, as the end of the error.
    """
    total = numbers * np.dtype(dtype).itemsize
    if total >= SMALL and total > free_memory():
        size = f"{total / 2**30:,.1f} GiB"
        raise ValueError(f"{what} would take {size}, more memory than is free: {advice}")


def check_model_size(layout: Layout, dtype: Any) -> None:
    """Refuse models that the memory of this machine does not hold."""
    largest = max(layout.slots.values(), key=lambda slot: slot.stop - slot.start)
    advice = (
        f"the largest of its parameters, {largest.name!r}, has shape {largest.param.shape}. Take "
        "smaller layers or kernels, or fewer features"
    )
    check_memory("the model", layout.size, dtype, advice)


def check_draws(name: str, number: Any, width: int, dtype: Any) -> None:
    """Refuse more samples or steps of `width` numbers than the memory of this machine holds."""
    advice = "take fewer, more than once"
    check_memory(f"{name}={number}", int(number) * int(width), dtype, advice)
