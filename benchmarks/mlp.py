"""Compare MLP training and prediction side by side: ``python -m benchmarks.mlp --help``."""

import argparse
import sys
from dataclasses import replace
from itertools import product

from benchmarks import measures, report
from benchmarks.cases import CASES, SPARSE
from benchmarks.sides import SIDES

PARTS = {
    "training": measures.training,
    "sparse": measures.training,
    "prediction": measures.prediction,
    "memory": measures.memory,
    "import": measures.import_time,
}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.mlp",
        description="Each side in its own process, one active at a time, in alternating rounds.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    several = {"nargs": "+", "metavar": "NAME"}
    parser.add_argument("--parts", choices=PARTS, default=list(PARTS), **several)
    parser.add_argument("--cases", choices=CASES, default=list(CASES), **several)
    parser.add_argument(
        "--sides",
        choices=SIDES,
        default=["skdeep", "sklearn", "torch", "bare"],
        help=f"of {', '.join(SIDES)}; the first is what the others are divided by",
        **several,
    )
    parser.add_argument("--epochs", type=int, help="of a fit, instead of each case's own")
    parser.add_argument("--pairs", type=int, default=9, help="rounds")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of BLAS")
    dtypes = ["float32", "float64"]
    parser.add_argument("--dtype", choices=dtypes, default=dtypes, **several)
    parser.add_argument(
        "--torch-python", default=sys.executable, help="an interpreter that has PyTorch"
    )
    parser.add_argument("--json", help="file for the raw values")
    return parser.parse_args(arguments)


def measurements(options):
    """Yield the records of everything asked for."""
    for part in options.parts:
        if part == "import":
            yield measures.import_time(options)
            continue
        cases = [SPARSE] if part == "sparse" else [CASES[name] for name in options.cases]
        cases += [SPARSE] * (part == "memory")
        if options.epochs:
            cases = [replace(case, epochs=options.epochs) for case in cases]
        for dtype, case, threads in product(options.dtype, cases, options.threads):
            yield from PARTS[part](case, dtype, threads, options)


def main(arguments=None):
    """Measure, print each record as it comes, then the tables."""
    options = parse(arguments)
    machine, records = report.machine(), []
    for record in measurements(options):
        records.append(record)
        print(report.line(record), file=sys.stderr, flush=True)
        if options.json:
            report.write_json(options.json, machine, records)
    print(", ".join(f"{key} {value}" for key, value in machine.items()))
    print(report.pools(records), report.markdown(records), sep="\n\n")


if __name__ == "__main__":
    main()
