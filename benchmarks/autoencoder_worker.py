"""One side of the speed comparison of autoencoders, in a process of its own."""

import sys
import time
import warnings
from itertools import pairwise

import numpy as np

from benchmarks.child import pools, serve
from benchmarks.place import DEVICE, placed


def make_rows(n, features):
    """Return numbers in [0, 1) with some structure, float32 (n, features)."""
    random = np.random.default_rng(0)
    codes = random.normal(size=(n, 10)) @ random.normal(size=(10, features))
    return (1 / (1 + np.exp(-codes))).astype(np.float32)


class SkdeepSide:
    """`Autoencoder` as a user calls it."""

    def __init__(self, threads):
        import skdeep

        self.cls, self.versions = skdeep.Autoencoder, {"skdeep": skdeep.__version__}
        warnings.simplefilter("ignore")  # every timed fit stops at max_iter

    def load(self, X):
        self.X = X

    def fit(self, widths, batch, epochs):
        model = self.cls(
            widths[-1],
            hidden_layer_sizes=widths[1:-1],
            batch_size=batch,
            max_iter=epochs,
            tol=0,
            n_iter_no_change=epochs,
            device=DEVICE,
            random_state=0,
        ).fit(self.X)
        return model.loss_


class TorchSide:
    """PyTorch eager: `nn.Sequential`, fused `Adam`, and the usual loop over shuffled batches."""

    def __init__(self, threads):
        import torch

        torch.set_num_threads(threads)
        self.torch, self.versions = torch, {"torch": torch.__version__}

    def load(self, X):
        self.X = self.torch.from_numpy(X)

    def network(self, widths):
        nn, layers = self.torch.nn, []
        all_widths = [*widths, *widths[-2::-1]]
        code = len(widths) - 2
        for k, (fan_in, fan_out) in enumerate(pairwise(all_widths)):
            layers.append(nn.Linear(fan_in, fan_out))
            if k not in (code, len(all_widths) - 2):
                layers.append(nn.ReLU())
        return nn.Sequential(*layers)

    def fit(self, widths, batch, epochs):
        torch = self.torch
        torch.manual_seed(0)
        model, X = placed(self.network(widths)), placed(self.X)
        optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
        for _ in range(epochs):
            order, total = torch.randperm(len(X), device=X.device), 0.0
            for start in range(0, len(X), batch):
                rows = X[order[start : start + batch]]
                loss = 0.5 * (model(rows) - rows).square().sum(dim=1).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(rows)
            total = float(total)
        return total / len(X)


SIDES = {"skdeep": SkdeepSide, "torch": TorchSide}


class Worker:
    """Fits one side's autoencoder."""

    def __init__(self, side, threads):
        self.side = SIDES[side](threads)

    def about(self):
        return {"versions": self.side.versions, "pools": pools()}

    def load(self, n, features):
        self.side.load(make_rows(n, features))

    def fit(self, widths, batch, epochs):
        start = time.perf_counter()
        self.loss = self.side.fit(tuple(widths), batch, epochs)
        return time.perf_counter() - start

    def final_loss(self):
        return float(self.loss)


if __name__ == "__main__":
    serve(lambda: Worker(sys.argv[1], int(sys.argv[2])))
