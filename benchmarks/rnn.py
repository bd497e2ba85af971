"""Speed and memory of recurrent networks: ``python -m benchmarks.rnn --help``.

``speed`` trains one recurrent layer with a dense layer behind its last step by ``RNNClassifier``,
by PyTorch eager and by skorch around the same modules, on random sequences of one length, float32,
each side in a process of its own, alternating. A timed unit is a whole fit: a fresh network, the
steps of one epoch, Adam (fused in PyTorch). ``memory`` gives what a fit adds to the peak of each.
"""

from benchmarks.rnn_worker import SIDES
from benchmarks.sequence_sides import PARTS, parser

#: Batch, steps of a sequence, features, units; batches of an epoch.
CASES = {
    "vowels": {"batch": 32, "length": 29, "features": 12, "units": 64, "steps": 256},
    "long": {"batch": 64, "length": 128, "features": 9, "units": 64, "steps": 96},
    "rows": {"batch": 128, "length": 28, "features": 28, "units": 128, "steps": 96},
    "wide": {"batch": 64, "length": 100, "features": 32, "units": 256, "steps": 32},
}


def cases(options):
    """Yield the name and the description of every case."""
    for cell in options.cells:
        for name in options.cases:
            case = {**CASES[name], "cell": cell}
            yield f"{cell} {name}", {**case, "steps": options.steps or case["steps"]}


def parse(arguments=None):
    """Read the command line."""
    asked = parser(__doc__, "benchmarks.rnn_worker", SIDES, CASES)
    asked.add_argument("--cells", nargs="+", choices=["lstm", "gru"], default=["lstm", "gru"])
    return asked.parse_args(arguments)


if __name__ == "__main__":
    options = parse()
    PARTS[options.part](options, cases)
