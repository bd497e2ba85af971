"""Copies of scikit-learn's own tests that run on our classes.

Each test function of one of their modules is copied with the names of their classes rebound, in
its globals and in its parametrisation.
"""

import inspect
import types

import pytest


def copies(module, ours, private=()):
    """Return their tests by name, with `ours` (their class to ours) in place of theirs.

    Tests named in `private` are left out.
    """
    theirs = _tests(module)
    unknown = set(private) - set(theirs)
    assert not unknown, f"there are no tests {unknown}"
    return {
        name: _copy(function, module, ours)
        for name, function in theirs.items()
        if name not in private
    }


def _tests(module):
    functions = inspect.getmembers(module, inspect.isfunction)
    return {name: function for name, function in functions if name.startswith("test_")}


def _copy(function, module, ours):
    """Return the test with our classes under scikit-learn's names."""
    names = {cls.__name__: replacement for cls, replacement in ours.items()}
    copied = types.FunctionType(
        function.__code__, {**vars(module), **names}, function.__name__, function.__defaults__
    )
    copied.__doc__ = function.__doc__
    copied.pytestmark = [_mark(mark, ours) for mark in getattr(function, "pytestmark", [])]
    return copied


def _mark(mark, ours):
    if mark.name != "parametrize":
        return mark
    names, values, *rest = mark.args
    replaced = [ours.get(v, v) if inspect.isclass(v) else v for v in values]
    return pytest.mark.parametrize(names, replaced, *rest, **mark.kwargs).mark
