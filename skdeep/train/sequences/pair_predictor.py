"""What fitted networks of pairs give: sequences they write, likelihoods, and where they look."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.nn.core.network import Program
from skdeep.nn.core.spec import Spec, Views
from skdeep.train.predictor import CHUNK_ROWS, Predictor, _Worker
from skdeep.train.sequences.beams import Rules, Written
from skdeep.train.sequences.decoding import ROWS, Writer
from skdeep.train.sequences.pair_objective import PairEvaluator, PairSupervised
from skdeep.train.sequences.pairs import Pairs, PairTable
from skdeep.train.sequences.sequences import Sequences


class _PairWorker(_Worker):
    """Encoders and decoders of one thread at a time."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.writer = Writer(self.network, self.store, self.arena)


class PairPredictor(Predictor):
    """Computes what a fitted network of pairs gives."""

    worker_type = _PairWorker

    def write(self, sources: Any, rules: Rules) -> list[Written]:
        """Return what the network writes for sources; see :class:`Writer`."""
        work = ROWS * self.network.layout.largest_weight
        with self.backend.session(work) as held, held, self._worker(False) as worker:
            assert isinstance(worker, _PairWorker)
            return worker.writer(sources, rules)

    def losses(self, X: Pairs) -> np.ndarray:
        """Return the loss of each pair, the sum over its steps, float64 (n,)."""
        table = PairTable(self.backend, X, X.next_steps(), None, self.store.values.dtype)
        with self.backend.session(len(X) * self.network.layout.largest_weight) as held, held:
            evaluator = PairEvaluator(self.network, self.store, table, np.arange(len(X)))
            evaluator()
        shares = self.backend.to_host(evaluator.outputs)[0, :, 0].astype(float)
        return np.asarray(shares * X.lengths.sum())  # its weights added to one

    def attention(self, X: Pairs) -> list[np.ndarray]:
        """Return where each step of each pair looks, arrays (T_i, S_i) of weights that add to one.

        They are those of the last layer that reads the memory, the mean over heads.
        """
        table = PairTable(self.backend, X, X.next_steps(), None, self.store.values.dtype)
        objective = PairSupervised(self.network, self.store, table)
        order = objective.arranged(np.arange(len(X))[None])[0]
        found: list[Any] = [None] * len(X)
        ones = {"inverse_weight": self.backend.to_device(np.ones((1, 1), self.store.values.dtype))}
        with self.backend.running():
            for chunk, part in objective.chunks(order[None], CHUNK_ROWS):
                assert isinstance(part, PairSupervised)
                rows = order[chunk]
                program = part.program(len(rows), training=False)
                part.prepare(rows[None])
                part.load(program, self.backend.to_device(rows[None]), ones)
                program.forward()
                weights = self.backend.to_host(shares_of(program))[0]
                for row, own in zip(rows, weights, strict=True):
                    own = own.mean(axis=0) if own.ndim == 3 else own
                    found[row] = own[: X.lengths[row], : _source_steps(X, row, own)]
        return found


def _source_steps(X: Pairs, row: int, weights: np.ndarray) -> int:
    """Return how many steps the memory of a pair has."""
    return int(X.source.lengths[row]) if isinstance(X.source, Sequences) else weights.shape[-1]


def shares_of(program: Program) -> Any:
    """Return the weights of the last layer of a program that reads the memory."""
    found = list(_shares(program.network.spec, program.views))
    if not found:
        raise ValueError("attention_weights needs a network that was fitted with attention")
    return found[-1]


def _shares(spec: Spec, views: Views) -> Any:
    """Give the weights of all layers that read the memory, first to last."""
    for name, (_, inner) in spec.children.items():
        child = views.children.get(name)
        if child is None:
            continue
        if inner.memory and "share" in vars(child.work):
            yield child.work.share
        yield from _shares(inner, child)
