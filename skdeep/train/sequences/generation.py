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
    """

    def __init__(
        self, network: Network, store: ParamStore, batch: int, *, outputs: bool = False
    ) -> None:
        self.ops, dtype = store.backend, store.values.dtype
        self.carry = RecurrentState(self.ops, store.n_models, batch, dtype)
        bound = (network.of_length(1), store, Arena(self.ops), batch)
        self.program = Program(*bound, carry=self.carry)
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

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the logits (B, K) after one step that reads `x`, (B, F) or (B,) of tokens."""
        place: Array = self.program.x
        host = np.ascontiguousarray(x, place.dtype).reshape(place.shape)
        with self.ops.running():
            self.ops.to_device(host, place)
            self._run()
        return np.asarray(self.ops.to_host(self.program.z)[0].T)


def continued(
    network: Network,
    store: ParamStore,
    prompts: Sequence[np.ndarray],
    n_steps: int,
    start: Any,
    choose: Choose,
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
        Makes steps from logits, row by row.
    """
    lengths = np.array([len(prompt) for prompt in prompts])
    shape = (len(prompts), int(lengths.max()) + n_steps, *prompts[0].shape[1:])
    steps = np.zeros(shape, prompts[0].dtype)
    for row, prompt in zip(steps, prompts, strict=True):
        row[: len(prompt)] = prompt
    stepper = Stepper(network, store, len(prompts))
    x = np.full((shape[0], *shape[2:]), start, steps.dtype)
    # Products of one step are small: a second BLAS thread would mostly wait.
    with store.backend.session(len(prompts) * network.layout.largest_weight) as held, held:
        for t in range(shape[1] if n_steps else 0):
            logits = stepper(x)
            rows = np.flatnonzero((lengths <= t) & (t < lengths + n_steps))
            if len(rows):
                steps[rows, t] = choose(logits[rows])
            x = steps[:, t]
    return [row[n : n + n_steps] for row, n in zip(steps, lengths, strict=True)]
