"""Scores of large rows and with large weights are finite where a float holds them."""

import numpy as np
import pytest

from skdeep import (
    Autoencoder,
    AutoencoderOutlierDetector,
    ConvAutoencoder,
    DBNTransformer,
    MLPClassifier,
    MLPEnsembleRegressor,
    MLPRegressor,
    NetworkTransformer,
    RBMClassifier,
    RNNForecaster,
    RNNRegressor,
    VariationalAutoencoder,
)
from skdeep.model_selection import step_scorer
from skdeep.nn import Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).uniform(size=(24, 4))
SHORT = {"max_iter": 1, "random_state": 0}
RECONSTRUCTING = [
    Autoencoder(2, **SHORT),
    ConvAutoencoder(2, [(2, 2)], n_dims=1, **SHORT),
    DBNTransformer((3,), pretrain_n_iter=1, **SHORT),
    NetworkTransformer([Dense(2)], **SHORT),
]

reconstructing = pytest.mark.parametrize("model", RECONSTRUCTING, ids=lambda m: type(m).__name__)


def rows_of(model):
    return X[:, :, None] if isinstance(model, ConvAutoencoder) else X


@reconstructing
def test_the_squared_error_of_a_large_row_is_beyond_32_bits_and_finite(model):
    rows = rows_of(model).astype(np.float32)
    scores = model.fit(rows).score_samples(rows * np.float32(1e30))
    np.testing.assert_allclose(np.log10(-scores), 60, atol=2)


def test_a_detector_tells_large_rows_of_32_bits_apart():
    detector = AutoencoderOutlierDetector(Autoencoder(2, **SHORT)).fit(X.astype(np.float32))
    near, far = detector.score_samples(np.array([[1e25] * 4, [1e30] * 4], np.float32))
    assert -np.inf < far < near


def test_r2_of_large_numbers_of_32_bits_is_that_of_small_ones():
    y = X[:, 0].astype(np.float32)
    unscaled = {"hidden_layer_sizes": (3,), "standardize_target": True, "alpha": 0.0, **SHORT}
    for model in (MLPRegressor(**unscaled), MLPRegressor(early_stopping=True, **unscaled)):
        rows, large = X.astype(np.float32), y * np.float32(2.0**100)
        small = model.fit(rows, y).score(rows, y)
        assert model.fit(rows, large).score(rows, large) == pytest.approx(small, rel=1e-5)


@pytest.mark.parametrize("scoring", [None, step_scorer("r2")], ids=["score", "step_scorer"])
def test_r2_of_large_series_of_32_bits_is_that_of_small_ones(scoring):
    series = X[:, 0].astype(np.float32)
    found = []
    for values in (series, series * np.float32(2.0**100)):
        model = RNNForecaster(2, **SHORT).fit(values)
        found.append(scoring(model, values) if scoring else model.score(values))
    assert found[1] == pytest.approx(found[0], rel=1e-5)


@pytest.mark.parametrize(
    "model",
    [*RECONSTRUCTING, VariationalAutoencoder(2, **SHORT)],
    ids=lambda model: type(model).__name__,
)
def test_a_score_does_not_change_with_the_unit_of_the_weights(model):
    rows, weight = rows_of(model) * 30, np.linspace(0, 1, 24)
    model.fit(rows_of(model))
    unit = model.score(rows, sample_weight=weight)
    assert np.isfinite(unit)
    for factor in (2.0**-900, 2.0**900, 2.0**1018):
        assert model.score(rows, sample_weight=weight * factor) == unit


@pytest.mark.parametrize(
    "model",
    [
        MLPRegressor(hidden_layer_sizes=(3,), **SHORT),
        MLPEnsembleRegressor(MLPRegressor(hidden_layer_sizes=(3,), **SHORT), 2, random_state=0),
        RNNRegressor(2, **SHORT),
    ],
    ids=lambda model: type(model).__name__,
)
def test_r2_does_not_change_with_the_unit_of_the_weights(model):
    rows = X[:, :, None] if isinstance(model, RNNRegressor) else X
    y, weight = X[:, 0] * 1e8, np.linspace(0, 1, 24)
    unit = model.fit(rows, X[:, 0]).score(rows, y, sample_weight=weight)
    for factor in (2.0**-900, 2.0**1018):
        assert model.score(rows, y, sample_weight=weight * factor) == unit


