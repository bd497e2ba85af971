"""Lists of layers of a case: some that fit its rows, with others put in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skdeep import nn
from tests.fuzz.parameters import pick

Random = np.random.Generator

#: Layers that make features of the rows of a kind, and some that do not.
STARTS: dict[str, list[Callable[[Random], list[Any]]]] = {
    "table": [lambda random: [nn.Dense(size(random))], lambda random: []],
    "images": [
        lambda random: [nn.Conv(size(random), extent(random)), nn.MaxPool(extent(random))],
        lambda random: [nn.Conv(2, 2, strides=extent(random)), nn.GlobalAveragePool()],
        lambda random: [nn.PerPixel(nn.Dense(size(random))), nn.GlobalMaxPool()],
    ],
    "sequences": [
        lambda random: [nn.GRU(size(random), dropout=rate(random)), nn.LastStep()],
        lambda random: [nn.LSTM(2, reverse=True), nn.AttentionSteps()],
        lambda random: [nn.TimeDistributed([nn.Dense(size(random))]), nn.MeanSteps()],
        lambda random: [
            nn.StepConv(2, 2, strides=extent(random), padding=pick(random, ["same", "valid"])),
            nn.StepBatchNorm(),
            nn.StepMaxPool(extent(random)),
            nn.MaxSteps(),
        ],
    ],
    "tokens": [
        lambda random: [nn.Embedding(size(random), 2), nn.RNN(size(random)), nn.MaxSteps()],
        lambda random: [nn.Embedding(9, size(random)), nn.LSTM(2), nn.LastStep()],
    ],
}
#: Layers for anywhere.
OTHERS: list[Callable[[Random], Any]] = [
    lambda random: nn.Dense(size(random)),
    lambda random: nn.Activation(pick(random, ["tanh", "relu", "gelu", "bogus", None, 3])),
    lambda random: nn.Dropout(rate(random)),
    lambda random: nn.AlphaDropout(rate(random)),
    lambda random: nn.StepDropout(rate(random)),
    lambda random: nn.MaskingNoise(rate(random)),
    lambda random: nn.GaussianNoise(rate(random)),
    lambda random: nn.L1Activity(rate(random)),
    lambda random: nn.KLActivity(rate(random), rate(random)),
    lambda random: nn.BatchNorm(),
    lambda random: nn.LayerNorm(),
    lambda random: nn.Maxout(size(random)),
    lambda random: nn.Residual([nn.Dense(size(random)), nn.Activation("tanh")]),
    lambda random: nn.Parallel([nn.Dense(size(random)), nn.Dense(2)]),
    lambda random: nn.Sequential([nn.Dense(size(random))]),
    lambda random: nn.Reshape(pick(random, [None, (2, 1), (-1,), 3, (0,), "a"])),
    lambda random: nn.Upsample(pick(random, [(4, 4), (0, 4), 3, "a"])),
    lambda random: nn.AveragePool(extent(random)),
    lambda random: nn.GRU(size(random)),
    lambda random: nn.Conv(size(random), extent(random), dilation=extent(random)),
    lambda random: nn.LastStep(),
    lambda random: "Dense",
]


def size(random: Random) -> Any:
    """Return a number of units, seldom none."""
    return pick(random, [1, 2, 3, 3] if random.random() < 0.9 else [0, -1, 2.5, "a", None, True])


def extent(random: Random) -> Any:
    """Return a size of a kernel or of steps, seldom none."""
    good, bad = [1, 2, (1, 2), 3], [0, (2,), "a", (1, 2, 3), 2.5, None, 50]
    return pick(random, good if random.random() < 0.9 else bad)


def rate(random: Random) -> Any:
    """Return a share, seldom none."""
    bad = [1.0, -0.1, np.nan, "a", None, [0.1, 0.2]]
    return pick(random, [0.0, 0.1, 0.5] if random.random() < 0.9 else bad)


def draw_layers(random: Random, kind: str) -> list[Any]:
    """Return layers for rows of a kind, which may be wrong for them."""
    if random.random() < 0.05:
        kind = pick(random, sorted(STARTS))
    layers = pick(random, STARTS[kind])(random)
    for _ in range(int(pick(random, [0, 0, 1, 1, 2, 3]))):
        layers.insert(int(random.integers(len(layers) + 1)), pick(random, OTHERS)(random))
    return layers
