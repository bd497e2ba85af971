"""Evaluators of reconstructions: how well validation samples come out, during training."""

from __future__ import annotations

from skdeep.backend.base import Array
from skdeep.kernels.normalization import squared_deviation
from skdeep.nn.core.network import Program
from skdeep.train.evaluator import Evaluator


class ReconstructionEvaluator(Evaluator):
    """Mean loss of M models whose targets are numbers, and each row's summed squared error.

    Only the error is kept of a row, so that wide rows take no memory: ``outputs`` is (M, n, 1).
    """

    width = 1

    def write_outputs(self, program: Program, out: Array) -> None:
        ops, squares = program.ops, program.delta  # the delta is not needed
        program.output(squares)
        ops.launch(squared_deviation, squares, squares, program.target)
        ops.reduce(squares, out.swapaxes(1, 2), axis=1)
