"""The kinds of rows that are sequences, by what holds them."""

from __future__ import annotations

from typing import Any

from skdeep.data.chunked import ChunkRows
from skdeep.data.pair import PairRows
from skdeep.data.rows import Rows
from skdeep.data.sequence import SequenceRows, StepRows
from skdeep.train.sequences.chunked_sequences import ChunkedSequences
from skdeep.train.sequences.pairs import Pairs
from skdeep.train.sequences.sequences import Sequences
from skdeep.train.sequences.tagging import StepValues

KINDS: dict[type, type[Rows[Any]]] = {
    Sequences: SequenceRows,
    Pairs: PairRows,
    StepValues: StepRows,
    ChunkedSequences: ChunkRows,
}
