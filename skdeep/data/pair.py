"""Pairs of a source and a sequence: how fits handle them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from skdeep.backend.base import Backend
from skdeep.data.rows import Rows
from skdeep.nn.core.network import Network
from skdeep.train.dataset import Dataset
from skdeep.train.predictor import CHUNK_ROWS
from skdeep.train.sequences.pair_objective import PairEvaluator, PairSupervised, bound_network
from skdeep.train.sequences.pair_predictor import PairPredictor
from skdeep.train.sequences.pairs import Pairs, PairTable
from skdeep.train.sequences.sequences import Sequences


class PairRows(Rows[Pairs]):
    """The pairs of :class:`~skdeep.train.sequences.pairs.Pairs`."""

    objective_type = PairSupervised
    evaluator_type = PairEvaluator
    predictor_type = PairPredictor

    @property
    def device(self) -> str:
        return "cpu"  # pairs are made on the host

    @property
    def numbers(self) -> Any:
        return self.held.steps

    def take(self, index: Any) -> Pairs:
        found: Pairs = self.held[np.asarray(index)]
        return found

    @classmethod
    def concatenate(cls, parts: Sequence[Pairs]) -> Pairs:
        return Pairs.concatenate(parts)

    def to_host(self) -> Pairs:
        return self.held

    def _equals(self, other: Pairs) -> bool:
        return self.held.same_as(other)

    def n_bytes(self, itemsize: int) -> float:
        source = self.held.source
        numbers = source.steps if isinstance(source, Sequences) else source
        return float((prod(self.held.steps.shape) + prod(numbers.shape)) * itemsize)

    def contents(self) -> list[np.ndarray]:
        held, source = self.held, self.held.source
        own = [held.steps, held.lengths, held.starts]
        if isinstance(source, Sequences):
            return [*own, source.steps, source.lengths, source.starts]
        return [*own, source]

    def bind(self, network: Network) -> Network:
        lengths = int(self.held.source_lengths.max()), self.held.longest
        return bound_network(network, lengths, {})

    def dataset(self, backend: Backend, target: Any, weight: Any, dtype: Any) -> Dataset:
        return PairTable(backend, self.held, target, weight, dtype)

    def evaluation_numbers(self, n: int, n_logits: int, row_numbers: float) -> float:
        return n + min(n, CHUNK_ROWS) * row_numbers  # predictions are not kept
