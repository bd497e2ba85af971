"""The process-wide limit of BLAS threads."""

import dis
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from skdeep.backend import blas, threads
from skdeep.backend.threads import BlasThreads, blas_threads


class Library:
    """A BLAS of which the number of threads is known."""

    def __init__(self, num_threads=8):
        self.num_threads = num_threads

    def set_num_threads(self, number):
        self.num_threads = number


class LibraryPerThread(threading.local):
    """A BLAS that counts for each thread, as MKL does where threadpoolctl asks it to."""

    num_threads = 8
    set_num_threads = Library.set_num_threads


class Controller:
    def __init__(self, *libraries):
        self.lib_controllers = libraries


@pytest.fixture
def library():
    return Library()


@pytest.fixture(params=[Library, LibraryPerThread])
def either(request):
    return request.param()


@pytest.fixture
def limits(library):
    return BlasThreads(Controller(library))


def test_limit_and_restore(either):
    limits = BlasThreads(Controller(either))
    with limits.limit(2):
        assert either.num_threads == 2
    assert either.num_threads == 8


def test_none_changes_nothing(either):
    limits = BlasThreads(Controller(either))
    with limits.limit(None):
        assert either.num_threads == 8
    with limits.limit(2), limits.limit(None):
        assert either.num_threads == 2


def test_a_limit_never_raises_the_number(either):
    limits = BlasThreads(Controller(either))
    with limits.limit(16):
        assert either.num_threads == 8


@pytest.mark.parametrize(("outer", "inner"), [(2, 4), (4, 2)])
def test_the_smallest_of_nested_limits_holds(either, outer, inner):
    limits = BlasThreads(Controller(either))
    with limits.limit(outer):
        with limits.limit(inner):
            assert either.num_threads == 2
        assert either.num_threads == outer
    assert either.num_threads == 8


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


def test_an_exception_inside_restores(either):
    limits = BlasThreads(Controller(either))
    with pytest.raises(KeyError), limits.limit(1):
        raise KeyError
    assert either.num_threads == 8


def test_what_the_user_set_in_between_is_the_new_original(either):
    limits = BlasThreads(Controller(either))
    with limits.limit(1):
        pass
    either.set_num_threads(3)
    with limits.limit(1):
        pass
    assert either.num_threads == 3


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


def numbers():
    return [i["num_threads"] for i in threadpool_info() if i["user_api"] == "blas"]


def test_the_real_libraries():
    before = numbers()
    with blas_threads(1):
        assert set(numbers()) == {1}
    assert numbers() == before


def in_a_thread(act):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result(30)


def test_a_thread_holds_to_the_limits_of_others_where_libraries_count_per_thread():
    library = LibraryPerThread()
    limits = BlasThreads(Controller(library))

    def seen():
        before = library.num_threads
        with limits.limit(None) as held, held:
            within = library.num_threads
            with limits.limit(1):
                smaller = library.num_threads
            again = library.num_threads
        return before, within, smaller, again, library.num_threads

    with limits.limit(2):
        assert in_a_thread(seen) == (8, 2, 1, 2, 8)
        assert limits.available() == in_a_thread(limits.available) == 2
    assert in_a_thread(seen) == (8, 8, 1, 8, 8)


@pytest.mark.parametrize("first_in_is_first_out", [True, False])
def test_limits_of_one_thread_may_overlap(either, first_in_is_first_out):
    limits = BlasThreads(Controller(either))
    both = [limits.limit(2), limits.limit(4)]
    for one in both:
        one.__enter__()
    first, second = both if first_in_is_first_out else both[::-1]
    first.__exit__(None, None, None)
    assert either.num_threads == (4 if first_in_is_first_out else 2)
    second.__exit__(None, None, None)
    assert either.num_threads == 8


class Interrupts:
    """Raise KeyboardInterrupt before the k-th instruction that runs in the limit's own code."""

    FILES = threads.__file__, blas.__file__

    def __init__(self, k):
        self.left = k

    def __call__(self, frame, event, arg):
        if frame.f_code.co_filename not in self.FILES:
            return None
        frame.f_trace_opcodes = True
        if event == "opcode" and not self._returns(frame):
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self

    @staticmethod
    def _returns(frame):
        """Say whether nothing but the return is left, before which no signal comes up."""
        return dis.opname[frame.f_code.co_code[frame.f_lasti]].startswith("RETURN")


