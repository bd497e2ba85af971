"""Compare searches side by side: ``python -m tests.benchmarks.search --help``.

Every side runs in its own process, one at a time, in alternating rounds, after a small search
that has started its workers. `sides`: stacked searches against one fit after the other, and
against scikit-learn's networks. `sizes`: speed and memory by the number of models of a stack.
"""

import argparse
import json
import sys
from contextlib import ExitStack

import numpy as np

from tests.benchmarks.processes import Child, alternate
from tests.benchmarks.report import machine, quartiles
from tests.benchmarks.search_worker import CASES

#: Side: what runs, n_jobs, BLAS threads, models of a stack.
SIDES = {
    "stacked": ("stacked", 1, 2, "auto"),
    "stacked, one thread": ("stacked", 1, 1, "auto"),
    "stacked, 2 processes": ("stacked", 2, 1, "auto"),
    "one by one, 2 threads": ("stacked", 1, 2, 1),
    "one by one": ("one by one", 1, 2, "auto"),
    "one by one, 2 processes": ("one by one", 2, 1, "auto"),
    "scikit-learn, 2 processes": ("sklearn", 2, 1, "auto"),
}
SIZES = (1, 2, 4, 8, 15, 30, 60)


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.search",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    several = {"nargs": "+", "metavar": "NAME"}
    parser.add_argument(
        "--parts", choices=["sides", "sizes"], default=["sides", "sizes"], **several
    )
    parser.add_argument("--cases", choices=CASES, default=list(CASES), **several)
    parser.add_argument("--sides", choices=SIDES, default=list(SIDES), **several)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1, help="of the part sizes")
    parser.add_argument("--json", help="file for the raw values")
    return parser.parse_args(arguments)


def start(stack, side, n_jobs, threads, size):
    """Start a worker."""
    module = "tests.benchmarks.search_worker"
    return stack.enter_context(Child(module, side, n_jobs, size, threads=threads))


def measure(case, sides, rounds):
    """Return the seconds of each side's searches and the largest difference of scores."""
    with ExitStack() as stack:
        children = {name: start(stack, *sides[name]) for name in sides}
        for child in children.values():
            child.ask("load", case=case)
        seconds, load = alternate(children, rounds, "seconds")
        scores = [child.ask("scores") for name, child in children.items() if "scikit" not in name]
        memory = {name: child.ask("memory") / 2**20 for name, child in children.items()}
    apart = float(np.ptp(np.array(scores), axis=0).max()) if scores else float("nan")
    return {"seconds": seconds, "other_load": load, "scores_apart": apart, "memory": memory}


def lines(case, record, reference):
    """Yield a Markdown table of one case."""
    base = np.array(record["seconds"][reference])
    yield f"\n{case}: scores at most {record['scores_apart']:.1e} apart, other load "
    yield f"{record['other_load']:.0%}\n"
    yield f"| side | seconds | divided by {reference} | added peak, MiB |"
    yield "|---|---|---|---|"
    for name, values in record["seconds"].items():
        own, ratio = quartiles(values), quartiles(np.array(values) / base)
        yield (
            f"| {name} | {own['median']:.3f} | {ratio['median']:.2f} "
            f"({ratio['q1']:.2f}-{ratio['q3']:.2f}) | {record['memory'][name]:.0f} |"
        )


def main(arguments=None):
    """Measure and print each table as it is ready."""
    options = parse(arguments)
    records = {"machine": machine()}
    print(records["machine"])
    for case in options.cases:
        for part in options.parts:
            sides = {name: SIDES[name] for name in options.sides}
            if part == "sizes":
                sides = {f"{n} a stack": ("stacked", 1, options.threads, n) for n in SIZES}
            record = records[f"{case} {part}"] = measure(case, sides, options.rounds)
            print("\n".join(lines(f"{case} {part}", record, next(iter(sides)))), flush=True)
            if options.json:
                with open(options.json, "w") as file:
                    json.dump(records, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
