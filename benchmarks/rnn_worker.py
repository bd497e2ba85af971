"""One side of the comparison of recurrent networks.

``python -m benchmarks.rnn_worker SIDE THREADS`` answers requests in JSON lines.
"""

import sys
import time
import warnings

import numpy as np

from benchmarks.child import forget_peak, peak_bytes, pools, serve

SIDES = ("skdeep", "torch", "skorch")
N_CLASSES = 10


class Skdeep:
    """Our classifier, without the clipping and the penalty that the others do not have."""

    def __init__(self, threads):
        from skdeep import RNNClassifier

        self.cls = RNNClassifier

    def fit(self, X, y, case):
        model = self.cls(
            (case["units"],),
            case["cell"],
            batch_size=case["batch"],
            alpha=0.0,
            gradient_clip_norm=None,
            learning_rate_init=0.001,
            max_iter=1,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)


def torch_module(torch):
    """Return the class of the network in PyTorch."""

    class Net(torch.nn.Module):
        def __init__(self, cell, features, units):
            super().__init__()
            kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell]
            self.recurrent = kind(features, units, batch_first=True)
            self.dense = torch.nn.Linear(units, N_CLASSES)

        def forward(self, x):
            return self.dense(self.recurrent(x)[0][:, -1])

    return Net


class Torch:
    """The same network in PyTorch eager, with its fused Adam."""

    def __init__(self, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.module = torch, torch_module(torch)

    def fit(self, X, y, case):
        torch = self.torch
        torch.manual_seed(0)
        model = self.module(case["cell"], X.shape[2], case["units"])
        adam = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
        loss_of = torch.nn.CrossEntropyLoss()
        rows, classes = torch.from_numpy(X), torch.from_numpy(y)
        total = 0.0
        for index in torch.randperm(len(X)).split(case["batch"]):
            adam.zero_grad()
            loss = loss_of(model(rows[index]), classes[index])
            loss.backward()
            adam.step()
            total += loss.item()


class Skorch(Torch):
    """skorch around the same module."""

    def __init__(self, threads):
        super().__init__(threads)
        from skorch import NeuralNetClassifier

        self.cls = NeuralNetClassifier

    def fit(self, X, y, case):
        torch = self.torch
        torch.manual_seed(0)
        self.cls(
            self.module,
            module__cell=case["cell"],
            module__features=X.shape[2],
            module__units=case["units"],
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            optimizer__fused=True,
            lr=0.001,
            batch_size=case["batch"],
            max_epochs=1,
            iterator_train__shuffle=True,
            train_split=None,
            verbose=0,
        ).fit(X, y)


class Worker:
    """Fits one side's network."""

    def __init__(self, side, threads):
        self.side = {"skdeep": Skdeep, "torch": Torch, "skorch": Skorch}[side](threads)

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
        self.side.fit(self.X[few, :2], self.y[few], {**self.case, "units": 4})
        forget_peak()
        before = peak_bytes()
        self.side.fit(self.X, self.y, self.case)
        return max(peak_bytes() - before, 4096)


if __name__ == "__main__":
    serve(lambda: Worker(sys.argv[1], int(sys.argv[2])))
