"""Rows in which the features of k members stand side by side, member by member."""

from __future__ import annotations

from typing import Any

from skdeep.backend.base import Array
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.spec import Shape, ShapeError


def by_member(rows: Any, k: int) -> Any:
    """See rows (M, B, k * F) as (M, B, k, F), whatever their strides; None stays None."""
    return None if rows is None else rows.reshape(*rows.shape[:2], k, rows.shape[2] // k)


def of_each_member(layer: Layer, in_shape: Shape, k: int) -> int:
    """Return the number of features of a member; raise where they cannot be divided."""
    features = rows_only(layer, in_shape)
    if features % k:
        raise ShapeError(f"{layer!r} expects a multiple of {k} features, got {in_shape}")
    return features // k


def member_rows(rows: Array, k: int) -> Array | None:
    """See rows (M, B, k * F) as (M, B * k, F); None where they do not lie in one piece."""
    if rows is None:
        return None
    models, batch, width = rows.shape
    size = rows.dtype.itemsize
    if tuple(rows.strides[1:]) != (width * size, size):
        return None
    return rows.reshape(models, batch * k, width // k)
