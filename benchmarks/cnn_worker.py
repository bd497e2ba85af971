"""One side of the comparison of convolutions: ``python -m benchmarks.cnn_worker SIDE 1``."""

import sys
import time
import warnings

import numpy as np

from benchmarks.child import forget_peak, peak_bytes, pools, serve, timed
from benchmarks.place import DEVICE, placed

SIDES = ("skdeep", "torch", "torch-channels-first", "skorch")


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
            device=DEVICE,
            random_state=0,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, y)

    def layer(self, x, dy, filters, kernel, wants_dx):
        """Return a step of one convolution, forward and backward."""
        from skdeep.backend import get_backend
        from skdeep.nn.conv.conv import Conv
        from skdeep.nn.core.binder import Arena, Binder
        from skdeep.nn.core.params import Layout, ParamStore

        ops, conv = get_backend("cpu"), Conv(filters, kernel)
        spec = conv.build(x.shape[1:])
        layout = Layout(spec)
        values = layout.initial(np.random.RandomState(0))[None].astype(np.float32)
        store = ParamStore(ops, layout, values)
        store.allocate_grads()
        binder = Binder(store, Arena(ops), len(x), training=True)
        dx = binder.rows("dx", x.shape[1:]) if wants_dx else None
        views = binder.bind(conv, spec, "", binder.rows("x", x.shape[1:]), dx)
        views.x[0], views.dy[0] = x, dy

        def step():
            conv.forward(views, True)
            conv.backward(views)

        recorded = ops.record(step)

        def run():
            with ops.session(0), ops.running():
                recorded()

        return run


class Torch:
    """The same network in PyTorch eager, with fused Adam, in the layout that is faster on a CPU.

    Parameters
    ----------
    channels_last : bool
        False is PyTorch's default layout.
    """

    def __init__(self, threads, channels_last=True):
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

    def _channels_first(self, X):
        rows = self.torch.from_numpy(np.ascontiguousarray(X.transpose(0, 3, 1, 2)))
        return rows.to(memory_format=self.format)

    def fit(self, X, y, case, epochs):
        torch = self.torch
        torch.manual_seed(0)
        model = placed(self.network(X, case))
        adam = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
        loss_of = torch.nn.CrossEntropyLoss()
        rows, classes = placed(self._channels_first(X)), placed(torch.from_numpy(y))
        for _ in range(epochs):
            total = 0.0
            for index in torch.randperm(len(X), device=rows.device).split(case["batch"]):
                adam.zero_grad()
                loss = loss_of(model(rows[index]), classes[index])
                loss.backward()
                adam.step()
                total += loss.detach()
            float(total)

    def layer(self, x, dy, filters, kernel, wants_dx):
        """Return a step of one convolution, forward and backward."""
        torch = self.torch
        conv = torch.nn.Conv2d(x.shape[3], filters, kernel, padding="same")
        conv = conv.to(memory_format=self.format)
        x, dy = (self._channels_first(array) for array in (x, dy))
        x.requires_grad_(wants_dx)

        def run():
            conv.zero_grad()
            x.grad = None
            conv(x).backward(dy)

        return run


class Skorch(Torch):
    """The same network, its weights channels last, trained by skorch with fused Adam.

    skorch stacks the images of a batch itself, channels first; the first convolution turns them.
    """

    def fit(self, X, y, case, epochs):
        import skorch

        torch = self.torch
        torch.manual_seed(0)
        model = skorch.NeuralNetClassifier(
            self.network(X, case),
            criterion=torch.nn.CrossEntropyLoss,
            optimizer=torch.optim.Adam,
            optimizer__fused=True,
            lr=0.001,
            batch_size=case["batch"],
            max_epochs=epochs,
            iterator_train__shuffle=True,
            train_split=None,
            verbose=0,
        )
        model.fit(np.ascontiguousarray(X.transpose(0, 3, 1, 2)), y)


class Worker:
    """Fits one side's network."""

    def __init__(self, side, threads):
        if side == "skdeep":
            self.side = Skdeep(threads)
        elif side == "skorch":
            import skorch  # noqa: F401 - a package that is missing is found here

            self.side = Skorch(threads)
        else:
            self.side = Torch(threads, channels_last=side == "torch")

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
        """Bytes that `fit` adds to the peak memory of this process.

        A tiny network has brought in what libraries load late; a larger one would leave memory
        that some allocators keep and others give back.
        """
        tiny = {**self.case, "layers": [(1, 3)], "hidden": 2, "batch": 2}
        self.side.fit(self.X[:2], np.arange(2), tiny, 1)
        forget_peak()
        before = peak_bytes()
        self.side.fit(self.X, self.y, self.case, epochs)
        return max(peak_bytes() - before, 4096)

    def layer(self, batch, channels, size, filters, kernel, clock, seconds=0.3):
        """Median seconds of a convolution's forward and backward; dx only where C > 1.

        The clock "processor" counts what this process uses, which other programs disturb less.
        """
        key = (batch, channels, size, filters, kernel)
        if getattr(self, "key", None) != key:
            self.key = key
            x, _ = images(batch, size, channels)
            dy, _ = images(batch, size, filters)
            self.step = self.side.layer(x, dy, filters, kernel, channels > 1)
        if clock == "wall":
            return timed(self.step, seconds)
        self.step()
        times = []
        for _ in range(10):
            start = time.process_time()
            self.step()
            times.append(time.process_time() - start)
        return float(np.median(times))


if __name__ == "__main__":
    serve(lambda: Worker(sys.argv[1], int(sys.argv[2])))
