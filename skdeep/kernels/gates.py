"""Bodies of recurrent cells: one step forward, and the factors that one step back multiplies by.

The factors depend on nothing that comes from later steps, so they are computed for many steps at
once; what is left in the loop back through time is a product with the gradient of the state.
Logistic gates are computed as ``tanh(z / 2) / 2 + 1 / 2``.
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def squash(xp: Any, z: Any) -> Any:
    """Tanh; with :func:`half_open` and a z halved before, the logistic function."""
    return xp.tanh(z)


@kernel
def half_open(xp: Any, t: Any) -> Any:
    """Turn tanh(z / 2) into the logistic function of z."""
    return 0.5 * t + 0.5


@kernel
def lstm_step(xp: Any, written: Any, left: Any, o: Any) -> Any:
    """Return the new cell, of what is written and what is left, its tanh, and the new state."""
    c = written + left
    squashed = xp.tanh(c)
    return c, squashed, o * squashed


@kernel
def lstm_factors(xp: Any, squashed: Any, o: Any, i: Any, f: Any, g: Any, c: Any, state: Any) -> Any:
    """Return factors of gradients: of the state's for the cell and o, of the cell's for the rest.

    The slope of a gate s times what it lets through is p - p s, where p is s times that.
    """
    written, left = i * g, f * c
    return (
        o - state * squashed,
        state - state * o,
        written - written * i,
        left - left * f,
        i - written * g,
        f * 1.0,
    )


@kernel
def add_three(xp: Any, x: Any, y: Any, z: Any) -> Any:
    """Add three arrays."""
    return x + y + z


@kernel
def choose(xp: Any, chosen: Any, x: Any, y: Any) -> Any:
    """Return x where `chosen` is 1 and y where it is 0, exactly."""
    return chosen * x + (1 - chosen) * y


@kernel
def gru_step(xp: Any, r: Any, u: Any, inner: Any, n: Any, h: Any) -> Any:
    """Return the candidate and the new state; `inner` is the candidate's share of the old one."""
    n = xp.tanh(n + r * inner)
    return n, n + u * (h - n)


@kernel
def gru_factors(xp: Any, inner: Any, r: Any, u: Any, n: Any, h: Any) -> Any:
    """Return what the gradient of the state is multiplied by for inner, r, u, n and the state."""
    slope = (1 - u) * (1 - n * n)
    open_ = slope * r
    let, kept = open_ * inner, (h - n) * u
    return open_, let - let * r, kept - kept * u, slope, u * 1.0


@kernel
def tanh_slope(xp: Any, y: Any) -> Any:
    """Return the slope of tanh from its value."""
    return 1 - y * y
