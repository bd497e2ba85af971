"""Scaled dot-product attention of several heads, on arrays that a layer has bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels import attention as bodies
from skdeep.kernels.arithmetic import add, multiply
from skdeep.kernels.step_pooling import exp_below, quotient
from skdeep.nn.core.binder import Binder
from skdeep.nn.noise.step_masks import StepMasks

#: Numbers of scores that a layer keeps for its backward pass; beyond that it computes them again.
MOST_KEPT = 1 << 24
#: Queries from which on rows of scores are long enough for NumPy.
LONG = 1024
#: How many times the size of a chunk scores may take to make rows that long.
STRETCH = 16


class Heads(NamedTuple):
    """Queries, keys and values, or their gradients: each (M, B, H, D, T)."""

    q: Array
    k: Array
    v: Array


class Chunk(NamedTuple):
    """Samples, heads, queries and the keys they may look at."""

    number: int
    rows: slice
    heads: slice
    queries: slice
    keys: slice

    @property
    def size(self) -> tuple[int, int, int, int]:
        """Numbers of keys, samples, heads, queries."""
        parts = (self.keys, self.rows, self.heads, self.queries)
        keys, rows, heads, queries = (part.stop - part.start for part in parts)
        return keys, rows, heads, queries

    def of(self, array: Array, steps: slice) -> Array:
        """Cut (M, B, H, D, T)."""
        return array[:, self.rows, self.heads, :, steps]


@dataclass
class Sums:
    """What each query's weights are divided by, and the mean slope of its scores."""

    total: Array
    inverse: Array
    mean: Array


