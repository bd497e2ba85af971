"""One limit on the BLAS threads of this process, shared by all fits that run at once.

How many threads a BLAS uses is a number of the whole process. Two overlapping limits that each
restore what they found leave it limited for good; here the outermost restores the original. Some
libraries (``skdeep.backend.blas``) count for each thread by itself; there each thread does so.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from threadpoolctl import ThreadpoolController

from skdeep.backend.blas import Library, find_libraries


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
        # A collection in here may end a session that somebody left suspended in a generator.
        self._lock = threading.RLock()
        self._process = _Numbers()
        self._local = threading.local()
        self._found: list[Library] | None = None

    def forget(self) -> None:
        """Drop the limits of threads that a forked child does not have; its next one restores."""
        self._lock = threading.RLock()
        self._process = _Numbers(original=self._process.original)

    def limit(
        self, limit: int | None, *, for_products: bool = False
    ) -> AbstractContextManager[AbstractContextManager[Any]]:
        """Hold at most `limit` BLAS threads; None holds this thread to the limits of others.

        A limit `for_products` is about matrix products alone, which several threads would make no
        faster: the process may use the threads that BLAS does not (:meth:`allowed`).

        Enter it twice, ``with limit(1) as held, held:``. Ctrl-C may come up in the first
        instruction of an ``__exit__``, where nothing of it can catch that; then the other one
        still ends the limit.
        """
        if limit is None and not any(library.per_thread for library in self._libraries()):
            return nullcontext(nullcontext())
        return _Limit(self, math.inf if limit is None else limit, for_products)

    def available(self) -> int:
        """Return how many threads BLAS may use now."""
        most = max((library.read() for library in self._libraries()), default=1)
        with self._lock:
            return int(min(most, self._process.smallest()))

    def allowed(self) -> int:
        """Return how many threads this process may use now, whatever BLAS may."""
        libraries = self._libraries()
        with self._lock:
            known = [
                number
                for place, shared in ((self._process, False), (self._own(), True))
                for number in place.numbers([one for one in libraries if one.per_thread is shared])
            ]
            most = max(known, default=1)
            return int(min(most, self._process.smallest(for_products=False)))

    def _libraries(self) -> list[Library]:
        if self._found is None:
            with self._lock:
                if self._controller is None:
                    self._controller = ThreadpoolController().select(user_api="blas")
                self._found = find_libraries(self._controller.lib_controllers)
        return self._found

    def _own(self) -> _Numbers:
        """Return what limits of this thread do to libraries that count for each thread."""
        own: _Numbers | None = getattr(self._local, "numbers", None)
        if own is None:
            own = self._local.numbers = _Numbers()
        return own

    def enter(self, limit: _Limit) -> None:
        """Begin a limit and tell the libraries."""
        libraries = self._libraries()
        with self._lock:
            self._process.limits[limit] = limit.number
            self._settle(libraries, limit, begins=True)

    def leave(self, limit: _Limit) -> None:
        """End a limit, wherever it was interrupted; one that has ended stays so."""
        libraries = self._libraries()
        with self._lock:
            self._process.limits.pop(limit, None)
            self._settle(libraries, limit, begins=False)

    def _settle(self, libraries: Sequence[Library], limit: _Limit, begins: bool) -> None:
        self._process.settle([one for one in libraries if not one.per_thread])
        single = [one for one in libraries if one.per_thread]
        if single:
            own = self._own()
            if begins:
                own.limits[limit] = limit.number
            else:
                own.limits.pop(limit, None)
            own.settle(single, self._process.smallest())


@dataclass
class _Numbers:
    """The limits in one place, the process or a thread, and what its libraries were told."""

    limits: dict[_Limit, float] = field(default_factory=dict)
    #: Libraries and their threads before the first limit, while one is active.
    original: list[tuple[Library, int]] | None = None
    #: The limit that all libraries know; None: nothing is sure.
    told: float | None = None

    def smallest(self, for_products: bool = True) -> float:
        """Return the number that holds, of all limits or of those not for products."""
        return min(
            (n for limit, n in self.limits.items() if for_products or not limit.for_products),
            default=math.inf,
        )

    def numbers(self, libraries: Sequence[Library]) -> list[int]:
        """Return how many threads each library has without limits."""
        if self.original is not None:
            return [number for _, number in self.original]
        return [library.read() for library in libraries]

    def _wanted(self, bound: float) -> float:
        return min(bound, self.smallest()) if self.limits else math.inf

    def settle(self, libraries: Sequence[Library], bound: float = math.inf) -> None:
        """Tell the libraries, unless they know: that takes longer than all the rest.

        Whatever was interrupted half way, doing it again makes it right.
        """
        if self.limits and self.original is None:
            self.original = [(library, library.read()) for library in libraries]
        original = self.original
        while original is not None and self.told != (wanted := self._wanted(bound)):
            self.told = None
            for library, number in original:
                library.write(int(min(wanted, number)))
            self.told = wanted
        if not self.limits:
            self.original = self.told = None


class _Limit:
    """One limit, from enter to exit. Both may be interrupted anywhere by an error or Ctrl-C."""

    def __init__(self, threads: BlasThreads, number: float, for_products: bool) -> None:
        self._threads = threads
        self.number = number
        self.for_products = for_products

    def __enter__(self) -> _Limit:
        try:
            self._threads.enter(self)
            return self
        except BaseException:
            self._threads.leave(self)
            raise

    def __exit__(self, *error: object) -> None:
        try:
            self._threads.leave(self)
        except BaseException:
            self._threads.leave(self)
            raise


_PROCESS = BlasThreads()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_PROCESS.forget)


def process_threads() -> BlasThreads:
    """Return the one limit of this process."""
    return _PROCESS


def blas_threads(
    limit: int | None, *, for_products: bool = False
) -> AbstractContextManager[AbstractContextManager[Any]]:
    """Return a context in which BLAS uses at most `limit` threads in this whole process.

    Limits may nest and overlap in any order, from any thread: while any is active the smallest
    holds, and the last to end restores what was set before the first. A BLAS that counts for each
    thread holds a thread to the limits of others from when it enters one, be it None.

    Parameters
    ----------
    limit : int or None
        None sets no limit.
    for_products : bool, default=False
        Whether the limit is about matrix products alone, so that other threads may compute.

    Examples
    --------
    >>> with blas_threads(1) as held, held:  # twice, for Ctrl-C: see BlasThreads.limit
    ...     pass
    """
    return _PROCESS.limit(limit, for_products=for_products)


def available_threads() -> int:
    """Return how many threads BLAS may use in this process now, limits included.

    Whoever divides work among threads of its own takes no more than these.
    """
    return _PROCESS.available()
