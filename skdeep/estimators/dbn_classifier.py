"""The deep belief network that classifies."""

from __future__ import annotations

from skdeep.estimators import _dbn, _texts
from skdeep.estimators._classifier import BaseNetworkClassifier
from skdeep.estimators.dbn.architecture import DBNArchitecture
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.dbn import DeepBeliefNetworkParameters
from skdeep.estimators.parameters.networks import Classification


@estimator_parameters(
    attributes=[_texts.DBN_ATTRIBUTES, _texts.CLASSES, *_texts.NETWORK],
    notes=_texts.DBN_NOTES,
    references=_texts.DBN_REFERENCES,
)
class DBNClassifier(Classification, DeepBeliefNetworkParameters, BaseNetworkClassifier):
    """Deep belief network classifier: a network of logistic units that begins without labels.

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

    _parts = _dbn.Machines()

    fit = _dbn.fit
    inverse_transform = _dbn.inverse_transform
    sample = _dbn.sample

    def _architecture(self) -> DBNArchitecture:
        return DBNArchitecture.of(self)
