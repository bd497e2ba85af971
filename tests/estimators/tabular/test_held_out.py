"""What samples held out are for: out-of-fold predictions, refits, intervals."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold

from skdeep.estimators.tabular.held_out import margin
from tests.estimators.tabular.tables import (
    COLUMNS,
    LABELS,
    THREE,
    T,
    X,
    Y,
    classifier,
    regressor,
)

RNG = np.random.default_rng(0)


def folds(model, y, k=3):
    """Return which samples each network of a fit with `n_splits` was validated on."""
    given = [member.validation_split[0] for member in model.members_]
    assert len(given) == k * model.n_members
    return given[:: model.n_members]


@pytest.mark.parametrize(
    "y", [Y, THREE, LABELS, COLUMNS], ids=["two", "three", "labels", "several"]
)
def test_out_of_fold_probabilities_are_of_networks_that_did_not_see_the_sample(y):
    model = classifier(n_splits=3, n_members=2, calibrate=False).fit(X, y)
    found = model.oof_predictions_
    whole = model.predict_proba(X)
    for one, other in zip(
        *(p if isinstance(p, list) else [p] for p in (found, whole)), strict=True
    ):
        assert one.shape == other.shape
        assert np.isfinite(one).all()
    seen = np.zeros(len(X), int)
    for k, (train, test) in enumerate(folds(model, y)):
        assert not set(train) & set(test)
        seen[test] += 1
        rows = model.encoders_[k].transform(model._columns_of(X.iloc[test]), "float32")
        expected = np.mean([m._forward(rows) for m in model.members_[2 * k : 2 * k + 2]], axis=0)
        if y is Y:
            np.testing.assert_allclose(found[test, 1], expected[:, 0], rtol=1e-4)
        elif y is not COLUMNS:
            np.testing.assert_allclose(found[test], expected, rtol=1e-3, atol=1e-6)
    np.testing.assert_array_equal(seen, 1)


def test_out_of_fold_numbers_are_in_the_units_of_y():
    model = regressor(n_splits=4, max_iter=60).fit(X, 100 * T)
    assert model.oof_predictions_.shape == T.shape
    assert np.corrcoef(model.oof_predictions_, T)[0, 1] > 0.7
    two = regressor(n_splits=2, max_iter=2).fit(X, np.column_stack([T, T]))
    assert two.oof_predictions_.shape == (len(T), 2)
    levels = regressor(n_splits=2, max_iter=2, loss="quantile", quantiles=(0.1, 0.9)).fit(X, T)
    assert levels.oof_predictions_.shape == (len(T), 2)


def test_folds_are_stratified_and_keep_groups_together():
    model = classifier(n_splits=3, max_iter=1).fit(X, Y)
    for _, test in folds(model, Y):
        assert abs(np.mean(Y[test] == "yes") - np.mean(Y == "yes")) < 0.02
    groups = np.arange(len(Y)) // 5
    model = classifier(n_splits=3, max_iter=1).fit(X, Y, groups=groups)
    for train, test in folds(model, Y):
        assert not set(groups[train]) & set(groups[test])
    model = classifier(max_iter=1).fit(X, Y, groups=groups)
    ((train, test),) = model.members_[0].validation_split
    assert not set(groups[train]) & set(groups[test])


def validated(model):
    """Return the samples that each network was validated on."""
    return [member.validation_split[0][1] for member in model.members_]


@pytest.mark.parametrize("share", [0.2, 0.3, 0.6])
def test_each_network_holds_out_other_samples(share):
    model = classifier(held_out="own", n_members=3, validation_fraction=share, max_iter=1).fit(
        X, THREE
    )
    for j, test in enumerate(validated(model)):
        assert abs(len(test) - share * len(X)) < 2
        for c in range(3):
            assert abs(np.sum(THREE[test] == c) - share * np.sum(THREE == c)) < 2
        assert set(model.members_[j].validation_split[0][0]) | set(test) == set(range(len(X)))
    union = set(np.concatenate(validated(model)))
    assert len(union) >= min(len(X), 3 * share * len(X) - 3)
    assert len(model.encoders_) == 1


def test_groups_stay_together_where_each_network_holds_out_others():
    groups = np.arange(len(Y)) // 5
    model = classifier(held_out="own", n_members=3, max_iter=1).fit(X, Y, groups=groups)
    tests = [set(groups[test]) for test in validated(model)]
    for member, held in zip(model.members_, tests, strict=True):
        assert not held & set(groups[member.validation_split[0][0]])
    assert not tests[0] & tests[1]


@pytest.mark.parametrize(
    "params", [{"held_out": "same"}, {"stop_together": True}, {"n": 20}, {"member_sharing": "mini"}]
)
def test_networks_hold_out_the_same_samples_where_they_cannot_have_others(params):
    params = {"held_out": "own", **params}
    groups = np.arange(params.pop("n", len(X))) // 10  # of 20 samples there are two
    n = len(groups)
    model = regressor(n_members=3, max_iter=1, **params).fit(X[:n], T[:n], groups=groups)
    assert len({test.tobytes() for test in validated(model)}) == 1


def test_what_each_network_held_out_tells_of_all():
    model = regressor(held_out="own", n_members=2, max_iter=20).fit(X, T)
    expected = [
        np.abs(np.clip(member.predict(model.encode(X.iloc[test])), *member.range_) - T[test])
        for member, test in zip(model.members_, validated(model), strict=True)
    ]
    found = model.conformity_scores_[:, 0]
    np.testing.assert_allclose(found, np.sort(np.concatenate(expected)), rtol=1e-3, atol=1e-5)
    several = classifier(held_out="own", n_members=2, max_iter=40).fit(X, Y)
    logits, y = [], []
    for j, test in enumerate(validated(several)):
        logits += several.members_[j]._predictor(several.encode(X.iloc[test]), "logits")[0].tolist()
        y += Y[test].tolist()
    losses = [
        len(y) * log_loss(y, expit(np.ravel(logits) / t)) + 4 * (4 / t + np.log(t))
        for t in several.temperature_ * np.array([0.97, 1, 1.03])
    ]
    assert losses[1] <= min(losses)


@pytest.mark.parametrize("params", [{}, {"n_splits": 3}, {"early_stopping": False}])
def test_classes_too_rare_for_every_part_are_classes_all_the_same(params):
    y = THREE.copy()
    y[0] = 9
    model = classifier(**params).fit(X, y)
    assert model.classes_.tolist() == [0, 1, 2, 9]
    assert model.predict_proba(X).shape == (len(X), 4)
    if "n_splits" in params:
        assert np.isfinite(model.oof_predictions_).all()


def test_oof_predictions_are_there_with_n_splits_only():
    model = classifier(n_splits=2, max_iter=1).fit(X, Y)
    assert not hasattr(model.set_params(n_splits=None).fit(X, Y), "oof_predictions_")


# ---------------------------------------------------------------------- refit


@pytest.mark.parametrize("params", [{}, {"n_splits": 3}, {"n_members": 2}])
def test_a_refit_trains_on_all_samples_for_the_mean_best_epoch(params):
    scores = iter([0.1, 0.2, 0.9, 0.3, 0.2] * 20)
    model = classifier(max_iter=5, refit=True, scoring=lambda *given: next(scores), **params)
    model.fit(X, Y)
    if "n_members" not in params:
        assert [member.n_iter_ for member in model.members_] == [3]
    assert len(model.encoders_) == 1
    for member in model.members_:
        assert member.t_ == member.n_iter_ * len(X)
        assert member.validation_scores_ is None


def test_the_rates_of_a_refit_are_those_of_the_whole_schedule():
    scores = iter([0.1, 0.9, 0.2, 0.3, 0.2] * 9)
    given = {"max_iter": 5, "batch_size": 120, "validation_fraction": 0.01}
    model = classifier(refit=True, scoring=lambda *given: next(scores), **given).fit(X, Y)
    plain = classifier(early_stopping=False, **given).fit(X, Y)
    expected = plain.members_[0].learning_rate_curve_[:2]
    np.testing.assert_allclose(model.members_[0].learning_rate_curve_, expected)


@pytest.mark.parametrize("name", ["refit", "calibrate"])
def test_what_needs_validation_samples_says_so(name):
    model = classifier(early_stopping=False, **{name: True})
    with pytest.raises(ValueError, match=f"{name}=True needs validation samples"):
        model.fit(X, Y)


# ---------------------------------------------------------------------- several networks


def test_the_spread_is_that_of_the_networks():
    model = classifier(n_members=3, calibrate=False).fit(X, Y)
    mean, std = model.predict_proba(X, return_std=True)
    each = np.stack(model._member_outputs(X))
    np.testing.assert_allclose(mean, each.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(std, each.std(axis=0), rtol=1e-6)
    np.testing.assert_allclose(std[:, 0], std[:, 1], rtol=1e-5)
    numbers = regressor(n_members=3).fit(X, T)
    predicted, spread = numbers.predict(X, return_std=True)
    each = numbers._member_outputs(X)
    np.testing.assert_allclose(predicted, np.mean(each, axis=0))
    np.testing.assert_allclose(spread, np.std(each, axis=0))
    assert spread.max() > 0


def test_members_differ_and_do_not_depend_on_how_many_there_are():
    one, two = (classifier(n_members=n).fit(X, Y) for n in (1, 2))
    first, second = two._member_outputs(X)
    assert np.abs(first - second).max() > 1e-3
    np.testing.assert_allclose(one._member_outputs(X)[0], first, rtol=1e-3, atol=1e-4)


# ---------------------------------------------------------------------- intervals


def noisy(n, seed):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-1, 1, (n, 2))
    return X, X[:, 0] + (0.1 + np.abs(X[:, 1])) * rng.normal(size=n)


@pytest.mark.parametrize("coverage", [0.5, 0.9])
@pytest.mark.parametrize(
    "params",
    [{}, {"n_splits": 3}, {"loss": "quantile", "quantiles": (0.1, 0.9)}, {"loss": "huber"}],
    ids=["split", "folds", "quantiles", "huber"],
)
def test_intervals_cover_as_many_new_samples_as_is_asked_for(params, coverage):
    rows, y = noisy(600, seed=1)
    fresh, truth = noisy(4000, seed=2)
    epochs = 100 if "quantiles" in params else 20
    given = {"max_iter": epochs, "n_iter_no_change": np.inf, "validation_fraction": 0.4}
    model = regressor(**given, **params).fit(rows, y)
    interval = model.predict_interval(fresh, coverage)
    assert interval.shape == (len(fresh), 2)
    covered = np.mean((interval[:, 0] <= truth) & (truth <= interval[:, 1]))
    assert abs(covered - coverage) < 0.08
    widths = np.diff(interval, axis=1)[:, 0]
    if "quantiles" in params and coverage > 0.5:
        wide = np.abs(fresh[:, 1]) > 0.7
        assert widths[wide].mean() > 1.5 * widths[~wide].mean()
    elif "quantiles" not in params:
        np.testing.assert_allclose(widths, widths[0])


def test_each_output_has_intervals_of_its_own():
    model = regressor().fit(X, np.column_stack([T, 50 * T]))
    interval = model.predict_interval(X)
    assert interval.shape == (len(X), 2, 2)
    widths = np.diff(interval, axis=2)[0, :, 0]
    assert widths[1] > 10 * widths[0]
    np.testing.assert_allclose(interval.mean(axis=2), model.predict(X))


def test_the_margin_is_the_smallest_that_covers():
    scores = np.arange(1.0, 10.0)[:, None]
    assert margin(scores, 0.9) == 9
    assert margin(scores, 0.8) == 8
    assert margin(scores, 0.5) == 5
    with pytest.raises(ValueError, match=r"coverage=0.95 needs 19 samples.*there are 9"):
        margin(scores, 0.95)


@pytest.mark.parametrize("coverage", [0, 1, 1.5, "most", True])
def test_coverages_that_are_none(coverage):
    with pytest.raises(ValueError, match=r"coverage must be a number in \(0, 1\)"):
        regressor().fit(X, T).predict_interval(X, coverage)


def test_intervals_need_samples_that_were_held_out():
    with pytest.raises(ValueError, match="predict_interval needs samples that were held out"):
        regressor(early_stopping=False).fit(X, T).predict_interval(X)


def test_samples_without_weight_say_nothing_of_intervals():
    weight = np.ones(len(T))
    wrong = T.copy()
    weight[::4], wrong[::4] = 0, 1e3
    model = regressor(n_splits=3).fit(X, wrong, weight)
    assert len(model.conformity_scores_) == np.sum(weight > 0)
    assert model.conformity_scores_.max() < 100
    assert model.predict(X).max() <= T[weight > 0].max()


def test_strata_are_as_scikit_learn_has_them():
    model = classifier(n_splits=3, max_iter=1).fit(X, Y)
    counts = sorted(len(test) for _, test in folds(model, Y))
    expected = sorted(len(test) for _, test in StratifiedKFold(3).split(X, Y))
    assert counts == expected


@pytest.mark.parametrize("make", [classifier, regressor])
def test_samples_that_validate_change_nothing_that_is_fitted(make):
    y = Y if make is classifier else T
    params = {"max_iter": 1, "n_members": 2}
    first = make(**params).fit(X, y)
    held = first.members_[0].validation_split[0][1]
    other, wild = X.copy(), y.copy()
    other.loc[held, "size"] = 1e9
    other.loc[held, "colour"] = "violet"
    if make is regressor:
        wild[held] = 1e6
    second = make(**params).fit(other, wild)
    for one, two in zip(first.members_, second.members_, strict=True):
        np.testing.assert_equal(one.get_weights(), two.get_weights())
    np.testing.assert_equal(first.encoders_[0].state(), second.encoders_[0].state())
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
