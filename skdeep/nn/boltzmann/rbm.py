"""A restricted Boltzmann machine: two sides of units, and weights between the sides only."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.sampling import fire, firing_probability
from skdeep.nn.boltzmann.visible import BernoulliVisible, Take, VisibleUnits
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import Layout
from skdeep.nn.core.spec import Param, Spec
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Constant, Initializer
from skdeep.nn.losses import SquaredError


@dataclass(frozen=True)
class UnitsFirst(Initializer):
    """Normal draws with standard deviation `std`, unit by unit as scikit-learn's RBM draws."""

    std: float = 0.01

    def __call__(self, random, shape, fans):
        return random.normal(0.0, self.std, shape[::-1]).T


class RBM:
    """Visible units v and binary hidden units h that know each other through W only.

    For binary v the energy is ``-b v - c h - v W h``; other visible units change its first and
    last term. The description owns no memory; its parameters lie in a ``ParamStore``.

    Parameters
    ----------
    n_visible, n_hidden : int
        Numbers of units F and H.
    visible : VisibleUnits
        What the visible units are.
    weight_init : Initializer
        How W (F, H) starts; the biases b (1, F) of v and c (1, H) of h start at zero.

    Attributes
    ----------
    layout : Layout
        Where "W", "b", "c" and the parameters of the visible units lie.
    """

    def __init__(
        self,
        n_visible: int,
        n_hidden: int,
        visible: VisibleUnits | None = None,
        *,
        weight_init: Initializer = UnitsFirst(),
    ) -> None:
        self.n_visible, self.n_hidden = n_visible, n_hidden
        self.visible = visible or BernoulliVisible()
        params = {
            "W": Param((n_visible, n_hidden), "weight", weight_init),
            "c": Param((1, n_hidden), "bias", Constant()),  # beside W, as in a dense layer
            "b": Param((1, n_visible), "bias", Constant()),
            **self.visible.params(n_visible),
        }
        self.layout = Layout(Spec((n_hidden,), params))

    def views(self, array: Array) -> SimpleNamespace:
        """Return the named parts (M, *shape) of an array (M, P) of values or gradients."""
        trained = {
            name: self.layout.view(array, name)
            for name, slot in self.layout.slots.items()
            if slot.stop <= array.shape[1]
        }
        return SimpleNamespace(**trained)

    def hidden_input(
        self, ops: Backend, v: Array, h: Array, p: SimpleNamespace, take: Take
    ) -> Array:
        """Write the hidden units' input from `v`, without bias, into `h`; return v as W sees it."""
        seen = self.visible.seen(ops, v, p, take)
        ops.gemm(seen, p.W, h)
        return seen

    def hidden_mean(self, ops: Backend, h: Array, p: SimpleNamespace) -> None:
        """Turn the input that `h` holds into the probabilities of the hidden units, in place."""
        ops.launch(firing_probability, h, h, p.c)

    @staticmethod
    def hidden_sample(ops: Backend, mean: Array, bits: Array, h: Array) -> None:
        """Write states, 0 or 1, of hidden units with the probabilities `mean` into `h`."""
        ops.launch(fire, h, mean, bits)

    def visible_input(self, ops: Backend, h: Array, v: Array, p: SimpleNamespace) -> None:
        """Write the visible units' input from `h`, without bias, into `v`."""
        ops.gemm(h, p.W, v, trans_b=True)

    def upward(self) -> Network:
        """Return the network that maps v to the probabilities of the hidden units."""
        layers = [Dense(self.n_hidden, name="hidden"), Activation("logistic")]
        return Network(layers, (self.n_visible,), SquaredError(self.n_hidden))

    def upward_values(self, values: np.ndarray) -> np.ndarray:
        """Return the parameters of :meth:`upward` from host values (M, P), a view if it can be."""
        own = (self.n_visible + 1) * self.n_hidden
        scale = self.visible.scale(self.views(values))
        if scale is None:
            return values[:, :own]
        values = values[:, :own].copy()
        self.layout.view(values, "W")[...] *= scale
        return values

    def __repr__(self) -> str:
        return f"RBM({self.n_visible}, {self.n_hidden}, {self.visible!r})"
