"""Start the processes that are compared, and talk to them one at a time."""

import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks.cases import make_data

ROOT = Path(__file__).parents[1]
FORCED_KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
SETTLE = 0.05  # seconds in which the thread pool of the side before goes to sleep


class SideUnavailable(Exception):
    """A side's package is not installed in its interpreter."""


def child_environment(threads):
    """Return the environment of a child: its BLAS threads, and the kernels the CPU asks for."""
    environment = {k: v for k, v in os.environ.items() if k not in FORCED_KERNELS}
    environment.update(dict.fromkeys(THREAD_VARIABLES, str(threads)))
    return environment


class Child:
    """A process that answers one request at a time.

    Parameters
    ----------
    module : str
        Module to run, which calls `child.serve`.
    *arguments : object
        Its command line.
    threads : int
        Threads of every BLAS and OpenMP pool.
    python : str
        Interpreter.
    """

    def __init__(self, module, *arguments, threads, python=sys.executable):
        self.process = subprocess.Popen(
            [python, "-m", module, *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=child_environment(threads),
            cwd=ROOT,
            text=True,
        )
        self.cpu = 0.0  # seconds of processor time at the last answer

    def ask(self, op, **arguments):
        """Send a request and return the value of its answer."""
        print(json.dumps({"op": op, **arguments}), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the child ended with status {self.process.wait()}")
        answer = json.loads(line)
        self.cpu = answer["cpu"]
        if "error" in answer:
            if answer["error"].startswith(("ModuleNotFoundError", "ImportError")):
                raise SideUnavailable(answer["error"])
            raise RuntimeError(answer["error"])
        return answer["value"]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@contextmanager
def start_sides(sides, threads, torch_python):
    """Yield a dict of started children; a side whose package is missing is left out aloud."""
    with ExitStack() as stack:
        children = {}
        for side in sides:
            python = torch_python if side.startswith("torch") else sys.executable
            child = Child("benchmarks.child", side, threads, threads=threads, python=python)
            stack.enter_context(child)
            try:
                child.about = child.ask("about")
                children[side] = child
            except SideUnavailable as error:
                print(f"  left out: {side} ({error})", file=sys.stderr)
        yield children


@contextmanager
def saved_data(case, dtype):
    """Write a case's data where children can read it; yield the folder's name."""
    X, y = make_data(case, dtype)
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/y.npy", y)
        if case.density < 1:
            from scipy import sparse

            sparse.save_npz(f"{folder}/X.npz", X)
        else:
            np.save(f"{folder}/X.npy", X)
        yield folder


def load_data(children, case, folder):
    """Make every child read the data of a case."""
    for child in children.values():
        child.ask("load", case=asdict(case), path=folder)


def alternate(children, pairs, op, **arguments):
    """Ask every child in turn, `pairs` times, beginning with another one each round.

    Returns
    -------
    answers : dict of str to list of float
        Of each child, one for each round.
    load : float
        Share of all processors that other programs took meanwhile.
    """
    names = list(children)
    answers = {name: [] for name in names}
    load = OtherLoad(children.values())
    for turn in range(pairs):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            time.sleep(SETTLE)
            answers[name].append(children[name].ask(op, **arguments))
    return answers, load.share()


class OtherLoad:
    """Processor time that others than some children use from now on; nan outside Linux.

    A thread pool that spins while another program has its core is slower by far more than the
    core's share, so a comparison with several threads needs a quiet machine.
    """

    def __init__(self, children):
        self.children = list(children)
        self.start = self._seconds()

    def share(self):
        used, capacity = np.subtract(self._seconds(), self.start)
        return float(max(used, 0) / capacity)

    def _seconds(self):
        try:
            with open("/proc/stat") as stat:
                ticks = np.array(stat.readline().split()[1:9], float) / os.sysconf("SC_CLK_TCK")
        except OSError:
            return float("nan"), float("nan")
        idle = ticks[3] + ticks[4]
        own = sum(child.cpu for child in self.children) + time.process_time()
        return ticks.sum() - idle - own, ticks.sum()
