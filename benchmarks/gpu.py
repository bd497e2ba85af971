"""Fits of every family on a card beside those of the CPU: ``python -m benchmarks.gpu --help``.

Each is a fit of milliseconds, that of the tests' list of families, on the CPU and on the device.
What both models make of the samples must be close. `gpu.sh` runs this after the engine's tests and
before the comparisons with PyTorch.
"""

import argparse
import sys
import time
import warnings

import numpy as np

from tests.contracts.estimator_results import METHODS
from tests.contracts.estimators import CASES

#: Fits of a card may differ by rounding, which training makes larger.
CLOSE = {"rtol": 1e-3, "atol": 1e-4}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="cuda", help='"checked" stands for a card')
    parser.add_argument("--seconds", type=float, default=150.0, help="after which it ends")
    return parser.parse_args(arguments)


def outputs(model, X):
    """Return what a model makes of samples, by method, as flat arrays."""
    found = {}
    for name in METHODS:
        if hasattr(model, name):
            result = getattr(model, name)(X)
            parts = result if isinstance(result, list) else [result]
            found[name] = [np.asarray(part) for part in parts]
    return found


def apart(here, there):
    """Return the methods whose results differ; classes may, where they are nearly as likely."""
    wrong = []
    for name, parts in here.items():
        pairs = zip(parts, there[name], strict=True)
        numbers = all(part.dtype.kind == "f" for part in parts)
        if numbers and not all(np.allclose(b, a, **CLOSE) for a, b in pairs):
            wrong.append(name)
    return wrong


def main(arguments=None):
    """Print a line for each family; return how many differ or fail."""
    options = parse(arguments)
    warnings.simplefilter("ignore")
    begun, failures, done = time.perf_counter(), 0, 0
    cases = {name: case for name, case in CASES.items() if case.takes("device")}
    for name, case in cases.items():
        if time.perf_counter() - begun > options.seconds:
            print(f"out of time: {len(cases) - done} of {len(cases)} families are left")
            return failures + 1
        start = time.perf_counter()
        try:
            fits = (case.fit(device=device, dtype="float64") for device in ("cpu", options.device))
            here, there = (outputs(model, case.X) for model in fits)
            wrong = apart(here, there)
            said = f"differs in {', '.join(wrong)}" if wrong else "the same"
        except Exception as error:
            wrong, said = ["fit"], f"{type(error).__name__}: {error}"
        failures, done = failures + bool(wrong), done + 1
        print(f"{name}: {said}, {time.perf_counter() - start:.1f} s", flush=True)
    print(f"{done - failures} of {done} families are the same on {options.device}")
    return failures


if __name__ == "__main__":
    sys.exit(min(main(), 1))
