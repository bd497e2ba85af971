"""Parameters of a case: from the constraints of an estimator, at their ends and beyond them."""

from __future__ import annotations

from copy import deepcopy
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.utils._param_validation import Interval, Options

from skdeep.augmentation import Brightness, Contrast, Erase, Flip, Noise, Rotate, Scale, Shift
from skdeep.optim.schedules import CosineSchedule, WarmupSchedule

SIZES = [(3,), (4, 2), [2], 1, np.int64(3), np.array([3, 2]), ()]
BAD_SIZES = [0, (0,), (-1,), ("a",), (2.5,), (2, None), "3", 2.0, {3}, [[3]], True, np.array(4)]
EXTENTS = [1, 2, (1, 2), [2], 3, 0, -1, "a", (), (1, 1, 1), 50, 10**8, True]
PER_LAYER = [0.0, 0.5, [0.1], [0.1, 0.2], ["a"], [], [None], [[0.1]], 1.0, -0.1, np.array(0.5)]

#: Values of the parameters whose constraint does not say what they hold: good ones, and others.
BY_NAME: dict[str, list[Any]] = {
    "hidden_layer_sizes": [*SIZES, *SIZES, *BAD_SIZES],
    "recurrent_layer_sizes": [(2,), 2, [2, 3], *BAD_SIZES],
    "decoder_layer_sizes": [None, *SIZES, *BAD_SIZES],
    "conv_layers": [
        ((2, 2),),
        [(2, 3), (3, 2)],
        [(2, (3, 2))],
        [],
        (2, 3),
        [(0, 3)],
        [(2, 90)],
        [(2, 2.5)],
        [None],
        "ab",
        "lenet",
        "pilotnet",
        {(2, 3)},
        5,
        [(2,)],
        [(2, 10**8)],
    ],
    "activation": [
        "relu",
        "tanh",
        "identity",
        "logistic",
        "elu",
        "gelu",
        "softplus",
        "maxout",
        ["tanh"],
        ["relu", "elu"],
        [],
        "bogus",
        [None],
        [["relu"]],
    ],
    "code_activation": ["identity", "logistic", "tanh", "bogus"],
    "dropout": PER_LAYER,
    "strides": EXTENTS,
    "dilation": EXTENTS,
    "pooling": [*EXTENTS, None, [2, None], "max", "mean", "attention", "last"],
    "random_shift": EXTENTS,
    "augment": [
        [Flip(), Shift(1)],
        [Flip(y="negate"), Shift((1, 2), y="keep", fill="edge"), Noise(0.1)],
        [Rotate(9, y="keep"), Scale(0.2, y="keep"), Brightness(0.1), Contrast(0.1)],
        Erase(0.5),
        [Rotate(9, y="keypoints")],
        lambda X, y, rng: (X, y),
        lambda X, y, rng: X,
        [Flip],
        [None],
        "flip",
    ],
    "size": [1, 3, (2, 5), [4, 4], (2, 3, 4), (0, 2), (2.0, 3), (), "3", (True, 2)],
    "image_shape": [None, (4, 4), (2, 8), (4, 4, 1), (3, 3), (0, 16), (-4, -4), "44", (2.0, 8)],
    "quantiles": [(0.5,), (0.1, 0.9), (), (0,), ("a",), (0.9, 0.1), 0.5, [None], (np.nan,)],
    "class_weight": [
        None,
        "balanced",
        {0: 1, 1: 2},
        {},
        {0: -1},
        {0: np.nan},
        {"a": 2},
        {0: 1e300, 1: 1},
        {0: 0, 1: 0},
        {0: "x"},
        [],
        [{0: 1}, {0: 2}],
        3,
    ],
    "scoring": [
        None,
        "loss",
        "accuracy",
        "r2",
        "bogus",
        lambda m, X, y=None: 0.5,
        len,
        lambda m, X, y=None: np.nan,
        lambda m, X, y=None: "a",
        lambda m, X, y=None: None,
    ],
    "validation_split": [
        None,
        2,
        KFold(2),
        ShuffleSplit(1, random_state=0),
        1,
        0,
        "a",
        [],
        [([0, 1], [2])],
        [([0], [100])],
        [([0, 1], [])],
        [(0, 1)],
        object(),
        2.5,
    ],
    "initial_weights": [
        None,
        {},
        {"zzz": 1},
        {"output.b": np.zeros(1)},
        {"output.b": "a"},
        {"output.b": [1e300]},
        {"output.b": [1j]},
        {1: 2},
        {"hidden_0.W": None},
        [1],
    ],
    "frozen_layers": [(), ("hidden_0",), ["output"], "hidden_0", ("zzz",), (1,), [None], [["a"]]],
    "learning_rate_schedule": [
        None,
        "cosine",
        "one_cycle",
        CosineSchedule(cycles=2),
        WarmupSchedule(then="step"),
        lambda p: 1.0 - p,
        lambda p: np.nan,
        lambda p: "a",
        lambda p: -1.0,
        lambda: 1,
        lambda p: None,
        lambda p: np.ones(3),
        "bogus",
        1e300,
    ],
    "transform_layer": [-1, 0, 1, -2, 7, True, np.int64(0), 10**20],
    "layers": [None, [1], ["a"], [None], "Dense", {}],
    "decoder_layers": [None, [], [1], "Dense"],
    "device": ["auto", "cpu", "checked", "bogus", "", None, "cuda:99"],
    "strip_accents": [None, "ascii", "unicode", str.upper, lambda s: 3, "x", len],
    "token_pattern": [r"\w+", "(", "", "(a)(b)", "."],
    "estimator": [None, 5, "MLPClassifier"],
    "batch_size": ["auto", 1, 2, 3, 1000, 10**12, 0, 2.5, "x", True],
    "memory_limit": [None, 1.0, 1e-9, np.inf, 0, -1],
    "verbose": [0, False],
    "callbacks": [None],
}
#: What no parameter takes, but some other.
JUNK = [None, True, 0, -1, 2.5, np.nan, np.inf, "bogus", "", (), [], {}, b"x", 10**20, 1 + 2j]
JUNK = [
    *JUNK,
    np.array([1, 2]),
    np.float32(0.5),
    object(),
    [None],
    [[1], [2, 3]],
    np.array(3),
    "0.5",
]


