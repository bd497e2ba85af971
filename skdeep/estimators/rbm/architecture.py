"""The architecture of restricted Boltzmann machines that classify."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skdeep.estimators.architecture import Architecture
from skdeep.nn.boltzmann.labelled import ClassRBM
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.initializers import Uniform


@dataclass(frozen=True, kw_only=True)
class ClassRBMArchitecture(Architecture):
    """One layer, whose parameters are those of an RBM of rows with their classes."""

    n_components: int

    def layers(self, shape: Shape, n_logits: int) -> list[Layer]:
        bound = 1 / np.sqrt(float(max(shape[0] + n_logits, self.n_components)))
        return [ClassRBM(n_logits, self.n_components, weight_init=Uniform(bound), name="scores")]
