"""First weights of networks of texts: given vectors of words, and a regression on n-grams."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy import sparse

from skdeep.data.sharing import shared
from skdeep.data.training_data import TrainingData
from skdeep.data.word_vectors import vectors_of
from skdeep.estimators.text_samples import ngrams_of, reader_of
from skdeep.estimators.transfer import given_weights
from skdeep.train.sequences.sequences import Sequences

#: Losses of regressors whose output is near the mean, which ridge regression finds.
NEAR_THE_MEAN = [(loss, "identity") for loss in ("squared_error", "absolute_error", "huber")]
#: What is added to the weight of n-grams of each class, so that rare ones do not decide.
PRIOR = 0.5
#: What n-grams weigh that all classes have alike: of many texts they say something, too.
LEAST = 0.2
#: How much more an n-gram of words counts than one of characters, of which there are many more.
WORDS = 2.0
#: Steps of the regression, and when it ends.
MAX_ITER, TOL = 200, 1e-4

Fitted = tuple[np.ndarray, np.ndarray]


def start_from_texts(estimator: Any, data: TrainingData) -> None:
    """Write what is known of tokens and n-grams before training into weights that were drawn."""
    given = given_weights(estimator)
    if estimator.initial_embeddings is not None:
        _take_vectors(estimator)
    fits = ngrams_of(estimator) and estimator.ngram_penalty is not None
    if fits and "pooling.ngrams.bag.W" not in given:
        _fit_ngrams(estimator, data, writes_output="output.W" not in given)


def _take_vectors(estimator: Any) -> None:
    """Write the vectors that are given for words."""
    reader = reader_of(estimator)
    words = reader.vocabulary.tokens[3:].tolist()
    found = vectors_of(estimator.initial_embeddings, words, int(reader.vector_length or 0))
    name = next(n for n in estimator._network.layout.slots if n.endswith("embedding.W"))
    rows = _view(estimator, name)
    for place, vector in found.items():
        rows[place + 3] = vector


def _fit_ngrams(estimator: Any, data: TrainingData, *, writes_output: bool) -> None:
    """Fit a linear map of n-grams to the samples that train; the other layers add nothing yet."""
    rows = data.rows
    if data.weight is not None:
        rows = rows[np.asarray(data.weight)[rows] > 0]
    weight = np.ones(len(rows)) if data.weight is None else np.asarray(data.weight, float)[rows]
    target = np.asarray(data.target)[rows]
    columns = _columns(estimator, target)
    if columns is None:
        return
    task = _Task(estimator, target)
    n, n_words = ngrams_of(estimator), len(reader_of(estimator).ngrams.names.get("word", ()))

    def make() -> tuple[np.ndarray, ...]:
        bags = _bags(data.X[rows], n)
        scale = _scales(bags, columns, weight)
        scale[1 : 1 + n_words] *= WORDS
        bags = _of_unit_length(bags.multiply(scale).tocsr())
        weights, intercepts = task.fit(bags, weight)
        return scale, weights, intercepts, np.average(bags @ weights, axis=0, weights=weight)

    # Most of what such a fit takes: those that share samples share it.
    key = ("n-grams", n, n_words, rows.tobytes(), weight.tobytes(), task.key)
    scale, weights, intercepts, mean = shared(key, (data.X,), make)
    _view(estimator, "pooling.ngrams.bag.scale")[:, 0] = scale
    _view(estimator, "pooling.ngrams.bag.W")[...] = weights
    if estimator.ngram_dropout:
        _view(estimator, "pooling.ngrams.dropout.mean")[...] = mean
    if writes_output and not estimator._architecture().widths():
        output = _view(estimator, "output.W")
        n_out = output.shape[1]
        output[:-n_out] = 0.0
        output[-n_out:] = np.eye(n_out)
        _view(estimator, "output.b")[...] = intercepts


def _view(estimator: Any, name: str) -> np.ndarray:
    """Return initial weights by name, to write into."""
    found: np.ndarray = estimator._network.layout.view(estimator._values, name)[0]
    return found


def _bags(X: Sequences, n: int) -> sparse.csr_matrix:
    """Return which n-grams each text has, (n_samples, n)."""
    index = np.repeat(X.starts - (np.cumsum(X.lengths) - X.lengths), X.lengths)
    steps = X.to_host().steps[index + np.arange(len(index)), 1:]
    sample = np.repeat(np.arange(len(X)), X.lengths)
    row, column = np.nonzero(steps)
    ones = np.ones(len(row))
    return sparse.csr_matrix((ones, (sample[row], steps[row, column])), shape=(len(X), n))


def _columns(estimator: Any, target: np.ndarray) -> np.ndarray | None:
    """Return which samples each class or label has (n, K); zeros for numbers; None: no start."""
    kind = getattr(estimator._target, "kind", "numbers")
    if kind in ("binary", "multilabel"):
        return np.asarray(target, float)
    if kind in ("multiclass", "multioutput"):
        parts = [code[:, None] == np.unique(code) for code in target.T]
        return np.concatenate(parts, axis=1).astype(float)
    plain = (estimator.loss, estimator.output_activation) in NEAR_THE_MEAN
    if not plain or estimator._network.n_logits != _numbers(estimator, target)[0].shape[1]:
        return None
    return np.zeros((len(target), 0))


def _scales(bags: sparse.csr_matrix, columns: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return a factor of each n-gram: how unevenly classes have it (Wang and Manning, 2012).

    It is the largest log-odds ratio over classes; without classes the inverse document frequency.
    """
    if not columns.shape[1]:
        rarity: np.ndarray = np.log((1 + weight.sum()) / (1 + bags.T @ weight)) + 1
        return rarity
    inside = bags.T @ (columns * weight[:, None]) + PRIOR
    outside = bags.T @ ((1 - columns) * weight[:, None]) + PRIOR
    odds = np.log(inside / inside.sum(axis=0)) - np.log(outside / outside.sum(axis=0))
    scale: np.ndarray = np.abs(odds).max(axis=1) + LEAST
    return scale


