"""The deep belief network that predicts numbers."""

from __future__ import annotations

from skdeep.estimators.dbn import base
from skdeep.estimators.dbn.architecture import DBNArchitecture
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.dbn import DeepBeliefNetworkParameters
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionTarget
from skdeep.estimators.regressor import BaseNetworkRegressor


@estimator_parameters(
    attributes=[texts.DBN_ATTRIBUTES, *texts.NETWORK],
    notes=texts.DBN_NOTES,
    references=texts.DBN_REFERENCES,
)
class DBNRegressor(
    RegressionTarget, RegressionLoss, DeepBeliefNetworkParameters, BaseNetworkRegressor
):
    """Deep belief network regressor: a network of logistic units, pre-trained without y.

    Restricted Boltzmann machines (RBMs) are trained one on top of the other, on samples with and
    without known y. Their hidden units become the hidden layers of a multilayer perceptron, which
    is then trained as a whole on the samples with y.

    See Also
    --------
    MLPRegressor : The network without pre-training, with other activations.
    DBNTransformer : Features and reconstructions, without y.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from skdeep import DBNRegressor
    >>> X, y = make_friedman1(300, random_state=0)
    >>> model = DBNRegressor(
    ...     (50,), learning_rate_init=0.03, tol=1e-3, standardize_target=True, random_state=0
    ... )
    >>> bool(model.fit(X, y).score(X, y) > 0.7)
    True
    """

    _parts = base.PretrainedRBMs()

    fit = base.fit
    inverse_transform = base.inverse_transform
    sample = base.sample

    def _architecture(self) -> DBNArchitecture:
        return DBNArchitecture.of(self)