def interrupted(act, k):
    """Run a function to its k-th instruction; say whether there was one."""
    interrupts, before = Interrupts(k), sys.gettrace()
    sys.settrace(interrupts)
    try:
        act()
    except KeyboardInterrupt as error:
        kept.append(error)  # as an interactive Python does, with all that the frames refer to
    finally:
        sys.settrace(before)
    return interrupts.left <= 0


kept: list = []


@pytest.mark.parametrize("others", [False, True])
def test_ctrl_c_at_any_instruction_leaves_no_limit(either, others):
    limits = BlasThreads(Controller(either))
    limits.available()  # the libraries are known

    def act():
        with limits.limit(2) as held, held, limits.limit(1) as within, within:
            pass

    count = 0
    with limits.limit(4) if others else nullcontext():
        expected = either.num_threads
        while interrupted(act, count + 1):
            count += 1
            assert either.num_threads == expected, count
    kept.clear()
    assert count > 300
    assert either.num_threads == 8
    assert limits.available() == limits.allowed() == 8


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_ctrl_c_within_a_library_leaves_no_limit(library, at, early):
    """It comes up where the library has taken a number, or has not yet."""
    limits = BlasThreads(Controller(library, Library(4)))
    limits.available()
    left = at

    def failing(number):
        nonlocal left
        left -= 1
        if left == 0 and early:
            raise KeyboardInterrupt
        library.set_num_threads(number)
        if left == 0:
            raise KeyboardInterrupt

    limits._found[0] = replace(limits._found[0], write=failing)
    with pytest.raises(KeyboardInterrupt), limits.limit(2), limits.limit(1):
        pass
    assert library.num_threads == 8
    assert limits.available() == 8


RACE = """
import sys, warnings
from concurrent.futures import ThreadPoolExecutor
import joblib, numpy as np, scipy.linalg
from threadpoolctl import ThreadpoolController, threadpool_limits
from skdeep import MLPClassifier, RNNClassifier
from skdeep.model_selection import GridSearchCV

warnings.simplefilter("ignore")  # two epochs are few
sys.setswitchinterval(1e-5)
libraries = ThreadpoolController().select(user_api="blas").lib_controllers
numbers = lambda: [library.num_threads for library in libraries]
before = numbers()
threadpool_limits(max(before))  # the main thread has the say from here on
seen = []

def fit(kind):
    last = []

    def look(progress):
        last[:] = numbers()
        return np.ones_like(progress)

    X = np.random.default_rng(0).normal(size=(300, 12, 4))
    y = (X[:, :, 0].sum(axis=1) > 0).astype(int)
    X = X if kind is RNNClassifier else X.reshape(300, 48)
    sizes = {} if kind is RNNClassifier else {"hidden_layer_sizes": (64, 64)}
    model = kind(max_iter=2, random_state=0, learning_rate_schedule=look, **sizes)
    weights = model.fit(X, y).get_weights()
    seen.append(last)
    return weights

kinds = [MLPClassifier, RNNClassifier] * 6
expected = {kind: fit(kind) for kind in kinds[:2]}
with ThreadPoolExecutor(3) as pool:
    fits = [pool.submit(fit, kind) for kind in kinds]
    together = [done.result() for done in fits]
for kind, found in zip(kinds, together):
    assert all(np.array_equal(found[name], value) for name, value in expected[kind].items())
assert len(seen) == 14 and seen == [[1] * len(libraries)] * 14, seen
assert numbers() == before, numbers()

def search():
    X = np.random.default_rng(0).normal(size=(60, 4))
    grid = {"alpha": [1e-4, 1e-2], "hidden_layer_sizes": [(4,), (5,)]}
    with joblib.parallel_config("threading"):
        found = GridSearchCV(MLPClassifier(max_iter=2, random_state=0), grid, cv=2, n_jobs=2)
        return found.fit(X, X[:, 0] > 0).cv_results_["mean_test_score"]

expected = search()
with ThreadPoolExecutor(2) as pool:
    searches = [pool.submit(search) for _ in range(3)]
    assert all(np.array_equal(done.result(), expected) for done in searches)
assert numbers() == before, numbers()
"""


def test_fits_in_pools_of_threads_have_one_blas_thread_and_equal_weights():
    """Whichever thread threadpoolctl listens to."""
    done = subprocess.run(
        [sys.executable, "-c", RACE],
        env={**os.environ, **{f"{name}_NUM_THREADS": "4" for name in ("OPENBLAS", "MKL", "OMP")}},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert not done.returncode, done.stderr
