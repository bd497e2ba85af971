"""Replay a case, or run many: ``python -m tests.fuzz SEED CASE`` or ``SEED FIRST:LAST``."""

from __future__ import annotations

import sys

from tests.fuzz.cases import Case


def replay(seed: int, number: int) -> None:
    """Print one case with all that it returned."""
    case = Case(seed, number).run().again()
    print(case)
    for call, result in case.results:
        print(f"  {call}: {result!r:.300}")
    print("\n".join(case.faults) or "no fault")


def run(seed: int, first: int, last: int) -> None:
    """Print the faults of many cases, and how many were fitted."""
    fitted = faulty = 0
    for number in range(first, last):
        case = Case(seed, number).run()
        if number % 5 == 0:
            case.again()
        fitted += case.fitted
        faulty += bool(case.faults)
        for fault in case.faults:
            print(f"{seed} {number} {case.name}: {fault}", flush=True)
    print(f"{last - first} cases, {fitted} fitted, {faulty} with faults")


if __name__ == "__main__":
    seed, _, (first, *last) = int(sys.argv[1]), None, sys.argv[2].split(":")
    run(seed, int(first), int(last[0])) if last else replay(seed, int(first))
