"""Speed and memory of Transformer encoders: ``python -m benchmarks.attention --help``.

``speed`` trains two pre-norm blocks with GELU and feed-forward parts four times as wide, a mean
over steps and a dense layer, by ``AttentionClassifier`` and by PyTorch's ``nn.TransformerEncoder``,
on random sequences of one length, float32, each side in a process of its own, alternating. A timed
unit is a whole fit: a fresh network, the steps of one epoch, Adam (fused in PyTorch). ``memory``
gives what a fit adds to the peak of each.
"""

from benchmarks.attention_worker import SIDES
from benchmarks.sequence_sides import PARTS, parser

#: Batch, steps of a sequence, features of a step, heads; batches of an epoch.
CASES = {
    "short": {"batch": 64, "length": 16, "width": 64, "heads": 4, "steps": 48},
    "medium": {"batch": 64, "length": 64, "width": 64, "heads": 4, "steps": 16},
    "long": {"batch": 32, "length": 128, "width": 128, "heads": 8, "steps": 6},
    "wide": {"batch": 16, "length": 256, "width": 256, "heads": 8, "steps": 3},
}


def cases(options):
    """Yield the name and the description of every case."""
    for rate in options.dropout:
        for name in options.cases:
            case = {**CASES[name], "dropout": rate, "layers": options.layers}
            case |= {"features": case["width"], "steps": options.steps or case["steps"]}
            yield f"{name}, dropout {rate}", case


def parse(arguments=None):
    """Read the command line."""
    asked = parser(__doc__, "benchmarks.attention_worker", SIDES, CASES)
    asked.add_argument("--dropout", nargs="+", type=float, default=[0.1, 0.0])
    asked.add_argument("--layers", type=int, default=2, help="blocks of the encoder")
    return asked.parse_args(arguments)


if __name__ == "__main__":
    options = parse()
    PARTS[options.part](options, cases)
