"""Deep belief networks as transformers."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.estimators.dbn import base
from skdeep.estimators.dbn.architecture import UnrolledArchitecture
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.dbn import DeepBeliefTransformerParameters
from skdeep.estimators.rbm.layerwise import downward_weights
from skdeep.estimators.reconstruction import ReconstructionEstimator
from skdeep.estimators.supervised import describe_hidden
from skdeep.nn.losses import LogisticLogLoss, Loss, SquaredError


class UnrolledRBMs(base.PretrainedRBMs):
    """RBMs, as whose way up and down the layers start."""

    def learned_weights(self, estimator: Any) -> dict[str, np.ndarray]:
        """Return parameters of the network by name, as the RBMs have them."""
        learned = super().learned_weights(estimator)
        for k, rbm in enumerate(estimator.rbms_):
            name = f"decoder_{k - 1}" if k else "output"
            for part, weights in downward_weights(rbm).items():
                learned[f"{name}.{part}"] = weights
        return learned

    def are_all(self, estimator: Any) -> bool:
        """Say whether there is no fine-tuning."""
        return not estimator.fine_tune


@estimator_parameters(
    attributes=[texts.DBN_ATTRIBUTES, *texts.CODER],
    notes=texts.DBN_NOTES,
    references=texts.DBN_REFERENCES,
)
class DBNTransformer(DeepBeliefTransformerParameters, ReconstructionEstimator):
    """Deep belief network: features in layers, reconstructions, and new samples.

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
    Fine-tuning minimises the cross-entropy between samples and their reconstructions, or half the
    squared error with Gaussian visible units, summed over features.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import DBNTransformer
    >>> X = load_digits().data / 16
    >>> dbn = DBNTransformer(
    ...     (100, 30), learning_rate_init=0.01, batch_size=100, early_stopping=True, random_state=0
    ... )
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

    _parts = UnrolledRBMs()
    _of_probabilities = None  # RBMs say it with words of their own

    sample = base.sample

    def _architecture(self) -> UnrolledArchitecture:
        return UnrolledArchitecture.of(self)

    def _describe_network(self) -> None:
        describe_hidden(self)

    def _loss(self) -> Loss:
        if self.visible == "gaussian":
            return SquaredError(1)
        return LogisticLogLoss()
