"""What tests of searches share."""

import pytest

from skdeep.fitting import stack as _stack


@pytest.fixture
def stacks(monkeypatch):
    """Return the list of the numbers of models that were stacked."""
    sizes = []
    make = _stack.Stack.__init__

    def init(self, jobs):
        sizes.append(len(jobs))
        make(self, jobs)

    monkeypatch.setattr(_stack.Stack, "__init__", init)
    return sizes
