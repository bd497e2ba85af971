"""The architecture of recurrent networks that write sequences."""

from __future__ import annotations

from dataclasses import dataclass

from skdeep.estimators.rnn.architecture import StepArchitecture
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.dense.nade import NADE
from skdeep.nn.initializers import get_initializers


@dataclass(frozen=True, kw_only=True)
class GeneratorArchitecture(StepArchitecture):
    """Recurrent layers, and what gives the next step its probability.

    Fields are parameters of :class:`skdeep.RNNGenerator`.
    """

    output: str = "independent"
    nade_units: int = 1

    @property
    def joint(self) -> bool:
        """Whether the entries of a step are modelled together, where steps are piano rolls."""
        return self.output == "nade"

    def head(self, shape: Shape, n_logits: int, rates: list[float]) -> list[Layer]:
        layers = super().head(shape, n_logits, rates)
        if not self.joint or len(shape) == 1:
            return layers
        weight, _ = get_initializers(self.kernel_initializer, "logistic")
        return [
            *layers[:-1],
            NADE(n_logits, self.nade_units, weight_init=weight, name="output"),
        ]
