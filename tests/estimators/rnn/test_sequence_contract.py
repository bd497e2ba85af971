"""What everything for sequences must do that scikit-learn's checks of tables cannot ask."""

import copy
import pickle
import re
from inspect import cleandoc, getmembers, isfunction, signature

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
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
from skdeep.callbacks import ModelCheckpoint, load_checkpoint
from tests.callbacks.fits import cut_off
from tests.estimators.test_documentation import entries

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


@pytest.mark.parametrize("name", list(CASES))
def test_parameters_and_clones(name):
    model, X, y, _ = CASES[name]
    given = model.get_params()
    other = type(model)(**given)
    assert {k: repr(v) for k, v in other.get_params().items()} == {
        k: repr(v) for k, v in given.items()
    }
    before = copy.deepcopy(given)
    model = clone(model).fit(X, y)
    assert model.get_params() == before  # fit sets none
    assert clone(model).get_params() == before
    with pytest.raises(ValueError, match="Invalid parameter 'nonsense'"):
        model.set_params(nonsense=1)
    with pytest.raises(ValueError, match=r"The '.*' parameter of"):
        clone(model).set_params(**{next(iter(model._parameter_constraints)): object()}).fit(X, y)


@pytest.mark.parametrize("name", list(CASES))
def test_not_fitted(name):
    model, X, _, methods = CASES[name]
    for method in methods:
        with pytest.raises(NotFittedError):
            getattr(clone(model), method)(X)
    if hasattr(model, "score"):
        with pytest.raises(NotFittedError):
            clone(model).score(X, CASES[name][2])


@pytest.mark.parametrize("name", list(CASES))
def test_pickles_give_the_same(name):
    model, X, _, methods = fitted(name)
    equal(outputs(model, X, methods), outputs(pickle.loads(pickle.dumps(model)), X, methods))
    equal(outputs(model, X, methods), outputs(copy.deepcopy(model), X, methods))


