"""The deep belief network that classifies."""

from __future__ import annotations

from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.dbn import base
from skdeep.estimators.dbn.architecture import DBNArchitecture
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.dbn import DeepBeliefNetworkParameters
from skdeep.estimators.parameters.networks import Classification


@estimator_parameters(
    attributes=[texts.DBN_ATTRIBUTES, texts.CLASSES, *texts.NETWORK],
    notes=texts.DBN_NOTES,
    references=texts.DBN_REFERENCES,
)
class DBNClassifier(Classification, DeepBeliefNetworkParameters, BaseNetworkClassifier):
    """Deep belief network classifier: a network of logistic units, pre-trained without labels.

    Restricted Boltzmann machines (RBMs) are trained one on top of the other, on samples with and
    without labels. Their hidden units become the hidden layers of a multilayer perceptron, which is
    then trained as a whole on the samples with labels.

    See Also
    --------
    MLPClassifier : The network without pre-training, with other activations.
    DBNTransformer : Features and reconstructions, without labels.

    Examples
    --------
    Nearly all labels are missing:

    >>> from sklearn.datasets import load_digits
    >>> from skdeep import DBNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> model = DBNClassifier((100,), learning_rate_init=0.01, tol=1e-3, random_state=0)
    >>> model = model.fit(X[:100], y[:100], X_unlabeled=X[100:1500])
    >>> bool(model.score(X[1500:], y[1500:]) > 0.75)
    True
    >>> model.sample(2, random_state=0).shape
    (2, 64)
    """

    _parts = base.PretrainedRBMs()

    fit = base.fit
    inverse_transform = base.inverse_transform
    sample = base.sample

    def _architecture(self) -> DBNArchitecture:
        return DBNArchitecture.of(self)
