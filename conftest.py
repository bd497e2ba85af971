"""What all tests and doctests share: figures need no screen, and are closed behind each test."""

import gc
import os
import sys

import pytest

#: Parts of the site's build, which holds examples as scripts: nothing of it is a test.
collect_ignore_glob = [
    "docs/conf.py",
    "docs/_*",
    "docs/auto_examples",
    "docs/generated",
]

os.environ.setdefault("MPLBACKEND", "Agg")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores: BLAS's threads beyond that wait for each other. NumPy comes later.
    _SHARE = max(1, (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"]))
    for _library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{_library}_NUM_THREADS", str(_SHARE))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep the garbage collector away from the many tests while they are made: all of them stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


@pytest.fixture(autouse=True)
def _closed_figures():
    """Close figures that a test has opened."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
