"""What is right: an error that a user can act on, or finite numbers of the right shape."""

from __future__ import annotations

import ast
import re
import traceback
from collections.abc import Iterator
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp
import sklearn

import skdeep
from skdeep import nn
from skdeep.backend.checked import CheckedArray

#: Packages whose own ``raise`` is meant for users.
SPEAKING = tuple(str(Path(module.__file__).parent) for module in (skdeep, sklearn))
#: scikit-learn's checks of data and of parameters; what NumPy says inside of them is theirs.
CHECKS = (f"{SPEAKING[1]}/utils/", f"{SPEAKING[1]}/externals/")
#: How errors begin that came from where nobody looked at the input.
UNSPOKEN = re.compile(
    r"operands|matmul|setting an array element|index \S+ is out|unsupported operand|cannot reshape"
    r"|\S+ object is not|\S+ object has no|unhashable|\S+ missing \d+ required"
)
#: What an error may name besides a parameter of the estimator.
DATA = (
    "X y sample_weight sample samples feature features class classes label labels sequence "
    "sequences image images series token tokens text texts row rows column columns target "
    "targets input array data weight weights layer layers solver training parameters fitted "
    "codes steps n_samples n_steps n_gibbs_steps n_chains n_betas method horizon prompt "
    "temperature stop random_state coverage member input_features X_val y_val sample_weight_val "
    "X_unlabeled groups"
).split()
#: The fields of layers.
FIELDS = [
    field
    for layer in (getattr(nn, name) for name in nn.__all__)
    if isinstance(layer, type) and issubclass(layer, nn.Layer)
    for field in signature(layer).parameters
]


def complaint(error: Exception, parameters: tuple[str, ...]) -> str | None:
    """Return what is wrong with an error; None where it helps a user."""
    frames = traceback.extract_tb(error.__traceback__)
    where = next(frame for frame in reversed(frames) if "/numpy/" not in frame.filename)
    told = f"{type(error).__name__} at {_short(where.filename)}:{where.lineno}: {error}"
    raised = (
        where.filename.startswith(SPEAKING)
        and where == frames[-1]
        and _raises(where.filename, where.lineno)
    )
    if not (raised or where.filename.startswith(CHECKS)) or UNSPOKEN.match(str(error)):
        return f"obscure: {told}"
    # A memory_limit that is too low is a MemoryError of our own.
    if not isinstance(error, ValueError | TypeError | AttributeError | MemoryError):
        return f"no error of a user's: {told}"
    if where.filename.startswith(SPEAKING[0]):
        words = set(re.findall(r"\w+", str(error)))
        if not words.intersection([*parameters, *DATA, *FIELDS, "activation"]):
            return f"names nothing: {told}"
    return None


def _short(name: str) -> str:
    return re.sub(r".*/(skdeep|site-packages)/", r"\1/", name).replace("site-packages/", "")


@cache
def _spans(name: str) -> list[tuple[int, int]]:
    """Return first and last lines of the raise statements of a file."""
    nodes = ast.walk(ast.parse(Path(name).read_text()))
    return [(n.lineno, n.end_lineno or n.lineno) for n in nodes if isinstance(n, ast.Raise)]


def _raises(name: str, line: int | None) -> bool:
    return line is not None and any(first <= line <= last for first, last in _spans(name))


def is_of_objects(value: Any) -> bool:
    """Whether something is an array of objects."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "O"


def arrays(value: Any) -> Iterator[np.ndarray]:
    """Yield the arrays of numbers in a result."""
    if isinstance(value, dict):
        value = list(value.values())
    if sp.issparse(value):
        value = value.data
    if isinstance(value, CheckedArray):
        value = value.held
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, list | tuple) or is_of_objects(value):
        for item in value:
            yield from arrays(item)
    elif isinstance(value, np.ndarray | np.generic | float | int | bool):
        yield np.asarray(value)


def not_finite(value: Any, *, infinite: bool = False) -> str | None:
    """Say what is no finite number in a result, or no number if it may be infinite."""
    for found in arrays(value):
        if found.dtype.kind == "c":
            return "complex numbers"
        if found.dtype.kind == "f":
            wrong = np.isnan(found) if infinite else ~np.isfinite(found)
            if wrong.any():
                return f"not finite: {found[wrong][:3]}"
    return None


def is_same(one: Any, other: Any) -> bool:
    """Whether two results have the same bits."""
    pairs = [list(arrays(value)) for value in (one, other)]
    if len(pairs[0]) != len(pairs[1]):
        return False
    together = zip(*pairs, strict=True)
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in together)
