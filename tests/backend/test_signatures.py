"""Every backend has exactly the signatures of the base class, and no public name of its own."""

import inspect

import pytest

from skdeep.backend.base import Backend
from skdeep.backend.checked import CheckedBackend
from skdeep.backend.cupy_backend import CupyBackend
from skdeep.backend.numpy_backend import NumpyBackend

METHODS = [name for name, _ in inspect.getmembers(Backend, inspect.isfunction) if name[0] != "_"]
#: What a backend says of its device.
SAID = {"device", "chunk_elements", "n_parts", "product_work", "stacks_products"}
#: What a backend shows beyond the base class, to its own package and tests.
EXTRA = {NumpyBackend: {"recording"}, CheckedBackend: set(), CupyBackend: set()}


def parameters(function):
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("backend", list(EXTRA))
@pytest.mark.parametrize("name", METHODS)
def test_signature_is_the_base_s(backend, name):
    assert parameters(getattr(backend, name)) == parameters(getattr(Backend, name))


@pytest.mark.parametrize("backend", list(EXTRA))
def test_nothing_abstract_is_left_and_nothing_public_is_added(backend):
    assert not backend.__abstractmethods__
    public = {name for name in vars(backend) if not name.startswith("_")}
    assert public - set(METHODS) - SAID == EXTRA[backend]
