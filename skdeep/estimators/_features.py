"""Hidden layers as features: the method ``transform`` of classifiers and regressors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn.utils.validation import check_is_fitted

from skdeep.estimators._architecture import hidden_index


def describe_hidden(estimator: Any) -> None:
    """Set what a fitted estimator knows of its hidden layers."""
    architecture = estimator._architecture()
    estimator._hidden_names = architecture.hidden_names(list(estimator._network.spec.children))
    estimator.n_layers_ = architecture.n_layers


@property  # type: ignore[misc]
def hidden_width(self: Any) -> int:
    """Number of features that :func:`hidden_features` gives."""
    check_is_fitted(self)
    try:
        width: int = self._network.width(_hidden_name(self))
    except ValueError as error:  # the HTML repr reads every attribute
        raise AttributeError(str(error)) from error
    return width


def hidden_features(self: Any, X: Any) -> Any:
    """Return what a hidden layer gives for each row, as features.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features)
        Rows.

    Returns
    -------
    X_new : array of shape (n_samples, width of the layer)
        Activations of the hidden layer ``transform_layer``, after its normalisation and
        activation, without dropout; in the dtype of the model.

    Raises
    ------
    ValueError
        If there is no hidden layer or `X` has another width.
    """
    check_is_fitted(self)
    return self._as_features(self._forward(X, _hidden_name(self)))


def _hidden_name(estimator: Any) -> str:
    names: Sequence[str] = estimator._hidden_names
    if not names:
        raise ValueError("transform needs a hidden layer; hidden_layer_sizes is empty")
    return names[hidden_index(estimator.transform_layer, len(names))]
