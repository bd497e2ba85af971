"""Deep belief networks as transformers."""

from __future__ import annotations

from typing import Any

from skdeep.estimators import _texts
from skdeep.estimators._dbn import ATTRIBUTES, NOTES, REFERENCES, DeepBeliefNetwork
from skdeep.estimators._greedy import downward_weights
from skdeep.estimators._reconstruction import ReconstructionEstimator
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.dbn import DeepBeliefTransformerParameters
from skdeep.nn.activation import Activation
from skdeep.nn.dense import Dense
from skdeep.nn.initializers import get_initializers
from skdeep.nn.losses import LogisticLogLoss, Loss, SquaredError


@estimator_parameters(attributes=[ATTRIBUTES, *_texts.CODER], notes=NOTES, references=REFERENCES)
class DBNTransformer(DeepBeliefTransformerParameters, ReconstructionEstimator, DeepBeliefNetwork):
    """Deep belief network: features in layers, the samples behind them, and new samples.

    Restricted Boltzmann machines (RBMs) are trained one on top of the other. Unrolled they are an
    autoencoder: their way up encodes samples, their way down decodes features. Fine-tuning then
    trains it as a whole to give samples back.

    Attributes
    ----------
    n_layers_ : int
        Number of layers of the unrolled network, input and output included.

    See Also
    --------
    BernoulliRBM : One RBM.
    Autoencoder : The network without RBMs, with other activations.
    DBNClassifier : Fine-tuned to predict classes.

    Notes
    -----
    Fine-tuning minimises the cross-entropy between samples and what comes back of them, or half the
    squared error with Gaussian visible units, summed over features.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import DBNTransformer
    >>> X = load_digits().data / 16
    >>> dbn = DBNTransformer((100, 30), tol=0.1, n_iter_no_change=2, random_state=0)
    >>> codes = dbn.fit_transform(X)
    >>> codes.shape
    (1797, 30)
    >>> dbn.inverse_transform(codes).shape
    (1797, 64)
    >>> dbn.sample(2, random_state=0).shape
    (2, 64)
    >>> dbn.set_params(transform_layer=0).transform(X).shape
    (1797, 100)
    """

    def _layers(self, n_features: int, n_logits: int) -> list[Any]:
        *encoder, output = super()._layers(n_features, n_logits)
        weight, bias = get_initializers(self.kernel_initializer, "logistic")
        decoder: list[Any] = []
        for k, width in reversed(list(enumerate(self._sizes()[:-1]))):
            decoder.append(Dense(width, weight_init=weight, bias_init=bias, name=f"decoder_{k}"))
            decoder.append(Activation("logistic", name=f"decoded_{k}"))
        return [*encoder, *decoder, output]

    def _describe_network(self) -> None:
        super()._describe_network()
        self.n_layers_ = 2 * len(self._hidden_names) + 1

    def _last_names(self) -> list[str]:
        children = self._network.spec.children
        encoder = [name for name in children if not name.startswith(("deco", "output"))]
        return [
            [name for name in encoder if name.endswith(f"_{k}")][-1]
            for k in range(len(self._sizes()))
        ]

    def _code_layer(self) -> str:
        return self._hidden_name()

    def _decoder_start(self) -> str:
        n = len(self._hidden_names)
        layer = self._transform_index(n)
        return self._hidden_names[layer] if layer == n - 1 else f"decoded_{layer}"

    def _loss(self) -> Loss:
        if self.visible == "gaussian":
            return SquaredError(1)
        return LogisticLogLoss()

    def _learned_weights(self):
        learned = super()._learned_weights()
        for k, machine in enumerate(self.rbms_):
            name = f"decoder_{k - 1}" if k else "output"
            for part, weights in downward_weights(machine).items():
                learned[f"{name}.{part}"] = weights
        return learned

    def _trains(self):
        return self.fine_tune

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = False
        tags.target_tags.multi_output = False
        return tags
