"""Times single products and whole training steps, for `benchmarks.trials`."""

import os
import sys
import threading
from itertools import cycle

import numpy as np

from benchmarks.bare_loop import Adam, BareLoop, Network, Parameters
from benchmarks.child import serve, timed


class Helper:
    """A second Python thread that runs one call at a time beside the first.

    Parameters
    ----------
    pinned : bool
        Give each of the two threads a core of its own (Linux). Left to itself the scheduler may
        wake the second on the core of the first, and they take turns.
    """

    def __init__(self, pinned):
        self.go, self.done = threading.Semaphore(0), threading.Semaphore(0)
        self.call = None
        threading.Thread(target=self._work, daemon=True).start()
        if pinned:
            first, second, *_ = sorted(os.sched_getaffinity(os.getpid()))
            self.both(lambda: None, lambda: os.sched_setaffinity(0, {second}))
            os.sched_setaffinity(0, {first})

    def _work(self):
        while True:
            self.go.acquire()
            self.call()
            self.done.release()

    def both(self, mine, other):
        """Run two calls at once and wait for both."""
        self.call = other
        self.go.release()
        mine()
        self.done.acquire()


class HalvedLoop(BareLoop):
    """The bare loop with two Python threads: halves of the batch, then halves of Adam."""

    def __init__(self, sizes, batch, dtype, helper):
        super().__init__(sizes, batch, dtype)
        self.helper = helper
        self.other_grads = Parameters(sizes, (), np.dtype(dtype))
        grads = (self.grads, self.other_grads)
        self.halves = [Network(self.params, g, sizes, (), batch // 2) for g in grads]
        for half in self.halves:
            half.scale = half.scale / 2
        middle = self.params.flat.size // 2
        self.cuts = [slice(middle), slice(middle, None)]
        self.optimizers = [
            Adam(self.params.flat[c], self.grads.flat[c], self.params.n_weights - skipped, 1e-4)
            for c, skipped in zip(self.cuts, (0, middle), strict=True)
        ]

    def step(self, X, y, index):
        """Train on the rows `index`, an even number."""
        parts = np.split(index, 2)
        self.helper.both(lambda: self._pass(0, X, y, parts), lambda: self._pass(1, X, y, parts))
        self.helper.both(lambda: self._update(0, len(index)), lambda: self._update(1, len(index)))

    def _pass(self, half, X, y, parts):
        network = self.halves[half]
        network.gather(X, self.identity, y, parts[half])
        network.forward()
        network.backward()

    def _update(self, half, rows):
        cut = self.cuts[half]
        np.add(self.grads.flat[cut], self.other_grads.flat[cut], out=self.grads.flat[cut])
        self.optimizers[half].step(rows)


def product(kind, shape, dtype):
    """Return a call that makes one product of a training step, laid out as there.

    Parameters
    ----------
    kind : {"forward", "weights", "input"}
        ``x @ w``, ``x.T @ delta``, ``delta @ w.T``.
    shape : tuple of int
        ``(m, k, n)`` of the product.
    dtype : dtype
        Of the operands.
    """
    m, k, n = shape
    rng = np.random.default_rng(0)
    a = rng.standard_normal((k, m) if kind == "weights" else (m, k)).astype(dtype)
    b = rng.standard_normal((n, k) if kind == "input" else (k, n)).astype(dtype)
    a, b = a.T if kind == "weights" else a, b.T if kind == "input" else b
    out = np.empty((m, n), dtype)
    return lambda: np.matmul(a, b, out=out)


def halved_product(kind, shape, dtype, helper):
    """Return a call that makes the product with two Python threads on halves of the batch."""
    m, k, n = shape
    half = (m, k // 2, n) if kind == "weights" else (m // 2, k, n)
    mine, other = (product(kind, half, dtype) for _ in range(2))
    if kind != "weights":
        return lambda: helper.both(mine, other)
    total, part = np.zeros((2, m, n), dtype)

    def call():
        helper.both(mine, other)
        np.add(total, part, out=total)

    return call


class TrialWorker:
    """Answers with seconds for one product or one training step.

    Parameters
    ----------
    halves : {"", "halves", "pinned"}
        Whether two Python threads, free or pinned, work on halves of the batch.
    """

    def __init__(self, halves=""):
        self.helper = Helper(halves == "pinned") if halves else None
        self.calls = {}

    def gemm(self, kind, shape, dtype, seconds=0.03):
        """Time a product; see `product`."""
        key = (kind, tuple(shape), dtype)
        if key not in self.calls:
            helper = [self.helper] if self.helper else []
            make = halved_product if helper else product
            self.calls = {key: make(*key, *helper)}
        return timed(self.calls[key], seconds)

    def step(self, sizes, batch, dtype, models=None, loops=1, seconds=0.2):
        """Time a training step of the bare loop, for each model.

        Parameters
        ----------
        sizes, batch, dtype, models : as for `BareLoop`
        loops : int
            Separate networks that are stepped in turn.
        seconds : float
            For how long.
        """
        key = (tuple(sizes), batch, dtype, models, loops)
        if key not in self.calls:
            if self.helper:
                nets = [HalvedLoop(sizes, batch, dtype, self.helper)]
            else:
                nets = [BareLoop(sizes, batch, dtype, models=models) for _ in range(loops)]
            self.calls = {key: stepper(nets, sizes, batch, dtype)}
        return timed(self.calls[key], seconds) / (models or 1)


def stepper(nets, sizes, batch, dtype):
    """Return a call that trains the next network on the next of some random batches."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((4096, sizes[0])).astype(dtype)
    y = rng.integers(sizes[-1], size=len(X))
    indices = [rng.integers(len(X), size=(*nets[0].lead, batch)) for _ in range(16)]
    turns, batches = cycle(nets), cycle(indices)
    return lambda: next(turns).step(X, y, next(batches))


if __name__ == "__main__":
    serve(lambda: TrialWorker(*sys.argv[1:]))