class DotProducts:
    """Values of all keys, weighted by the softmax of their products with a query.

    Scores lie as (M, keys, B, H, queries), chunk by chunk, so that softmax works along long rows.
    They are not normalised: the result is.

    Parameters
    ----------
    binder : Binder
        Its scope names the layer.
    x : Heads
        Queries, scaled already, keys and values.
    y : Array of shape (M, F, B * T)
        Where the result goes, as columns.
    dx, dy : Heads, Array
        The same for gradients, in training.
    causal : bool
        Whether a query sees its own step and those before alone.
    rate : float or tuple of float
        Dropout of weights.
    hides : bool
        Whether :attr:`penalty` is to be added to scores.
    share : Array of shape (M, B, H, T, keys), optional
        Where the weights go.
    """

    def __init__(
        self,
        binder: Binder,
        x: Heads,
        y: Array,
        *,
        dx: Heads | None = None,
        dy: Array = None,
        causal: bool = False,
        rate: Any = 0.0,
        hides: bool = False,
        share: Array = None,
    ) -> None:
        self.share = share
        self.x, self.y, self.dx, self.dy, self.causal = x, y, dx, dy, causal
        models, batch, heads, width, queries = x.q.shape
        keys = x.k.shape[-1]
        sizes = (batch, heads, queries, keys)
        self.chunks = list(_chunks(sizes, models, binder.backend.chunk_elements, causal))
        self._binder = binder
        self._y = y.reshape(models, heads, width, batch * queries)
        #: What is added to the scores of keys, (M, keys, B), where some are hidden.
        self.penalty = self._take("penalty", (models, keys, batch)) if hides else None
        self.masks: StepMasks | None = None
        if binder.noise is not None and rate:
            places = (("k", keys), ("h", heads), ("q", queries))
            self.masks = StepMasks(binder.noise, rate, binder, *places)
        self.keeps = binder.training and models * batch * heads * queries * keys <= MOST_KEPT
        self._bind_chunks(models)
        row = (models, heads, 1, batch * queries)
        self.sums = Sums(*(self._take(name, row) for name in ("total", "inverse", "mean")))
        if binder.training:
            self._dy = self._shared("dy", self._y.shape)
            self._part = self._shared("part", self._y.shape)
        self._positions = binder.constant(np.arange(max(queries, keys)).astype(binder.dtype))

    # ------------------------------------------------------------------ arrays

    def _take(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> Array:
        binder = self._binder
        return binder.arena.take(f"{binder.scope}:{name}", shape, dtype or binder.dtype)

    def _shared(self, name: str, shape: tuple[int, ...], dtype: Any = None) -> Array:
        """Return what all layers may use, one after the other."""
        return self._binder.arena.take(f"attention:{name}", shape, dtype or self._binder.dtype)

    def _bind_chunks(self, models: int) -> None:
        """Make what belongs to chunks; what is not kept is shared by all of them."""
        self.scores, self.kept, self.words, self.tops = [], [], [], []
        self.weights, self.slopes = [], []
        for chunk in self.chunks:
            shape = (models, *chunk.size)
            place = self._take if self.keeps else self._shared
            end = f":{chunk.number}" if self.keeps else ""
            self.scores.append(place(f"scores{end}", shape))
            self.tops.append(self._shared("top", (models, 1, *shape[2:])))
            if self._binder.training:
                self.slopes.append(self._shared("slope", shape))
            if self.masks is not None:
                self.kept.append(place(f"kept{end}", shape))
                self.weights.append(self._shared("weights", shape))
                words = self._shared("words", shape[:1] + shape[2:], np.dtype(np.uint32))
                self.words.append(words)

    # ------------------------------------------------------------------ forward

    def forward(self, ops: Backend) -> None:
        """Write the result; :attr:`penalty` is there where it is used."""
        for chunk in self.chunks:
            self._weigh(ops, chunk)
            total = _flat(self.tops[chunk.number])
            ops.reduce(_flat(self.scores[chunk.number]), total, axis=1)
            ops.copy(total.reshape(len(total), *chunk.size[1:]), self._of(self.sums.total, chunk))
            if self.share is not None:
                self._give_share(ops, chunk)
            out = chunk.of(self._heads(self._y), chunk.queries)
            values = chunk.of(self.x.v, chunk.keys)
            ops.gemm(values, _matrices(self._kept_weights(ops, chunk)), out)
        ops.launch(bodies.inverse, self.sums.inverse, self.sums.total)
        ops.launch(multiply, self._y, self._y, self.sums.inverse)

    def _weigh(self, ops: Backend, chunk: Chunk) -> None:
        """Write the exponentials of a chunk's scores, and its masks."""
        scores, top = self.scores[chunk.number], self.tops[chunk.number]
        queries = chunk.of(self.x.q, chunk.queries)
        ops.gemm(chunk.of(self.x.k, chunk.keys), queries, _matrices(scores), trans_a=True)
        if self.penalty is not None:
            penalty = self.penalty[:, chunk.keys, chunk.rows]
            ops.launch(add, scores, scores, penalty.reshape(*penalty.shape, 1, 1))
        if self.causal:
            keys = self._positions[chunk.keys].reshape(-1, 1, 1, 1)
            ops.launch(bodies.hide_later, scores, scores, keys, self._positions[chunk.queries])
        ops.reduce(_flat(scores), _flat(top), axis=1, op="max")
        ops.launch(exp_below, _flat(scores), _flat(scores), _flat(top))
        if self.masks is not None:
            words = self.words[chunk.number]
            self.masks.columns(ops, words, chunk.rows, chunk.heads, chunk.queries)
            columns = words.reshape(len(words), 1, -1)
            self.masks.write(ops, _flat(self.kept[chunk.number]), columns, chunk.keys)

    def _give_share(self, ops: Backend, chunk: Chunk) -> None:
        """Write the weights of a chunk, which has its totals where the tops were."""
        out = self.share[:, chunk.rows, chunk.heads, chunk.queries].swapaxes(3, 4)
        total = _matrices(self.tops[chunk.number])
        ops.launch(quotient, out, _matrices(self.scores[chunk.number]), total)

    def _kept_weights(self, ops: Backend, chunk: Chunk) -> Array:
        """Return the weights that dropout leaves."""
        if self.masks is None:
            return self.scores[chunk.number]
        weights = self.weights[chunk.number]
        ops.launch(multiply, weights, self.scores[chunk.number], self.kept[chunk.number])
        return weights

    # ------------------------------------------------------------------ backward

    def backward(self, ops: Backend) -> None:
        """Write the gradients of queries, keys and values."""
        assert self.dx is not None
        # What the softmax would be divided by is taken from dy. A query's mean slope is the
        # product of its result and its gradient.
        shape = self._y.shape
        ops.launch(multiply, self._dy, self.dy.reshape(shape), self.sums.inverse)
        ops.launch(multiply, self._part, self._dy, self._y)
        merged = (shape[0] * shape[1], shape[2], shape[3])
        mean = self.sums.mean.reshape(merged[0], 1, merged[2])
        ops.reduce(self._part.reshape(merged), mean, axis=1)
        for chunk in reversed(self.chunks):
            if not self.keeps:
                self._weigh(ops, chunk)
            self._chunk_backward(ops, chunk, self.dx)

    def _chunk_backward(self, ops: Backend, chunk: Chunk, dx: Heads) -> None:
        scores, slope = self.scores[chunk.number], self.slopes[chunk.number]
        mean = self.tops[chunk.number]
        keys, queries = chunk.keys, chunk.queries
        dy = chunk.of(self._heads(self._dy), queries)
        # The last queries, which see all keys, come first; others add to what is there.
        adds = queries.stop < self.x.q.shape[-1]
        weights = _matrices(self._kept_weights(ops, chunk))
        ops.gemm(dy, weights, chunk.of(dx.v, keys), trans_b=True, accumulate=adds)
        ops.gemm(chunk.of(self.x.v, keys), dy, _matrices(slope), trans_a=True)
        ops.copy(self._of(self.sums.mean, chunk), mean.reshape(len(mean), *chunk.size[1:]))
        if self.masks is None:
            formula, inputs = bodies.score_slope, [scores, slope, mean]
        else:
            kept = self.kept[chunk.number]
            formula, inputs = bodies.score_slope_kept, [scores, kept, slope, mean]
        ops.launch(formula, _flat(slope), *map(_flat, inputs))
        slopes = _matrices(slope)
        ops.gemm(chunk.of(self.x.k, keys), slopes, chunk.of(dx.q, queries))
        q = chunk.of(self.x.q, queries)
        ops.gemm(q, slopes, chunk.of(dx.k, keys), trans_b=True, accumulate=adds)

    def _heads(self, columns: Array) -> Array:
        """See columns (M, H, D, B * T) as (M, B, H, D, T)."""
        models, heads, width, count = columns.shape
        batch = self.x.q.shape[1]
        split = columns.reshape(models, heads, width, batch, count // batch)
        return split.swapaxes(1, 3).swapaxes(2, 3)

    def _of(self, row: Array, chunk: Chunk) -> Array:
        """Cut numbers of queries (M, H, 1, B * T) to (M, rows, heads, queries)."""
        models, heads, _, count = row.shape
        batch = self.x.q.shape[1]
        split = row.reshape(models, heads, batch, count // batch).swapaxes(1, 2)
        return split[:, chunk.rows, chunk.heads, chunk.queries]


def _flat(scores: Array) -> Array:
    """See (M, keys, B, H, queries) as (M, keys, columns)."""
    return scores.reshape(*scores.shape[:2], -1)


def _matrices(scores: Array) -> Array:
    """See (M, keys, B, H, queries) as (M, B, H, keys, queries)."""
    return scores.swapaxes(1, 2).swapaxes(2, 3)


def _chunks(
    sizes: tuple[int, int, int, int], models: int, elements: int, causal: bool
) -> Iterator[Chunk]:
    """Yield what is computed at once: about so many scores, in rows that are long."""
    batch, heads, queries, keys = sizes
    column = models * keys
    most = max(1, elements // column, min(LONG, STRETCH * elements // column))
    n_queries = min(queries, most)
    n_heads = max(1, min(heads, most // n_queries))
    n_rows = max(1, min(batch, most // (n_queries * n_heads))) if n_heads == heads else 1
    number = 0
    for row in _cut(batch, n_rows):
        for head in _cut(heads, n_heads):
            for query in _cut(queries, n_queries):
                seen = slice(0, query.stop if causal else keys)
                yield Chunk(number, row, head, query, seen)
                number += 1


def _cut(length: int, step: int) -> Iterator[slice]:
    return (slice(at, min(at + step, length)) for at in range(0, length, step))
