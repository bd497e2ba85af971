"""The architecture of networks for tables: RealMLP's, and how its weights start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.estimators.architecture import HiddenArchitecture
from skdeep.estimators.number_layers import (
    feature_scale,
    fit_edges,
    learned_activation,
    number_embedding,
)
from skdeep.estimators.tabular.table_encoder import TableLayout
from skdeep.nn.blocks import initializers
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Initializer, Normal
from skdeep.nn.members.member_dense import MemberDense, MemberOutput
from skdeep.nn.members.member_scale import MemberScale, Signs
from skdeep.nn.noise.dropout import Dropout
from skdeep.nn.tabular.by_columns import ByColumns
from skdeep.nn.tabular.category_embedding import CategoryEmbedding
from skdeep.nn.tabular.number_embedding import NumberEmbedding

#: Deviation of sums that is no more than rounding, as a fraction of the largest of them.
ROUNDING = 1e-5
#: Training rows that first weights are fitted to, at most.
START_ROWS = 4096
#: Rows that edges of bins are fitted to, and their cells, at most.
EDGE_ROWS, EDGE_CELLS = 32_768, 2**24
#: Rows whose sums a unit's first bias is a mean of.
BIAS_ROWS = 5

#: How affine maps start, and their rates.
AFFINE = initializers("ntk", "relu")


@dataclass(frozen=True, kw_only=True)
class TabularArchitecture(HiddenArchitecture):
    """Embedded columns, a learned scale of each feature, dense layers of learned activations."""

    layout: TableLayout
    numeric_embedding: str | None
    n_bins: int
    embedding_dim: int
    scaling_layer: bool
    parametric_activation: bool
    n_members: int = 1
    member_sharing: str = "none"

    @property
    def k(self) -> int:
        """Number of members that share weights, side by side in a row; 1 where none do."""
        return 1 if self.member_sharing == "none" else self.n_members

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        layers, k = self._columns(), self.k
        if self.scaling_layer:
            layers.append(feature_scale())
        if k > 1:
            layers.append(self._member_scale())
        rates, activations = self.rates(), self.activations()
        in_common = k if self.member_sharing == "mini" else 1
        for j, width in enumerate(self.widths()):
            layers.append(self._hidden(width, f"hidden_{j}"))
            layers.append(
                learned_activation(
                    activations[j],
                    f"activation_{j}",
                    learns=self.parametric_activation,
                    n_members=in_common,
                )
            )
            if rates[j]:
                layers.append(Dropout(rates[j], name=f"dropout_{j}"))
        if k == 1:
            return [*layers, Dense(n_logits, name="output", **AFFINE)]
        return [*layers, MemberOutput(n_logits // k, k, name="output", **AFFINE)]

    def _hidden(self, width: int, name: str) -> Layer:
        if self.k == 1:
            return Dense(width, name=name, **AFFINE)
        scales = self.member_sharing == "batch"
        return MemberDense(width, self.k, scales=scales, name=name, **AFFINE)

    def _member_scale(self) -> MemberScale:
        """Return the layer of each member's own factors of features."""
        layout, numbers = self.layout, self._numbers()
        widths = [1 if numbers is None else numbers.units] * layout.n_numeric
        widths += [1] * layout.n_one_hot + [self.embedding_dim] * len(layout.n_categories)
        init: Initializer = Signs() if numbers is None else Normal(1.0)
        return MemberScale(self.k, init=init, widths=widths, name="member_scale")

    def _numbers(self) -> NumberEmbedding | None:
        return number_embedding(self.numeric_embedding, max(self.n_bins, self.layout.n_bins))

    def _columns(self) -> list[Layer]:
        """Return the layer of columns that are embedded, if there are any."""
        layout, parts = self.layout, list[tuple[int, Layer | None]]()
        if layout.n_numeric:
            parts.append((layout.n_numeric, self._numbers()))
        if layout.n_one_hot:
            parts.append((layout.n_one_hot, None))
        if layout.n_categories:
            vectors = CategoryEmbedding(layout.n_categories, self.embedding_dim, name="categories")
            parts.append((len(layout.n_categories), vectors))
        if all(layer is None for _, layer in parts):
            return []
        widths, layers = zip(*parts, strict=True)
        return [ByColumns(widths, layers, name="columns")]

    def hidden_names(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if name.startswith("activation_")]


