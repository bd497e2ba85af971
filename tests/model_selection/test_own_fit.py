"""A fit of somebody's own around ours sees a fitted model, in searches too."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.datasets import load_digits
from sklearn.pipeline import make_pipeline

from skdeep import (
    Autoencoder,
    BernoulliRBM,
    MLPClassifier,
    MLPEnsembleClassifier,
    MLPRegressor,
    VariationalAutoencoder,
)
from skdeep import model_selection as ours

X, Y = (part[:150] for part in load_digits(return_X_y=True))
X = X / 16
SHORT = {"max_iter": 3, "random_state": 0}


class CountingClassifier(MLPClassifier):
    def fit(self, X, y):
        super().fit(X, y)
        self.seen_ = self.n_iter_, len(self.loss_curve_), self.predict(X[:1]).shape
        return self


class CountingRegressor(MLPRegressor):
    def fit(self, X, y):
        super().fit(X, y)
        self.seen_ = self.n_iter_, len(self.loss_curve_), self.predict(X[:1]).shape
        return self


class CountingRBM(BernoulliRBM):
    def fit(self, X, y=None):
        super().fit(X)
        self.seen_ = self.n_iter_, len(self.pseudo_likelihood_curve_), (1,)
        return self


class CountingVAE(VariationalAutoencoder):
    def fit(self, X, y=None):
        super().fit(X)
        self.seen_ = self.n_iter_, len(self.loss_curve_), (1,)
        assert self.noise_variance_ > 0
        return self


class EpochsFound(MLPClassifier):
    """Finds its number of epochs by early stopping, and fits all samples for as many."""

    def fit(self, X, y):
        n_epochs = clone(self).set_params(early_stopping=True)._found(X, y)
        self.set_params(max_iter=n_epochs)
        return super().fit(X, y)

    def _found(self, X, y):
        super().fit(X, y)
        return int(np.argmax(self.validation_scores_)) + 1


class Coder(TransformerMixin, BaseEstimator):
    """A transformer that trains an autoencoder inside."""

    def fit(self, X, y=None):
        self.coder_ = Autoencoder(4, **SHORT).fit(X)
        self.n_epochs_ = len(self.coder_.loss_curve_)
        return self

    def transform(self, X):
        return self.coder_.transform(X)


def searches(model, grid, **options):
    options = {"cv": 3, "refit": True, "error_score": "raise", **options}
    yield ours.GridSearchCV(model, grid, **options)
    name, values = next(iter(grid.items()))
    yield ours.RandomizedSearchCV(model, {name: values}, n_iter=2, random_state=0, **options)
    yield ours.HalvingGridSearchCV(model, grid, min_resources=40, factor=2, **options)


COUNTING = [
    (CountingClassifier((8,), **SHORT), "learning_rate_init"),
    (CountingRegressor(hidden_layer_sizes=(8,), **SHORT), "learning_rate_init"),
    (CountingRBM(4, n_iter=3, random_state=0), "learning_rate"),
    (CountingVAE(2, hidden_layer_sizes=(8,), decoder="gaussian", **SHORT), "learning_rate_init"),
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("model", "rate"), COUNTING, ids=lambda p: type(p).__name__)
def test_what_follows_our_fit_sees_a_fitted_model(model, rate):
    def scored(fitted, X, y=None):
        assert fitted.seen_[:2] == (3, 3)
        return -fitted.get_params()[rate]

    for search in searches(model, {rate: [0.001, 0.01]}, scoring=scored):
        assert search.fit(X, Y).best_estimator_.seen_[:2] == (3, 3)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_fit_that_fits_twice_scores_as_in_scikit_learns_search():
    from sklearn.model_selection import GridSearchCV

    model = EpochsFound((8,), max_iter=15, learning_rate_init=0.01, random_state=0)
    grid = {"learning_rate_init": [0.01, 0.03]}
    found, expected = (S(model, grid, cv=3).fit(X, Y) for S in (ours.GridSearchCV, GridSearchCV))
    np.testing.assert_allclose(
        found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_networks_inside_a_transformer_train_at_once():
    model = make_pipeline(Coder(), MLPClassifier((8,), **SHORT))
    grid = {"mlpclassifier__learning_rate_init": [0.001, 0.01]}
    for search in searches(model, grid):
        assert search.fit(X, Y).best_estimator_[0].n_epochs_ == 3


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_members_of_an_ensemble_may_have_a_fit_of_their_own():
    member = CountingClassifier((8,), **SHORT)
    model = MLPEnsembleClassifier(member, n_estimators=3, random_state=0).fit(X, Y)
    assert {one.seen_[0] for one in model.estimators_} == {3}
    assert len({one.random_state for one in model.estimators_}) == 3
    with pytest.raises(ValueError, match=r"bootstrap=True .* has a fit of its own"):
        MLPEnsembleClassifier(member, bootstrap=True).fit(X, Y)