@pytest.mark.parametrize("name", list(CASES))
def test_neither_data_nor_models_are_altered(name):
    model, X, y, methods = CASES[name]
    kept = copy.deepcopy((X, y))
    model = clone(model).fit(X, y)
    state = pickle.dumps(model)
    outputs(model, X, methods)
    if hasattr(model, "score"):
        model.score(X, y)
    assert pickle.dumps(model) == state
    for before, after in zip(kept, (X, y), strict=True):
        if before is not None:
            for one, other in zip(before, after, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", LEARNERS)
def test_an_int_as_seed_makes_fits_repeat(name):
    first, X, _, methods = fitted(name)
    again = fitted(name)[0]
    other = fitted(name, random_state=1)[0]
    equal(outputs(first, X, methods), outputs(again, X, methods))
    assert first.loss_curve_ == again.loss_curve_
    assert first.loss_curve_ != other.loss_curve_


@pytest.mark.parametrize("name", LEARNERS)
def test_partial_fits_go_on_and_from_pickles_too(name):
    model, X, y, methods = CASES[name]
    extra = {"classes": ["down", "up"]} if "tagger" in name else {}
    model = clone(model).partial_fit(X, y, **extra)
    copied = pickle.loads(pickle.dumps(model))
    for one in (model, copied):
        one.partial_fit(X, y).partial_fit(X, y)
    equal(outputs(model, X, methods), outputs(copied, X, methods))
    assert model.loss_curve_ == copied.loss_curve_
    assert model.loss_curve_[2] < model.loss_curve_[0]
    if "tagger" not in name:  # whose batches are drawn from the order before
        assert model.loss_curve_ == fitted(name)[0].loss_curve_


@pytest.mark.parametrize("name", LEARNERS)
def test_warm_starts_go_on(name):
    model, X, y, _ = fitted(name, warm_start=True)
    loss = model.loss_
    assert model.fit(X, y).loss_curve_[-1] < loss


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("early", [False, True])
def test_the_checked_device_gives_the_same(name, early):
    params = {"early_stopping": early, "dropout": 0.2, "recurrent_dropout": 0.2}
    here, X, _, methods = fitted(name, **params)
    there = fitted(name, device="checked", **params)[0]
    equal(outputs(here, X, methods), outputs(there, X, methods))
    assert here.loss_curve_ == there.loss_curve_
    assert here.validation_scores_ == there.validation_scores_
    equal(outputs(there.to("cpu"), X, methods), outputs(here, X, methods))


@pytest.mark.parametrize("name", LEARNERS)
def test_validation_sequences_of_its_own(name):
    if name == "forecaster":
        pytest.skip("the end of each series validates a forecaster")
    model, X, y, _ = CASES[name]
    given = {"X_val": X[:5]} if y is None else {"X_val": X[:5], "y_val": y[:5]}
    model = clone(model).fit(X, y, **given)
    assert len(model.validation_scores_) == model.n_iter_
    score = model.score(X[:5], y if y is None else y[:5])
    np.testing.assert_allclose(model.validation_scores_[-1], score, rtol=1e-5)


@pytest.mark.parametrize("name", LEARNERS)
def test_lower_precision_is_asked_for_or_follows(name):
    for dtype in ("float32", "float64"):
        model = fitted(name, dtype=dtype)[0]
        assert {w.dtype for w in model.get_weights().values()} == {np.dtype(dtype)}
    usual = fitted(name)[0].get_weights().values()
    tokens = CASES[name][1] is TOKENS
    assert {w.dtype for w in usual} == {np.dtype("float32" if tokens else "float64")}


@pytest.mark.parametrize("name", LEARNERS)
def test_cross_validation_on_two_workers(name):
    model, X, y, _ = CASES[name]
    scores = cross_val_score(model, X, y, cv=2, n_jobs=2, error_score="raise")
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()


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


@pytest.mark.parametrize("name", list(CASES))
def test_tags(name):
    model = CASES[name][0]
    tags = model.__sklearn_tags__()
    assert tags.target_tags.required == (CASES[name][2] is not None)
    assert not tags.input_tags.sparse
    assert not tags.no_validation
    assert not tags.non_deterministic
    assert tags.input_tags.string == (name == "encoder")
    assert hasattr(model, "transform") == (name in ("encoder", "scaler"))


@pytest.mark.parametrize("name", list(CASES))
def test_docstrings_name_what_there_is(name):
    model = fitted(name)[0]
    cls = type(model)
    documented, parameters = entries(cls.__doc__, "Parameters"), signature(cls).parameters
    assert set(documented) == set(parameters) == set(cls._parameter_constraints)
    for parameter, text in documented.items():
        default = re.findall(r"default=(.+)", text.partition("\n")[0])
        assert eval(default[0]) == parameters[parameter].default, parameter
    public = {found for found in dir(model) if found.endswith("_") and not found.startswith("_")}
    attributes = set(entries(cls.__doc__, "Attributes"))
    assert public <= attributes
    assert attributes - public <= {"feature_names_in_"}
    for found, method in getmembers(cls, isfunction):
        if found.startswith("_") or not method.__module__.startswith("skdeep"):
            continue
        names = [one for one in signature(method).parameters if one != "self"]
        assert not names or set(entries(method.__doc__, "Parameters")) == set(names), found
        assert "Returns\n" in cleandoc(method.__doc__), found


@pytest.mark.parametrize("name", LEARNERS)
@pytest.mark.parametrize("early", [False, True])
def test_fits_go_on_from_checkpoints(tmp_path, name, early):
    model, X, y, methods = CASES[name]
    params = {"max_iter": 4, "early_stopping": early, "dropout": 0.2, "ema_decay": 0.5}
    model = clone(model).set_params(**params)
    whole = clone(model).set_callbacks(ModelCheckpoint(tmp_path, save_epochs=True)).fit(X, y)
    cut_off(tmp_path, 2)
    resumed = clone(model).set_callbacks(ModelCheckpoint(tmp_path, resume=True)).fit(X, y)
    assert resumed.loss_curve_ == whole.loss_curve_
    assert resumed.validation_scores_ == whole.validation_scores_
    equal(outputs(resumed, X, methods), outputs(whole, X, methods))
    loaded = load_checkpoint(tmp_path, model)
    if not early:  # a checkpoint holds the last epoch, not the best one
        equal(outputs(loaded, X, methods), outputs(whole, X, methods))
    if name == "forecaster":
        with pytest.raises(ValueError, match="without the series of its fit: give X"):
            loaded.forecast(2)


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
