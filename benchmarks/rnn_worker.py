"""One side of the comparison of recurrent networks.

``python -m benchmarks.rnn_worker SIDE THREADS`` answers requests in JSON lines.
"""

import warnings

from benchmarks.place import DEVICE
from benchmarks.sequence_worker import N_CLASSES, Torch, serve_side


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
            device=DEVICE,
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


class TorchRecurrent(Torch):
    """The same network in PyTorch eager."""

    def network(self, case, features):
        return torch_module(self.torch)(case["cell"], features, case["units"])


class Skorch(TorchRecurrent):
    """skorch around the same module."""

    def __init__(self, threads):
        super().__init__(threads)
        from skorch import NeuralNetClassifier

        self.cls = NeuralNetClassifier

    def fit(self, X, y, case):
        torch = self.torch
        torch.manual_seed(0)
        self.cls(
            torch_module(torch),
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


SIDES = {"skdeep": Skdeep, "torch": TorchRecurrent, "skorch": Skorch}

if __name__ == "__main__":
    serve_side(SIDES, {"units": 4})
