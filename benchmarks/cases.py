"""What is measured: networks, data, and the arithmetic a training epoch needs."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True)
class Case:
    """One network on one data set.

    Attributes
    ----------
    name : str
        What ``--cases`` calls it.
    rows, features, classes : int
        Shape of the data.
    hidden : tuple of int
        Widths of the hidden layers.
    batch : int
        Rows of a mini-batch.
    epochs : int
        Epochs of one timed `fit`.
    density : float, optional
        Share of non-zero entries; below 1 the data is a CSR matrix.
    """

    name: str
    rows: int
    features: int
    classes: int
    hidden: tuple[int, ...]
    batch: int
    epochs: int
    density: float = 1.0

    @property
    def sizes(self):
        """Widths of all layers, input and output included."""
        return (self.features, *self.hidden, self.classes)

    @property
    def gemms(self):
        """``(m, k, n)`` of every dense product of a training step, by name.

        The first layer needs no gradient with respect to its input.
        """
        shapes = {}
        for layer, (fan_in, fan_out) in enumerate(pairwise(self.sizes)):
            shapes[f"forward {layer}"] = (self.batch, fan_in, fan_out)
            shapes[f"weights {layer}"] = (fan_in, self.batch, fan_out)
            if layer > 0:
                shapes[f"input {layer}"] = (self.batch, fan_out, fan_in)
        return shapes

    @property
    def epoch_flops(self):
        """Floating-point operations of the dense products of one epoch."""
        pairs = [fan_in * fan_out for fan_in, fan_out in pairwise(self.sizes)]
        return self.rows * (6 * sum(pairs) - 2 * pairs[0])

    def __str__(self):
        hidden = ", ".join(map(str, self.hidden)) + ("," if len(self.hidden) == 1 else "")
        return f"{self.rows}x{self.features}, ({hidden}), batch {self.batch}"


CASES = {
    case.name: case
    for case in [
        Case("digits", 1797, 64, 10, (100,), 200, epochs=250),
        Case("tabular", 10000, 20, 5, (100,), 200, epochs=80),
        Case("wide", 20000, 784, 10, (512,), 256, epochs=4),
        Case("deep2", 20000, 784, 10, (256, 256), 128, epochs=4),
        Case("deep3", 20000, 54, 7, (256, 256, 256), 256, epochs=6),
    ]
}
SPARSE = Case("sparse", 20000, 5000, 5, (100,), 200, epochs=2, density=0.005)


def make_data(case, dtype):
    """Return ``X, y`` of a case, the same on every call.

    The handwritten digits where the case is called so; else overlapping Gaussian classes, or for
    a sparse case uniform entries whose labels come from a random linear map.
    """
    if case.name == "digits":
        from sklearn.datasets import load_digits

        X, y = load_digits(return_X_y=True)
        return (X / 16).astype(dtype), y.astype(np.int64)
    if case.density < 1:
        return _sparse_data(case, dtype)
    rng = np.random.default_rng(0)
    y = rng.integers(case.classes, size=case.rows)
    centres = rng.standard_normal((case.classes, case.features)) * 2 / np.sqrt(case.features)
    X = rng.standard_normal((case.rows, case.features), dtype=np.float32)
    X += centres.astype(np.float32)[y]
    return X.astype(dtype), y


def _sparse_data(case, dtype):
    from scipy import sparse

    rng = np.random.default_rng(0)
    X = sparse.random(
        case.rows, case.features, density=case.density, format="csr", dtype=dtype, rng=rng
    )
    y = np.asarray(X @ rng.standard_normal((case.features, case.classes))).argmax(axis=1)
    return X, y
