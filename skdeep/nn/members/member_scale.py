"""The same features for each member of an ensemble, scaled by factors of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np

from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts, rows_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views, Work
from skdeep.nn.initializers import Initializer, Normal
from skdeep.nn.members.members import by_member


@dataclass(frozen=True)
class Signs(Initializer):
    """Draw -1 or 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Signs
    >>> np.unique(Signs()(np.random.RandomState(0), (9,), (1, 1)))
    array([-1.,  1.])
    """

    def __call__(self, random, shape, fans):
        return random.choice([-1.0, 1.0], size=shape)


@dataclass(frozen=True)
class Repeated(Initializer):
    """Draw a number for some neighbouring columns, and the next for the next of them."""

    init: Initializer
    widths: tuple[int, ...]

    def __call__(self, random, shape, fans):
        drawn = self.init(random, (*shape[:-1], len(self.widths)), fans)
        return np.repeat(drawn, self.widths, axis=-1)


class MemberScale(Layer):
    """Give each of k members the features times factors of its own: (F,) to (k * F,).

    Parameters
    ----------
    n_members : int
        Number of members k, which stand side by side in a row.
    init : Initializer
        How the factors (k, F) start.
    widths : sequence of int, or None
        Numbers of neighbouring columns whose factors start alike, such as those of one embedding;
        None: each starts by itself.
    rate, decay : float
        Factors of the learning rate and of weight decay, which acts on it where `decay` is not 0.
    name : str or None
        Name within the parent.

    References
    ----------
    Gorishniy, Kotelnikov and Babenko (2025). TabM: advancing tabular deep learning with
    parameter-efficient ensembling. ICLR.

    Examples
    --------
    >>> from skdeep.nn import MemberScale
    >>> from skdeep.testing import run_layer
    >>> run_layer(MemberScale(2), [[1.0, 2.0]], weights={"r": [[1.0, 1.0], [3.0, -1.0]]})
    array([[ 1.,  2.,  3., -2.]])
    """

    def __init__(
        self,
        n_members: int,
        *,
        init: Initializer = Normal(1.0),
        widths: Sequence[int] | None = None,
        rate: float = 1.0,
        decay: float = 0.0,
        name: str | None = None,
    ) -> None:
        check_counts(self, n_members=n_members)
        check_numbers(
            self, ">= 0 and finite", lambda factor: 0 <= factor < inf, rate=rate, decay=decay
        )
        if widths is not None and not isinstance(widths, list | tuple):
            raise ValueError(f"MemberScale needs a list of widths, or None, got {widths!r}")
        check_counts(self, **{f"widths[{k}]": width for k, width in enumerate(widths or ())})
        self.n_members, self.init = n_members, init
        self.widths = None if widths is None else tuple(widths)
        self.rate, self.decay, self.name = rate, decay, name

    def build(self, in_shape: Shape) -> Spec:
        features = rows_only(self, in_shape)
        init = self.init
        if self.widths is not None:
            if sum(self.widths) != features:
                raise ShapeError(f"{self!r} expects {sum(self.widths)} features, got {in_shape}")
            init = Repeated(init, self.widths)
        shape = (self.n_members, features)
        kind, decay = ("weight", self.decay) if self.decay else ("scale", 1.0)
        factors = Param(shape, kind, init, (1, 1), rate=self.rate, decay=decay)
        size = self.n_members * features
        return Spec((size,), {"r": factors}, work={"part": Work((size,))}, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, k = v.work, self.n_members
        w.part, w.y, w.dy = (by_member(array, k) for array in (w.part, v.y, v.dy))
        w.x, w.r = by_member(v.x, 1), v.params.r[:, None]  # (M, B, 1, F), (M, 1, k, F)
        w.dx = by_member(v.dx, 1)
        w.gr = v.grads.r[:, None] if binder.training else None

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(multiply, v.work.y, v.work.x, v.work.r)

    def backward(self, v: Views) -> None:
        ops, w = v.ops, v.work
        ops.launch(multiply, w.part, w.dy, w.x)
        ops.reduce(w.part, w.gr, axis=1)
        if w.dx is not None:
            ops.launch(multiply, w.part, w.dy, w.r)
            ops.reduce(w.part, w.dx, axis=2)
