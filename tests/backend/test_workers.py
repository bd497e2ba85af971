"""Lists of calls on several threads: who runs them, errors, forks, the end of the process."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest

from skdeep.backend import get_backend, workers
from skdeep.backend.kernel import kernel
from skdeep.backend.threads import BlasThreads
from skdeep.backend.workers import Workers


class Library:
    def __init__(self, num_threads):
        self.num_threads = num_threads

    def set_num_threads(self, number):
        self.num_threads = number


class Controller:
    def __init__(self, *libraries):
        self.lib_controllers = libraries


@pytest.fixture
def library():
    return Library(2)


@pytest.fixture
def threads(library):
    return BlasThreads(Controller(library))


@pytest.fixture
def pool(threads):
    return Workers(threads)


def idents(pool, n_lists, wait=0.05):
    """Return the threads that ran lists of one slow call."""
    found = []
    calls = [((lambda: (time.sleep(wait), found.append(threading.get_ident()))), ())]
    pool.run([calls] * n_lists, nullcontext)
    assert len(found) == n_lists
    return set(found)


def test_two_threads_meet(pool):
    barrier = threading.Barrier(2)
    pool.run([[(barrier.wait, (10,))]] * 2, nullcontext)


def test_calls_of_a_list_keep_their_order(pool):
    found = [], []
    pool.run([[(one.append, (k,)) for k in range(50)] for one in found], nullcontext)
    assert found == (list(range(50)),) * 2


@pytest.mark.parametrize("n_lists", [1, 2, 5])
def test_no_more_threads_than_the_process_may_use(pool, threads, n_lists):
    assert len(idents(pool, n_lists)) == min(2, n_lists)
    with threads.limit(1):
        assert idents(pool, n_lists) == {threading.get_ident()}


def test_one_thread_where_blas_was_given_one(pool, library):
    library.num_threads = 1
    assert idents(pool, 3) == {threading.get_ident()}


def test_a_limit_for_products_leaves_threads(pool, threads):
    with threads.limit(1, for_products=True):
        assert threads.allowed() == 2
        assert len(idents(pool, 2)) == 2
        with threads.limit(1):
            assert threads.allowed() == 1


def test_blas_has_one_thread_meanwhile(pool, library):
    found = []
    pool.run([[(lambda: found.append(library.num_threads), ())]] * 2, nullcontext)
    assert found == [1, 1]
    assert library.num_threads == 2


@pytest.mark.parametrize("n_lists", [1, 2])
def test_several_who_run_lists_share_the_threads(pool, n_lists):
    """With as many threads at work as may be, one owner's and its helpers', another gets none."""
    inside, go_on = threading.Barrier(n_lists + 1), threading.Event()
    calls = [(inside.wait, (10,)), (go_on.wait, (10,))]
    first = threading.Thread(target=pool.run, args=([calls] * n_lists, nullcontext))
    first.start()
    inside.wait(10)  # all lists of the first have begun, each on a thread
    try:
        assert idents(pool, 3) == {threading.get_ident()}
    finally:
        go_on.set()
        first.join(10)
    assert not pool._busy
    assert len(idents(pool, 2)) == 2


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("where", [0, 1])
def test_errors_travel_once_all_have_stopped(pool, error, where):
    barrier, ended = threading.Barrier(2), []

    def fail():
        raise error("told")

    lists = [[(barrier.wait, (10,)), (time.sleep, (0.05,)), (ended.append, (1,))] for _ in "ab"]
    lists[where][1:] = [(fail, ())]
    never = [(ended.append, ("never",))]
    with pytest.raises(error, match="told"):
        pool.run([*lists, never], nullcontext)
    assert ended == [1]
    assert not pool._busy
    assert len(idents(pool, 2)) == 2  # and goes on


def test_the_context_is_that_of_each_thread(pool):
    """NumPy keeps what it does about floating-point errors per thread."""
    barrier = threading.Barrier(2)
    big = np.full(4, 1e300)
    calls = [(barrier.wait, (10,)), (np.multiply, (big, big, np.empty(4)))]
    with np.errstate(over="ignore"):
        pool.run([calls, calls], lambda: np.errstate(over="ignore"))
        with pytest.raises(FloatingPointError):
            pool.run([calls, calls], lambda: np.errstate(over="raise"))


@kernel
def overflow(xp, x):
    """Grow without end."""
    return xp.exp(x * 1e5)


def test_a_diverging_step_is_silent_on_all_threads():
    ops = get_backend("cpu")
    x, out = np.ones((2, 1000)), np.empty((2, 1000))
    tasks = [lambda k=k: ops.launch(overflow, out[k], x[k]) for k in range(2)]
    step = ops.record(lambda: ops.side_by_side(tasks))
    with ops.running():
        for _ in range(20):
            step()
    assert np.isinf(out).all()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_a_forked_child_makes_threads_of_its_own(monkeypatch):
    monkeypatch.setattr(workers._PROCESS, "_threads", BlasThreads(Controller(Library(2))))
    barrier = threading.Barrier(2)
    workers.run_side_by_side([[(barrier.wait, (10,))]] * 2, nullcontext)
    child = os.fork()
    if child == 0:
        try:
            barrier = threading.Barrier(2)
            workers.run_side_by_side([[(barrier.wait, (10,))]] * 2, nullcontext)
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_process_ends(tmp_path):
    code = """
