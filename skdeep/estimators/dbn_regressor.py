"""The deep belief network that predicts numbers."""

from __future__ import annotations

from sklearn.base import _fit_context

from skdeep.estimators import _texts
from skdeep.estimators._dbn import ATTRIBUTES, NOTES, REFERENCES, DeepBeliefNetwork
from skdeep.estimators.mlp_regressor import BaseNetworkRegressor
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.dbn import DeepBeliefNetworkParameters
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionTarget


@estimator_parameters(attributes=[ATTRIBUTES, *_texts.NETWORK], notes=NOTES, references=REFERENCES)
class DBNRegressor(
    RegressionTarget,
    RegressionLoss,
    DeepBeliefNetworkParameters,
    DeepBeliefNetwork,
    BaseNetworkRegressor,
):
    """Deep belief network regressor: a network of logistic units that begins without y.

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

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_unlabeled=None,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
    ):
        """Pre-train on all samples, then train on X and y.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples. A CuPy array trains on its GPU.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_unlabeled : {array-like, sparse matrix} of shape (n_unlabeled, n_features), default=None
            More samples, of which no y is known: they take part in pre-training. What is said of
            `X_val` in pipelines and searches holds for them too.
        X_val : {array-like, sparse matrix} of shape (n_val, n_features), default=None
            Validation samples, scored after each epoch; with ``early_stopping=True`` instead of
            holding some out of X. In a pipeline, ``Pipeline(steps, transform_input=["X_val"])``
            with metadata routing transforms them too. scikit-learn's searches and
            cross-validation cut every fit parameter that has as many samples as X, these included:
            give another number of samples there. A fit that gets as many as X has warns.
        y_val : array-like of shape (n_val,) or (n_val, n_outputs), default=None
            Their y; comes with `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.
        groups : array-like of shape (n_samples,), default=None
            Groups of the samples of X, for `validation_split`.

        Returns
        -------
        self : DBNRegressor
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained; or if training
            diverges. A model that was fitted before stays as it was.
        """
        given = {
            "X_unlabeled": X_unlabeled,
            "X_val": X_val,
            "y_val": y_val,
            "sample_weight_val": sample_weight_val,
            "groups": groups,
        }
        return self._fit(X, y, sample_weight, validation=given)
