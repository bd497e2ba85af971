"""What an autoencoder's parameters mean: its layers and loss, and what does not go together."""

from __future__ import annotations

from typing import Any

from skdeep.estimators._pretraining import PROBABILITIES, check_pretraining, pretrain
from skdeep.estimators._ranges import feature_ranges, warn_outside_unit_interval
from skdeep.estimators._reconstruction import ReconstructionEstimator
from skdeep.kernels.activations import ACTIVATIONS
from skdeep.nn.activation import Activation
from skdeep.nn.activity_penalty import KLActivity, L1Activity
from skdeep.nn.batch_norm import BatchNorm
from skdeep.nn.contractive import ContractiveDense
from skdeep.nn.corruption import GaussianNoise, Masking, SaltAndPepper
from skdeep.nn.dense import Dense
from skdeep.nn.dropout import AlphaDropout, Dropout
from skdeep.nn.initializers import get_initializers
from skdeep.nn.layer import Layer
from skdeep.nn.layer_norm import LayerNorm
from skdeep.nn.losses import LogisticLogLoss, Loss, Poisson, SquaredError
from skdeep.nn.tied import Tied

LOSSES = {"squared_error": SquaredError, "log_loss": LogisticLogLoss, "poisson": Poisson}


class AutoencodingEstimator(ReconstructionEstimator):
    """Dense layers to a code and back, by the parameters of :class:`skdeep.Autoencoder`."""

    _free = frozenset({"pretrain_learning_rate_init", "pretrain_max_iter", "sparsity_target"})
    _on_or_off = frozenset({"corruption_level", "sparsity_cost", "contraction_cost"})

    # ------------------------------------------------------------------ checks

    def _check_layers(self) -> None:
        sizes = self._widths("hidden_layer_sizes")
        for name in ("activation", "code_activation"):
            if getattr(self, name) not in ACTIVATIONS:
                raise ValueError(
                    f"{name} must be among {sorted(ACTIVATIONS)}, got {getattr(self, name)!r}"
                )
        if self.tied_weights and self._widths("decoder_layer_sizes") != sizes[::-1]:
            raise ValueError(
                f"tied_weights=True needs a decoder that mirrors {sizes}, got "
                f"decoder_layer_sizes={self.decoder_layer_sizes}: use None"
            )
        if self.corruption not in (None, "gaussian") and self.corruption_level >= 1:
            raise ValueError(
                f"corruption={self.corruption!r} needs corruption_level in [0, 1), the share of "
                f"the features that are set, got {self.corruption_level}"
            )
        if self.sparsity_cost and self.sparsity_penalty == "kl":
            if self.code_activation not in PROBABILITIES:
                raise ValueError(
                    "sparsity_penalty='kl' needs a code_activation with values in [0, 1], one of "
                    f"{list(PROBABILITIES)}, got {self.code_activation!r}"
                )
        if self.contraction_cost and self.normalization is not None:
            raise ValueError(
                f"contraction_cost={self.contraction_cost} needs normalization=None, got "
                f"{self.normalization!r}: the slopes of normalised layers have no closed form"
            )
        if self.pretrain is not None:
            check_pretraining(self)
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

    # ------------------------------------------------------------------ network

    def _loss(self) -> Loss:
        return LOSSES[self.loss]()

    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        """Return the layers; the j-th map of the decoder mirrors the j-th last of the encoder."""
        sizes = self._widths("hidden_layer_sizes")
        encoder = [f"encoder_{k}" for k in range(len(sizes))]
        layers = self._corruption_layers()
        for name, width in zip(encoder, sizes, strict=True):
            layers += self._encode(name, width, self.activation)
            layers += self._dropout(name)
        layers += self._encode("code", self.n_components, self.code_activation, normalises=False)
        layers += self._sparsity_layers()
        owners = ["code", *reversed(encoder)]
        for k, width in enumerate(self._widths("decoder_layer_sizes")):
            name = f"decoder_{k}"
            layers.append(self._decode(name, width, owners, k))
            layers += self._after(name, self.activation)
            layers += self._dropout(name)
        k = len(self._widths("decoder_layer_sizes"))
        return [*layers, self._decode("output", n_logits, owners, k)]

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

    def _sparsity_layers(self) -> list[Layer]:
        if not self.sparsity_cost:
            return []
        if self.sparsity_penalty == "l1":
            return [L1Activity(self.sparsity_cost, name="sparsity")]
        return [KLActivity(self.sparsity_cost, self.sparsity_target, name="sparsity")]

    def _inits(self, activation: str) -> dict[str, Any]:
        weight, bias = get_initializers(self.kernel_initializer, activation)
        return {"weight_init": weight, "bias_init": bias}

    def _encode(
        self, name: str, width: int, activation: str, *, normalises: bool = True
    ) -> list[Layer]:
        """Return an affine map with what follows it up to the activation."""
        inits = self._inits(activation)
        if self.contraction_cost:
            return [ContractiveDense(width, activation, self.contraction_cost, name=name, **inits)]
        # Batch normalisation takes the mean away, and any bias with it.
        bias = not (normalises and self.normalization == "batch")
        return [
            Dense(width, bias=bias, name=name, **inits),
            *self._after(name, activation, normalises=normalises),
        ]

    def _decode(self, name: str, width: int, owners: list[str], k: int) -> Layer:
        """Return the k-th affine map of the decoder, with the weights of its owner where tied."""
        inits = self._inits(self.activation)
        if self.tied_weights:
            return Tied(width, owners[k], bias_init=inits["bias_init"], name=name)
        return Dense(width, name=name, **inits)

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
        dropout = AlphaDropout if self.activation == "selu" else Dropout
        return [dropout(self.dropout, name=f"dropout_{name}")]

    def _code_layer(self) -> str:
        """Return the last layer before the decoder."""
        names = list(self._network.spec.children)
        return names[min(k for k, name in enumerate(names) if name in ("decoder_0", "output")) - 1]

    def _pretrain(self, data, backend, random):
        return iter(()) if self.pretrain is None else pretrain(self, data, backend, random)

    def _n_parts(self) -> int:
        return 0 if self.pretrain is None else len(self._widths("hidden_layer_sizes")) + 1