import threading
from contextlib import nullcontext
from skdeep.backend import workers
workers._PROCESS._threads.allowed = lambda: 2
barrier = threading.Barrier(2)
workers.run_side_by_side([[(barrier.wait, (10,))]] * 2, nullcontext)
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "done"
    assert not done.stderr


def test_a_thread_goes_on_alone_once_the_main_one_has_ended():
    code = """
import threading
from contextlib import nullcontext
from skdeep.backend import workers
workers._PROCESS._threads.allowed = lambda: 2
found = []
def work():
    threading.main_thread().join()
    for _ in range(2):
        workers.run_side_by_side([[(found.append, (k,))] for k in range(3)], nullcontext)
    print(sorted(found), sum(workers._PROCESS._busy.values()))
threading.Thread(target=work).start()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[0, 0, 1, 1, 2, 2] 0"
    assert not done.stderr


@kernel
def plus(xp, a, b):
    return a + b


@pytest.mark.parametrize("device", ["cpu", "checked"])
def test_tasks_meet_for_what_all_of_them_have(device):
    """What one computes of all parts comes between what each does before and behind it."""
    backend = get_backend(device)
    parts = [backend.to_device(np.full((1, 3), k + 1.0)) for k in range(3)]
    total, out = backend.zeros((1, 3), float), [backend.zeros((1, 3), float) for _ in parts]

    def add_up():
        for part in parts:
            backend.launch(plus, total, total, part)

    def task(k):
        backend.launch(plus, parts[k], parts[k], parts[k])
        backend.together(add_up)
        backend.launch(plus, out[k], total, parts[k])

    step = backend.record(lambda: backend.side_by_side([partial(task, k) for k in range(3)]))
    step()
    for k, array in enumerate(out):
        np.testing.assert_array_equal(backend.to_host(array), np.full((1, 3), 12.0 + 2 * (k + 1)))


def test_tasks_that_meet_at_different_times_are_refused():
    ops = get_backend("cpu")
    tasks = [lambda: ops.together(lambda: None), lambda: None]
    with pytest.raises(RuntimeError, match="must meet equally often"):
        ops.record(lambda: ops.side_by_side(tasks))


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to threads here")
@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_in_a_thread_that_waits_is_raised_once_nobody_works(pool, presses, request):
    """One that has done its own list and waits for a helper, which goes on until it is cut off."""
    # A shell's job in the background ignores Ctrl-C, and so do its processes.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    barrier, cut, ended = threading.Barrier(2), threading.Event(), []
    owner = threading.get_ident()

    def work():
        barrier.wait(10)
        if threading.get_ident() == owner:
            return
        for _ in range(presses):
            time.sleep(0.05)
            signal.pthread_kill(owner, signal.SIGINT)
        ended.append(cut.wait(10))
        time.sleep(0.05)
        ended.append("all")

    with pytest.raises(KeyboardInterrupt):
        pool.run([[(work, ())]] * 2, nullcontext, cut.set)
    assert ended == [True, "all"]
    assert not pool._busy
