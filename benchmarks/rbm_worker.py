"""One side of the RBM speed comparison: ``python -m benchmarks.rbm_worker SIDE``."""

import importlib
import sys
import time

import numpy as np

from benchmarks.child import pools, serve

#: Module of each side's ``BernoulliRBM``.
SIDES = {"skdeep": "skdeep", "sklearn": "sklearn.neural_network"}


def rows(n, features):
    """Return digits for 64 features, else random probabilities, float32."""
    if features == 64:
        from sklearn.datasets import load_digits

        return (load_digits().data[:n] / 16).astype(np.float32)
    return np.random.default_rng(0).random((n, features), dtype=np.float32)


class Worker:
    """Fits one side's RBM."""

    def __init__(self, side):
        self.cls = importlib.import_module(SIDES[side]).BernoulliRBM

    def about(self):
        return pools()

    def load(self, n, features):
        self.X = rows(n, features)

    def fit(self, components, batch, epochs):
        rbm = self.cls(components, batch_size=batch, n_iter=epochs, random_state=0)
        start = time.perf_counter()
        rbm.fit(self.X)
        return time.perf_counter() - start


if __name__ == "__main__":
    serve(lambda: Worker(sys.argv[1]))
