"""Rows with their classes as the visible side of an RBM, and the classes' scores given a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels import labels
from skdeep.kernels.arithmetic import add
from skdeep.kernels.sampling import fire_from_input, firing_probability
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.boltzmann.visible import VisibleUnits
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, rows_only
from skdeep.nn.core.spec import Shape, Spec, Views, Work
from skdeep.nn.initializers import Initializer, Normal

#: How weights start unless told otherwise.
SMALL = Normal(0.01)


@dataclass(frozen=True, eq=False, repr=False)
class LabelledVisible(VisibleUnits):
    """Binary units, and behind them a group of which exactly one is 1: the class.

    Parameters
    ----------
    n_classes : int
        Units K in the group.
    """

    n_classes: int

    def work(self, rows, features, hidden, *, training):
        return {
            "label_top": (rows, 1),
            "label_total": (rows, 1),
            "label_sums": (self.n_classes, rows),
        }

    def mean(self, ops, v, p, take):
        x, y, x_bias, y_bias = self._parts(v, p)
        ops.launch(firing_probability, x, x, x_bias)
        self._exponentials(ops, y, y, y_bias, take)
        total = take("label_total", (*v.shape[:2], 1))
        ops.reduce(y, total, axis=2)
        ops.launch(labels.share, y, y, total)

    def sample(self, ops, v, p, draws, take):
        x, y, x_bias, y_bias = self._parts(v, p)
        n_features = x.shape[2]
        ops.launch(fire_from_input, x, x, x_bias, draws[:, :, :n_features])
        sums = take("label_sums", (v.shape[0], self.n_classes, v.shape[1]))  # (M, K, rows)
        self._exponentials(ops, y, sums.swapaxes(1, 2), y_bias, take)
        for k in range(1, self.n_classes):
            ops.launch(add, sums[:, k : k + 1], sums[:, k : k + 1], sums[:, k - 1 : k])
        rows, bits = sums.swapaxes(1, 2), draws[:, :, n_features : n_features + 1]
        total = rows[:, :, self.n_classes - 1 :]
        ops.launch(labels.first_fires, y[:, :, :1], rows[:, :, :1], total, bits)
        if self.n_classes > 1:
            given = (rows[:, :, 1:], rows[:, :, : self.n_classes - 1], total, bits)
            ops.launch(labels.next_fires, y[:, :, 1:], *given)

    def _parts(self, v, p):
        """Return the features' and the classes' part of the units and of their biases."""
        start = v.shape[2] - self.n_classes
        return v[:, :, :start], v[:, :, start:], p.b[:, :, :start], p.b[:, :, start:]

    @staticmethod
    def _exponentials(ops: Any, y: Array, out: Array, bias: Array, take: Any) -> None:
        """Write exp(input) of the classes into `out`, relative to the largest input."""
        top = take("label_top", (*y.shape[:2], 1))
        ops.launch(add, y, y, bias)
        ops.reduce(y, top, axis=2, op="max")
        ops.launch(labels.exp_below, out, y, top)

    def __repr__(self) -> str:
        return f"LabelledVisible({self.n_classes!r})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None


def labelled_rbm(n_features: int, n_classes: int, n_hidden: int, weight_init: Initializer) -> RBM:
    """Describe the RBM of rows with their classes."""
    visible = LabelledVisible(n_classes)
    return RBM(n_features + n_classes, n_hidden, visible, weight_init=weight_init)


class ClassRBM(Layer):
    """Scores of the classes of a row: minus the free energy of the row with each of them.

    With the weights W of the features and U_k of class k, and d_k its bias, the score is
    ``d_k + sum_j softplus(c_j + U_kj + (x W)_j)``, up to what all classes share, so that a softmax
    of the scores is ``p(y | x)`` exactly (Larochelle and Bengio, 2008). Parameters are those of
    :func:`labelled_rbm`, by the same names and in the same places: W (F + K, H), with U in its last
    rows, c (1, H) and b (1, F + K), with d at its end.

    Parameters
    ----------
    n_classes, n_hidden : int
        Numbers of classes K and hidden units H.
    weight_init : Initializer
        How W starts.
    name : str or None
        Name within the parent.

    References
    ----------
    Larochelle and Bengio (2008). Classification using discriminative restricted Boltzmann machines.
    ICML.
    """

    def __init__(
        self,
        n_classes: int,
        n_hidden: int,
        *,
        weight_init: Initializer = SMALL,
        name: str | None = None,
    ) -> None:
        self.n_classes, self.n_hidden = n_classes, n_hidden
        self.weight_init, self.name = weight_init, name

    def rbm(self, n_features: int) -> RBM:
        """Describe the RBM that this layer belongs to."""
        return labelled_rbm(n_features, self.n_classes, self.n_hidden, self.weight_init)

    def build(self, in_shape: Shape) -> Spec:
        rbm = self.rbm(rows_only(self, in_shape))
        params = {name: slot.param for name, slot in rbm.layout.slots.items()}
        units = Work((self.n_hidden,))
        work = {"input": units, "part": units, "delta": units}
        return Spec((self.n_classes,), params, work, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        v.work.zero = binder.constant(np.zeros((1, 1, 1), binder.dtype))

    def forward(self, v: Views, training: bool) -> None:
        ops, p, work, n = v.ops, v.params, v.work, v.x.shape[2]
        ops.gemm(v.x, p.W[:, :n], work.input)
        ops.launch(add, work.input, work.input, p.c)
        for k in range(self.n_classes):
            ops.launch(labels.class_softplus, work.part, work.input, p.W[:, n + k : n + k + 1])
            ops.reduce(work.part, v.y[:, :, k : k + 1], axis=2)
        ops.launch(add, v.y, v.y, p.b[:, :, n:])

    def backward(self, v: Views) -> None:
        ops, p, g, work, n = v.ops, v.params, v.grads, v.work, v.x.shape[2]
        for k in range(self.n_classes):
            inputs = (v.dy[:, :, k : k + 1], work.input, p.W[:, n + k : n + k + 1])
            part = work.part if k else work.delta
            if k:
                ops.launch(labels.more_class_slope, (part, work.delta), work.delta, *inputs)
            else:
                ops.launch(labels.class_slope, part, *inputs)
            ops.reduce(part, g.W[:, n + k : n + k + 1], axis=1)
        ops.gemm(v.x, work.delta, g.W[:, :n], trans_a=True)
        ops.reduce(work.delta, g.c, axis=1)
        ops.copy(work.zero, g.b[:, :, :n])  # features are given: their bias has no say
        ops.reduce(v.dy, g.b[:, :, n:], axis=1)
        if v.dx is not None:
            ops.gemm(work.delta, p.W[:, :n], v.dx, trans_b=True)
