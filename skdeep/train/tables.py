"""Which table holds the rows of a fit, and in which order all of them are visited."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Backend
from skdeep.train.chunk_table import ChunkTable
from skdeep.train.chunked_sequences import ChunkedSequences
from skdeep.train.data import Table
from skdeep.train.sequence_table import SequenceTable
from skdeep.train.sequences import Sequences
from skdeep.train.tagging import StepValues, TaggedTable


def make_table(backend: Backend, X: Any, target: Any, weight: Any, dtype: Any) -> Table:
    """Return the table of rows of any kind, with targets for rows or for their steps."""
    kind: Any = SequenceTable if isinstance(X, Sequences) else Table
    if isinstance(X, ChunkedSequences):
        kind = ChunkTable
    elif isinstance(target, StepValues):
        kind = TaggedTable
    table: Table = kind(backend, X, target, weight, dtype)
    return table


def rows_of(X: Any) -> np.ndarray:
    """Return all rows in the order in which an evaluator visits them."""
    return X.rows() if isinstance(X, ChunkedSequences) else np.arange(X.shape[0])