def pick(random: np.random.Generator, values: Any) -> Any:
    """Return one of these values, as it is."""
    return values[random.integers(len(values))]


def draw_parameters(random: np.random.Generator, kind: type, changes: float) -> dict[str, Any]:
    """Return values of about so many of a class's parameters."""
    constraints = kind._parameter_constraints
    chosen = random.random(len(constraints)) < changes / len(constraints)
    names = [name for name, take in zip(constraints, chosen, strict=True) if take]
    return {name: _value(random, name, constraints[name]) for name in names}


def _value(random: np.random.Generator, name: str, constraint: Any) -> Any:
    if random.random() < 0.05:
        return pick(random, JUNK)
    if name in BY_NAME:
        return deepcopy(pick(random, BY_NAME[name]))
    return _allowed(random, pick(random, constraint))


def _allowed(random: np.random.Generator, constraint: Any) -> Any:
    """Return a value that one of scikit-learn's constraints allows, or one just outside."""
    if isinstance(constraint, Interval):
        return _number(random, constraint)
    if isinstance(constraint, Options):
        return pick(random, sorted(constraint.options, key=str))
    values = {"boolean": [True, False], "random_state": [None, 0, 7, np.random.RandomState(3)]}
    return pick(random, values.get(constraint, [None])) if isinstance(constraint, str) else None


def _number(random: np.random.Generator, interval: Interval) -> Any:
    low, high = interval.left, interval.right
    if interval.type is Integral:
        return pick(random, [low, low + 1, np.int64(low + 2), low - 1, float(low), True])
    if high is None:
        return float(pick(random, [low, 1e-300, 1e-8, 0.01, 1.0, 1e4, 1e30, 1e300, low - 1]))
    ends = [low, high, low - 1e-9, high + 1e-9]
    inside = [low + (high - low) * share for share in (1e-12, 0.1, 0.5, 0.9, 0.999)]
    return float(pick(random, [*inside, *inside, *ends]))
