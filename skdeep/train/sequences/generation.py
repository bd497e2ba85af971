"""Sequences continued step by step: what comes out is read in the next step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Arena
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.state import RecurrentState

#: Makes the next step of rows (n, ...) from their logits (n, K).
Choose = Callable[[np.ndarray], np.ndarray]


class Stepper:
    """A network that runs one step of B sequences at a time; the state goes on from call to call.

    Parameters
    ----------
    network : Network
        Of any number of steps, predicting at each.
    store : ParamStore
        Parameters of one model.
    batch : int
        Number B of sequences.
    outputs : bool, default=False
        Whether to return what the loss makes of the logits.
    draws : bool, default=False
        Whether the last layer draws the next step, entry by entry, and that is returned.
    """

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        batch: int,
        *,
        outputs: bool = False,
        draws: bool = False,
    ) -> None:
        self.ops, dtype = store.backend, store.values.dtype
        self.carry = RecurrentState(self.ops, store.n_models, batch, dtype)
        bound = (network.of_length(1), store, Arena(self.ops), batch)
        shape = (store.n_models, network.n_logits, batch)
        self._thresholds: Array = self.ops.zeros(shape, dtype) if draws else None
        self.program = Program(*bound, carry=self.carry, thresholds=self._thresholds)
        self._run = self.ops.record(self._forward_to_outputs if outputs else self.program.forward)

    def _forward_to_outputs(self) -> None:
        self.program.forward()
        self.program.output(self.program.z)

    def start_anew(self, keep: np.ndarray) -> None:
        """Say whose states go on, (B,): 1; others, 0, are empty before the next step."""
        place = self.carry.keep
        host = np.broadcast_to(keep.astype(place.dtype), place.shape)
        self.ops.to_device(np.ascontiguousarray(host), place)

    def take_states(self, other: Stepper, repeats: int) -> None:
        """Go on from the states of another, each for `repeats` sequences."""
        for name, state in other.carry.states.items():
            host = np.repeat(self.ops.to_host(state), repeats, axis=2)
            self.ops.to_device(np.ascontiguousarray(host), self.carry.states[name])

    def set_thresholds(self, thresholds: np.ndarray) -> None:
        """Say what logits (B, K) must exceed for entries of the next step to be 1."""
        host = thresholds.T[None].astype(self._thresholds.dtype)
        self.ops.to_device(np.ascontiguousarray(host), self._thresholds)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the logits (B, K) after one step that reads `x`, (B, F) or (B,) of tokens.

        With `draws` return the next step (B, K) instead.
        """
        place: Array = self.program.x
        host = np.ascontiguousarray(x, place.dtype).reshape(place.shape)
        with self.ops.running():
            self.ops.to_device(host, place)
            self._run()
        if self._thresholds is not None:
            return np.asarray(self.ops.to_host(self.program.target_rows)[0])
        return np.asarray(self.ops.to_host(self.program.z)[0].T)


def continued(
    network: Network,
    store: ParamStore,
    prompts: Sequence[np.ndarray],
    n_steps: int,
    start: Any,
    choose: Choose,
    thresholds: Callable[[int], np.ndarray] | None = None,
) -> list[np.ndarray]:
    """Return what follows on each prompt, an array of `n_steps` steps for each.

    Each step costs the same, whatever came before.

    Parameters
    ----------
    network, store
        As for :class:`Stepper`; a step predicts the one after what it reads.
    prompts : sequence of ndarray of shape (T_i, F) or (T_i,)
        What is read first; may have no steps. All have one dtype.
    n_steps : int
        How many steps to add.
    start : float or int
        What stands before a sequence.
    choose : callable
        Makes steps from logits, row by row; from what the network has drawn, with `thresholds`.
    thresholds : callable or None
        Returns what logits (n, K) of n rows must exceed, where the network draws entries itself.
    """
    lengths = np.array([len(prompt) for prompt in prompts])
    shape = (len(prompts), int(lengths.max()) + n_steps, *prompts[0].shape[1:])
    steps = np.zeros(shape, prompts[0].dtype)
    for row, prompt in zip(steps, prompts, strict=True):
        row[: len(prompt)] = prompt
    stepper = Stepper(network, store, len(prompts), draws=thresholds is not None)
    x = np.full((shape[0], *shape[2:]), start, steps.dtype)
    # Products of one step are small: a second BLAS thread would mostly wait.
    with store.backend.session(len(prompts) * network.layout.largest_weight) as held, held:
        for t in range(shape[1] if n_steps else 0):
            rows = np.flatnonzero((lengths <= t) & (t < lengths + n_steps))
            if thresholds is not None and len(rows):
                needed = np.full((len(prompts), network.n_logits), np.inf)
                needed[rows] = thresholds(len(rows))
                stepper.set_thresholds(needed)
            found = stepper(x)
            if len(rows):
                steps[rows, t] = choose(found[rows])
            x = steps[:, t]
    return [row[n : n + n_steps] for row, n in zip(steps, lengths, strict=True)]
