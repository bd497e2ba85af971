"""What everything for sequences must do that scikit-learn's checks of tables cannot ask."""

import numpy as np
import pytest
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
from tests.contracts.estimator_samples import LENGTHS, SEQUENCES, TAGS, TEXTS, TOKENS
from tests.contracts.estimators import CASES

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHORT = {"recurrent_layer_sizes": 5, "max_iter": 3, "random_state": 0}
LEARNERS = [
    name
    for name, case in CASES.items()
    if case.epochs and isinstance(case.X, list) and not (case.tables or case.reads_text)
]


def equal(first, second):
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)


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
            [np.ones((3, 2)), np.array([[np.nan, 1.0], [np.nan, 1.0]])],
            r"NaN: in X\[1\]|X\[0\] must be|X\[1\] has nothing but NaN in channel 0",
        ),
        ([[1, 1], ["a", "b"]], r"X\[1\] holds strings: encode text|string"),
        (
            [np.ones((3, 2)), np.ones((3, 1))],
            r"X\[1\] has 1 features, but X\[0\] has 2|X\[0\] must",
        ),
    ],
)
def test_what_is_no_sequence(name, X, message):
    model, y = CASES[name].make(), CASES[name].y
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, y if y is None else y[: len(X)])


def test_text_to_text():
    generator = RNNGenerator(tbptt_steps=4, **SHORT)
    pipeline = make_pipeline(SequenceEncoder(start=False), generator).fit(TEXTS)
    encoder, model = pipeline[0], pipeline[1]
    assert model.n_tokens_ == encoder.n_tokens_
    text = encoder.inverse_transform(model.generate(encoder.transform(["ab"]), 7, random_state=0))
    assert len(text[0]) == 7
    assert pipeline.score(TEXTS) == model.score(encoder.transform(TEXTS))


def test_scaled_series_through_a_pipeline():
    pipeline = make_pipeline(SequenceScaler(), RNNTagger(**SHORT)).fit(SEQUENCES, TAGS)
    assert [len(labels) for labels in pipeline.predict(SEQUENCES)] == LENGTHS.tolist()


def test_a_scaler_computes_where_sequences_lie():
    ops = get_backend("checked")
    there = [ops.to_device(x) for x in SEQUENCES]
    found = SequenceScaler().fit(there).transform(there)
    assert all(map(is_device_array, found))
    equal(map(ops.to_host, found), SequenceScaler().fit_transform(SEQUENCES))


def test_forecasts_and_texts_from_devices():
    ops = get_backend("checked")
    forecaster, generator = CASES["RNNForecaster"], CASES["RNNGenerator"]
    model, moved = forecaster.fit(), forecaster.fit(device="checked")
    equal(moved.forecast(3, [ops.to_device(x) for x in SEQUENCES]), model.forecast(3, SEQUENCES))
    alone = moved.forecast(3, ops.to_device(SEQUENCES[0]))
    np.testing.assert_allclose(alone, model.forecast(3)[0], rtol=1e-10)
    model, moved = generator.fit(), generator.fit(device="checked")
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
