"""Compare searches side by side: ``python -m benchmarks.search --help``.

Every side runs in its own process, one at a time, in alternating rounds, after a small search
that has started its workers. `sides`: stacked searches against one fit after the other, and
against scikit-learn's networks. `sizes`: speed and memory by the number of models of a stack.
All of it takes about ten minutes on two quiet cores.
"""

import argparse
import json
import sys
import time
from contextlib import ExitStack

import numpy as np

from benchmarks.processes import Child, alternate
from benchmarks.report import machine, quartiles
from benchmarks.search_worker import CASES

SKLEARN, ALONE = "scikit-learn, 2 processes", "one by one, 2 processes"
#: Side: what runs, n_jobs, BLAS threads, models of a stack.
SIDES = {
    "stacked": ("stacked", 1, 2, "auto"),
    "stacked, 2 processes": ("stacked", 2, 1, "auto"),
    "one by one": ("one by one", 1, 2, "auto"),
    ALONE: ("one by one", 2, 1, "auto"),
    SKLEARN: ("sklearn", 2, 1, "auto"),
}
#: Further sides, which `--sides` takes.
OTHERS = {
    "stacked, one thread": ("stacked", 1, 1, "auto"),
    "stacks of one, 2 threads": ("stacked", 1, 2, 1),
}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.search",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    several = {"nargs": "+", "metavar": "NAME"}
    parser.add_argument(
        "--parts", choices=["sides", "sizes"], default=["sides", "sizes"], **several
    )
    parser.add_argument("--cases", choices=CASES, default=list(CASES), **several)
    sides = [*SIDES, *OTHERS]
    parser.add_argument("--sides", choices=sides, default=list(SIDES), **several)
    parser.add_argument("--rounds", type=int, default=3, help="of the part sides")
    parser.add_argument("--size-rounds", type=int, default=2, help="of the part sizes")
    parser.add_argument("--threads", type=int, default=1, help="of the part sizes")
    parser.add_argument("--json", help="file for the raw values")
    return parser.parse_args(arguments)


def start(stack, side, n_jobs, threads, size):
    """Start a worker."""
    module = "benchmarks.search_worker"
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


def lines(case, record, references):
    """Yield a Markdown table of one case: how many times as fast as the references a side is."""
    seconds = {name: quartiles(values) for name, values in record["seconds"].items()}
    yield f"\n{case}: scores at most {record['scores_apart']:.1e} apart, other load "
    yield f"{record['other_load']:.0%}\n"
    against = "".join(f" against {name} |" for name in references)
    yield f"| side | seconds |{against} added peak, MiB |"
    yield f"|---|---|{'---|' * len(references)}---|"
    for name, own in seconds.items():
        ratios = "".join(f" {seconds[r]['median'] / own['median']:.2f} |" for r in references)
        spread = f"{own['median']:.3f} ({own['q1']:.3f}-{own['q3']:.3f})"
        yield f"| {name} | {spread} |{ratios} {record['memory'][name]:.0f} |"


def choose(case, part, options):
    """Return the sides of a part, those that others are compared with, and the rounds."""
    if part == "sizes":
        sides = {
            f"{n} a stack": ("stacked", 1, options.threads, n) for n in CASES[case].stack_sizes
        }
        return sides, list(sides)[:1], options.size_rounds
    sides = {name: {**SIDES, **OTHERS}[name] for name in options.sides}
    references = [name for name in (SKLEARN, ALONE) if name in sides] or list(sides)[:1]
    return sides, references, options.rounds


def main(arguments=None):
    """Measure and print each table as it is ready."""
    options = parse(arguments)
    records = {"machine": machine()}
    print(records["machine"])
    begun = time.perf_counter()
    for part in options.parts:
        for case in options.cases:
            sides, references, rounds = choose(case, part, options)
            record = records[f"{case} {part}"] = measure(case, sides, rounds)
            print("\n".join(lines(f"{case} {part}", record, references)), flush=True)
            print(f"{time.perf_counter() - begun:.0f} s so far", file=sys.stderr)
            if options.json:
                with open(options.json, "w") as file:
                    json.dump(records, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
