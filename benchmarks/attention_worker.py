"""One side of the comparison of Transformer encoders.

``python -m benchmarks.attention_worker SIDE THREADS`` answers requests in JSON lines.
"""

import warnings

from benchmarks.place import DEVICE
from benchmarks.sequence_worker import N_CLASSES, Torch, serve_side


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
            device=DEVICE,
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


class TorchEncoder(Torch):
    """The same network in PyTorch eager."""

    def network(self, case, features):
        return torch_module(self.torch)(case)


SIDES = {"skdeep": Skdeep, "torch": TorchEncoder}

if __name__ == "__main__":
    serve_side(SIDES, {"length": 2})
