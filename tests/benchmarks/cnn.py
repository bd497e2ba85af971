"""Speed and memory of convolutional networks: ``python -m tests.benchmarks.cnn --help``.

``speed`` trains the same networks by ``CNNClassifier`` and by PyTorch eager (channels first, which
is its default, and channels last) on random images, float32, each side in a process of its own,
alternating; ``memory`` gives what a fit adds to the peak of each.
"""

import argparse
import sys
from contextlib import ExitStack

import numpy as np

from tests.benchmarks.cnn_worker import SIDES
from tests.benchmarks.processes import Child, SideUnavailable, alternate
from tests.benchmarks.report import quartiles

#: Networks of 2 x 2 max pooling behind each convolution, with a dense layer, on random images.
CASES = {
    "mnist": {"size": 28, "channels": 1, "layers": [(32, 3), (64, 3)], "hidden": 128, "batch": 64},
    "lenet": {"size": 28, "channels": 1, "layers": [(16, 5), (32, 5)], "hidden": 120, "batch": 64},
    "cifar": {"size": 32, "channels": 3, "layers": [(32, 3), (64, 3), (128, 3)], "hidden": 128,
              "batch": 128},
}  # fmt: skip


def started(stack, options, case, threads):
    """Return the children whose packages are there, loaded and warm."""
    children = {}
    for side in SIDES:
        python = options.torch_python if side.startswith("torch") else sys.executable
        arguments = ("tests.benchmarks.cnn_worker", side, threads)
        child = stack.enter_context(Child(*arguments, threads=threads, python=python))
        try:
            child.ask("about")
            child.ask("load", case=case)
            child.ask("fit", epochs=1)
        except SideUnavailable as error:
            print(f"  left out: {side} ({error})", file=sys.stderr)
        else:
            children[side] = child
    return children


def speed(options):
    """Print the ratio PyTorch / skdeep of every case at each number of threads."""
    for threads in options.threads:
        for name in options.cases:
            case = {**CASES[name], "rows": options.rows}
            with ExitStack() as stack:
                children = started(stack, options, case, threads)
                times, load = alternate(children, options.pairs, "fit", epochs=1)
            steps = -(-options.rows // case["batch"])
            own = 1e3 * np.median(times["skdeep"]) / steps
            for side in times:
                ratio = quartiles(np.divide(times[side], times["skdeep"]))
                print(
                    f"{name}, {threads} thread(s), {side} / skdeep: {ratio['median']:.2f} "
                    f"({ratio['q1']:.2f}-{ratio['q3']:.2f}), skdeep {own:.2f} ms a step, others "
                    f"took {load:.0%}",
                    flush=True,
                )


def memory(options):
    """Print what a fit adds to the peak memory of each side."""
    for name in options.cases:
        case = {**CASES[name], "rows": options.rows}
        with ExitStack() as stack:
            for side, child in started(stack, options, case, options.threads[-1]).items():
                print(f"{name}, {side}: {child.ask('fit_memory', epochs=1) / 1e6:.0f} MB")


PARTS = {"speed": speed, "memory": memory}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rows", type=int, default=2048, help="images")
    parser.add_argument("--pairs", type=int, default=9, help="rounds of speed")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--torch-python", default=sys.executable, help="interpreter with PyTorch")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    options = parse()
    sys.exit(PARTS[options.part](options))
