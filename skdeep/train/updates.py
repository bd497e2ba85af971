"""The last part of a step: the optimizer moves the parameters, range by range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add_multiple
from skdeep.optim.base import Optimizer
from skdeep.train.clipping import average
from skdeep.train.objective import Objective
from skdeep.train.parts import Range, alike, stretches
from skdeep.train.update_kernels import update_rule

#: Parameters up to which one kernel updates weights and biases together.
SMALL = 32 * 1024


class Updates:
    """Moves the parameters of all models by their gradients.

    Parameters
    ----------
    objective : Objective
        Whose parameters are moved.
    optimizer : Optimizer
        How they are moved.
    ranges : list of (start, stop, penalised)
        What is moved, and where penalties act.
    states : dict of str to Array of shape (M, P)
        What the optimizer carries along.
    averages : Array of shape (M, P) or None
        Averages of the parameters that follow them.
    decays : bool
        Whether weights shrink (decoupled decay).
    """

    def __init__(
        self,
        objective: Objective,
        optimizer: Optimizer,
        ranges: list[Range],
        states: Mapping[str, Array],
        averages: Array,
        *,
        decays: bool,
    ) -> None:
        self.ops, self.params = objective.ops, objective.params
        self.ranges, self.states, self.averages = ranges, states, averages
        # Beside BLAS's own threads, which go on turning round after each product, sharing the
        # update is no faster: threads share it where they share the steps.
        self._most = self.ops.n_parts if objective.on_threads else 1
        layout, dtype = self.params.layout, self.params.values.dtype
        #: Arrays (1, n) of the factors that parameters have each, by what rules call them.
        host = {
            name: factors.astype(dtype)
            for name, what in (("factor", "rate"), ("decay", "decay"))
            if (factors := layout.factors(what)) is not None
        }
        self._factors = {name: self.ops.to_device(factors) for name, factors in host.items()}
        #: The same on the host, (k, n), where rates or decays differ.
        self._host_factors = np.concatenate([*host.values()]) if host else None
        self._pulled: Array = None
        if not decays:
            self._join_ranges(objective.penalises)
        extras = ["l2"] * objective.penalises + ["keep"] * decays
        extras += ["decay"] * (decays and "decay" in host)
        always = ["factor"] * ("factor" in host)
        #: The updates of what penalties act on (True) and of the rest.
        self._rules = {
            acts: update_rule(optimizer, [*(extras if acts else []), *always])
            for acts in (False, True)
        }

    def _join_ranges(self, penalises: bool) -> None:
        """Make one range of all in a small network, where a call costs as much as its arithmetic.

        The penalty's gradient is added to that of the weights before.
        """
        size = self.params.layout.n_trainable
        if len(self.ranges) != 2 or self.ranges[1][1] - self.ranges[0][0] != size or size > SMALL:
            return
        if penalises:
            #: Gradients with the penalty's, which acts up to `_penalised`.
            self._pulled = self.ops.empty((self.params.n_models, size), self.params.values.dtype)
            self._penalised = self.ranges[0][1]
        self.ranges = [(0, size, False)]

    def move(self, models: slice, columns: Mapping[str, Array]) -> None:
        """Move the parameters of neighbouring models."""
        if self._pulled is not None:
            self._pull(models, columns)
        cuts = stretches(self.ranges, self._most)
        self.ops.side_by_side([partial(self._move, models, columns, pieces) for pieces in cuts])

    def _pull(self, models: slice, columns: Mapping[str, Array]) -> None:
        """Write the gradients with that of the penalty; the others are kept for their norm."""
        ops, end, pulled = self.ops, self._penalised, self._pulled[models]
        grads, values = self.params.grads[models], self.params.values[models]
        # Of all first: rows of a stack's weights do not lie one behind the other.
        ops.launch(add_multiple, pulled, grads, values[:, : pulled.shape[1]], columns["l2"])
        ops.copy(grads[:, end:], pulled[:, end:])

    def _move(self, models: slice, columns: Mapping[str, Array], pieces: Sequence[Range]) -> None:
        """Move some ranges of the parameters, as one kernel each, or as one for each factor."""
        whole = self._host_factors
        cut = [
            (*piece, penalised)
            for start, stop, penalised in pieces
            for piece in ([(start, stop, False)] if whole is None else alike(whole, start, stop))
        ]
        gradients = self.params.grads if self._pulled is None else self._pulled
        for start, stop, equal, penalised in cut:
            parts = [self.params.values, *self.states.values()]
            outs = tuple(array[models, start:stop] for array in parts)
            p, *states = outs
            rule, end = self._rules[penalised], start + 1 if equal else stop
            read = [
                self._factors[name][:, start:end] if name in self._factors else columns[name]
                for name in rule.columns
            ]
            self.ops.launch(rule.kernel, outs, p, gradients[models, start:stop], *states, *read)
            if self.averages is not None:
                mean = self.averages[models, start:stop]
                self.ops.launch(average, mean, mean, p, columns["ema"])
