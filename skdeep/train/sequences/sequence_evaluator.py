"""Loss and predictions on held-out sequences while training goes on."""

from __future__ import annotations

from skdeep.train.evaluator import Evaluator
from skdeep.train.sequences.sequence_objective import SequenceSupervised


class SequenceEvaluator(Evaluator):
    """An evaluator of sequences, which runs those of like length together."""

    objective_type = SequenceSupervised
