"""The comparison of sides on random sequences: speed in alternating fits, and peaks of memory."""

import argparse
import sys
from contextlib import ExitStack

import numpy as np

from benchmarks.processes import Child, SideUnavailable, alternate
from benchmarks.report import quartiles


def started(stack, options, case, threads, warm=True):
    """Return the children whose packages are there, loaded and, unless memory counts, warm."""
    children = {}
    for side in options.sides:
        python = sys.executable if side == "skdeep" else options.torch_python
        arguments = (options.worker, side, threads)
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


def speed(options, cases):
    """Print the ratio of each side's time to skdeep's at each number of threads."""
    for threads in options.threads:
        for name, case in cases(options):
            with ExitStack() as stack:
                children = started(stack, options, case, threads)
                times, load = alternate(children, options.pairs, "fit")
            own = 1e3 * np.median(times["skdeep"]) / case["steps"]
            for side in times:
                ratio = quartiles(np.divide(times[side], times["skdeep"]))
                print(
                    f"{name}, {threads} thread(s), {side} / skdeep: {ratio['median']:.2f} "
                    f"({ratio['q1']:.2f}-{ratio['q3']:.2f}), best of each "
                    f"{min(times[side]) / min(times['skdeep']):.2f}, skdeep {own:.2f} ms a step, "
                    f"others took {load:.0%}",
                    flush=True,
                )


def memory(options, cases):
    """Print what a fit adds to the peak memory of each side."""
    for name, case in cases(options):
        with ExitStack() as stack:
            children = started(stack, options, case, options.threads[-1], warm=False)
            for side, child in children.items():
                print(f"{name}, {side}: {child.ask('fit_memory') / 1e6:.0f} MB", flush=True)


PARTS = {"speed": speed, "memory": memory}


def parser(description, worker, sides, cases):
    """Return the parser of what all such comparisons are asked."""
    result = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    result.set_defaults(worker=worker)
    result.add_argument("part", choices=PARTS)
    result.add_argument("--cases", nargs="+", choices=cases, default=list(cases))
    result.add_argument("--sides", nargs="+", choices=sides, default=list(sides))
    result.add_argument("--steps", type=int, help="batches of an epoch, instead of each case's own")
    result.add_argument("--pairs", type=int, default=9, help="rounds of speed")
    result.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    result.add_argument("--torch-python", default=sys.executable, help="interpreter with PyTorch")
    return result
