"""Methods that classifiers and regressors share: ``fit``, and hidden layers as features."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.estimators.architecture import hidden_index
from skdeep.estimators.outputs import as_features


@fit_context(prefer_skip_nested_validation=True)
def fit(
    self: Any,
    X,
    y,
    sample_weight=None,
    *,
    X_val=None,
    y_val=None,
    sample_weight_val=None,
    groups=None,
):
    """Train on X and y.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), images or sequences
        Samples, in a form that the notes of the class name. CuPy arrays train on their GPU.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Numbers; or classes, a 0/1 indicator of labels, or several columns of classes.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    X_val : like X, default=None
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
    self : estimator
        The fitted estimator.

    Raises
    ------
    ValueError
        If parameters or data are not valid, before anything is trained; or if training
        diverges. A model that was fitted before stays as it was.
    """
    validation = {
        "X_val": X_val,
        "y_val": y_val,
        "sample_weight_val": sample_weight_val,
        "groups": groups,
    }
    return self._fit(X, y, sample_weight, validation=validation)


def describe_hidden(estimator: Any) -> None:
    """Set what a fitted estimator knows of its hidden layers."""
    architecture = estimator._architecture()
    estimator._hidden_names = architecture.hidden_names(list(estimator._network.spec.children))
    estimator.n_layers_ = architecture.n_layers


def hidden_outputs(estimator: Any, rows: Any) -> Iterator[Any]:
    """Give what :func:`transform` makes of valid rows, if there is a hidden layer."""
    if estimator._hidden_names:
        yield estimator._predictor(rows, _hidden_name(estimator))[0]


@property  # type: ignore[misc]
def out_activation_(self: Any) -> str:
    """Name of the output activation; it follows from the parameters and cannot be set."""
    network = vars(self).get("_network")
    if network is None:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute 'out_activation_'")
    name: str = network.loss.out_activation
    return name


@property  # type: ignore[misc]
def n_features_out(self: Any) -> int:
    """Number of features that :func:`transform` gives."""
    check_is_fitted(self)
    try:
        width: int = self._network.width(_hidden_name(self))
    except ValueError as error:  # the HTML repr reads every attribute
        raise AttributeError(str(error)) from error
    return width


def transform(self: Any, X: Any) -> Any:
    """Return what a hidden layer gives for each sample, as features.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), images or sequences
        Samples, in a form that the notes of the class name.

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
    return as_features(self, self._forward(X, _hidden_name(self)), X)


def _hidden_name(estimator: Any) -> str:
    names: Sequence[str] = estimator._hidden_names
    if not names:
        raise ValueError("transform needs a hidden layer; hidden_layer_sizes is empty")
    return names[hidden_index(estimator.transform_layer, len(names))]


def stochastic_only(estimator: Any) -> bool:
    """Say whether there is a ``partial_fit``."""
    if estimator.solver == "lbfgs":
        raise AttributeError(
            "partial_fit is only available for stochastic optimizers. "
            f"{estimator.solver} is not stochastic."
        )
    return True
