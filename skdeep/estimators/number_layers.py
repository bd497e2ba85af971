"""Layers of columns of numbers, as networks for tables have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from skdeep.nn.core.params import Layout
from skdeep.nn.dense.parametric_activation import ParametricActivation
from skdeep.nn.tabular.feature_scale import FeatureScale
from skdeep.nn.tabular.number_embedding import NumberEmbedding
from skdeep.nn.tabular.periodic_embedding import PeriodicEmbedding
from skdeep.nn.tabular.piecewise_linear_embedding import PiecewiseLinearEmbedding
from skdeep.nn.tabular.quantiles import quantile_edges
from skdeep.nn.tabular.wave_embedding import WaveEmbedding

#: Factors of the learning rate, and of weight decay, of what is no matrix.
SCALE_RATE, SHAPE_RATE, WAVE_RATE = 6.0, 0.1, 0.01
SCALE_DECAY, SHAPE_DECAY = SCALE_RATE**2, SHAPE_RATE**2

#: Bins of each column where nothing is known of the number of samples.
N_BINS = 16

#: Layers of columns of numbers, by the values of ``numeric_embedding``.
NUMERIC_EMBEDDINGS: dict[str, Callable[..., NumberEmbedding]] = {
    "pbld": PeriodicEmbedding,
    "ple": PiecewiseLinearEmbedding,
    "periodic": WaveEmbedding,
}


def number_embedding(kind: str | None, n_bins: int = N_BINS) -> NumberEmbedding | None:
    """Return the layer that embeds columns of numbers, or None where they stay as they are."""
    if kind is None:
        return None
    layer = NUMERIC_EMBEDDINGS[kind]
    rate = WAVE_RATE if layer is WaveEmbedding else SHAPE_RATE
    options = {"n_bins": n_bins} if layer is PiecewiseLinearEmbedding else {}
    return layer(rate=rate, name="numbers", **options)


def feature_scale() -> FeatureScale:
    """Return the layer of a learned factor for each feature."""
    return FeatureScale(SCALE_RATE, SCALE_DECAY, name="scale")


def learned_activation(
    function: str, name: str, *, learns: bool = True, n_members: int = 1
) -> ParametricActivation:
    """Return an activation that units take up as far as they learn to, or all of it."""
    rate, decay = (SHAPE_RATE, SHAPE_DECAY) if learns else (0.0, 0.0)
    return ParametricActivation(function, rate, decay, name, n_members=n_members)


def fit_edges(
    layer: Any, name: str, layout: Layout, values: np.ndarray, X: np.ndarray, weight: Any
) -> None:
    """Put the edges of a layer's bins where training rows have their quantiles, if it has bins."""
    if not isinstance(layer, PiecewiseLinearEmbedding):
        return
    edges = layout.view(values, f"{name}.edges")[0]  # (C, 1, bins + 1)
    for place, column in zip(edges[:, 0], X.T, strict=False):
        place[...] = quantile_edges(column, layer.n_bins, weight)