def _of_unit_length(bags: sparse.csr_matrix) -> sparse.csr_matrix:
    from sklearn.preprocessing import normalize

    return normalize(bags, copy=False)


class _Task:
    """What a regression on n-grams learns.

    Attributes
    ----------
    key : hashable
        All that what it learns depends on, besides samples and weights.
    """

    def __init__(self, estimator: Any, target: np.ndarray) -> None:
        kind, found = getattr(estimator._target, "kind", "numbers"), estimator._target
        self.penalty = max(estimator.ngram_penalty, 1e-6)
        self.target, self.there = target, None
        self.sizes: tuple[int, ...] = (1,) * target.shape[1]
        if kind == "multiclass":
            self.sizes = (len(found.classes),)
        elif kind == "multioutput":
            self.sizes = tuple(len(classes) for classes in found.classes)
        elif kind == "numbers":
            self.target, self.there = _numbers(estimator, target)
        content = None if self.there is None else self.there.tobytes()
        self.key = (kind, self.sizes, self.penalty, self.target.tobytes(), content)

    def fit(self, bags: sparse.csr_matrix, weight: np.ndarray) -> Fitted:
        """Return weights (n_ngrams, K) and intercepts (K,)."""
        if self.there is not None:
            return _ridge(bags, self.target, self.there, weight, self.penalty)
        parts = [
            _logistic(bags, codes, weight, size, self.penalty)
            for codes, size in zip(self.target.T, self.sizes, strict=True)
        ]
        return np.concatenate([p[0] for p in parts], axis=1), np.concatenate([p[1] for p in parts])


def _ridge(
    bags: sparse.csr_matrix,
    target: np.ndarray,
    there: np.ndarray,
    weight: np.ndarray,
    penalty: float,
) -> Fitted:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=penalty, solver="sparse_cg", tol=1e-8)
    weights, intercepts = [], []
    for numbers, known in zip(target.T, there.T, strict=True):
        model.fit(bags, numbers, weight * known)
        weights.append(model.coef_)
        intercepts.append(model.intercept_)
    return np.stack(weights, axis=1), np.array(intercepts)


def _numbers(estimator: Any, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers (n, K) to learn, zero where they are missing, and which are there."""
    numbers = np.asarray(estimator._target.observed(target), float)
    there = ~np.isnan(numbers)
    return np.where(there, numbers, 0.0), there


def _logistic(
    bags: sparse.csr_matrix, codes: np.ndarray, weight: np.ndarray, size: int, penalty: float
) -> Fitted:
    """Return weights and intercepts of one column of classes; zeros where there is one class."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    weights, intercepts = np.zeros((bags.shape[1], size)), np.zeros(size)
    there = np.unique(codes)
    if len(there) < 2:
        return weights, intercepts
    model = LogisticRegression(C=1 / penalty, max_iter=MAX_ITER, tol=TOL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # it is a start
        model.fit(bags, codes, weight)
    found, offset = model.coef_.T, model.intercept_
    if size > 1 and len(there) == 2:  # two of several classes: half the difference each
        found, offset = np.hstack([-found, found]) / 2, np.hstack([-offset, offset]) / 2
    places = there.astype(int) if size > 1 else np.zeros(1, int)
    intercepts[...] = offset.min() - 1.0
    weights[:, places], intercepts[places] = found, offset
    return weights, intercepts
