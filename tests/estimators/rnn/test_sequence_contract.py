"""What everything for sequences must do that scikit-learn's checks of tables cannot ask."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skdeep import (
    RNNClassifier,
    RNNForecaster,
    RNNGenerator,
    RNNTagger,
    SequenceEncoder,
    SequenceScaler,
)
from skdeep.backend import get_backend, is_device_array

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
LENGTHS = rng.integers(2, 12, 24)
SERIES = [rng.normal(size=(n, 2)) for n in LENGTHS]
TOKENS = [rng.integers(0, 5, n) for n in LENGTHS]
ROLLS = [(rng.random((n, 4)) < 0.4).astype(float) for n in LENGTHS]
LABELS = [np.where(x[:, 0] > 0, "up", "down") for x in SERIES]
TEXTS = ["".join("abcde"[k] for k in x) for x in TOKENS]
SHORT = {"recurrent_layer_sizes": 5, "max_iter": 3, "random_state": 0}

#: Estimator, X and y, and the methods that compute something of X.
CASES = {
    "tagger": (
        RNNTagger(**SHORT),
        SERIES,
        LABELS,
        ["predict", "predict_proba", "decision_function"],
    ),
    "tagger of tokens": (
        RNNTagger(embedding_dim=3, **SHORT),
        TOKENS,
        LABELS,
        ["predict_log_proba"],
    ),
    "forecaster": (RNNForecaster(tbptt_steps=4, **SHORT), SERIES, None, ["predict"]),
    "generator": (RNNGenerator(tbptt_steps=4, **SHORT), TOKENS, None, ["score_samples"]),
    "generator of rolls": (
        RNNGenerator(tbptt_steps=4, embedding_dim=None, **SHORT),
        ROLLS,
        None,
        ["score_samples"],
    ),
    "encoder": (SequenceEncoder(), TEXTS, None, ["transform"]),
    "scaler": (SequenceScaler(), SERIES, None, ["transform", "inverse_transform"]),
}
LEARNERS = [name for name in CASES if name not in ("encoder", "scaler")]


def outputs(model, X, methods):
    return [np.concatenate([np.ravel(part) for part in getattr(model, m)(X)]) for m in methods]


def equal(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


def fitted(name, **params):
    model, X, y, methods = CASES[name]
    model = clone(model).set_params(**params)
    return model.fit(X, y), X, y, methods


@pytest.mark.parametrize("name", LEARNERS)
def test_lower_precision_is_asked_for_or_follows(name):
    for dtype in ("float32", "float64"):
        model = fitted(name, dtype=dtype)[0]
        assert {w.dtype for w in model.get_weights().values()} == {np.dtype(dtype)}
    usual = fitted(name)[0].get_weights().values()
    tokens = CASES[name][1] is TOKENS
    assert {w.dtype for w in usual} == {np.dtype("float32" if tokens else "float64")}


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("text", r"X is 'text': sequences are|X has shape \(\)"),
        ([], "0 sample"),
        (
            [np.ones((3, 2)), np.ones((0, 2))],
            r"X\[1\] has length zero|X\[0\] must be an array \(T,\)",
        ),
        (
            [np.ones((3, 2)), np.array([[1.0, 1.0], [np.nan, 1.0]])],
            r"NaN: in X\[1\]|X\[0\] must be",
        ),
        ([[1, 1], ["a", "b"]], r"X\[1\] holds strings: encode text|string"),
        (
            [np.ones((3, 2)), np.ones((3, 1))],
            r"X\[1\] has 1 features, but X\[0\] has 2|X\[0\] must",
        ),
    ],
)
def test_what_is_no_sequence(name, X, message):
    model, _, y, _ = CASES[name]
    with pytest.raises((ValueError, TypeError), match=message):
        clone(model).fit(X, y if y is None else y[: len(X)])


def test_text_to_text():
    generator = RNNGenerator(tbptt_steps=4, **SHORT)
    pipeline = make_pipeline(SequenceEncoder(start=False), generator).fit(TEXTS)
    encoder, model = pipeline[0], pipeline[1]
    assert model.n_tokens_ == encoder.n_tokens_
    text = encoder.inverse_transform(model.generate(encoder.transform(["ab"]), 7, random_state=0))
    assert len(text[0]) == 7
    assert pipeline.score(TEXTS) == model.score(encoder.transform(TEXTS))


def test_scaled_series_through_a_pipeline():
    pipeline = make_pipeline(SequenceScaler(), RNNTagger(**SHORT)).fit(SERIES, LABELS)
    assert [len(labels) for labels in pipeline.predict(SERIES)] == LENGTHS.tolist()


@pytest.mark.parametrize("name", [*LEARNERS, "scaler"])
def test_device_arrays_are_computed_with_where_they_lie(name):
    ops = get_backend("checked")
    here, X, y, methods = fitted(name)
    kind = np.int32 if X is TOKENS else float
    there = [ops.to_device(np.asarray(x, kind)) for x in X]
    model = clone(CASES[name][0]).fit(there, y)
    if name == "scaler":
        found = [ops.to_host(x) for x in model.transform(there)]
        equal(found, here.transform(X))
        return
    assert model._device == "checked"
    assert model.loss_curve_ == here.loss_curve_
    equal(outputs(model, there, methods), outputs(here, X, methods))
    assert not any(map(is_device_array, getattr(model, methods[0])(there)))


def test_forecasts_and_texts_from_devices():
    ops = get_backend("checked")
    model = fitted("forecaster")[0]
    moved = fitted("forecaster", device="checked")[0]
    equal(moved.forecast(3, [ops.to_device(x) for x in SERIES]), model.forecast(3, SERIES))
    alone = moved.forecast(3, ops.to_device(SERIES[0]))
    np.testing.assert_allclose(alone, model.forecast(3)[0], rtol=1e-10)
    model, moved = fitted("generator")[0], fitted("generator", device="checked")[0]
    prompts = [ops.to_device(x.astype(np.int32)) for x in TOKENS]
    found = moved.generate(prompts, 5, random_state=0)
    equal(found, model.generate(TOKENS, 5, random_state=0))


def test_nested_lists_of_any_lengths():
    ragged = [[1.0, 2.0, 3.0], [4.0, 5.0], [1.0, 2.0, 2.0], [3.0, 1.0]] * 5
    model = RNNClassifier(3, max_iter=2, random_state=0).fit(ragged, [0, 1] * 10)
    alone = np.concatenate([model.predict_proba([x]) for x in ragged[:4]])
    np.testing.assert_allclose(alone, model.predict_proba(ragged[:4]), rtol=1e-5)
    folds = [(range(20), [0, 2]), (range(20), [1, 3])]  # of equal lengths
    assert np.isfinite(cross_val_score(model, ragged, [0, 1] * 10, cv=folds)).all()
    scaled = SequenceScaler().fit(ragged).transform([[1.0, 2.0, 3.0]])
    assert [x.shape for x in scaled] == [(3,)]
    series = RNNForecaster(3, max_iter=2, random_state=0).fit(ragged)
    assert [f.shape for f in series.forecast(2, [[1.0, 2.0, 3.0]])] == [(2,)]
