"""The sides of a comparison, each made inside a process of its own.

A side has ``load(case, X, y)``, ``fit(epochs)`` (a fresh model each time), ``predict(rows)`` on
the first rows of the data, ``gemm(size)`` (one square product by its own library) and ``versions``.
"""

import importlib
import warnings

import numpy as np

from benchmarks.place import DEVICE, placed


class EstimatorSide:
    """`MLPClassifier` of a module: scikit-learn's, or skdeep's under the same parameters."""

    def __init__(self, module):
        package = importlib.import_module(module)
        self.cls = package.MLPClassifier
        self.place = {"device": DEVICE} if module == "skdeep" else {}
        root = importlib.import_module(module.partition(".")[0])
        self.versions = {root.__name__: root.__version__, "numpy": np.__version__}
        warnings.simplefilter("ignore")  # every timed fit stops at max_iter

    def load(self, case, X, y):
        self.case, self.X, self.y = case, X, y

    def fit(self, epochs):
        model = self.cls(
            hidden_layer_sizes=self.case.hidden,
            batch_size=self.case.batch,
            max_iter=epochs,
            tol=0,
            n_iter_no_change=epochs,
            random_state=0,
            **self.place,
        )
        self.model = model.fit(self.X, self.y)

    def predict(self, rows):
        return self.model.predict(self.X[:rows])

    def gemm(self, size):
        return _square_product(size, self.X.dtype)


class BareSide:
    """The in-place loop of `bare_loop`."""

    def __init__(self):
        self.versions = {"numpy": np.__version__}

    def load(self, case, X, y):
        self.case, self.X, self.y = case, X, y

    def fit(self, epochs):
        from benchmarks.bare_loop import BareLoop

        self.model = BareLoop(self.case.sizes, self.case.batch, self.X.dtype)
        self.model.fit(self.X, self.y, epochs)

    def predict(self, rows):
        return self.model.predict(self.X[:rows])

    def gemm(self, size):
        return _square_product(size, self.X.dtype)


def _square_product(size, dtype):
    a, b = np.random.default_rng(0).standard_normal((2, size, size)).astype(dtype)
    out = np.empty_like(a)
    return lambda: np.matmul(a, b, out=out)


class TorchSide:
    """PyTorch eager: `nn.Sequential`, `Adam`, and the usual loop over shuffled mini-batches.

    Parameters
    ----------
    fused : bool
        Use PyTorch's fused Adam kernel, as whoever wants it fast does, instead of what `Adam`
        chooses by default.
    """

    def __init__(self, fused=True):
        import torch

        self.torch, self.options = torch, {"fused": True} if fused else {}
        self.versions = {
            "torch": torch.__version__,
            "cpu capability": torch.backends.cpu.get_cpu_capability(),
        }

    def load(self, case, X, y):
        self.case = case
        self.X, self.y = self.torch.from_numpy(X), self.torch.from_numpy(y)

    def network(self):
        nn, layers = self.torch.nn, []
        for fan_in, fan_out in zip(self.case.sizes, self.case.sizes[1:], strict=False):
            layers += [nn.Linear(fan_in, fan_out, dtype=self.X.dtype), nn.ReLU()]
        return nn.Sequential(*layers[:-1])

    def fit(self, epochs):
        torch, batch = self.torch, self.case.batch
        torch.manual_seed(0)
        self.model, X, y = map(placed, (self.network(), self.X, self.y))
        optimizer = torch.optim.Adam(self.model.parameters(), lr=0.001, **self.options)
        criterion = torch.nn.CrossEntropyLoss()
        for _ in range(epochs):
            order = torch.randperm(len(X), device=X.device)
            total = 0.0
            for start in range(0, len(X), batch):
                index = order[start : start + batch]
                loss = criterion(self.model(X[index]), y[index])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(index)
            float(total)

    def predict(self, rows):
        with self.torch.inference_mode():
            return self.model(placed(self.X[:rows])).argmax(dim=1).cpu().numpy()

    def gemm(self, size):
        a, b = self.torch.randn(2, size, size, dtype=self.X.dtype)
        out = self.torch.empty_like(a)
        return lambda: self.torch.matmul(a, b, out=out)


SIDES = {
    "skdeep": lambda: EstimatorSide("skdeep"),
    "sklearn": lambda: EstimatorSide("sklearn.neural_network"),
    "torch": TorchSide,
    "torch-plain": lambda: TorchSide(fused=False),
    "bare": BareSide,
}
