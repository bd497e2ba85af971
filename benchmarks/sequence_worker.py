"""Workers of comparisons on random sequences: one epoch of a side's network, and its memory.

A side is a class made with a number of threads; its ``fit(X, y, case)`` trains a fresh network for
one epoch.
"""

import sys
import time

import numpy as np

from benchmarks.child import forget_peak, peak_bytes, pools, serve
from benchmarks.place import placed

N_CLASSES = 10


class Torch:
    """A network in PyTorch eager, with its fused Adam."""

    def __init__(self, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch = torch

    def network(self, case, features):
        """Return a fresh network for steps of so many features."""
        raise NotImplementedError

    def fit(self, X, y, case):
        torch = self.torch
        torch.manual_seed(0)
        model = placed(self.network(case, X.shape[2]))
        adam = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
        loss_of = torch.nn.CrossEntropyLoss()
        rows, classes = placed(torch.from_numpy(X)), placed(torch.from_numpy(y))
        total = 0.0
        for index in torch.randperm(len(X), device=rows.device).split(case["batch"]):
            adam.zero_grad()
            loss = loss_of(model(rows[index]), classes[index])
            loss.backward()
            adam.step()
            total += loss.detach()
        return float(total)


class SequenceWorker:
    """Fits one side's network; `small` is what makes a case small enough to warm up with."""

    def __init__(self, side, small):
        self.side, self.small = side, small

    def about(self):
        return pools()

    def load(self, case):
        random = np.random.default_rng(0)
        self.case, n = case, case["batch"] * case["steps"]
        self.X = random.normal(size=(n, case["length"], case["features"])).astype(np.float32)
        self.y = random.integers(0, N_CLASSES, n)

    def fit(self):
        """Seconds of one epoch from nothing."""
        start = time.perf_counter()
        self.side.fit(self.X, self.y, self.case)
        return time.perf_counter() - start

    def fit_memory(self):
        """Bytes that `fit` adds to the peak memory of this process.

        A fit of one short batch has brought in what libraries load late.
        """
        few = slice(self.case["batch"])
        self.side.fit(self.X[few, :2], self.y[few], {**self.case, **self.small})
        forget_peak()
        before = peak_bytes()
        self.side.fit(self.X, self.y, self.case)
        return max(peak_bytes() - before, 4096)


def serve_side(sides, small):
    """Answer for the side, and with the threads, of the command line."""
    serve(lambda: SequenceWorker(sides[sys.argv[1]](int(sys.argv[2])), small))
