"""Deep belief networks as transformers."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.estimators import _dbn, _texts
from skdeep.estimators._greedy import downward_weights
from skdeep.estimators._reconstruction import ReconstructionEstimator
from skdeep.estimators._supervised import describe_hidden
from skdeep.estimators.dbn.architecture import UnrolledArchitecture
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.dbn import DeepBeliefTransformerParameters
from skdeep.nn.losses import LogisticLogLoss, Loss, SquaredError


class UnrolledMachines(_dbn.Machines):
    """Machines as whose way up and down the layers start."""

    def learned_weights(self, estimator: Any) -> dict[str, np.ndarray]:
        """Return parameters of the network by name, as the RBMs have them."""
        learned = super().learned_weights(estimator)
        for k, machine in enumerate(estimator.rbms_):
            name = f"decoder_{k - 1}" if k else "output"
            for part, weights in downward_weights(machine).items():
                learned[f"{name}.{part}"] = weights
        return learned


@estimator_parameters(
    attributes=[_texts.DBN_ATTRIBUTES, *_texts.CODER],
    notes=_texts.DBN_NOTES,
    references=_texts.DBN_REFERENCES,
)
class DBNTransformer(DeepBeliefTransformerParameters, ReconstructionEstimator):
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

    _parts = UnrolledMachines()
    _of_probabilities = None  # machines say it with words of their own

    sample = _dbn.sample

    def _architecture(self) -> UnrolledArchitecture:
        return UnrolledArchitecture.of(self)

    def _describe_network(self) -> None:
        describe_hidden(self)

    def _loss(self) -> Loss:
        if self.visible == "gaussian":
            return SquaredError(1)
        return LogisticLogLoss()

    def _trains(self):
        return self.fine_tune
