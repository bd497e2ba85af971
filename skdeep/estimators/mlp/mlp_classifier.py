"""The multilayer perceptron classifier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skdeep.data.training_data import TrainingData
from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.mlp.architecture import MLPArchitecture
from skdeep.estimators.mlp.number_input import NumberInput, fit_first_edges, takes_sparse
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.dense import DenseLayers
from skdeep.estimators.parameters.networks import Classification, NetworkTraining
from skdeep.estimators.parameters.tabular import NumberLayers


@estimator_parameters(attributes=[texts.CLASSES, *texts.NETWORK], notes=texts.TABLE)
class MLPClassifier(
    NumberLayers, Classification, NetworkTraining, DenseLayers, BaseNetworkClassifier
):
    """Multilayer perceptron classifier: scikit-learn's, faster, with what users missed there.

    Takes every parameter of :class:`sklearn.neural_network.MLPClassifier` with the same meaning
    and default; in float64 it gives the same loss curve and weights. What deviates on purpose is
    listed in the documentation.

    See Also
    --------
    MLPRegressor : Regression with the same networks.

    Notes
    -----
    Classes are predicted by a softmax over several, by a logistic function for two and for each
    label of a multilabel y.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.preprocessing import scale
    >>> from skdeep import MLPClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> model = MLPClassifier((32,), learning_rate_init=0.01, random_state=0).fit(scale(X), y)
    >>> model.score(scale(X), y) > 0.95
    True
    >>> model.predict_proba(scale(X)[:2]).shape
    (2, 3)
    """

    def _find_target(self, y, classes=None):
        """Return what y is; a single class has the two columns of scikit-learn's classifier."""
        target = super()._find_target(y, classes)
        only_one = target.kind == "multiclass" and len(target.classes) == 1
        return replace(target, kind="binary") if only_one else target

    _input = NumberInput()

    def _fit_first_weights(self, data: TrainingData, random: Any) -> None:
        fit_first_edges(self, data)

    def _architecture(self) -> MLPArchitecture:
        return MLPArchitecture.of(self)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = takes_sparse(self)
        return tags
