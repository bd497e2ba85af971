"""Of the epochs that are as good as the best one, the last is kept."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mstats, trim_mean, ttest_1samp
from sklearn.metrics import r2_score

from skdeep.callbacks import ModelCheckpoint
from skdeep.data.scores import observed_r2, r2_by_sample
from skdeep.fitting.best_epoch import BestEpoch, Score, by_chance
from tests.callbacks.fits import Recorder
from tests.estimators.tabular.tables import T, X, Y, classifier, regressor

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shift", [0.0, 0.1, 0.2, 0.4])
def test_a_difference_is_chance_within_standard_errors_of_its_mean(shift):
    difference = RANDOM.normal(size=60) + shift
    errors = max(
        abs(ttest_1samp(difference, 0.0).statistic),
        abs(trim_mean(difference, 0.05) / mstats.trimmed_stde(difference, (0.05, 0.05))),
    )
    assert by_chance(difference, 1.001 * errors)
    assert not by_chance(difference, 0.999 * errors)


def test_outliers_hide_no_difference():
    difference = 0.1 + RANDOM.normal(size=200) * 0.1
    difference[:4] = 1000.0, -990.0, 500.0, -700.0
    assert abs(ttest_1samp(difference, 0.0).statistic) < 1.0
    assert not by_chance(difference, 1.0)


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_chance_is_the_same_in_every_unit(unit):
    differences = unit * RANDOM.normal(size=20)
    assert by_chance(differences, 1e300)
    assert not by_chance(differences, 1e-300)
    assert not by_chance(differences + 9 * unit, 1.0)


@pytest.mark.parametrize(("make", "y", "start"), [(classifier, Y, 0), (regressor, T, 20)])
def test_samples_without_weight_or_number_say_nothing_of_chance(make, y, start):
    rows = slice(start, start + 6)
    given = {"n_standard_errors": 2.0, "learning_rate_init": 0.2, "dropout": 0.0, "max_iter": 30}
    model = make(**given).fit(X[40:], y[40:], X_val=X[rows], y_val=y[rows])
    kept = model.members_[0].best_epoch_
    many, y_many = pd.concat([X[rows], X[:90]]), np.concatenate([y[rows], y[:90]])
    counts = np.append(np.ones(6), np.zeros(90))
    model.fit(X[40:], y[40:], X_val=many, y_val=y_many, sample_weight_val=counts)
    assert model.members_[0].best_epoch_ == kept
    if make is regressor:
        y_many[6:] = np.nan
        model.set_params(missing_targets="mask").fit(X[40:], y[40:], X_val=many, y_val=y_many)
        assert model.members_[0].best_epoch_ == kept


@pytest.mark.parametrize("differences", [[], [1.0], [np.nan, 0.0], [1.0, 1.0]])
def test_what_says_nothing_of_chance_is_no_chance(differences):
    assert not by_chance(np.array(differences), 1.0)


def kept(scores, **rule):
    """Return the number of the epoch that is kept, and the best score."""
    best = BestEpoch(**rule)
    for epoch, score in enumerate(scores, 1):
        best.update(epoch, score, lambda: np.zeros((1, 1)))
    return best.epoch, best.score


def test_each_epoch_is_compared_with_the_best_one():
    noise = RANDOM.normal(size=(6, 400)) / 400
    noise -= noise.mean(axis=1, keepdims=True)
    means = np.array([0.0, 0.5, 0.49, 0.3, 0.48, 0.2])
    scores = [Score(mean, mean / 400 + own) for mean, own in zip(means, noise, strict=True)]
    assert kept(scores) == (2, 0.5)
    assert kept(scores, standard_errors=1.0) == (5, 0.5)  # not the last: that is worse
    assert kept(scores, standard_errors=99.0) == (6, 0.5)
    assert kept([Score(mean) for mean in means], standard_errors=9.0) == (2, 0.5)
    assert kept([Score(0.5), Score(0.5)], standard_errors=1.0) == (1, 0.5)
    assert kept([Score(0.5), Score(0.5)], last_of_ties=True) == (2, 0.5)


@pytest.mark.parametrize("weighted", [False, True])
def test_samples_add_up_to_r_squared(weighted):
    y, predicted = RANDOM.normal(size=(2, 30, 3))
    y[:, 2] = y[:, 2] if weighted else 1.0  # which scikit-learn rounds, with weights
    weight = np.append(RANDOM.random(25), np.zeros(5)) if weighted else None
    found = r2_by_sample(y, predicted, weight)
    assert found.sum() == pytest.approx(r2_score(y, predicted, sample_weight=weight))
    if weighted:
        assert len(found) == 25  # the others say nothing
    y[:29, 1] = y[3, 0] = np.nan
    gaps = r2_by_sample(y, predicted, weight)
    assert gaps.sum() == pytest.approx(observed_r2(y, predicted, weight))
    with pytest.raises(ValueError, match="needs two numbers"):
        r2_by_sample(y[:, 1], predicted[:, 1], weight)


@pytest.mark.parametrize("make", [classifier, regressor])
def test_networks_keep_a_later_epoch_where_that_is_as_good(make):
    y = Y if make is classifier else T
    given = {"learning_rate_schedule": None, "learning_rate_init": 0.1, "dropout": 0.0}
    best, as_good, last = (
        make(n_standard_errors=errors, max_iter=40, **given).fit(X, y).members_[0]
        for errors in (0.0, 1.0, 1e9)
    )
    scores = np.array(best.validation_scores_)
    assert best.best_epoch_ == len(scores) - np.argmax(scores[::-1])
    assert best.best_epoch_ < as_good.best_epoch_ < last.best_epoch_ == 40
    assert as_good.validation_scores_[: len(scores)] == best.validation_scores_
    assert as_good.best_validation_score_ == max(as_good.validation_scores_)


def test_the_epoch_that_is_kept_is_the_one_that_predicts():
    given = {"max_iter": 30, "n_standard_errors": 1.0}
    model = regressor(**given).fit(X, T)
    epoch = model.members_[0].best_epoch_
    scores = iter([float(k == epoch) for k in range(1, 99)])
    same = regressor(scoring=lambda *given: next(scores), **given).fit(X, T)
    np.testing.assert_array_equal(same.predict(X), model.predict(X))


def test_the_mean_of_networks_that_stop_together_is_compared():
    given = {"stop_together": True, "n_members": 2, "max_iter": 30}
    model = classifier(**given).fit(X, Y)
    first, second = [member.best_epoch_ for member in model.members_]
    scores = model.members_[0].validation_scores_
    assert first == second > len(scores) - np.argmax(scores[::-1])


def test_a_fit_that_goes_on_knows_what_it_compares_with(tmp_path):
    whole = classifier(max_iter=24).fit(X, Y)
    part = classifier(max_iter=24)
    part.set_callbacks(ModelCheckpoint(tmp_path), Recorder(lambda epoch, fitted: epoch == 9))
    part.fit(X, Y)
    going_on = classifier(max_iter=24).set_callbacks(ModelCheckpoint(tmp_path, resume=True))
    going_on.fit(X, Y)
    assert going_on.members_[0].best_epoch_ == whole.members_[0].best_epoch_
    np.testing.assert_array_equal(going_on.predict_proba(X), whole.predict_proba(X))
