"""Tabular estimators that are fitted step by step."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from tests.estimators.tabular.tables import BOTH, T, X, Y, classifier, outputs, regressor


@BOTH
def test_partial_fit_keeps_the_columns_of_the_first_call(make, y):
    model, classes = make(n_members=2), {} if y is T else {"classes": ["no", "yes"]}
    model.partial_fit(X[:60], y[:60], **classes)
    encoder = pickle.dumps(model.encoders_)
    for start in (60, 0, 60) * 8:
        model.partial_fit(X[start : start + 60], y[start : start + 60])
    assert pickle.dumps(model.encoders_) == encoder
    assert model.score(X, y) > (0.7 if y is Y else 0.4)
    before = outputs(model)
    with pytest.raises(ValueError, match="NaN in row 2"):
        model.partial_fit(X[:5], pd.Series(y[:5]).mask(np.arange(5) == 2))
    with pytest.raises(ValueError, match="lacks the column 'old'"):
        model.partial_fit(X.drop(columns="old"), y)
    np.testing.assert_array_equal(outputs(model), before)


def test_partial_fit_goes_on_from_a_fit():
    model = classifier().fit(X, Y)
    copied = copy.deepcopy(model)
    before = outputs(model)
    model.partial_fit(X, Y)
    assert (outputs(model) != before).any()
    np.testing.assert_array_equal(outputs(copied), before)
    assert not hasattr(classifier(n_splits=2), "partial_fit")
    with pytest.raises(ValueError, match="n_splits"):
        classifier(n_splits=2).fit(X, Y).set_params(n_splits=None).partial_fit(X, Y)


def test_partial_fit_goes_on_with_fewer_samples_in_silence():
    model = classifier().fit(X, Y).partial_fit(X[:1], Y[:1])
    assert np.isfinite(outputs(model)).all()


def test_partial_fit_forgets_what_samples_held_out_said_of_the_networks_before():
    model = regressor().fit(X, T).partial_fit(X, T)
    with pytest.raises(ValueError, match="predict_interval needs samples"):
        model.predict_interval(X)
    calibrated = classifier(calibrate=True, label_smoothing=0.0).fit(X, Y)
    assert calibrated.temperature_ != 1
    assert calibrated.partial_fit(X, Y).temperature_ == 1


def test_partial_fit_needs_the_classes_at_first():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        classifier().partial_fit(X, Y)
