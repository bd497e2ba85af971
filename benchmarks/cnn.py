"""Speed and memory of convolutional networks: ``python -m benchmarks.cnn --help``.

``speed`` trains the same networks by ``CNNClassifier``, by PyTorch eager (channels last, its
faster layout, and channels first, its default) and by skorch, with fused Adam, on random images,
float32, each side in a process of its own, alternating; ``layers`` times single convolutions,
forward and backward; ``memory`` gives what a fit adds to the peak of each.
"""

import argparse
import sys
from contextlib import ExitStack

import numpy as np

from benchmarks.cnn_worker import SIDES
from benchmarks.processes import Child, SideUnavailable, alternate
from benchmarks.report import quartiles

#: Networks of 2 x 2 max pooling behind each convolution, with a dense layer, on random images.
CASES = {
    "mnist": {"size": 28, "channels": 1, "layers": [(32, 3), (64, 3)], "hidden": 128, "batch": 64},
    "lenet": {"size": 28, "channels": 1, "layers": [(16, 5), (32, 5)], "hidden": 120, "batch": 64},
    "cifar": {"size": 32, "channels": 3, "layers": [(32, 3), (64, 3), (128, 3)], "hidden": 128,
              "batch": 128},
}  # fmt: skip

#: Single convolutions: batch, channels, size, filters, kernel.
LAYERS = [(64, 1, 28, 32, 3), (64, 32, 14, 64, 3), (64, 16, 28, 32, 5), (128, 64, 8, 128, 3)]


def children_of(stack, options, threads, sides=SIDES):
    """Return the children whose packages are there."""
    children = {}
    for side in sides:
        python = options.torch_python if side != "skdeep" else sys.executable
        arguments = ("benchmarks.cnn_worker", side, threads)
        child = stack.enter_context(Child(*arguments, threads=threads, python=python))
        try:
            child.ask("about")
        except SideUnavailable as error:
            print(f"  left out: {side} ({error})", file=sys.stderr)
        else:
            children[side] = child
    return children


def report(what, threads, times, load, unit, scale):
    """Print the ratio of every side to skdeep."""
    own = 1e3 * scale * np.median(times["skdeep"])
    for side in times:
        if side != "skdeep":
            ratio = quartiles(np.divide(times[side], times["skdeep"]))
            print(
                f"{what}, {threads} thread(s), {side} / skdeep: {ratio['median']:.2f} "
                f"({ratio['q1']:.2f}-{ratio['q3']:.2f}), skdeep {own:.2f} ms {unit}, others took "
                f"{load:.0%}",
                flush=True,
            )


def layers(options):
    """Print the ratio PyTorch / skdeep of single convolutions at each number of threads."""
    for threads in options.threads:
        with ExitStack() as stack:
            children = children_of(stack, options, threads, SIDES[:3])
            for case in LAYERS:
                names = ("batch", "channels", "size", "filters", "kernel")
                request = {"clock": options.clock, **dict(zip(names, case, strict=True))}
                alternate(children, 1, "layer", **request)
                times, load = alternate(children, options.pairs, "layer", **request)
                report(case, threads, times, load, "a layer", 1)


def speed(options):
    """Print the ratio PyTorch / skdeep of every case at each number of threads."""
    for threads in options.threads:
        for name in options.cases:
            case = {**CASES[name], "rows": options.rows}
            with ExitStack() as stack:
                children = children_of(stack, options, threads, options.sides)
                for child in children.values():
                    child.ask("load", case=case)
                    child.ask("fit", epochs=1)
                times, load = alternate(children, options.pairs, "fit", epochs=1)
            steps = -(-options.rows // case["batch"])
            report(name, threads, times, load, "a step", 1 / steps)


def memory(options):
    """Print what a fit adds to the peak memory of each side."""
    for name in options.cases:
        with ExitStack() as stack:
            for side, child in children_of(stack, options, options.threads[-1]).items():
                child.ask("load", case={**CASES[name], "rows": options.rows})
                print(f"{name}, {side}: {child.ask('fit_memory', epochs=1) / 1e6:.0f} MB")


PARTS = {"speed": speed, "layers": layers, "memory": memory}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES), help="of speed")
    parser.add_argument("--rows", type=int, default=2048, help="images")
    parser.add_argument("--pairs", type=int, default=9, help="rounds of speed and layers")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--clock", choices=["wall", "processor"], default="wall", help="of layers")
    parser.add_argument("--torch-python", default=sys.executable, help="interpreter with PyTorch")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    options = parse()
    sys.exit(PARTS[options.part](options))
