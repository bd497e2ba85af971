"""What tracing a body costs or gains on NumPy: ``python -m benchmarks.kernels``.

Adam on parameters of several sizes: the traced kernel
beside hand-written in-place code and beside plain expressions, alternating in one process (all
are NumPy), medians of the ratios within rounds. Above 1 means that the traced kernel is faster.
"""

import statistics
import timeit

import numpy as np

from skdeep.backend import get_backend
from skdeep.backend.kernel import Kernel
from skdeep.optim.adam import Adam

ROUNDS, BLOCK = 15, 16 * 1024
HYPER = (1e-3, 0.9, 0.999, 1e-8)


def adam_arrays(size):
    """Return parameters, gradient and moments (1, size), float32."""
    random = np.random.default_rng(0)
    return [random.random((1, size), np.float32) for _ in range(4)]


def traced_adam(size):
    """Return the recorded kernel."""
    ops = get_backend("cpu")
    p, g, m, v = adam_arrays(size)
    columns = [np.full((1, 1), value, np.float32) for value in HYPER]
    kernel = Kernel(Adam.update)
    return ops.record(lambda: ops.launch(kernel, (p, m, v), p, g, m, v, *columns))


def hand_adam(size):
    """Return the same update, in place over blocks, by hand."""
    arrays = [a[0] for a in adam_arrays(size)]
    rate, b1, b2, eps = (np.float32(value) for value in HYPER)
    scratch = np.empty(min(size, BLOCK), np.float32)

    def run():
        for start in range(0, size, BLOCK):
            p, g, m, v = (a[start : start + BLOCK] for a in arrays)
            t = scratch[: len(p)]
            np.multiply(m, b1, m)
            np.add(m, g, m)
            np.multiply(g, g, t)
            np.multiply(v, b2, v)
            np.add(v, t, v)
            np.sqrt(v, t)
            np.add(t, eps, t)
            np.divide(m, t, t)
            np.multiply(t, rate, t)
            np.subtract(p, t, p)

    return run


def expression_adam(size):
    """Return the same update as whole expressions."""
    p, g, m, v = (a[0] for a in adam_arrays(size))
    rate, b1, b2, eps = (np.float32(value) for value in HYPER)

    def run():
        m[:] = b1 * m + g
        v[:] = b2 * v + g * g
        p[:] = p - rate * (m / (np.sqrt(v) + eps))

    return run


def main():
    """Print one row per size."""
    print("| parameters | hand-written / traced | expressions / traced |\n|---|---|---|")
    for size in (1_000, 7_510, 50_000, 407_050, 1_000_000):
        ways = [make(size) for make in (traced_adam, hand_adam, expression_adam)]
        calls = max(3, 2_000_000 // size)
        rounds = [[timeit.timeit(way, number=calls) for way in ways] for _ in range(ROUNDS)]
        ratios = [statistics.median(r[k] / r[0] for r in rounds[1:]) for k in (1, 2)]
        print(f"| {size} | **{ratios[0]:.2f}** | **{ratios[1]:.2f}** |")


if __name__ == "__main__":
    main()
