"""One side of the comparison of Transformer encoders.

``python -m benchmarks.attention_worker SIDE THREADS`` answers requests in JSON lines.
"""

import sys
import time
import warnings

import numpy as np

from benchmarks.child import forget_peak, peak_bytes, pools, serve

SIDES = ("skdeep", "torch")
N_CLASSES = 10


class Skdeep:
    """Our classifier, without the clipping and the penalty that PyTorch's side does not have."""

    def __init__(self, threads):
        from skdeep import AttentionClassifier

        self.cls = AttentionClassifier

    def fit(self, X, y, case):
        model = self.cls(
            case["layers"],
            case["width"],
            n_heads=case["heads"],
            dropout=case["dropout"],
            batch_size=case["batch"],
            alpha=0.0,
            gradient_clip_norm=None,
            learning_rate_schedule=None,
            max_iter=1,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)


def torch_module(torch):
    """Return the class of the same network in PyTorch."""

    class Net(torch.nn.Module):
        def __init__(self, case):
            super().__init__()
            width, nn = case["width"], torch.nn
            self.embedding = nn.Linear(width, width)
            place = torch.arange(case["length"])[:, None] * 10_000.0 ** (
                -torch.arange(width // 2) / (width // 2)
            )
            self.register_buffer("places", torch.cat([place.sin(), place.cos()], dim=1))
            self.dropout = nn.Dropout(case["dropout"])
            layer = nn.TransformerEncoderLayer(
                width,
                case["heads"],
                4 * width,
                dropout=case["dropout"],
                activation="gelu",
                batch_first=True,
                norm_first=True,
            )
            self.encoder = nn.TransformerEncoder(
                layer, case["layers"], nn.LayerNorm(width), enable_nested_tensor=False
            )
            self.dense = nn.Linear(width, N_CLASSES)

        def forward(self, x):
            steps = self.dropout(self.embedding(x) + self.places)
            return self.dense(self.dropout(self.encoder(steps).mean(dim=1)))

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
        model = self.module(case)
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


class Worker:
    """Fits one side's network."""

    def __init__(self, side, threads):
        self.side = {"skdeep": Skdeep, "torch": Torch}[side](threads)

    def about(self):
        return pools()

    def load(self, case):
        random = np.random.default_rng(0)
        self.case, n = case, case["batch"] * case["steps"]
        self.X = random.normal(size=(n, case["length"], case["width"])).astype(np.float32)
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
        self.side.fit(self.X[few, :2], self.y[few], {**self.case, "length": 2})
        forget_peak()
        before = peak_bytes()
        self.side.fit(self.X, self.y, self.case)
        return max(peak_bytes() - before, 4096)


if __name__ == "__main__":
    serve(lambda: Worker(sys.argv[1], int(sys.argv[2])))
