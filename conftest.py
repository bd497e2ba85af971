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


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Leave to the garbage collector what tests make, not the many tests, which stay."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def _closed_figures():
    """Close figures that a test has opened."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
