"""What layers share that give each number of a row a vector."""

from __future__ import annotations

from math import inf
from typing import Any, ClassVar

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Initializer


class NumberEmbedding(Layer):
    """Give each of C columns a vector of `units` numbers: rows (C,) to (C * units,).

    Buffers of a layer have a leading axis of columns, (C, w); in `bind` they become (M, C, B, w),
    one matrix for each column, and so do y and dy, as ``v.work.y`` and ``v.work.dy``. With
    `places_first` buffers are (w, C) and become (M, w, C, B): what is read of x lies in long rows.
    """

    places_first: ClassVar[bool] = False
    units: int
    rate: float

    def _check(self, **counts: Any) -> None:
        check_counts(self, units=self.units, **counts)
        check_numbers(self, ">= 0 and finite", lambda factor: 0 <= factor < inf, rate=self.rate)

    def _param(self, shape: Shape, init: Initializer) -> Param:
        return Param(shape, "embedding", init, rate=self.rate)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        models, batch, columns = v.x.shape
        for key, need in spec.work.items():
            if need.per_row and self.places_first:
                shape = (models, need.shape[0], columns, batch)
                setattr(v.work, key, getattr(v.work, key).reshape(shape))
            elif need.per_row:
                shape = (models, columns, batch, need.shape[-1])
                setattr(v.work, key, getattr(v.work, key).reshape(shape))
        shape = (models, batch, columns, self.units)
        for key, array in (("y", v.y), ("dy", v.dy)):
            by_column = None if array is None else array.reshape(shape).swapaxes(1, 2)
            setattr(v.work, key, by_column)


def by_column(rows: Array) -> Array:
    """See rows (M, B, C) as (M, C, B, 1)."""
    return rows.swapaxes(1, 2)[..., None]


def by_place(rows: Array) -> Array:
    """See rows (M, w, C, B) as (M, C, w, B), one matrix for each column."""
    return rows.swapaxes(1, 2)
