"""An optimizer's update as a kernel, with the penalties that go with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from skdeep.backend.kernel import Kernel
from skdeep.optim.base import Optimizer


class Rule(NamedTuple):
    """An update as a kernel, and the columns that it reads after the states."""

    kernel: Kernel
    columns: tuple[str, ...]


def update_rule(optimizer: Optimizer, extras: Sequence[str] = ()) -> Rule:
    """Return the update with penalties and factors.

    `extras` name what it reads after the optimizer's columns: "l2" adds a coupled L2 gradient,
    "keep" shrinks the parameters (decoupled decay), "decay" and "factor" multiply, parameter by
    parameter, what decay takes and the whole step.
    """
    columns, names = optimizer.columns, tuple(extras)
    if not names:
        return Rule(_plain(optimizer.update, type(optimizer).__name__), columns)
    scaled = tuple(columns.index(name) for name in optimizer.rates) if "factor" in names else ()
    return Rule(_extended(optimizer.update, len(columns), scaled, names), (*columns, *names))


@lru_cache(maxsize=64)
def _plain(update: Callable[..., Any], name: str) -> Kernel:
    return Kernel(update, name)


@lru_cache(maxsize=64)
def _extended(
    update: Callable[..., Any], n_columns: int, scaled: tuple[int, ...], names: tuple[str, ...]
) -> Kernel:
    """Return the update with what `names` say; it scales the columns at places `scaled`."""

    def body(xp: Any, p: Any, g: Any, *rest: Any) -> Any:
        n_inner = len(rest) - len(names)
        inner, extra = list(rest[:n_inner]), dict(zip(names, rest[n_inner:], strict=True))
        moved = p
        if "decay" in extra:
            moved = p * (1 - (1 - extra["keep"]) * extra["decay"])
        elif "keep" in extra:
            moved = p * extra["keep"]
        if "l2" in extra:
            g = g + extra["l2"] * p
        for place in scaled:
            inner[n_inner - n_columns + place] = (
                inner[n_inner - n_columns + place] * extra["factor"]
            )
        return update(xp, moved, g, *inner)

    return Kernel(body, f"{update.__qualname__}_{'_'.join(names)}")
