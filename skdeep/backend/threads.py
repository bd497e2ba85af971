"""One limit on the BLAS threads of this process, shared by all fits that run at once.

How many threads a BLAS uses is a number of the whole process. Two overlapping limits that each
restore what they found leave it limited for good; here the outermost restores the original.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from threadpoolctl import ThreadpoolController


class BlasThreads:
    """A counted limit: while any is active the smallest holds.

    Parameters
    ----------
    controller : ThreadpoolController, optional
        Default: made on first use, since it searches the libraries that are loaded then (2.7 ms),
        and kept (setting a limit costs microseconds).
    """

    def __init__(self, controller: Any = None) -> None:
        self._controller = controller
        self._lock = threading.Lock()
        self._active: dict[object, int] = {}
        #: Libraries and their threads before the first limit, while one is active.
        self._original: list[tuple[Any, int]] = []

    def forget(self) -> None:
        """Drop the limits of threads that a forked child does not have; its next one restores."""
        self._lock = threading.Lock()
        self._active = {}

    @contextmanager
    def limit(self, limit: int | None) -> Iterator[None]:
        """Hold at most `limit` BLAS threads; None leaves them as they are."""
        if limit is None:
            yield
            return
        token = object()
        with self._lock:
            if not self._original:
                self._original = [(lib, lib.num_threads) for lib in self._libraries()]
            self._active[token] = limit
            self._apply()
        try:
            yield
        finally:
            with self._lock:
                self._active.pop(token, None)
                self._apply()
                if not self._active:
                    self._original = []

    def available(self) -> int:
        """Return how many threads BLAS may use now."""
        with self._lock:
            return max((library.num_threads for library in self._libraries()), default=1)

    def _libraries(self) -> list[Any]:
        if self._controller is None:
            self._controller = ThreadpoolController().select(user_api="blas")
        return list(self._controller.lib_controllers)

    def _apply(self) -> None:
        smallest = min(self._active.values(), default=None)
        for library, original in self._original:
            wanted = original if smallest is None else min(smallest, original)
            library.set_num_threads(wanted)


_PROCESS = BlasThreads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_PROCESS.forget)


def blas_threads(limit: int | None) -> AbstractContextManager[None]:
    """Return a context in which BLAS uses at most `limit` threads in this whole process.

    Limits may nest and overlap in any order, from any thread: while any is active the smallest
    holds, and the last to end restores what was set before the first.

    Parameters
    ----------
    limit : int or None
        None changes nothing.

    Examples
    --------
    >>> with blas_threads(1):
    ...     pass
    """
    return _PROCESS.limit(limit)


def available_threads() -> int:
    """Return how many threads BLAS may use in this process now, limits included.

    Whoever divides work among threads of its own takes no more than these.
    """
    return _PROCESS.available()
