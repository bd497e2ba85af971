"""What every estimator must do, from one list of them: parameters, copies, what predictions are."""

import copy
import io
import pickle
from concurrent.futures import ThreadPoolExecutor
from inspect import signature

import joblib
import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

import skdeep
from tests.contracts.estimator_case import is_table, select
from tests.contracts.estimator_results import METHODS, assert_equal, flat, history, outputs, weights
from tests.contracts.estimator_samples import LENGTHS, N
from tests.contracts.estimators import CASES, cases

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

EVERY = pytest.mark.parametrize("name", CASES)


def test_every_public_estimator_is_in_the_list():
    public = (getattr(skdeep, name) for name in skdeep.__all__)
    estimators = {c for c in public if isinstance(c, type) and issubclass(c, BaseEstimator)}
    assert {case.cls for case in CASES.values()} == estimators


# ------------------------------------------------------------------ parameters


@EVERY
def test_parameters_and_clones(name):
    case = CASES[name]
    given = case.estimator.get_params(deep=False)
    other = case.cls(**given)
    assert all(getattr(other, key) is value for key, value in given.items())
    model = case.make()
    before = repr(model.get_params())
    assert repr(model.fit(*case.data).get_params()) == before
    fresh = clone(model)
    assert repr(fresh.get_params()) == before
    assert not [key for key in dir(fresh) if key.endswith("_") and key[0] != "_"]
    assert repr(model).startswith(f"{case.cls.__name__}(")
    with pytest.raises(ValueError, match="Invalid parameter 'nonsense'"):
        model.set_params(nonsense=1)


@EVERY
def test_what_no_parameter_can_be_is_refused_by_name(name):
    case = CASES[name]
    for parameter in signature(case.cls).parameters:
        model = case.make(**{parameter: object()})
        with pytest.raises(ValueError, match=parameter):
            model.fit(*case.data)
        assert not hasattr(model, "n_features_in_"), parameter


@pytest.mark.parametrize("value", [np.nan, -np.inf])
@EVERY
def test_numbers_that_are_none_are_refused_by_name(name, value):
    case = CASES[name]
    for parameter, default in case.cls().get_params(deep=False).items():
        if type(default) in (int, float):
            with pytest.raises(ValueError, match=parameter):
                case.fit(**{parameter: value})


# ------------------------------------------------------------------ copies


def by_joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


COPIES = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "joblib": by_joblib,
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@EVERY
def test_a_copy_gives_the_same(name):
    case = CASES[name]
    model = case.fit()
    for copied in COPIES.values():
        other = copied(model)
        assert_equal(other, model, case.X)
        assert history(other) == history(model)


@pytest.mark.parametrize(("begin", "way"), [("fit", "pickle"), ("partial_fit", "copy")])
@pytest.mark.parametrize("name", cases(method="partial_fit"))
def test_a_copy_goes_on_exactly(name, way, begin):
    case = CASES[name]
    options = {"dropout": 0.2} if case.takes("dropout") else {}
    options |= {"shuffle": True} if case.takes("shuffle") else {}
    model = case.make(**options)
    model = model.fit(*case.data) if begin == "fit" else case.go_on(model)
    before = outputs(model, case.X)
    other = COPIES[way](model)
    for _ in range(2):
        case.go_on(other)
    moved = weights(other)
    if moved:
        assert any((moved[key] != values).any() for key, values in weights(model).items())
    for key, values in before.items():  # the original does not move with its copy
        np.testing.assert_array_equal(outputs(model, case.X)[key], values)
    for _ in range(2):
        case.go_on(model)
    assert_equal(other, model, case.X)
    assert history(other) == history(model)


# ------------------------------------------------------------------ predictions


@EVERY
def test_nothing_is_predicted_before_a_fit(name):
    case = CASES[name]
    model = case.make()
    for method in [method for method in [*METHODS, "inverse_transform"] if case.can(method)]:
        with pytest.raises(NotFittedError):
            getattr(model, method)(case.X)
    if hasattr(model, "score"):
        with pytest.raises(NotFittedError):
            model.score(*case.data)


@EVERY
def test_neither_data_nor_models_are_altered(name):
    case = CASES[name]
    kept = copy.deepcopy(case.data)
    model = case.fit()
    state = pickle.dumps(model)
    outputs(model, case.X)
    if hasattr(model, "score"):
        assert np.isfinite(model.score(*case.data))
    assert pickle.dumps(model) == state
    for before, after in zip(kept, case.data, strict=True):
        np.testing.assert_array_equal(flat(after), flat(before))


@pytest.mark.parametrize("name", [name for name in CASES if name != "SequenceEncoder"])
def test_predictions_are_numbers_and_depend_on_no_company(name):
    case = CASES[name]
    model = case.fit()
    index = [7, 3, 20]
    together, few = outputs(model, case.X), outputs(model, select(case.X, index))
    of_steps = np.repeat(range(N), LENGTHS)
    for method, values in together.items():
        assert values.dtype.kind not in "fc" or np.isfinite(values).all()
        if len(few[method]) * N == len(values) * len(index):
            expected = values.reshape(N, -1)[index].ravel()
        else:  # one result for each step
            parts = values.reshape(len(of_steps), -1)
            expected = np.concatenate([parts[of_steps == k].ravel() for k in index])
        if values.dtype.kind == "f":
            np.testing.assert_allclose(few[method], expected, rtol=1e-5, atol=1e-6, err_msg=method)
        else:
            np.testing.assert_array_equal(few[method], expected, err_msg=method)


