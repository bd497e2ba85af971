"""Speed and memory of recurrent networks: ``python -m benchmarks.rnn --help``.

``speed`` trains one recurrent layer with a dense layer behind its last step by ``RNNClassifier``,
by PyTorch eager and by skorch around the same modules, on random sequences of one length, float32,
each side in a process of its own, alternating. A timed unit is a whole fit: a fresh network, the
steps of one epoch, Adam (fused in PyTorch). ``memory`` gives what a fit adds to the peak of each.
"""

import argparse
import sys
from contextlib import ExitStack

import numpy as np

from benchmarks.processes import Child, SideUnavailable, alternate
from benchmarks.report import quartiles
from benchmarks.rnn_worker import SIDES

#: Batch, steps of a sequence, features, units; batches of an epoch.
CASES = {
    "vowels": {"batch": 32, "length": 29, "features": 12, "units": 64, "steps": 256},
    "long": {"batch": 64, "length": 128, "features": 9, "units": 64, "steps": 96},
    "rows": {"batch": 128, "length": 28, "features": 28, "units": 128, "steps": 96},
    "wide": {"batch": 64, "length": 100, "features": 32, "units": 256, "steps": 32},
}


def started(stack, options, case, threads, warm=True):
    """Return the children whose packages are there, loaded and, unless memory counts, warm."""
    children = {}
    for side in options.sides:
        python = sys.executable if side == "skdeep" else options.torch_python
        arguments = ("benchmarks.rnn_worker", side, threads)
        child = stack.enter_context(Child(*arguments, threads=threads, python=python))
        try:
            child.ask("about")
            child.ask("load", case=case)
            if warm:
                child.ask("fit")
        except SideUnavailable as error:
            print(f"  left out: {side} ({error})", file=sys.stderr)
        else:
            children[side] = child
    return children


def cases(options):
    """Yield the cell, the name and the description of every case."""
    for cell in options.cells:
        for name in options.cases:
            case = {**CASES[name], "cell": cell}
            yield cell, name, {**case, "steps": options.steps or case["steps"]}


def speed(options):
    """Print the ratio of each side's time to skdeep's at each number of threads."""
    for threads in options.threads:
        for cell, name, case in cases(options):
            with ExitStack() as stack:
                children = started(stack, options, case, threads)
                times, load = alternate(children, options.pairs, "fit")
            own = 1e3 * np.median(times["skdeep"]) / case["steps"]
            for side in times:
                ratio = quartiles(np.divide(times[side], times["skdeep"]))
                print(
                    f"{cell} {name}, {threads} thread(s), {side} / skdeep: {ratio['median']:.2f} "
                    f"({ratio['q1']:.2f}-{ratio['q3']:.2f}), best of each "
                    f"{min(times[side]) / min(times['skdeep']):.2f}, skdeep {own:.2f} ms a step, "
                    f"others took {load:.0%}",
                    flush=True,
                )


def memory(options):
    """Print what a fit adds to the peak memory of each side."""
    for cell, name, case in cases(options):
        with ExitStack() as stack:
            children = started(stack, options, case, options.threads[-1], warm=False)
            for side, child in children.items():
                print(f"{cell} {name}, {side}: {child.ask('fit_memory') / 1e6:.0f} MB", flush=True)


PARTS = {"speed": speed, "memory": memory}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--cells", nargs="+", choices=["lstm", "gru"], default=["lstm", "gru"])
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=list(SIDES))
    parser.add_argument("--steps", type=int, help="batches of an epoch, instead of each case's own")
    parser.add_argument("--pairs", type=int, default=9, help="rounds of speed")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--torch-python", default=sys.executable, help="interpreter with PyTorch")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    options = parse()
    sys.exit(PARTS[options.part](options))
