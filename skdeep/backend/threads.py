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
        #: Those of the active limits that leave the threads to others than BLAS.
        self._for_products: set[object] = set()
        #: Libraries and their threads before the first limit, while one is active.
        self._original: list[tuple[Any, int]] = []

    def forget(self) -> None:
        """Drop the limits of threads that a forked child does not have; its next one restores."""
        self._lock = threading.Lock()
        self._active = {}
        self._for_products = set()

    @contextmanager
    def limit(self, limit: int | None, *, for_products: bool = False) -> Iterator[None]:
        """Hold at most `limit` BLAS threads; None leaves them as they are.

        A limit `for_products` is about matrix products alone, which several threads would make no
        faster: the process may use the threads that BLAS does not (:meth:`allowed`).
        """
        if limit is None:
            yield
            return
        token = object()
        with self._lock:
            if not self._original:
                self._original = [(lib, lib.num_threads) for lib in self._libraries()]
            before = self._smallest()
            self._active[token] = limit
            if for_products:
                self._for_products.add(token)
            self._apply(before)
        try:
            yield
        finally:
            with self._lock:
                before = self._smallest()
                self._active.pop(token, None)
                self._for_products.discard(token)
                self._apply(before)
                if not self._active:
                    self._original = []

    def available(self) -> int:
        """Return how many threads BLAS may use now."""
        with self._lock:
            return max((library.num_threads for library in self._libraries()), default=1)

    def allowed(self) -> int:
        """Return how many threads this process may use now, whatever BLAS may."""
        with self._lock:
            known = self._original or [(lib, lib.num_threads) for lib in self._libraries()]
            most = max((number for _, number in known), default=1)
            limits = (n for token, n in self._active.items() if token not in self._for_products)
            return min(most, *limits, most)

    def _libraries(self) -> list[Any]:
        if self._controller is None:
            self._controller = ThreadpoolController().select(user_api="blas")
        return list(self._controller.lib_controllers)

    def _smallest(self) -> int | None:
        return min(self._active.values(), default=None)

    def _apply(self, before: int | None) -> None:
        """Tell the libraries, unless they know: that takes longer than all the rest."""
        smallest = self._smallest()
        if smallest == before:
            return
        for library, original in self._original:
            wanted = original if smallest is None else min(smallest, original)
            library.set_num_threads(wanted)


_PROCESS = BlasThreads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_PROCESS.forget)


def process_threads() -> BlasThreads:
    """Return the one limit of this process."""
    return _PROCESS


def blas_threads(limit: int | None, *, for_products: bool = False) -> AbstractContextManager[None]:
    """Return a context in which BLAS uses at most `limit` threads in this whole process.

    Limits may nest and overlap in any order, from any thread: while any is active the smallest
    holds, and the last to end restores what was set before the first.

    Parameters
    ----------
    limit : int or None
        None changes nothing.
    for_products : bool, default=False
        Whether the limit is about matrix products alone, so that other threads may compute.

    Examples
    --------
    >>> with blas_threads(1):
    ...     pass
    """
    return _PROCESS.limit(limit, for_products=for_products)


def available_threads() -> int:
    """Return how many threads BLAS may use in this process now, limits included.

    Whoever divides work among threads of its own takes no more than these.
    """
    return _PROCESS.available()
