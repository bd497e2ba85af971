"""A cache of what fits on the same samples need alike, such as checked data."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: Makes a result; a memory returns that of a key, or has it made.
Make = Callable[[], tuple[Any, ...]]
Memory = Callable[[Any, Make], tuple[Any, ...]]

_MEMORY: ContextVar[Memory | None] = ContextVar("memory", default=None)


def new_memory() -> Memory:
    """Return a memory that keeps everything."""
    found: dict[Any, tuple[Any, ...]] = {}

    def remember(key: Any, make: Make) -> tuple[Any, ...]:
        if key not in found:
            found[key] = make()
        return found[key]

    return remember


@contextmanager
def sharing(memory: Memory) -> Iterator[None]:
    """Let fits in this thread look into `memory` for what was found of their rows."""
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)


def shared(
    what: Hashable, rows: tuple[Any, ...], make: Callable[[], tuple[Any, ...]]
) -> tuple[Any, ...]:
    """Return what `make` returns, from memory where these very rows have been seen before.

    `what` tells apart what is made of them: a word, and whatever else it depends on.
    """
    memory = _MEMORY.get()
    if memory is None:
        return make()
    # With the rows themselves, whose identity must not be used again.
    *result, _ = memory((what, *map(id, rows)), lambda: (*make(), rows))
    return tuple(result)
