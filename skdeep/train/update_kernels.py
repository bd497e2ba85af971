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


def plain_rule(optimizer: Optimizer) -> Rule:
    """Return the update of what no penalty acts on."""
    return Rule(_plain(optimizer.update, type(optimizer).__name__), optimizer.columns)


@lru_cache(maxsize=64)
def _plain(update: Callable[..., Any], name: str) -> Kernel:
    return Kernel(update, name)


def penalised_rule(optimizer: Optimizer, extras: Sequence[str]) -> Rule:
    """Return the update with penalties.

    `extras` name what it reads after the optimizer's columns: "l2" adds a coupled L2 gradient,
    "keep" shrinks the parameters (decoupled decay), "acts" is 1 where the L2 gradient acts.
    """
    names = tuple(extras)
    kernel = _penalised(optimizer.update, type(optimizer).__name__, names)
    return Rule(kernel, (*optimizer.columns, *names))


@lru_cache(maxsize=64)
def _penalised(update: Callable[..., Any], name: str, names: tuple[str, ...]) -> Kernel:
    def body(xp: Any, p: Any, g: Any, *rest: Any) -> Any:
        inner, last = rest[: len(rest) - len(names)], rest[len(rest) - len(names) :]
        extra = dict(zip(names, last, strict=True))
        moved = p * extra["keep"] if "keep" in extra else p
        if "l2" in extra:
            pull = extra["l2"] * p
            g = g + (pull * extra["acts"] if "acts" in extra else pull)
        return update(xp, moved, g, *inner)

    return Kernel(body, f"{name}_penalised")
