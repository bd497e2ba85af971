"""What stacks give each family in a search: ``python -m benchmarks.stacks --help``.

Candidates by folds, in float32: skdeep's search, which trains fits in stacks, against
scikit-learn's search over the same estimator with as many workers, one fit after the other. Every
side runs in its own process, one at a time, in alternating rounds.
"""

import argparse
import json
import sys
from contextlib import ExitStack

import numpy as np

from benchmarks.processes import Child, alternate
from benchmarks.report import machine, quartiles
from benchmarks.stacks_worker import families


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.stacks",
        description=__doc__.splitlines()[0],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    names = list(families())
    parser.add_argument("--cases", choices=names, default=names, nargs="+", metavar="NAME")
    parser.add_argument("--n-jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--candidates", type=int, default=12)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="file for the raw values")
    return parser.parse_args(arguments)


def measure(case, n_jobs, options):
    """Return the seconds of both sides and the largest gap of scores."""
    size = (options.candidates, options.folds)
    with ExitStack() as stack:
        children = {}
        for side in ("stacked", "one by one"):
            child = Child("benchmarks.stacks_worker", side, n_jobs, *size, threads=2 // n_jobs)
            children[side] = stack.enter_context(child)
            child.ask("load", case=case)
        seconds, load = alternate(children, options.rounds, "seconds")
        scores = np.array([child.ask("scores") for child in children.values()])
    apart = float((np.ptp(scores, axis=0) / np.abs(scores).max()).max())
    return {"seconds": seconds, "other_load": load, "scores_apart": apart}


def line(case, n_jobs, record):
    """Return a row of the table."""
    stacked, alone = (quartiles(values)["median"] for values in record["seconds"].values())
    ratios = quartiles(np.divide(*map(np.array, reversed(record["seconds"].values()))))
    return (
        f"| {case} | {n_jobs} | {stacked:.2f} | {alone:.2f} | "
        f"{alone / stacked:.2f} ({ratios['q1']:.2f}-{ratios['q3']:.2f}) | "
        f"{record['scores_apart']:.0e} | {record['other_load']:.0%} |"
    )


def main(arguments=None):
    """Measure and print each row as it is ready."""
    options = parse(arguments)
    records = {"machine": machine()}
    print(records["machine"])
    print("\n| family | n_jobs | stacked, s | one by one, s | times | scores apart | load |")
    print("|---|---|---|---|---|---|---|")
    for case in options.cases:
        for n_jobs in options.n_jobs:
            record = records[f"{case}, {n_jobs}"] = measure(case, n_jobs, options)
            print(line(case, n_jobs, record), flush=True)
            if options.json:
                with open(options.json, "w") as file:
                    json.dump(records, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
