"""Fixtures that every part of the engine is tested with."""

import os
from importlib.util import find_spec

import pytest

from skdeep.backend import DeviceError, get_backend
from skdeep.fitting import stack as _stack

#: The `device=` of each backend that the engine's tests run on.
BACKENDS = {"numpy": "cpu", "checked": "checked", "cupy": "cuda"}


#: Names of those to run on, such as "cupy" on a machine with a card; then it must be there.
ASKED = os.environ.get("SKDEEP_TEST_BACKENDS", "").split()

NAMES = ASKED or ["numpy", "checked"]
if find_spec("cupy") and not ASKED:
    NAMES.append(pytest.param("cupy", marks=pytest.mark.needs_cuda))


@pytest.fixture(params=NAMES)
def backend(request):
    """A backend of each kind: the host, the stand-in for a card, and a card where there is one."""
    try:
        return get_backend(BACKENDS[request.param])
    except DeviceError as error:
        if ASKED:
            raise
        pytest.skip(str(error))


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
