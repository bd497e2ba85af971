"""Rows, targets and weights of a case: ordinary and odd numbers in ordinary and odd containers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import scipy.sparse as sp

from skdeep.backend.checked import CheckedArray
from tests.fuzz.parameters import pick

Random = np.random.Generator


# ---------------------------------------------------------------- numbers


def numbers(random: Random, shape: tuple[int, ...]) -> np.ndarray:
    """Return an array of these: mostly ordinary, some at the ends of what floats hold."""
    values = random.normal(size=shape)
    how = pick(random, ["normal"] * 6 + ["unit"] * 6 + list(NUMBERS))
    return NUMBERS.get(how, _unit if how == "unit" else _same)(random, values)


def _same(random: Random, values: np.ndarray) -> np.ndarray:
    return values


def _unit(random: Random, values: np.ndarray) -> np.ndarray:
    return random.random(values.shape)


def _with(value: float) -> Callable[[Random, np.ndarray], np.ndarray]:
    def put(random: Random, values: np.ndarray) -> np.ndarray:
        if values.size:
            values.flat[random.integers(values.size)] = value
        return values

    return put


def _scales(random: Random, values: np.ndarray) -> np.ndarray:
    return values * 10.0 ** random.integers(-12, 13, values.shape[-1:])


NUMBERS: dict[str, Callable[[Random, np.ndarray], np.ndarray]] = {
    "bits": lambda random, values: (values > 0).astype(float),
    "integers": lambda random, values: np.round(3 * values),
    "zeros": lambda random, values: np.zeros_like(values),
    "constant": lambda random, values: np.full_like(values, 3.7),
    "large": lambda random, values: values * 1e30,
    "vast": lambda random, values: values * 1e300,
    "tiny": lambda random, values: values * 1e-30,
    "subnormal": lambda random, values: values * 1e-310,
    "scales": _scales,
    "nan": _with(np.nan),
    "inf": _with(np.inf),
}


# ---------------------------------------------------------------- containers


def _frame(values: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(values, columns=[f"c{k}" for k in range(values.shape[1])])


def _with_first(column: Any) -> Callable[[np.ndarray], pd.DataFrame]:
    def frame(values: np.ndarray) -> pd.DataFrame:
        result = _frame(values)
        if result.shape[1]:
            result["c0"] = column
        return result

    return frame


def _odd_object(values: np.ndarray) -> np.ndarray:
    result = values.astype(object)
    if result.size:
        result.flat[0] = "oops"
    return result


def _unwriteable(values: np.ndarray) -> np.ndarray:
    values = values.copy()
    values.flags.writeable = False
    return values


#: What an array of any shape may be handed in as.
ANY_SHAPE: list[Callable[[np.ndarray], Any]] = [
    lambda values: values.astype(np.float32),
    lambda values: values.astype(np.float16),
    np.asfortranarray,
    lambda values: values[::-1],
    _unwriteable,
    lambda values: values.tolist(),
    lambda values: tuple(values.tolist()),
    lambda values: np.nan_to_num(values).clip(-100, 100).astype(np.int8),
    lambda values: values > 0,
    lambda values: values.astype(object),
    _odd_object,
    lambda values: values.astype(str),
    lambda values: values + 1j,
    lambda values: values.astype(">f8"),
    lambda values: np.ma.masked_greater(values, 0.5),
    lambda values: np.abs(np.nan_to_num(values)).clip(0, 9).astype("M8[s]"),
    lambda values: np.zeros(len(values), [("a", "f8"), ("b", "i4")]),
    lambda values: (row for row in values),
    lambda values: [*values.tolist()[:-1], [1.0]],
    lambda values: CheckedArray(values.copy()),
]
#: What a table may be handed in as besides.
TABLES: list[Callable[[np.ndarray], Any]] = [
    _frame,
    _frame,
    lambda values: _frame(values).astype("Float64"),
    lambda values: _frame(values).set_axis(["c"] * values.shape[1], axis=1),
    lambda values: pd.DataFrame(values),
    _with_first("text"),
    _with_first(pd.Timestamp("2020-01-01")),
    _with_first(pd.NA),
    lambda values: pl.DataFrame({f"c{k}": column for k, column in enumerate(values.T)}),
    lambda values: sp.csr_matrix(np.nan_to_num(values)),
    lambda values: sp.csc_array(np.nan_to_num(values)),
    lambda values: sp.coo_matrix(values),
    lambda values: sp.lil_matrix(np.nan_to_num(values)),
    lambda values: np.asmatrix(values),
]


def contained(random: Random, values: np.ndarray) -> Any:
    """Return an array as it is, or as something else."""
    if random.random() < 0.6:
        return values
    kinds = ANY_SHAPE + (TABLES if values.ndim == 2 else [])
    with np.errstate(all="ignore"):
        return pick(random, kinds)(values)


# ---------------------------------------------------------------- rows


def length(random: Random) -> int:
    """Return a number of rows: few, and seldom next to none."""
    return int(pick(random, [2, 3, 5, 8, 13, 20, 20, int(pick(random, [0, 1, 1, 8]))]))


def rows(random: Random, kind: str, n: int, width: int) -> Any:
    """Return `n` rows of a kind; rows of one width go together."""
    return ROWS[kind](random, n, width)


def _table(random: Random, n: int, width: int) -> Any:
    values = numbers(random, (n, width))
    return values.ravel() if random.random() < 0.01 else contained(random, values)


def _images(random: Random, n: int, width: int) -> Any:
    shapes = [(n, 4, 4), (n, 4, 4, width), (n, 6), (n, 3, 8, 8), (n, 2, 2, 2, 2), (n, 16)]
    if random.random() < 0.05:
        return [random.normal(size=(4, 3 + k % 2)) for k in range(n)]
    return contained(random, numbers(random, pick(random, [*shapes[:1] * 4, *shapes])))


def _pictures(random: Random, n: int, width: int) -> Any:
    """Return pictures of several sizes and kinds."""
    shapes = [(3, 4), (5, 2), (4, 4, 3), (2, 6, 4), (1, 1), (7, 3, 2), (3, 8, 9), (4, 4, width)]
    found: list[Any] = []
    for _ in range(n):
        shape = pick(random, shapes[: int(random.integers(1, len(shapes) + 1))])
        grey = random.integers(0, 256, shape).astype(np.uint8)
        found.append(pick(random, [grey, grey, grey / 255, grey > 100, grey.tolist()]))
    if n and random.random() < 0.1:
        found[-1] = pick(
            random, [None, 3, "gone.png", b"q", np.nan, np.zeros((0, 2)), [[1], [1, 2]]]
        )
    return pd.Series(found, dtype=object) if random.random() < 0.2 else found


def _sequences(random: Random, n: int, width: int) -> Any:
    how = random.random()
    if how < 0.2:
        return contained(random, numbers(random, (n, 4, width)))
    if how < 0.3:
        return contained(random, numbers(random, (n, 5)))
    if how < 0.4:
        return [random.normal(size=(3, 1 + k % 2)) for k in range(n)]
    shortest = 0 if random.random() < 0.1 else 1
    found = [numbers(random, (int(random.integers(shortest, 6)), width)) for _ in range(n)]
    if random.random() < 0.2:
        found = [contained(random, item) for item in found]
    return pd.Series(found, dtype=object) if random.random() < 0.1 else found


def _tokens(random: Random, n: int, width: int) -> Any:
    low = -1 if random.random() < 0.05 else 0
    dtype = pick(random, ["i8", "i8", "i4", "u1", "f8"])
    if random.random() < 0.2:
        return contained(random, random.integers(low, 5, (n, 4)))
    return [random.integers(max(low, 0), 5, random.integers(1, 6)).astype(dtype) for _ in range(n)]


def _series(random: Random, n: int, width: int) -> Any:
    how = random.random()
    if how < 0.3:
        return numbers(random, (n * 3,))
    if how < 0.5:
        return contained(random, numbers(random, (n, width)))
    return [numbers(random, (int(random.integers(1, 12)),)) for _ in range(n)]


def _texts(random: Random, n: int, width: int) -> Any:
    texts = ["ab", "b a", "", "äé", "x y z", "ab" * 5]
    found: list[Any] = [pick(random, texts) for _ in range(n)]
    if random.random() < 0.2:
        found = [text.split() for text in found]
    if n and random.random() < 0.1:
        found[-1] = pick(random, [None, 3, b"q", np.nan])
    containers = [list, list, tuple, lambda t: pd.Series(t, dtype=object), lambda t: "abc"]
    return pick(random, containers)(found)


def _sentences(random: Random, n: int, width: int) -> Any:
    """Return texts none of which is empty, as what translates them needs."""
    texts = ["ab", "b a", "äé, x", "x y z", "it's " * 5]
    found = [pick(random, texts) for _ in range(n)]
    return [text.split() for text in found] if random.random() < 0.2 else found


ROWS: dict[str, Callable[[Random, int, int], Any]] = {
    "table": _table,
    "images": _images,
    "pictures": _pictures,
    "sequences": _sequences,
    "tokens": _tokens,
    "series": _series,
    "texts": _texts,
    "sentences": _sentences,
}
