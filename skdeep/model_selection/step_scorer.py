"""scikit-learn's metrics over the steps of sequences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer
from sklearn.pipeline import Pipeline

from skdeep.data.cells import is_nested, listed
from skdeep.data.sequence_frames import lengths_of
from skdeep.data.weights import check_weight
from skdeep.metrics._scorers import of_sequences
from skdeep.model_selection._understood import way_to_network


def step_scorer(scoring: str | Callable[..., Any]) -> StepScorer:
    """Return a scorer that compares all steps of all sequences by a metric of scikit-learn's.

    :class:`~skdeep.RNNTagger` and :class:`~skdeep.RNNForecaster` predict at every step, which the
    metrics of scikit-learn do not know. The searches of this module do this by themselves; give
    the scorer to functions of scikit-learn, such as
    :func:`~sklearn.model_selection.cross_val_score`.

    Parameters
    ----------
    scoring : str or callable
        A name, such as 'f1_macro' or 'neg_mean_absolute_error', or a scorer of
        :func:`sklearn.metrics.make_scorer`.

    Returns
    -------
    scorer : callable
        A function of estimator, X and y (none for a forecaster), and of `sample_weight`, which has
        one number for each sequence. Every step counts as much as every other. The first step of a
        series, which is predicted from nothing, does not count for a forecaster.

    Raises
    ------
    ValueError
        If there is no such metric; in a call, if the estimator does not predict at every step, or
        y does not have a label for each.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.model_selection import TimeSeriesSplit, cross_val_score
    >>> from skdeep import RNNForecaster
    >>> from skdeep.model_selection import step_scorer
    >>> series = np.sin(np.arange(300) / 2)
    >>> model = RNNForecaster(8, learning_rate_init=0.02, tol=0.01, random_state=0)
    >>> scoring = step_scorer("neg_mean_absolute_error")
    >>> errors = cross_val_score(model, series, scoring=scoring, cv=TimeSeriesSplit(2))
    >>> bool(errors.min() > -0.2)
    True
    """
    return StepScorer(scoring)


class StepScorer:
    """A scorer over steps, as :func:`step_scorer` returns it."""

    def __init__(self, scoring: str | Callable[..., Any]) -> None:
        self.scoring, self._scorer = scoring, get_scorer(scoring)

    def __call__(
        self, estimator: Any, X: Any, y: Any = None, sample_weight: Any = None, **params: Any
    ) -> Any:
        """Score an estimator."""
        if y is None:
            steps, truth, lengths = self._of_series(estimator, X)
        else:
            steps = LabelledSteps(estimator)
            *_, last = way_to_network(estimator)
            padded = lengths_of(X) if getattr(last, "missing", None) == "mask" else None
            truth, lengths = _flat(y, steps.lengths(X), type(estimator).__name__, padded)
        if sample_weight is not None:
            weight = check_weight(sample_weight, lengths)
            params["sample_weight"] = np.repeat(np.asarray(weight), lengths)
        return self._scorer(steps, X, truth, **params)

    def _of_series(self, estimator: Any, X: Any) -> Any:
        """Return the predictions of a forecaster, the values there, and how many of each series."""
        while isinstance(estimator, Pipeline):
            X = estimator[:-1].transform(X) if len(estimator) > 1 else X
            estimator = estimator[-1]
        if not hasattr(estimator, "_predicted_pairs"):
            raise ValueError(
                f"{self!r} needs y, or a forecaster, got no y and {type(estimator).__name__}"
            )
        pairs = estimator._predicted_pairs(X)
        truth, guess = (np.concatenate(side) for side in zip(*pairs, strict=True))
        if truth.shape[1] == 1:
            truth, guess = truth[:, 0], guess[:, 0]
        return PredictedSteps(guess), truth, np.array([len(one) for one, _ in pairs])

    def __repr__(self) -> str:
        return f"step_scorer({self.scoring!r})"

    def _accept_sample_weight(self) -> bool:  # which scikit-learn's searches ask
        return True


class LabelledSteps(ClassifierMixin, BaseEstimator):
    """A fitted tagger whose samples are the steps of sequences."""

    def __init__(self, tagger: Any) -> None:
        self.tagger = tagger
        self.classes_ = getattr(tagger, "classes_", None)

    def lengths(self, X: Any) -> np.ndarray:
        """Return how many steps each sequence has, by the predictions."""
        self._labels = self.tagger.predict(X)
        if not all(map(is_nested, self._labels)) or np.ndim(self._labels) > 1:
            name = type(self.tagger).__name__
            raise ValueError(
                f"step_scorer is for what predicts at every step, but {name} predicts once for "
                "each sample: give the metric itself"
            )
        return np.array([len(labels) for labels in self._labels])

    def predict(self, X: Any) -> np.ndarray:
        """Return the labels of all steps."""
        return np.concatenate(list(self._labels))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the probabilities of all steps."""
        return np.concatenate(list(self.tagger.predict_proba(X)))

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits of all steps."""
        return np.concatenate(list(self.tagger.decision_function(X)))


class PredictedSteps(RegressorMixin, BaseEstimator):
    """A fitted regressor that has predicted the steps already."""

    def __init__(self, predicted: np.ndarray) -> None:
        self.predicted = predicted

    def predict(self, X: Any) -> np.ndarray:
        """Return the predictions of all steps."""
        return self.predicted


def _flat(
    y: Any, lengths: np.ndarray, name: str, padded: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the labels of all steps; refuse others than one for each.

    Where sequences are `padded` to such lengths, labels of padding are left out.
    """
    parts = [np.asarray(labels) for labels in listed(y)]
    if len(parts) != len(lengths):
        raise ValueError(f"y has labels for {len(parts)} sequences, but X has {len(lengths)}")
    if padded is not None:
        parts = [
            labels[:length] if labels.shape == (given,) else labels
            for labels, length, given in zip(parts, lengths, padded, strict=True)
        ]
    for k, (labels, length) in enumerate(zip(parts, lengths, strict=True)):
        if labels.shape != (length,):
            raise ValueError(
                f"y[{k}] must have a label for each of the {length} steps of X[{k}], which {name} "
                f"predicts, got shape {labels.shape}"
            )
    return np.concatenate(parts), lengths


def by_steps(estimator: Any, scoring: Any) -> Any:
    """Return the metrics of a search: over steps where they are scikit-learn's and predicted so."""
    *_, last = way_to_network(estimator)
    if not getattr(last, "_predicts_steps", False):
        return scoring
    if isinstance(scoring, list | tuple | set) and all(isinstance(one, str) for one in scoring):
        scoring = {name: name for name in scoring}
    if isinstance(scoring, Mapping):
        return {key: _over_steps(one) for key, one in scoring.items()}
    return _over_steps(scoring)


def _over_steps(scoring: Any) -> Any:
    """Return a metric of scikit-learn's over steps; what else there is knows what it gets."""
    theirs = isinstance(scoring, str | type(get_scorer("accuracy"))) and not of_sequences(scoring)
    return StepScorer(scoring) if theirs else scoring
