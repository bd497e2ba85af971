"""Benchmarks find what they import of the package and of the tests."""

from importlib import import_module
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "benchmarks"
OURS = ("skdeep", "tests", "benchmarks")


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.py")))
def test_a_benchmark_can_be_imported(name):
    try:
        import_module(f"benchmarks.{name}")
    except ModuleNotFoundError as error:  # peers are installed where they are measured
        if error.name.partition(".")[0] in OURS:
            raise
