"""What an autoencoder's parameters mean: its layers and loss, and what does not go together."""

from __future__ import annotations

from skdeep.estimators._denoising import DenoisingEstimator
from skdeep.estimators._pretraining import PROBABILITIES, check_pretraining, pretrain
from skdeep.nn.activity_penalty import KLActivity, L1Activity
from skdeep.nn.contractive import ContractiveDense
from skdeep.nn.dense import Dense
from skdeep.nn.layer import Layer
from skdeep.nn.tied import Tied


class AutoencodingEstimator(DenoisingEstimator):
    """Dense layers to a code and back, by the parameters of :class:`skdeep.Autoencoder`."""

    _free = frozenset({"pretrain_learning_rate_init", "pretrain_max_iter", "sparsity_target"})
    _on_or_off = frozenset({"corruption_level", "sparsity_cost", "contraction_cost"})

    # ------------------------------------------------------------------ checks

    def _check_layers(self) -> None:
        super()._check_layers()
        sizes = self._widths("hidden_layer_sizes")
        if self.tied_weights and self._widths("decoder_layer_sizes") != sizes[::-1]:
            raise ValueError(
                f"tied_weights=True needs a decoder that mirrors {sizes}, got "
                f"decoder_layer_sizes={self.decoder_layer_sizes}: use None"
            )
        if self.sparsity_cost and self.sparsity_penalty == "kl":
            if self._activation("code_activation") not in PROBABILITIES:
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

    # ------------------------------------------------------------------ network

    def _layers(self, n_features: int, n_logits: int) -> list[Layer]:
        """Return the layers; the j-th map of the decoder mirrors the j-th last of the encoder."""
        sizes = self._widths("hidden_layer_sizes")
        encoder = [f"encoder_{k}" for k in range(len(sizes))]
        layers = self._corruption_layers()
        for name, width in zip(encoder, sizes, strict=True):
            layers += self._encode(name, width, self._activation())
            layers += self._dropout(name)
        layers += self._encode(
            "code", self.n_components, self._activation("code_activation"), normalises=False
        )
        layers += self._sparsity_layers()
        owners = ["code", *reversed(encoder)]
        for k, width in enumerate(self._widths("decoder_layer_sizes")):
            name = f"decoder_{k}"
            layers.append(self._decode(name, width, owners, k))
            layers += self._after(name, self._activation())
            layers += self._dropout(name)
        k = len(self._widths("decoder_layer_sizes"))
        return [*layers, self._decode("output", n_logits, owners, k)]

    def _sparsity_layers(self) -> list[Layer]:
        if not self.sparsity_cost:
            return []
        if self.sparsity_penalty == "l1":
            return [L1Activity(self.sparsity_cost, name="sparsity")]
        return [KLActivity(self.sparsity_cost, self.sparsity_target, name="sparsity")]

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
        inits = self._inits(self._activation())
        if self.tied_weights:
            return Tied(width, owners[k], bias_init=inits["bias_init"], name=name)
        return Dense(width, name=name, **inits)

    def _code_layer(self) -> str:
        """Return the last layer before the decoder."""
        names = list(self._network.spec.children)
        return names[min(k for k, name in enumerate(names) if name in ("decoder_0", "output")) - 1]

    def _pretrain(self, data, backend, random):
        return iter(()) if self.pretrain is None else pretrain(self, data, backend, random)

    def _n_parts(self) -> int:
        return 0 if self.pretrain is None else len(self._widths("hidden_layer_sizes")) + 1
