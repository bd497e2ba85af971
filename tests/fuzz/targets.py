"""Targets and weights of a case, ordinary and odd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse as sp

from tests.fuzz.parameters import pick

Random = np.random.Generator

CLASSES: list[Callable[[np.ndarray], Any]] = [
    lambda codes: codes,
    lambda codes: codes,
    lambda codes: codes % 2,
    lambda codes: np.array(["x", "yy", "z"])[codes],
    lambda codes: codes > 0,
    lambda codes: codes * 0,
    lambda codes: codes.tolist(),
    lambda codes: codes[:, None],
    lambda codes: np.c_[codes, codes % 2],
    lambda codes: np.c_[codes > 0, codes > 1, codes == 0].astype(int),
    lambda codes: codes + 0.5,
    lambda codes: np.array(["a", None, 1], object)[codes],
    lambda codes: pd.Series(pd.Categorical(np.array(["a", "b", "c"])[codes])),
    lambda codes: pd.Series(codes, dtype="Int64"),
    lambda codes: pl.Series(codes),
    lambda codes: sp.csr_matrix(np.c_[codes > 0, codes > 1].astype(int)),
    lambda codes: codes.astype("M8[D]"),
    lambda codes: np.where(codes > 1, np.nan, codes),
    lambda codes: codes[1:],
    lambda codes: np.zeros((len(codes), 2, 2), int),
    lambda codes: np.zeros((len(codes), 0), int),
    lambda codes: -codes * 10**15,
    lambda codes: None,
]
VALUES: list[Callable[[np.ndarray], Any]] = [
    lambda values: values,
    lambda values: values,
    lambda values: values[:, None],
    lambda values: np.c_[values, values],
    lambda values: values * 1e30,
    lambda values: values * 1e300,
    lambda values: values * 1e-310,
    lambda values: np.ones_like(values),
    lambda values: np.abs(np.round(values)),
    lambda values: values.astype(np.float32),
    lambda values: values.astype(str),
    lambda values: values.astype(object),
    lambda values: pd.Series(values),
    lambda values: pd.DataFrame({"a": values, "b": values}),
    lambda values: pl.Series(values),
    lambda values: sp.csr_matrix(values[:, None]),
    lambda values: np.where(values > 1, np.nan, values),
    lambda values: values * np.inf,
    lambda values: values + 1j,
    lambda values: values.tolist(),
    lambda values: values[1:],
    lambda values: np.zeros((len(values), 0)),
    lambda values: values.astype("M8[s]"),
    lambda values: None,
]
WEIGHTS: list[Callable[[np.ndarray], Any]] = [
    lambda ones: ones,
    lambda ones: ones * np.arange(len(ones)),
    lambda ones: ones * 0,
    lambda ones: -ones,
    lambda ones: ones * np.nan,
    lambda ones: ones * 1e300,
    lambda ones: ones * 1e-310,
    lambda ones: ones[1:],
    lambda ones: ones[:, None],
    lambda ones: ones.tolist(),
    lambda ones: pd.Series(ones),
    lambda ones: 2.0,
    lambda ones: "abc",
]


def target(random: Random, kind: str | None, X: Any, n: int) -> Any:
    """Return y of a kind for `n` rows."""
    with np.errstate(all="ignore"):
        some = {"classes": random.integers(0, 3, n), "numbers": random.normal(size=n)}.get(kind)
        if some is not None and random.random() < 0.5:
            return some
        if some is not None:
            return pick(random, CLASSES if kind == "classes" else VALUES)(some)
    if kind == "translations":
        return _translations(random, n)
    return None if kind is None else _tags(random, X, n)


def _translations(random: Random, n: int) -> Any:
    counts = random.integers(1, 5, n)
    words = [[str(w) for w in random.choice(["a", "bb", "c,"], count)] for count in counts]
    texts = [" ".join(sample) for sample in words]
    odd = [None, texts[1:], ["", *texts[1:]], "text", [*texts[1:], 3], [*texts[1:], ["a"]]]
    numbers = [random.integers(-2, 3, count) for count in counts]
    usual = [texts, words, numbers, pd.Series(texts)]
    return pick(random, usual if random.random() < 0.7 else odd)


def _tags(random: Random, X: Any, n: int) -> Any:
    lengths = [_steps(item) for item in X] if isinstance(X, list | np.ndarray) else [3] * n
    if random.random() < 0.1:
        lengths = [max(0, steps - 1) for steps in lengths]
    labels = pick(random, [np.arange(3), np.arange(3), np.array(list("abc")), np.zeros(3, int)])
    tags = [labels[random.integers(0, 3, steps)] for steps in lengths]
    return [list(tag) for tag in tags] if random.random() < 0.2 else tags


def _steps(item: Any) -> int:
    shape = getattr(item, "shape", None)
    return int(shape[0]) if shape else len(item) if isinstance(item, list | tuple) else 3


def weights(random: Random, n: int) -> Any:
    """Return a weight of each row, or None."""
    return pick(random, WEIGHTS)(np.ones(n)) if random.random() < 0.2 else None
