"""The architecture of restricted Boltzmann machines that classify."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skdeep.estimators._architecture import Architecture
from skdeep.nn.initializers import Uniform
from skdeep.nn.labelled import ClassScores
from skdeep.nn.layer import Layer, Shape


@dataclass(frozen=True, kw_only=True)
class ClassRBMArchitecture(Architecture):
    """One layer, whose parameters are those of a machine of rows with their classes."""

    n_components: int

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        bound = 1 / np.sqrt(float(max(shape[0] + n_logits, self.n_components)))
        return [ClassScores(n_logits, self.n_components, weight_init=Uniform(bound), name="scores")]