@EVERY
def test_threads_predict_what_one_does(name):
    case = CASES[name]
    model = case.fit()
    parts = [select(case.X, range(k, N)) for k in range(8)]
    expected = [outputs(model, part) for part in parts]
    fresh = pickle.loads(pickle.dumps(model))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda part: outputs(fresh, part), parts))
    for mine, theirs in zip(found, expected, strict=True):
        for method, values in theirs.items():
            np.testing.assert_array_equal(mine[method], values)


@pytest.mark.parametrize("name", cases("random_state"))
def test_the_seed_decides(name):
    case = CASES[name]
    first = case.make(random_state=0).fit(*case.data)
    again = case.make(random_state=np.random.RandomState(0)).fit(*case.data)
    other = case.make(random_state=1).fit(*case.data)
    assert_equal(first, case.make(random_state=0).fit(*case.data), case.X)
    if case.name("random_state") == "random_state":
        assert history(again) == history(first)
    assert history(other) != history(first)


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("name", [n for n in cases(method="set_output") if CASES[n].epochs])
def test_features_have_names_and_come_as_frames(name, container):
    case = CASES[name]
    model = case.fit()
    codes = model.transform(case.X)
    np.testing.assert_array_equal(case.make().fit_transform(*case.data), codes)
    names = [f"{case.cls.__name__.lower()}{k}" for k in range(codes.shape[1])]
    assert model.get_feature_names_out().tolist() == names
    frame = model.set_output(transform=container).transform(case.X)
    assert type(frame).__module__.startswith(container)
    assert list(frame.columns) == names
    np.testing.assert_array_equal(frame.to_numpy(), codes)
    if hasattr(model, "inverse_transform"):
        expected = flat(model.inverse_transform(codes))
        np.testing.assert_array_equal(flat(model.inverse_transform(frame)), expected)


@pytest.mark.parametrize("container", ["pandas", "polars"])
@pytest.mark.parametrize("name", [n for n in cases(method="transform") if not CASES[n].epochs])
def test_what_is_no_table_stays_as_it_is_in_pipelines_of_frames(name, container):
    case = CASES[name]
    with pytest.raises(ValueError, match=r"output config must be in .*, got '?nope"):
        case.make().set_output(transform="nope").fit_transform(case.X)
    pipeline = make_pipeline(case.make()).set_output(transform=container)
    pairs = zip(clone(pipeline).fit_transform(case.X), case.fit().transform(case.X), strict=True)
    for found, expected in pairs:
        assert type(found) is type(expected)
        np.testing.assert_array_equal(found, expected)
    if case.can("get_feature_names_out"):  # a table is one
        table = pd.DataFrame(np.eye(5, 3), columns=list("abc"))
        frame = pipeline.fit(table).transform(table)
        assert type(frame).__module__.startswith(container)
        assert list(frame.columns) == list("abc")
        np.testing.assert_array_equal(frame, case.make().fit_transform(table))
        waves = np.ones((3, 4, 1))
        assert isinstance(pipeline.fit(waves).transform(waves), np.ndarray)


@pytest.mark.parametrize("kind", [pd, pl], ids=["pandas", "polars"])
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if is_table(case.X)])
def test_names_of_columns_are_kept_and_compared(name, kind):
    case = CASES[name]
    frame = kind.DataFrame(dict(zip("abcde", case.X.T, strict=True)))
    model = case.make().fit(frame, *case.data[1:])
    assert model.feature_names_in_.tolist() == list("abcde")
    plain = outputs(case.fit(), case.X)
    for method, values in outputs(model, frame).items():
        if values.dtype.kind == "f":  # columns lie in memory one after the other
            np.testing.assert_allclose(values, plain[method], rtol=1e-6, atol=1e-9)
        else:
            np.testing.assert_array_equal(values, plain[method])
    method = next(iter(plain))
    turned = frame[list("edcba")]
    if case.any_columns:
        values = getattr(model, method)(frame)
        np.testing.assert_array_equal(getattr(model, method)(turned), values)
    else:
        with pytest.raises(ValueError, match="feature names should match"):
            getattr(model, method)(turned)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        getattr(model, method)(case.X)
    assert not hasattr(model.fit(*case.data), "feature_names_in_")


@EVERY
def test_tags_say_what_is_true(name):
    case = CASES[name]
    tags = case.estimator.__sklearn_tags__()
    assert tags.target_tags.required == (case.y is not None)
    assert tags.input_tags.string == (case.any_columns or isinstance(case.X[0], str))
    assert tags.input_tags.categorical == case.any_columns
    assert tags.input_tags.allow_nan == (case.any_columns or hasattr(case.cls, "forecast"))
    assert not tags.no_validation
    assert not tags.non_deterministic
    transforms = tags.transformer_tags is not None
    for method in ("transform", "fit_transform"):
        assert case.can(method) == transforms, method


FIRST = {case.cls: name for name, case in reversed(CASES.items())}  # one case of each class


@pytest.mark.parametrize(
    "name", [n for n in cases("random_state", method="score") if n in FIRST.values()]
)
def test_folds_on_two_workers(name, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    case = CASES[name]
    folds = [(np.arange(0, N, 2), np.arange(1, N, 2))] * 2
    given = {"cv": folds, "error_score": "raise"}
    one, two = (cross_val_score(case.make(), *case.data, n_jobs=n, **given) for n in (1, 2))
    np.testing.assert_allclose(two, one)