def fit_first_edges(
    network: Any, values: np.ndarray, X: np.ndarray, weight: np.ndarray | None, usual: int
) -> None:
    """Put edges of bins, where there are any, at the quantiles or the values of training rows."""
    columns = network.spec.children.get("columns")
    numbers = None if columns is None else columns[1].children.get("numbers")
    if numbers is not None:
        fit_edges(numbers[0], "columns.numbers", network.layout, values, X, weight, usual)


def fit_first_weights(
    network: Any, predictor: Any, X: np.ndarray, weight: np.ndarray | None, random: Any
) -> None:
    """Scale first weights and choose first biases by training rows, layer by layer.

    Each unit's weighted sum gets a standard deviation of 1; its bias is minus a random mean of the
    sums of a few rows, so that units bend where there are samples. `predictor` computes with the
    very values that are written. Rows count by their weights, and their order does not matter.
    """
    layout, values = network.layout, predictor.store.values
    rows, start = X, None
    for name, (layer, _) in network.spec.children.items():
        if isinstance(layer, Dense | MemberDense | MemberOutput):
            W, b = (layout.view(values, f"{name}.{key}")[0] for key in ("W", "b"))
            b[...] = 0.0
            sums = predictor(rows, name, start=start)[0]
            factor = _fit_affine(W, b, sums, weight, random)
            if isinstance(layer, Dense):  # the next layers begin where this one has come to
                rows, start = sums * factor.astype(sums.dtype) + b, name


def _fit_affine(
    W: np.ndarray, b: np.ndarray, sums: np.ndarray, weight: np.ndarray | None, random: Any
) -> np.ndarray:
    """Scale W (F, U) or (k, F, U) and choose b (1 or k, U) by sums of rows (n, U) or (n, k * U).

    Where members have W or b in common, the rows of all of them count. The factors of W are
    returned.
    """
    units = W.shape[-1]
    k = sums.shape[1] // units

    def pooled(shared: bool) -> tuple[np.ndarray, np.ndarray | None]:
        if not shared or k == 1:
            return sums, weight
        return sums.reshape(-1, units), None if weight is None else np.repeat(weight, k)

    rows, counts = pooled(W.ndim == 2)
    factor = _to_deviation_1(rows, counts)
    W *= factor if W.ndim == 2 else factor.reshape(k, 1, units)
    rows, counts = pooled(len(b) == 1)
    scale = np.tile(factor, rows.shape[1] // len(factor))
    shares = random.exponential(size=(BIAS_ROWS, rows.shape[1]))
    picked = _drawn(rows, counts, random.uniform(size=shares.shape)) * scale
    b[...] = -(shares / shares.sum(axis=0) * picked).sum(axis=0).reshape(b.shape)
    return factor


def _to_deviation_1(sums: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Return the factors of units that give their sums (n, U) a standard deviation of 1."""
    centred = np.array(sums, float)
    largest = np.maximum(centred.max(axis=0), -centred.min(axis=0))
    centred -= np.average(centred, axis=0, weights=weight)
    deviation = np.sqrt(np.average(np.square(centred, out=centred), axis=0, weights=weight))
    varies = deviation > ROUNDING * largest
    return np.where(varies, 1.0 / np.where(varies, deviation, 1.0), 1.0)


def _drawn(sums: np.ndarray, weight: np.ndarray | None, chances: np.ndarray) -> np.ndarray:
    """Return sums (n, U) of rows drawn by weight for each unit (k, U), by inverting its cdf."""
    n, columns = len(sums), np.ascontiguousarray(sums.T)
    if weight is None:
        ranks = np.minimum((chances * n).astype(int), n - 1)
        columns.sort(axis=1)
        return np.take_along_axis(columns, ranks.T, axis=1).T
    drawn = np.empty(chances.shape)
    for unit, column in enumerate(columns):
        order = np.argsort(column)
        ends = np.cumsum(weight[order], dtype=float)
        at = np.searchsorted(ends, chances[:, unit] * ends[-1], "right")
        drawn[:, unit] = column[order[np.minimum(at, n - 1)]]
    return drawn
