"""The process-wide limit of BLAS threads."""

import os
import threading

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from skdeep.backend import threads
from skdeep.backend.threads import BlasThreads, blas_threads


class Library:
    """A BLAS of which the number of threads is known."""

    def __init__(self, num_threads=8):
        self.num_threads = num_threads

    def set_num_threads(self, number):
        self.num_threads = number


class Controller:
    def __init__(self, *libraries):
        self.lib_controllers = libraries


@pytest.fixture
def library():
    return Library()


@pytest.fixture
def limits(library):
    return BlasThreads(Controller(library))


def test_limit_and_restore(limits, library):
    with limits.limit(2):
        assert library.num_threads == 2
    assert library.num_threads == 8


def test_none_changes_nothing(limits, library):
    with limits.limit(None):
        assert library.num_threads == 8
    with limits.limit(2), limits.limit(None):
        assert library.num_threads == 2


def test_a_limit_never_raises_the_number(limits, library):
    with limits.limit(16):
        assert library.num_threads == 8


@pytest.mark.parametrize(("outer", "inner"), [(2, 4), (4, 2)])
def test_the_smallest_of_nested_limits_holds(limits, library, outer, inner):
    with limits.limit(outer):
        with limits.limit(inner):
            assert library.num_threads == 2
        assert library.num_threads == outer
    assert library.num_threads == 8


@pytest.mark.parametrize("first_in_is_first_out", [True, False])
@pytest.mark.parametrize(("first", "second"), [(2, 4), (4, 2), (3, 3)])
def test_overlapping_threads_restore_in_either_order(
    limits, library, first, second, first_in_is_first_out
):
    entered = [threading.Event(), threading.Event()]
    leave = [threading.Event(), threading.Event()]
    left = [threading.Event(), threading.Event()]

    def hold(k, number):
        with limits.limit(number):
            entered[k].set()
            assert leave[k].wait(10)
        left[k].set()

    workers = []
    for k, number in enumerate((first, second)):
        workers.append(threading.Thread(target=hold, args=(k, number)))
        workers[-1].start()
        assert entered[k].wait(10)
    assert library.num_threads == min(first, second)
    order = (0, 1) if first_in_is_first_out else (1, 0)
    leave[order[0]].set()
    assert left[order[0]].wait(10)
    assert library.num_threads == (first, second)[order[1]]
    leave[order[1]].set()
    for thread in workers:
        thread.join(10)
    assert library.num_threads == 8


def test_many_threads_leave_the_original(limits, library):
    def work(seed):
        random = np.random.RandomState(seed)
        for _ in range(200):
            with limits.limit(int(random.randint(1, 6))):
                assert library.num_threads < 8

    workers = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join(30)
    assert library.num_threads == 8


def test_an_exception_inside_restores(limits, library):
    with pytest.raises(KeyError), limits.limit(1):
        raise KeyError
    assert library.num_threads == 8


def test_what_the_user_set_in_between_is_the_new_original(limits, library):
    with limits.limit(1):
        pass
    library.set_num_threads(3)
    with limits.limit(1):
        pass
    assert library.num_threads == 3


def test_each_library_gets_its_own_number_back():
    libraries = Library(8), Library(2)
    with BlasThreads(Controller(*libraries)).limit(4):
        assert [library.num_threads for library in libraries] == [4, 2]
    assert [library.num_threads for library in libraries] == [8, 2]


def test_a_forked_child_is_not_limited_for_good(limits, library):
    other = limits.limit(1)
    other.__enter__()  # by a thread that the child does not have
    limits.forget()  # what a fork does in the child
    with limits.limit(2):
        assert library.num_threads == 2
    assert library.num_threads == 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
def test_fork_hook_is_registered():
    read, write = os.pipe()
    with threads._PROCESS._lock:  # held at the fork, by a thread the child lacks
        child = os.fork()
        if child == 0:
            free = threads._PROCESS._lock.acquire(timeout=1)
            os.write(write, b"1" if free else b"0")
            os._exit(0)
    os.waitpid(child, 0)
    assert os.read(read, 1) == b"1"
    os.close(read)
    os.close(write)


def test_the_real_libraries():
    def numbers():
        return [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"]

    before = numbers()
    with blas_threads(1):
        assert set(numbers()) == {1}
    assert numbers() == before
