"""One side of the comparison of convolutions: ``python -m tests.benchmarks.cnn_worker SIDE 1``."""

import sys
import time
import warnings

import numpy as np

from tests.benchmarks.child import forget_peak, peak_bytes, pools, serve

SIDES = ("skdeep", "torch", "torch-channels-last")


def images(n, size, channels):
    """Return random images (n, size, size, channels), float32, and classes of ten."""
    random = np.random.default_rng(0)
    X = random.random((n, size, size, channels), dtype=np.float32)
    return X, random.integers(0, 10, n)


class Skdeep:
    """Our classifier."""

    def __init__(self, threads):
        from skdeep import CNNClassifier

        self.cls = CNNClassifier

    def fit(self, X, y, case, epochs):
        model = self.cls(
            [tuple(layer) for layer in case["layers"]],
            (case["hidden"],),
            batch_size=case["batch"],
            max_iter=epochs,
            n_iter_no_change=epochs + 1,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)


class Torch:
    """The same network in PyTorch eager, with its Adam as it comes."""

    def __init__(self, threads, channels_last=False):
        import torch

        torch.set_num_threads(threads)
        self.torch = torch
        self.format = torch.channels_last if channels_last else torch.contiguous_format

    def network(self, X, case):
        nn, layers = self.torch.nn, []
        channels, size = X.shape[3], X.shape[1]
        for filters, kernel in case["layers"]:
            layers += [nn.Conv2d(channels, filters, kernel, padding="same"), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
            channels, size = filters, size // 2
        inner = [nn.Linear(channels * size * size, case["hidden"]), nn.ReLU()]
        model = nn.Sequential(*layers, nn.Flatten(), *inner, nn.Linear(case["hidden"], 10))
        return model.to(memory_format=self.format)

    def fit(self, X, y, case, epochs):
        torch = self.torch
        torch.manual_seed(0)
        model = self.network(X, case)
        adam = torch.optim.Adam(model.parameters(), lr=0.001)
        loss_of = torch.nn.CrossEntropyLoss()
        rows = torch.from_numpy(np.ascontiguousarray(X.transpose(0, 3, 1, 2)))
        rows = rows.to(memory_format=self.format)
        classes = torch.from_numpy(y)
        for _ in range(epochs):
            total = 0.0
            for index in torch.randperm(len(X)).split(case["batch"]):
                adam.zero_grad()
                loss = loss_of(model(rows[index]), classes[index])
                loss.backward()
                adam.step()
                total += loss.item()


class Worker:
    """Fits one side's network."""

    def __init__(self, side, threads):
        if side == "skdeep":
            self.side = Skdeep(threads)
        else:
            self.side = Torch(threads, channels_last=side == "torch-channels-last")

    def about(self):
        return pools()

    def load(self, case):
        self.case = case
        self.X, self.y = images(case["rows"], case["size"], case["channels"])

    def fit(self, epochs):
        start = time.perf_counter()
        self.side.fit(self.X, self.y, self.case, epochs)
        return time.perf_counter() - start

    def fit_memory(self, epochs):
        """Bytes that `fit` adds to the peak memory of this process."""
        batch = self.case["batch"]
        self.side.fit(self.X[:batch], self.y[:batch], {**self.case, "hidden": 4}, 1)
        forget_peak()
        before = peak_bytes()
        self.side.fit(self.X, self.y, self.case, epochs)
        return max(peak_bytes() - before, 4096)


if __name__ == "__main__":
    serve(lambda: Worker(sys.argv[1], int(sys.argv[2])))
