"""Penalties on what units give, which make codes sparse."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from skdeep.kernels import penalties as bodies
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Shape, Spec, Views, Work


class ActivityPenalty(Layer):
    """The identity, with a term of the batch's objective that depends on what passes.

    Parameters
    ----------
    strength : float
        Factor of the term, not negative.
    name : str or None
        Name within the parent.
    """

    per_model: ClassVar[tuple[str, ...]] = ("strength",)
    traits = frozenset({"penalty"})

    def __init__(self, strength: float, name: str | None = None) -> None:
        check_numbers(self, "finite and >= 0", lambda s: 0 <= s < np.inf, strength=strength)
        self.strength, self.name = float(strength), name

    def build(self, in_shape: Shape) -> Spec:
        row = (1, rows_only(self, in_shape))
        work = {"term": Work((1, 1), per_row=False), "row": Work(row, per_row=False)}
        work |= self._work(row)
        return Spec(in_shape, work=work, keeps=frozenset("y"), in_place=True, traits=self.traits)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if binder.training:
            binder.terms.append(v.work.term)
            v.work.strength = binder.own(0.0 if binder.as_predicted else self.strength)
            v.work.weight = v.weight.swapaxes(1, 2)  # (M, B, 1)

    def forward(self, v: Views, training: bool) -> None:
        if v.y is not v.x:
            v.ops.copy(v.x, v.y)
        if training:
            self._penalise(v)

    @abstractmethod
    def _work(self, row: Shape) -> dict[str, Work]:
        """Return the other buffers, for units of shape `row` (1, F)."""

    @abstractmethod
    def _penalise(self, v: Views) -> None:
        """Write the term."""


class L1Activity(ActivityPenalty):
    """``strength`` times the weighted mean over the samples of the sum of ``|y|``.

    Parameters
    ----------
    strength : float
        Factor of the term, not negative.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import L1Activity
    >>> from skdeep.testing import run_layer
    >>> run_layer(L1Activity(0.01), [[1.0, -2.0]])
    array([[ 1., -2.]])
    """

    def _work(self, row: Shape) -> dict[str, Work]:
        return {"values": Work(row[1:])}

    def _penalise(self, v: Views) -> None:
        w = v.work
        v.ops.launch(bodies.weighted_magnitude, w.values, v.y, w.weight, w.strength)
        v.ops.reduce(w.values, w.row, axis=1)
        v.ops.reduce(w.row, w.term, axis=2)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            inputs = (v.dy, v.y, v.work.weight, v.work.strength)
            v.ops.launch(bodies.add_magnitude_slope, v.dx, *inputs)


class KLActivity(ActivityPenalty):
    """``strength`` times the sum over units of the divergence of mean activity from a target.

    A unit's activity, between 0 and 1, is taken for the probability that it is on. The mean is
    weighted and taken over the batch.

    Parameters
    ----------
    strength : float
        Factor of the term, not negative.
    target : float
        Desired mean activity, in (0, 1).
    name : str or None
        Name within the parent.

    References
    ----------
    Lee, Ekanadham and Ng (2008). Sparse deep belief net model for visual area V2. NIPS.

    Examples
    --------
    >>> from skdeep.nn import KLActivity
    >>> from skdeep.testing import run_layer
    >>> run_layer(KLActivity(0.01, target=0.1), [[0.2, 0.3]])
    array([[0.2, 0.3]])
    """

    per_model = ("strength", "target")
    traits = frozenset({"penalty", "batch"})

    def __init__(self, strength: float, target: float = 0.05, name: str | None = None) -> None:
        super().__init__(strength, name)
        check_numbers(self, "in (0, 1)", lambda mean: 0 < mean < 1, target=target)
        self.target = float(target)

    def _work(self, row: Shape) -> dict[str, Work]:
        return {"slope": Work(row, per_row=False)}

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        super().bind(spec, v, binder)
        if binder.training:
            v.work.target = binder.own(self.target)

    def _penalise(self, v: Views) -> None:
        w = v.work
        v.ops.gemm(v.weight, v.y, w.row)  # (M, 1, B) x (M, B, F)
        v.ops.launch(bodies.divergence_from_target, (w.row, w.slope), w.row, w.target, w.strength)
        v.ops.reduce(w.row, w.term, axis=2)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            v.ops.launch(bodies.add_weighted, v.dx, v.dy, v.work.weight, v.work.slope)
