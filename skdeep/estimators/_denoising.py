"""What autoencoders of tables and of images share: their loss, and noise to be undone."""

from __future__ import annotations

from typing import Any

from skdeep.estimators._parameters import check_activation
from skdeep.estimators._ranges import feature_ranges, warn_outside_unit_interval
from skdeep.estimators._reconstruction import ReconstructionEstimator
from skdeep.nn.activation import Activation
from skdeep.nn.batch_norm import BatchNorm
from skdeep.nn.corruption import GaussianNoise, Masking, SaltAndPepper
from skdeep.nn.dropout import AlphaDropout, Dropout
from skdeep.nn.initializers import get_initializers
from skdeep.nn.layer import Layer
from skdeep.nn.layer_norm import LayerNorm
from skdeep.nn.losses import LogisticLogLoss, Loss, Poisson, SquaredError

LOSSES = {"squared_error": SquaredError, "log_loss": LogisticLogLoss, "poisson": Poisson}


class DenoisingEstimator(ReconstructionEstimator):
    """Rows that come back clean from a code, though they may go in corrupted."""

    def _check_layers(self) -> None:
        for name in ("activation", "code_activation"):
            check_activation(name, getattr(self, name))
        if self.corruption not in (None, "gaussian") and self.corruption_level >= 1:
            raise ValueError(
                f"corruption={self.corruption!r} needs corruption_level in [0, 1), the share of "
                f"the features that are set, got {self.corruption_level}"
            )
        self._check_noise()

    def _check_noise(self) -> None:
        """Refuse noise with a solver that cannot bear it."""
        for name, off in (("dropout", 0), ("corruption", None)):
            value = getattr(self, name)
            if self.solver == "lbfgs" and value != off:
                raise ValueError(
                    f"{name}={value!r} does not go with solver='lbfgs', which searches along a "
                    f"line and needs an objective that is not random: use another solver or "
                    f"{name}={off}"
                )

    def _check_data(self, X, y, *, reset):
        X, y = super()._check_data(X, y, reset=reset)
        if self.loss == "log_loss":
            warn_outside_unit_interval(X, "loss='log_loss'")
        return X, y

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        super()._make_target(y, weight, first=first, incremental=incremental)
        low, high = feature_ranges(y, weight)
        if self.loss == "poisson" and low.min() < 0:
            raise ValueError(f"loss='poisson' needs X >= 0, got {low.min():g}")
        if first or not hasattr(self, "_ranges"):
            self._ranges = (low, high)

    def _loss(self) -> Loss:
        return LOSSES[self.loss]()

    def _corruption_layers(self) -> list[Layer]:
        level, name = self.corruption_level, "corruption"
        if self.corruption is None or not level:
            return []
        if self.corruption == "gaussian":
            return [GaussianNoise(level, name=name)]
        if self.corruption == "masking":
            return [Masking(level, name=name)]
        low, high = (values.tolist() for values in self._ranges)
        return [SaltAndPepper(level, low, high, name=name)]

    def _inits(self, activation: str) -> dict[str, Any]:
        weight, bias = get_initializers(self.kernel_initializer, activation)
        return {"weight_init": weight, "bias_init": bias}

    def _after(self, name: str, activation: str, *, normalises: bool = True) -> list[Layer]:
        """Return the normalisation and the activation that follow an affine map."""
        layers: list[Layer] = []
        if normalises and self.normalization is not None:
            norm = {"batch": BatchNorm, "layer": LayerNorm}[self.normalization]
            layers.append(norm(name=f"norm_{name}"))
        if activation != "identity":
            layers.append(Activation(activation, name=f"activation_{name}"))
        return layers

    def _dropout(self, name: str) -> list[Layer]:
        if not self.dropout:
            return []
        dropout = AlphaDropout if self._activation() == "selu" else Dropout
        return [dropout(self.dropout, name=f"dropout_{name}")]
