"""Where in its sequence a step stands, added to its features."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add, multiply
from skdeep.kernels.attention import sum_kept, wave
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import ColumnLayer
from skdeep.nn.core.layer import check_counts, steps_only
from skdeep.nn.core.layer_fields import by_model
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views
from skdeep.nn.initializers import Initializer, Normal
from skdeep.nn.noise.step_masks import FeatureMasks


class Positions(ColumnLayer):
    """Base: add a row of numbers for each place in a sequence, then apply dropout.

    Parameters
    ----------
    dropout : float or sequence of float
        Probability in [0, 1) with which each number of each step is dropped in training, one for
        all models or one each.
    name : str or None
        Name within the parent.
    """

    per_model: ClassVar[tuple[str, ...]] = ("dropout",)

    def __init__(self, *, dropout: float | Sequence[float] = 0.0, name: str | None = None) -> None:
        self.dropout = by_model(self, "in [0, 1)", lambda rate: 0 <= rate < 1, dropout=dropout)
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        steps_only(self, in_shape)
        traits = frozenset({"noise"} if self.dropout else ())
        return Spec(in_shape, self._params(in_shape), places_output=True, traits=traits)

    def _params(self, in_shape: Shape) -> dict[str, Param]:
        return {}

    def bind_more(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, (steps, features) = v.work, spec.out_shape
        #: How many steps were read before, where a program reads one at a time.
        w.step = None if binder.carry is None else binder.carry.step
        w.table = self._table(v, binder, steps, features)
        w.masks = None
        if binder.noise is not None and self.dropout:
            w.masks = FeatureMasks(binder.noise, self.dropout, binder, "sum", steps, features)

    @abstractmethod
    def _table(self, v: Views, binder: Binder, steps: int, features: int) -> Array:
        """Return the numbers of all places, (M or 1, F, T)."""

    def compute(self, v: Views, training: bool) -> None:
        w = v.work
        y, x = self._by_place(v, w.y.flat), self._by_place(v, w.x.flat)
        if w.step is not None:
            self._add_at_step(v, y, x)
            return
        table = w.table.reshape(len(w.table), y.shape[1], 1, y.shape[3])
        if w.masks is None:
            v.ops.launch(add, y, x, table)
        else:
            w.masks.draw(v.ops)
            v.ops.launch(sum_kept, y, x, table, self._by_place(v, w.masks.factors))

    def slopes(self, v: Views, dx: Array | None) -> None:
        w, dy = v.work, v.work.dy.flat
        if w.masks is not None:
            v.ops.launch(multiply, w.masks.factors, w.masks.factors, dy)
            dy = w.masks.factors
        if dx is not None:
            v.ops.copy(dy, dx)
        self._table_slopes(v, self._by_place(v, dy))

    @abstractmethod
    def _add_at_step(self, v: Views, y: Array, x: Array) -> None:
        """Write the sum where a program reads one step at a time."""

    def _table_slopes(self, v: Views, dy: Array) -> None:
        """Write the gradients of what the numbers are made of."""

    @staticmethod
    def _by_place(v: Views, columns: Array) -> Array:
        """See columns as (M, F, B, T)."""
        return columns.reshape(*columns.shape[:2], *v.x.shape[1:3])


class SinusoidalPositions(Positions):
    """Add sines and cosines of a step's place, of wavelengths from two pi to 10,000 times that.

    They need no weights and go on for sequences longer than those of training.

    Parameters
    ----------
    dropout : float or sequence of float
        Probability in [0, 1) with which each number of each step is dropped in training, one for
        all models or one each.
    name : str or None
        Name within the parent.

    References
    ----------
    Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser and Polosukhin (2017). Attention is
    all you need. NIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import SinusoidalPositions
    >>> from skdeep.testing import run_layer
    >>> run_layer(SinusoidalPositions(), np.zeros((1, 2, 4))).round(2)
    array([[[0.  , 0.  , 1.  , 1.  ],
            [0.84, 0.01, 0.54, 1.  ]]])
    """

    def _table(self, v: Views, binder: Binder, steps: int, features: int) -> Array:
        half = (features + 1) // 2
        frequency = np.tile(10_000.0 ** (-np.arange(half) / half), 2)[:features]
        phase = np.repeat([0, np.pi / 2], half)[:features]
        if binder.carry is not None:
            numbers = np.stack([frequency, phase]).reshape(2, 1, features, 1, 1)
            v.work.waves = binder.constant(numbers.astype(binder.dtype))
        table = np.sin(np.arange(steps) * frequency[:, None] + phase[:, None])
        return binder.constant(table[None].astype(binder.dtype))

    def _add_at_step(self, v: Views, y: Array, x: Array) -> None:
        frequency, phase = v.work.waves[0], v.work.waves[1]
        step = v.work.step.reshape(len(x), 1, v.x.shape[1], 1)
        v.ops.launch(wave, y, x, step, frequency, phase)


class LearnedPositions(Positions):
    """Add a learned row of numbers for each place.

    Parameters
    ----------
    longest : int
        Number of places: sequences of more steps are refused.
    dropout : float or sequence of float
        Probability in [0, 1) with which each number of each step is dropped in training, one for
        all models or one each.
    weight_init : Initializer
        How the rows start.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import LearnedPositions
    >>> from skdeep.testing import run_layer
    >>> run_layer(LearnedPositions(9), np.ones((4, 7, 6))).shape
    (4, 7, 6)
    """

    def __init__(
        self,
        longest: int,
        *,
        dropout: float | Sequence[float] = 0.0,
        weight_init: Initializer = Normal(0.02),
        name: str | None = None,
    ) -> None:
        check_counts(self, longest=longest)
        super().__init__(dropout=dropout, name=name)
        self.longest, self.weight_init = longest, weight_init

    def _params(self, in_shape: Shape) -> dict[str, Param]:
        steps, features = in_shape
        if steps > self.longest:
            raise ShapeError(
                f"{self!r} knows {self.longest} places, got sequences of {steps} steps"
            )
        return {"W": Param((self.longest, features), "embedding", self.weight_init)}

    def _table(self, v: Views, binder: Binder, steps: int, features: int) -> Array:
        w = v.work
        w.zero = binder.constant(np.zeros((1, 1, 1), binder.dtype))
        if binder.carry is not None:
            if binder.carry.longest > self.longest:
                raise ValueError(f"{self!r}: {binder.carry.longest} places are too many")
            batch = v.x.shape[1]
            w.place = binder.rows(f"{binder.scope}:place", (1,), np.dtype(np.int32))
            w.rows = binder.rows(f"{binder.scope}:rows", (features,))
            w.place, w.batch = w.place.reshape(-1, batch), batch
        return v.params.W[:, :steps].swapaxes(1, 2)

    def _add_at_step(self, v: Views, y: Array, x: Array) -> None:
        w, ops, weights = v.work, v.ops, v.params.W
        ops.truncate(w.step.reshape(w.place.shape), w.place)
        for m in range(len(weights)):
            one = slice(m, m + 1)
            ops.gather(weights[m], w.place[one], w.rows[one])
        ops.launch(add, y, x, w.rows.reshape(*w.rows.shape, 1).swapaxes(1, 2))

    def _table_slopes(self, v: Views, dy: Array) -> None:
        steps, grads = v.x.shape[2], v.grads.W
        out = grads[:, :steps].reshape(len(grads), 1, steps, grads.shape[2])
        v.ops.reduce(dy.swapaxes(1, 2).swapaxes(2, 3), out, axis=1)
        if steps < self.longest:
            v.ops.copy(v.work.zero, grads[:, steps:])
