"""Block Gibbs sampling of a restricted Boltzmann machine, outside of training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from skdeep.backend.base import Array, Random
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.params import ParamStore


class GibbsChains:
    """Chains of visible and hidden states, all of which move at once.

    Parameters
    ----------
    rbm : RBM
        What is sampled from.
    store : ParamStore
        Its parameters, of one model.
    n_chains : int
        Number of chains.
    random : Random
        The stream of the draws, of one model.

    Attributes
    ----------
    v, h : Array of shape (1, n_chains, F), (1, n_chains, H)
        States of the visible and hidden units; ``means`` writes means of the visible ones.
    """

    def __init__(self, rbm: RBM, store: ParamStore, n_chains: int, random: Random) -> None:
        self.rbm, self.random = rbm, random
        self.ops, dtype = store.backend, store.values.dtype
        self.arena = Arena(self.ops)
        self.p = rbm.views(store.values)
        draws = np.dtype(np.uint16) if rbm.visible.draws == "bits" else dtype
        self.v: Array = self.ops.empty((1, n_chains, rbm.n_visible), dtype)
        self.h: Array = self.ops.empty((1, n_chains, rbm.n_hidden), dtype)
        self._bits = self.ops.empty(self.h.shape, np.uint16)
        self._draws = self.ops.empty(self.v.shape, draws)
        shapes = rbm.visible.work(n_chains, rbm.n_visible, rbm.n_hidden, training=False)
        for name, shape in shapes.items():  # a recording could not make them
            self._take(name, (1, *shape))
        self._steps: dict[str, Callable[[], None]] = {}

    def start(self, v: Array) -> None:
        """Set the visible units (n_chains, F), which lie on the device or the host."""
        dtype = self.v.dtype
        self.ops.copy(self.ops.adopt(v, dtype).reshape(self.v.shape), self.v)

    def start_hidden(self, h: Array) -> None:
        """Set the hidden units (n_chains, H), which lie on the device or the host."""
        self.ops.copy(self.ops.adopt(h, self.h.dtype).reshape(self.h.shape), self.h)

    def up(self) -> None:
        """Draw the hidden units from the visible ones."""
        self._run("up", self._up)

    def down(self) -> None:
        """Draw the visible units from the hidden ones."""
        self._run("down", self._down)

    def means(self) -> None:
        """Set the visible units to their means given the hidden ones."""
        self._run("means", self._means)

    def _run(self, name: str, step: Callable[[], None]) -> None:
        if name not in self._steps:
            self._steps[name] = self.ops.record(step)
        with self.ops.running():
            self._steps[name]()

    def _take(self, name: str, shape: tuple[int, ...]) -> Array:
        return self.arena.take(name, shape, self.v.dtype)

    def _up(self) -> None:
        self.rbm.hidden_input(self.ops, self.v, self.h, self.p, self._take)
        self.rbm.hidden_mean(self.ops, self.h, self.p)
        self.ops.draw(self.random, self._bits, "bits")
        self.rbm.hidden_sample(self.ops, self.h, self._bits, self.h)

    def _down(self) -> None:
        self.rbm.visible_input(self.ops, self.h, self.v, self.p)
        self.ops.draw(self.random, self._draws, self.rbm.visible.draws)
        self.rbm.visible.sample(self.ops, self.v, self.p, self._draws, self._take)

    def _means(self) -> None:
        self.rbm.visible_input(self.ops, self.h, self.v, self.p)
        self.rbm.visible.mean(self.ops, self.v, self.p, self._take)
