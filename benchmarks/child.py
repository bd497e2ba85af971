"""One side of a comparison in its own process, answering requests in JSON lines.

Started by `benchmarks.processes.Child`; a request is ``{"op": name, ...}`` on standard
input, the answer one line on standard output, with the processor time used so far. Whatever a
library prints goes to standard error.
"""

import json
import os
import statistics
import sys
import time
from contextlib import suppress
from dataclasses import replace

import numpy as np

from benchmarks.cases import Case
from benchmarks.sides import SIDES


def timed(call, seconds):
    """Return the median seconds of `call`, repeated for about `seconds` after one warm-up."""
    call()
    times, end = [], time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_bytes():
    """Peak resident memory of this process.

    ``VmHWM`` where there is one: on Linux `ru_maxrss` starts from the parent's.
    """
    try:
        with open("/proc/self/status") as status:
            row = next(row for row in status if row.startswith("VmHWM"))
        return int(row.split()[1]) * 1024
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def forget_peak():
    """Start `peak_bytes` again from what is resident now, where the system allows it."""
    with suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def pools():
    """Say which kernels and how many threads the loaded libraries use."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    return [
        f"{info['internal_api']} {info['version'] or ''} {info.get('architecture', '')} "
        f"{info['num_threads']} threads".replace("  ", " ")
        for info in threadpool_info()
    ]


class Worker:
    """Answers requests for one side; each method is an operation."""

    def __init__(self, side, threads):
        self.side = SIDES[side]()
        if hasattr(self.side, "torch"):
            self.side.torch.set_num_threads(threads)

    def about(self):
        return {"versions": self.side.versions, "pools": pools()}

    def load(self, case, path):
        """Read what `processes.saved_data` wrote."""
        case = Case(**{**case, "hidden": tuple(case["hidden"])})
        y = np.load(f"{path}/y.npy")
        if os.path.exists(f"{path}/X.npz"):
            from scipy import sparse

            X = sparse.load_npz(f"{path}/X.npz")
        else:
            X = np.load(f"{path}/X.npy")
        self.data = case, X, y
        self.side.load(case, X, y)

    def fit(self, epochs):
        start = time.perf_counter()
        self.side.fit(epochs)
        return time.perf_counter() - start

    def predict(self, rows, seconds=0.2):
        return timed(lambda: self.side.predict(rows), seconds)

    def accuracy(self):
        y = self.data[-1]
        return float((self.side.predict(len(y)) == y).mean())

    def gemm_rate(self, size=1024, seconds=0.3):
        """Floating-point operations a second of a square product."""
        return 2 * size**3 / timed(self.side.gemm(size), seconds)

    def fit_memory(self, epochs):
        """Bytes that `fit` adds to the peak memory of this process.

        The data is loaded, and a small `fit` has brought in what libraries load late.
        """
        case, X, y = self.data
        self.side.load(replace(case, hidden=(4,)), X[: case.batch], y[: case.batch])
        self.side.fit(1)
        self.side.load(case, X, y)
        forget_peak()
        before = peak_bytes()
        self.side.fit(epochs)
        return max(peak_bytes() - before, 4096)


def serve(make_worker):
    """Answer requests with the methods of a worker until standard input ends.

    Parameters
    ----------
    make_worker : callable
        Called at the first request, so that a failing import is an answer too.
    """
    answers, sys.stdout = sys.stdout, sys.stderr
    worker = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            worker = worker or make_worker()
            answer = {"value": getattr(worker, request.pop("op"))(**request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        answer["cpu"] = time.process_time()
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    serve(lambda: Worker(sys.argv[1], int(sys.argv[2])))
