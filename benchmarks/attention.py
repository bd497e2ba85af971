"""Speed and memory of Transformer encoders: ``python -m benchmarks.attention --help``.

``speed`` trains two pre-norm blocks with GELU and feed-forward parts four times as wide, a mean
over steps and a dense layer, by ``AttentionClassifier`` and by PyTorch's ``nn.TransformerEncoder``,
on random sequences of one length, float32, each side in a process of its own, alternating. A timed
unit is a whole fit: a fresh network, the steps of one epoch, Adam (fused in PyTorch). ``memory``
gives what a fit adds to the peak of each.
"""

import argparse
import sys
from contextlib import ExitStack

import numpy as np

from benchmarks.attention_worker import SIDES
from benchmarks.processes import Child, SideUnavailable, alternate
from benchmarks.report import quartiles

#: Batch, steps of a sequence, features of a step, heads; batches of an epoch.
CASES = {
    "short": {"batch": 64, "length": 16, "width": 64, "heads": 4, "steps": 48},
    "medium": {"batch": 64, "length": 64, "width": 64, "heads": 4, "steps": 16},
    "long": {"batch": 32, "length": 128, "width": 128, "heads": 8, "steps": 6},
    "wide": {"batch": 16, "length": 256, "width": 256, "heads": 8, "steps": 3},
}


def started(stack, options, case, threads, warm=True):
    """Return the children whose packages are there, loaded and, unless memory counts, warm."""
    children = {}
    for side in options.sides:
        python = sys.executable if side == "skdeep" else options.torch_python
        arguments = ("benchmarks.attention_worker", side, threads)
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
    """Yield the dropout, the name and the description of every case."""
    for rate in options.dropout:
        for name in options.cases:
            case = {**CASES[name], "dropout": rate, "layers": options.layers}
            yield rate, name, {**case, "steps": options.steps or case["steps"]}


def speed(options):
    """Print the ratio of each side's time to skdeep's at each number of threads."""
    for threads in options.threads:
        for rate, name, case in cases(options):
            with ExitStack() as stack:
                children = started(stack, options, case, threads)
                times, load = alternate(children, options.pairs, "fit")
            own = 1e3 * np.median(times["skdeep"]) / case["steps"]
            for side in times:
                ratio = quartiles(np.divide(times[side], times["skdeep"]))
                print(
                    f"{name}, dropout {rate}, {threads} thread(s), "
                    f"{side} / skdeep: {ratio['median']:.2f} "
                    f"({ratio['q1']:.2f}-{ratio['q3']:.2f}), best of each "
                    f"{min(times[side]) / min(times['skdeep']):.2f}, skdeep {own:.2f} ms a step, "
                    f"others took {load:.0%}",
                    flush=True,
                )


def memory(options):
    """Print what a fit adds to the peak memory of each side."""
    for rate, name, case in cases(options):
        with ExitStack() as stack:
            children = started(stack, options, case, options.threads[-1], warm=False)
            for side, child in children.items():
                print(
                    f"{name}, dropout {rate}, {side}: {child.ask('fit_memory') / 1e6:.0f} MB",
                    flush=True,
                )


PARTS = {"speed": speed, "memory": memory}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--dropout", nargs="+", type=float, default=[0.1, 0.0])
    parser.add_argument("--layers", type=int, default=2, help="blocks of the encoder")
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
