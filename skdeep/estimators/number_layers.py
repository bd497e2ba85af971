"""Layers of columns of numbers, as networks for tables have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skdeep import nn  # whose layers are loaded when they are asked for
from skdeep.nn.core.params import Layout

if TYPE_CHECKING:
    from skdeep.nn.tabular.number_embedding import NumberEmbedding

#: Factors of the learning rate, and of weight decay, of what is no matrix.
SCALE_RATE, SHAPE_RATE, WAVE_RATE = 6.0, 0.1, 0.01
SCALE_DECAY, SHAPE_DECAY = SCALE_RATE**2, SHAPE_RATE**2

#: Bins of each column where nothing is known of the number of samples.
N_BINS = 16
#: Bins of all columns together that samples or values give, at most.
MOST_BINS = 4096
#: A column has few values where there are at most so many, each in so many rows in the mean.
FEW, OFTEN = 64, 8


def number_embedding(kind: str | None, n_bins: int = N_BINS) -> NumberEmbedding | None:
    """Return the layer that embeds columns of numbers, or None where they stay as they are."""
    if kind is None:
        return None
    if kind == "ple":
        return nn.PiecewiseLinearEmbedding(n_bins=n_bins, rate=SHAPE_RATE, name="numbers")
    if kind == "pbld":
        return nn.PeriodicEmbedding(rate=SHAPE_RATE, name="numbers")
    return nn.WaveEmbedding(rate=WAVE_RATE, name="numbers")


def feature_scale() -> nn.FeatureScale:
    """Return the layer of a learned factor for each feature."""
    return nn.FeatureScale(SCALE_RATE, SCALE_DECAY, name="scale")


def learned_activation(
    function: str, name: str, *, learns: bool = True, n_members: int = 1
) -> nn.ParametricActivation:
    """Return an activation that units take up as far as they learn to, or all of it."""
    rate, decay = (SHAPE_RATE, SHAPE_DECAY) if learns else (0.0, 0.0)
    return nn.ParametricActivation(function, rate, decay, name, n_members=n_members)


def few_values(values: np.ndarray) -> int:
    """Return how many values numbers have, where these are few and each comes often; else 0."""
    if len(np.unique(values[: 8 * FEW])) > FEW:  # soon said of most columns
        return 0
    found = len(np.unique(values))
    return found if found <= FEW and len(values) >= OFTEN * found else 0


def fit_edges(
    layer: Any,
    name: str,
    layout: Layout,
    values: np.ndarray,
    X: np.ndarray,
    weight: Any,
    usual: int | None = None,
) -> None:
    """Put the edges of a layer's bins where training rows have their quantiles, if it has bins.

    A column with few values has an edge at each, as codes may mean anything. Others have `usual`
    bins, where the layer has more for the sake of such a column.
    """
    n_bins = getattr(layer, "n_bins", None)
    if n_bins is None:
        return
    usual = n_bins if usual is None else min(usual, n_bins)
    edges = layout.view(values, f"{name}.edges")[0]  # (C, 1, bins + 1)
    for place, column in zip(edges[:, 0], X.T, strict=False):
        counted = column if weight is None else column[weight > 0]
        bins = n_bins if few_values(counted) else usual
        found = nn.quantile_edges(column, bins, weight)
        place[...] = np.insert(found, 1, np.repeat(found[1], n_bins - bins))  # bins of width 0
