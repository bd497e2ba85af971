"""Sequences with nothing behind their ends, as what looks at neighbouring steps reads them."""

from __future__ import annotations

from dataclasses import replace

from skdeep.backend.base import Array
from skdeep.backend.kernel import Kernel
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import in_rows
from skdeep.nn.core.spec import Named, Spec, Views


class MaskedSteps:
    """Views of a layer whose x has something else in the padding, and lies row by row.

    Nothing is copied where nothing is masked, and x lies so.

    Parameters
    ----------
    v : Views
        Those of the layer, with sequences (M, B, T, C).
    binder : Binder
        Where buffers come from.
    mask : Kernel or None
        Makes what is read of x and of what is there, 1 or 0. None: for layers that do not look at
        neighbours.

    Attributes
    ----------
    views : Views
        What the layer computes on, between :meth:`load` and :meth:`store`.
    """

    def __init__(self, v: Views, binder: Binder, mask: Kernel | None = multiply) -> None:
        self._mask, shape = (None if v.valid is None else mask), v.x.shape[2:]
        x, dx = v.x, v.dx
        if self._mask is not None or not in_rows(x):
            x = binder.rows(f"{binder.scope}:there", shape)
        if dx is not None and not in_rows(dx):
            dx = binder.rows("dx of steps that are there", shape)
        self.views = replace(v, x=x, dx=dx, work=Named(**vars(v.work)), children={})

    def load(self, v: Views) -> None:
        """Read x."""
        if self._mask is not None:
            v.ops.launch(self._mask, self.views.x, v.x, as_column(v.valid))
        elif self.views.x is not v.x:
            v.ops.copy(v.x, self.views.x)

    def store(self, v: Views) -> None:
        """Write dx, zero in the padding where something is masked."""
        if v.dx is None:
            return
        if self._mask is not None:
            v.ops.launch(multiply, v.dx, self.views.dx, as_column(v.valid))
        elif self.views.dx is not v.dx:
            v.ops.copy(self.views.dx, v.dx)


def as_column(valid: Array) -> Array:
    """See what is there, (M, B, T), as (M, B, T, 1)."""
    return valid.reshape(*valid.shape, 1)


def other_steps(spec: Spec) -> Spec:
    """Return the spec of a layer that gives other steps than it reads."""
    return replace(spec, traits=spec.traits | {"steps"})
