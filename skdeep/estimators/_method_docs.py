"""Docstrings of methods that say what X is, for estimators that inherit them from others."""

from __future__ import annotations

from inspect import getattr_static
from types import FunctionType
from typing import Any

from sklearn.utils.metaestimators import available_if

_TYPE = "{array-like, sparse matrix} of shape"
#: What replaces what in the docstrings of methods, by what a class takes.
KINDS_OF_ROWS = {
    "images": {
        f" : {_TYPE}": f" : images or {_TYPE}",
        "Rows.": "Images, signals or flat rows, as the notes of the class say.",
        "Validation rows": "Validation images",
    },
    "sequences": {
        f"{_TYPE} (n_samples, n_features)": "sequences",
        f"{_TYPE} (n_val, n_features)": "sequences",
        "Rows.": "Sequences, as the notes of the class say.",
        "Validation rows": "Validation sequences",
        "Row weights.": "Weights of the sequences.",
        "Groups of the rows of X": "Groups of the sequences",
    },
}


def describe_rows(cls: type) -> None:
    """Give the methods of a class that takes other rows than its base docstrings of their own."""
    texts: dict[str, str] = KINDS_OF_ROWS.get(cls._input.name, {}) if hasattr(cls, "_input") else {}
    for name in dir(cls) if texts else ():
        method = None if name.startswith("_") else getattr_static(cls, name)
        doc = new = getattr(method, "__doc__", None) or ""
        for theirs, ours in texts.items():
            new = new.replace(theirs, ours)
        if new != doc:
            setattr(cls, name, _with_doc(method, new))


def _with_doc(method: Any, doc: str) -> Any:
    """Return the same method with another docstring."""
    if not isinstance(method, FunctionType):  # one that some values of parameters take away
        return available_if(method.check)(_with_doc(method.fn, doc))
    code, names = method.__code__, method.__globals__
    new = FunctionType(code, names, method.__name__, method.__defaults__, method.__closure__)
    new.__kwdefaults__, new.__annotations__ = method.__kwdefaults__, method.__annotations__
    new.__module__, new.__qualname__ = method.__module__, method.__qualname__
    new.__dict__.update(method.__dict__)
    new.__doc__ = doc
    return new