def test_a_validation_score_does_not_change_with_the_unit_of_the_weights():
    scores = []
    for factor in (1.0, 2.0**1018):
        model = MLPRegressor(hidden_layer_sizes=(3,), early_stopping=True, **SHORT)
        weight = np.linspace(0, 1, 24) * factor
        model.fit(X, X[:, 0], X_val=X, y_val=X[:, 0] * 1e8, sample_weight_val=weight)
        scores += model.validation_scores_
    assert scores[0] == scores[1]


def test_a_standardized_target_does_not_change_with_the_unit_of_the_weights():
    y, weight = X[:, 0] * 1e20, np.linspace(0.5, 1, 24)
    options = {"hidden_layer_sizes": (3,), "standardize_target": True, "alpha": 0.0, **SHORT}
    unit = MLPRegressor(**options).fit(X, y, sample_weight=weight).predict(X)
    large = MLPRegressor(**options).fit(X, y, sample_weight=weight * 2.0**970).predict(X)
    np.testing.assert_allclose(large, unit, rtol=1e-6)


def test_a_row_without_weight_may_lie_infinitely_far_out():
    model = VariationalAutoencoder(2, **SHORT).fit(X)
    far = np.vstack([X, np.full((1, 4), 1e200)])
    weight = np.append(np.ones(24), 0.0)
    assert model.score_samples(far)[-1] == -np.inf
    assert model.score(far, sample_weight=weight) == pytest.approx(model.score(X))


@pytest.mark.parametrize("make", [MLPClassifier, RBMClassifier])
def test_rows_too_large_for_the_weights_have_no_probabilities(make):
    model = make(max_iter=1, random_state=0).fit(X, np.arange(24) % 3)
    model.set_weights({name: 1e155 * values for name, values in model.get_weights().items()})
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(ValueError, match="X has values that are too large"):
            getattr(model, method)(1e155 * X)


@pytest.mark.parametrize(
    "model",
    [
        MLPRegressor(hidden_layer_sizes=(3,), dropout=0.5, **SHORT),
        MLPRegressor(hidden_layer_sizes=(3,), standardize_target=True, **SHORT),
        MLPEnsembleRegressor(
            MLPRegressor(hidden_layer_sizes=(3,), **SHORT), n_estimators=2, random_state=0
        ),
        Autoencoder(2, **SHORT),
        ConvAutoencoder(2, [(2, 2)], n_dims=1, **SHORT),
        NetworkTransformer([Dense(3)], **SHORT),
    ],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")  # NumPy's, on overflow
def test_rows_too_large_for_the_weights_have_no_predictions(model):
    model = model.fit(X, X[:, 0])
    for one in getattr(model, "estimators_", [model]):
        one.set_weights({name: 1e155 * values for name, values in one.get_weights().items()})
    calls = [
        getattr(model, name)
        for name in ("predict", "transform", "reconstruct")
        if hasattr(model, name)
    ]
    if model.get_params().get("dropout"):
        calls.append(lambda rows: model.predict(rows, return_std=True))
    for call in calls:
        with pytest.raises(ValueError, match="X has values that are too large"):
            call(1e155 * X)


@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")  # NumPy's, on overflow
def test_predictions_too_large_for_the_dtype_are_refused():
    """In the units of training they are finite, in those of y they are not."""
    model = MLPRegressor(hidden_layer_sizes=(3,), standardize_target=True, **SHORT)
    model.fit(X.astype(np.float32), 1e30 * X[:, 0])
    model.set_weights({name: 1e5 * values for name, values in model.get_weights().items()})
    with pytest.raises(ValueError, match="X has values that are too large"):
        model.predict(1e10 * X.astype(np.float32))
