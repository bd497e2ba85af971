"""Early trials of the engine's layout: ``python -m benchmarks.trials --help``.

`gemms`: each product of a training step with one and two BLAS threads, and with two Python threads
on halves of the batch, left to the scheduler or each pinned to a core. `steps`: the same for whole
training steps. `models`: what a leading model axis costs for one network, and what stacking gains
for many.
"""

import argparse
import json
import sys
from contextlib import ExitStack

import numpy as np

from benchmarks.cases import CASES, Case
from benchmarks.processes import Child, alternate
from benchmarks.report import machine, table

WAYS = {  # BLAS threads, and how a second Python thread takes half of the batch
    "1 thread": (1, ""),
    "2 threads": (2, ""),
    "2 halves": (1, "halves"),
    "2 pinned halves": (1, "pinned"),
}
NETS = {
    "(32,), batch 32": ((64, 32, 10), 32),
    "(100,), batch 200": ((64, 100, 10), 200),
    "(128,), batch 200": ((64, 128, 10), 200),
    "(512,), batch 200": ((64, 512, 10), 200),
}
BETWEEN = [
    Case("", 4096, inputs, 10, hidden, batch, 1)
    for inputs, hidden, batch in [
        (64, (256,), 200),
        (100, (200, 100), 200),
        (64, (512,), 200),
        (784, (512,), 32),
        (256, (256,), 200),
        (784, (100,), 200),
    ]
]
STACKS = (1, 4, 15, 60)


def start(stack, threads, halves=""):
    """Start a worker with so many BLAS threads."""
    return stack.enter_context(Child("benchmarks.trial_worker", halves, threads=threads))


def medians(values):
    """Return the median microseconds of every child's answers."""
    return {name: 1e6 * float(np.median(v)) for name, v in values.items()}


class Bound:
    """A child with some arguments of its requests fixed."""

    def __init__(self, child, **arguments):
        self.child, self.arguments = child, arguments

    def ask(self, op, **arguments):
        return self.child.ask(op, **self.arguments, **arguments)

    @property
    def cpu(self):
        return self.child.cpu


def compare_ways(op, options, requests):
    """Yield a row of microseconds for each labelled request, by every way of `WAYS`."""
    with ExitStack() as stack:
        ways = {name: start(stack, *way) for name, way in WAYS.items()}
        for label, work, request in requests:
            us = medians(alternate(ways, options.pairs, op, **request)[0])
            best = min(us, key=us.get)
            rate = f"{work / us[best] / 1e3:.0f}" if work else ""
            yield [*label, *(f"{value:.1f}" for value in us.values()), best, rate]


def gemms(options):
    """Tabulate every product of the cases."""
    seen, requests = set(), []
    for name in options.cases:
        for label, shape in CASES[name].gemms.items():
            kind = label.split()[0]
            if (kind, shape) in seen:
                continue
            seen.add((kind, shape))
            request = {"kind": kind, "shape": shape, "dtype": options.dtype}
            size = "x".join(map(str, shape))
            requests.append(([name, label, size], 2 * np.prod(shape), request))
    head = ["case", "product", "m x k x n", *WAYS, "best", "GF/s"]
    return head, list(compare_ways("gemm", options, requests))


def steps(options):
    """Tabulate whole training steps, of the cases and of nets whose products lie between."""
    requests = []
    for case in [*(CASES[name] for name in options.cases), *BETWEEN]:
        request = {"sizes": case.sizes, "batch": case.batch, "dtype": options.dtype}
        flops = case.epoch_flops * case.batch / case.rows
        largest = max(2 * np.prod(shape) for shape in case.gemms.values()) / 1e6
        net = "-".join(map(str, case.sizes))
        requests.append(([net, str(case.batch), f"{largest:.1f}"], flops, request))
    head = ["net", "batch", "largest product, MFLOP", *WAYS, "best", "GF/s"]
    return head, list(compare_ways("step", options, requests))


def models(options):
    """Tabulate microseconds for each model and step, by number of stacked models."""
    rows = []
    for name, (sizes, batch) in NETS.items():
        for threads in options.threads:
            with ExitStack() as stack:
                kinds = {"no axis": {}, "60 separate": {"loops": 60}}
                kinds.update({f"M={m}": {"models": m} for m in STACKS})
                ways = {k: Bound(start(stack, threads), **v) for k, v in kinds.items()}
                request = {"sizes": sizes, "batch": batch, "dtype": options.dtype}
                values, _ = alternate(ways, options.pairs, "step", **request)
            us = medians(values)
            ratio = np.median(np.divide(values["M=1"], values["no axis"]))
            row = [name, str(threads), *(f"{value:.1f}" for value in us.values())]
            rows.append([*row, f"{ratio:.3f}"])
    return ["net", "threads", *us, "M=1 / no axis"], rows


TRIALS = {"gemms": gemms, "steps": steps, "models": models}


def main(arguments=None):
    """Run the trials asked for and print their tables, in microseconds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.trials",
        description=__doc__.splitlines()[2],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("--trials", nargs="+", choices=TRIALS, default=list(TRIALS))
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--pairs", type=int, default=9, help="rounds")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="for `models`")
    parser.add_argument("--dtype", choices=["float32", "float64"], default="float32")
    parser.add_argument("--json", help="file for the tables")
    options = parser.parse_args(arguments)
    tables, about = {}, machine()
    print(about, file=sys.stderr)
    for name in options.trials:
        head, rows = TRIALS[name](options)
        tables[name] = [head, *rows]
        print(f"### {name}, {options.dtype}, microseconds\n\n{table(head, rows)}\n", flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"machine": about, "dtype": options.dtype, "tables": tables}, file, indent=1)


if __name__ == "__main__":
    main()
