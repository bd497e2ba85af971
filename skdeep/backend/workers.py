"""Lists of calls that run side by side, on threads of this process.

NumPy and BLAS give Python's lock away while they compute, so two threads share a step where each
call takes long enough to pay for handing the lock over.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, suppress

from skdeep.backend.threads import BlasThreads, process_threads
from skdeep.backend.ufuncs import Call


class Workers:
    """Threads that help whoever has several lists of calls, as long as the process has some left.

    Parameters
    ----------
    threads : BlasThreads
        Says how many threads this process may use. All that run lists at one time, those that
        wait for helpers among them, take no more.
    """

    def __init__(self, threads: BlasThreads) -> None:
        self._threads = threads
        self.forget()

    def forget(self) -> None:
        """Start without threads, as a forked child does."""
        self._lock = threading.Lock()
        #: How many threads work for whom; it takes one call to dismiss them, which no Ctrl-C parts.
        self._busy: dict[object, int] = {}
        self._pool: ThreadPoolExecutor | None = None

    def run(
        self,
        lists: Sequence[Sequence[Call]],
        context: Callable[[], AbstractContextManager[None]],
        cut: Callable[[], None] = lambda: None,
    ) -> None:
        """Run every list, each by one thread from end to end, and return when all are done.

        While they run BLAS has one thread. A thread enters `context` before it helps. The first
        error is raised once nobody works any more; lists that nobody has begun are left out then.
        After an error or Ctrl-C of this thread `cut` is called, which may end the others' lists.
        """
        left = deque(lists)
        run = object()
        with self._threads.limit(1, for_products=True) as held, held:
            futures: list[Future[None]] = []
            try:
                # No thread starts while the process ends: threads that go on then go on alone.
                with suppress(RuntimeError):
                    for _ in range(self._hire(run, len(lists) - 1)):
                        futures.append(self._executor().submit(self._help, left, context))
                _work(left)
                wait(futures)
            except BaseException:
                left.clear()
                cut()
                raise
            finally:
                try:
                    _wait(futures, cut)
                finally:
                    self._busy.pop(run, None)
        for future in futures:
            future.result()

    def _hire(self, run: object, wanted: int) -> int:
        """Take this thread, and as many helpers as are wanted and free."""
        free = self._threads.allowed() - 1
        with self._lock:
            helpers = max(0, min(wanted, free - sum(self._busy.values())))
            self._busy[run] = 1 + helpers
        return helpers

    def _help(
        self, left: deque[Sequence[Call]], context: Callable[[], AbstractContextManager[None]]
    ) -> None:
        with self._threads.limit(None) as held, held, context():
            _work(left)

    def _executor(self) -> ThreadPoolExecutor:
        """Return the pool, whose threads start when they are needed and end with the process."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(os.cpu_count() or 1, "skdeep")
            return self._pool


def _work(left: deque[Sequence[Call]]) -> None:
    """Run lists that nobody has begun, until there are none."""
    try:
        while (calls := _next(left)) is not None:
            for function, arguments in calls:
                function(*arguments)
    except BaseException:
        left.clear()
        raise


def _wait(futures: Sequence[Future[None]], cut: Callable[[], None]) -> None:
    """Wait until nobody works any more, whoever presses Ctrl-C again."""
    while not all(future.done() for future in futures):
        try:
            wait(futures)
        except KeyboardInterrupt:
            cut()


def _next(left: deque[Sequence[Call]]) -> Sequence[Call] | None:
    try:
        return left.popleft()
    except IndexError:
        return None


_PROCESS = Workers(process_threads())
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_PROCESS.forget)


def run_side_by_side(
    lists: Sequence[Sequence[Call]],
    context: Callable[[], AbstractContextManager[None]],
    cut: Callable[[], None] = lambda: None,
) -> None:
    """Run lists of calls on the threads that this process may use; see :meth:`Workers.run`."""
    _PROCESS.run(lists, context, cut)
