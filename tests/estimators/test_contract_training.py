"""What every estimator must do in training: go on, weigh, validate, fail, compute elsewhere."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy import sparse

from skdeep.backend import get_backend, is_device_array
from tests.callbacks.fits import Recorder
from tests.contracts.estimator_case import select
from tests.contracts.estimator_results import assert_equal, decoded, flat, history, outputs, weights
from tests.contracts.estimator_samples import N
from tests.contracts.estimators import CASES, cases

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def noise(case):
    """Return parameters that make training draw random numbers, where there are any."""
    if not case.by_epochs:
        return {}
    return {name: 0.2 for name in ("dropout", "recurrent_dropout") if case.takes(name)}


# ------------------------------------------------------------------ going on


@pytest.mark.parametrize("name", cases("warm_start", method="partial_fit"))
def test_a_warm_start_goes_on(name):
    case = CASES[name]
    model = case.make(warm_start=True).fit(*case.data)
    before = weights(model)
    assert_equal(model, case.fit(), case.X)
    model.fit(*case.data)
    assert any((weights(model)[key] != values).any() for key, values in before.items())


@pytest.mark.parametrize("name", cases("shuffle", method="partial_fit"))
def test_parts_of_a_fit_are_the_fit(name):
    case = CASES[name]
    options = {"shuffle": False, **({"tol": 0.0} if case.takes("tol") else {}), **noise(case)}
    model = case.make(**options)
    for _ in range(getattr(model, case.epochs)):
        case.go_on(model)
    assert_equal(model, case.fit(**options), case.X, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", cases("random_state", method="get_weights"))
def test_weights_carry_a_model_over(name):
    case = CASES[name]
    model, other = case.fit(), case.fit(random_state=5)
    assert other.set_weights(model.get_weights()) is other
    method = "transform" if case.can("transform") else next(iter(outputs(model, case.X)))
    if method != "score_samples":  # which may rest on more than weights
        expected = flat(getattr(model, method)(case.X))
        for one in weights(model).values():
            one[...] = 9  # copies: neither model sees this
        np.testing.assert_array_equal(flat(getattr(other, method)(case.X)), expected)
        np.testing.assert_array_equal(flat(getattr(model, method)(case.X)), expected)
    with pytest.raises(ValueError, match=r"weights.*no parameter 'nowhere'"):
        other.set_weights({"nowhere": np.zeros(3)})
    if case.takes("initial_weights") and case.by_epochs:
        still = {"learning_rate_init": 1e-15, "max_iter": 1}
        begun = case.fit(initial_weights=model.get_weights(), **still)
        for key, values in model.get_weights().items():
            if not key.endswith((".mean", ".variance")):  # running statistics, which move
                np.testing.assert_allclose(begun.get_weights()[key], values, atol=1e-6)


# ------------------------------------------------------------------ what goes wrong


def spoilt(X, *, missing_is_fine=False):
    """Return data of the same kind with one value that no training can use."""
    if not isinstance(X, list):
        X = X.copy()
        X[3] = np.inf if missing_is_fine else np.nan
        return X
    bad = X[3] if isinstance(X[3], str) else X[3].copy()
    if isinstance(bad, str):
        bad = 3.5
    elif bad.dtype.kind == "i":
        bad[-1] = -1
    else:
        bad[...] = np.nan  # all of it: forecasters take steps that are missing
    return [*X[:3], bad, *X[4:]]


@pytest.mark.parametrize("name", CASES)
def test_bad_values_are_refused_and_leave_the_model(name):
    case = CASES[name]
    model = case.fit()
    expected = outputs(model, case.X)
    X, y = spoilt(case.X, missing_is_fine=case.any_columns), case.data[1:]
    calls = [(model.fit, (X, *y)), (model.fit, ([], *(v[:0] for v in y)))]
    if hasattr(model, "partial_fit"):
        calls.append((model.partial_fit, (X, *y)))
    if y:
        calls += [(model.fit, (case.X, None)), (model.fit, (case.X, y[0][:-1]))]
    calls += [(getattr(model, method), (X,)) for method in expected if "inverse" not in method]
    for call, given in calls:
        with pytest.raises((ValueError, TypeError)):
            call(*given)
    for method, values in outputs(model, case.X).items():
        np.testing.assert_array_equal(values, expected[method])


@pytest.mark.parametrize("name", cases(method="set_callbacks"))
def test_a_fit_that_fails_late_leaves_the_model(name):
    case = CASES[name]
    model = case.fit()
    expected = outputs(model, case.X)
    model.set_callbacks(Recorder(lambda epoch, fitted: 1 / 0))
    with pytest.raises(ZeroDivisionError):
        model.fit(*case.part(range(5, 30)))
    for method, values in outputs(model, case.X).items():
        np.testing.assert_array_equal(values, expected[method])
    if hasattr(model, "partial_fit"):  # which calls no hooks: training goes on as it would have
        assert_equal(case.go_on(model), case.go_on(case.fit()), case.X)


# Of L-BFGS an interrupt ends the fit, as in scikit-learn.
@pytest.mark.parametrize("name", cases(method="set_callbacks", by_epochs=True))
def test_ctrl_c_keeps_what_was_trained(name):
    case = CASES[name]

    def press(epoch, fitted):
        if epoch == 2:
            raise KeyboardInterrupt

    model = case.make().set_callbacks(Recorder(press))
    with pytest.warns(UserWarning, match="interrupted by user"):
        model.fit(*case.data)
    told = case.make().set_callbacks(Recorder(lambda epoch, fitted: epoch == 2)).fit(*case.data)
    assert model.n_iter_ == told.n_iter_ == 2
    assert_equal(model, told, case.X)
    if not getattr(model, "learning_rate_schedule", None):  # which spans all epochs
        assert_equal(model, case.fit(**{case.epochs: 2}), case.X)


HOSTILE = {
    "one row": np.ones((1, 3)),
    "one feature": np.linspace(0, 1, 12)[:, None],
    "constant": np.zeros((12, 3)),
    "huge": 1e6 * np.random.default_rng(0).normal(size=(12, 3)),
}


@pytest.mark.filterwarnings(r"ignore:.*(expects values|is meant for|root mean square):UserWarning")
@pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")  # NumPy's, on overflow
@pytest.mark.parametrize("rows", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.tables])
def test_odd_rows_give_finite_numbers(name, rows):
    case = CASES[name]
    if case.epochs and (isinstance(case.X, list) or case.X.ndim > 2):  # made for other data
        case = replace(case, estimator=case.cls(max_iter=2, random_state=0))
    options = {"batch_size": "auto"} if case.name("max_iter") else {}
    if case.any_columns:  # they hold samples out by default
        options["early_stopping"] = False
    model = case.make(**options)
    huge = np.abs(rows).max() > 1e5
    try:
        model.fit(rows, np.arange(len(rows)) % 2)
        found = outputs(model, rows)
    except ValueError as error:
        if huge and ("non-finite" in str(error) or "infinity" in str(error)):
            return
        raise
    for method, values in found.items():
        assert values.dtype.kind != "f" or np.isfinite(values).all(), method


# ------------------------------------------------------------------ weights, validation


@pytest.mark.parametrize("name", cases("shuffle", fit_takes="sample_weight"))
def test_a_sample_of_weight_two_is_two_samples(name):
    case = CASES[name]
    counts = np.arange(N) // 3 % 3
    index = np.repeat(range(N), counts)
    options = {"shuffle": False, "max_iter": 2}
    if case.takes("standardize"):  # over all series it counts each series once
        options["standardize"] = "series"
    if case.reads_text and case.takes("dtype"):  # a regression ends where rounding says
        options["dtype"] = "float64"
    once = case.make(batch_size=N, **options).fit(*case.data, sample_weight=counts)
    twice = case.make(batch_size=len(index), **options).fit(*case.part(index))
    assert_equal(once, twice, case.X, rtol=1e-5, atol=1e-7)
    assert history(once) != history(case.fit(batch_size=N, **options))


NO_WEIGHTS = {
    "zero": np.zeros(N),
    "negative": np.r_[-1.0, np.ones(N - 1)],
    "nan": np.full(N, np.nan),
    "too large": np.full(N, 1e308),
    "short": np.ones(N - 1),
}


@pytest.mark.parametrize("name", cases(fit_takes="sample_weight"))
def test_weights_that_are_none_are_refused(name):
    case = CASES[name]
    for weight in NO_WEIGHTS.values():
        with pytest.raises(ValueError, match=r"sample_weight|non-zero"):
            case.make().fit(*case.data, sample_weight=weight)


@pytest.mark.parametrize("name", cases("early_stopping", by_epochs=True))
def test_validation_scores_are_scores(name):
    case = CASES[name]
    if case.fit_takes("X_val") and not case.any_columns:  # whose members have scores each
        index = range(0, N, 2)
        given = dict(zip(("X_val", "y_val"), case.part(index), strict=False))
        model = case.make().fit(*case.data, **given)
        assert len(model.validation_scores_) == model.n_iter_
        score = model.score(*case.part(index))
        assert model.validation_scores_[-1] == pytest.approx(score, rel=1e-5)
    held = case.fit(early_stopping=True, validation_fraction=0.25)
    for curves in history(held):
        assert len(curves[2]) >= 1


@pytest.mark.parametrize("name", cases("scoring", by_epochs=True))
def test_a_score_that_is_nan_is_refused(name):
    options = {"early_stopping": True, "validation_fraction": 0.25}
    with pytest.raises(ValueError, match=r"scoring must return one number.*returned nan"):
        CASES[name].fit(scoring=lambda *given: np.nan, **options)


# ------------------------------------------------------------------ elsewhere


@pytest.mark.parametrize(
    ("name", "early"),
    [
        pytest.param(name, early, id=f"{name}, early stopping" if early else name)
        for name in cases("device")
        for early in (False, True)
        if not early or (CASES[name].takes("early_stopping") and CASES[name].by_epochs)
    ],
)
def test_the_stand_in_for_a_card_computes_the_same(name, early):
    case = CASES[name]
    options = noise(case)
    if early:
        options |= {"early_stopping": True, "validation_fraction": 0.25}
    here, there = case.fit(**options), case.fit(device="checked", **options)
    assert_equal(there, here, case.X, rtol=1e-9, atol=1e-12)
    if hasattr(there, "sample"):
        drawn = [flat(model.sample(4, random_state=0)) for model in (there, here)]
        compare = np.testing.assert_array_equal
        if drawn[0].dtype.kind == "f":
            compare = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-12)
        compare(*drawn)
    if hasattr(there, "to"):
        assert there.to("cpu") is there
        assert_equal(there, here, case.X, rtol=1e-9, atol=1e-12)
        with pytest.raises(ValueError, match="device"):
            there.to("nowhere")
    if hasattr(there, "partial_fit") and not early:
        assert_equal(case.go_on(there), case.go_on(here), case.X, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("name", cases("device"))
def test_arrays_on_a_device_stay_there(name):
    case = CASES[name]
    ops = get_backend("checked")
    if case.reads_text:
        pytest.skip("texts lie on no device")
    elif isinstance(case.X, list):
        given = [ops.to_device(x.astype("i4") if x.dtype.kind == "i" else x) for x in case.X]
    else:
        given = ops.to_device(case.X)
    model, here = case.make().fit(given, *case.data[1:]), case.fit()
    for method, expected in outputs(here, case.X).items():
        if method == "inverse_transform":
            found = decoded(model, model.transform(given), case.X)
        else:
            found = getattr(model, method)(given)
        if is_device_array(found):
            found = ops.to_host(found)
        elif method == "transform" and not isinstance(given, list):
            pytest.fail("transform left the device")
        compare = np.testing.assert_array_equal
        if expected.dtype.kind == "f":
            compare = np.testing.assert_allclose
        compare(flat(found), expected)


@pytest.mark.parametrize("name", cases("dtype"))
def test_dtype_follows_the_data_or_is_asked_for(name):
    case = CASES[name]

    def cast(x):
        return x.astype(np.float32) if not case.reads_text and x.dtype.kind == "f" else x

    single = list(map(cast, case.X)) if isinstance(case.X, list) else cast(case.X)
    double = case.make(dtype="float64").fit(*case.data)
    for asked, X in ((None, single), ("float32", case.X), ("float64", single)):
        options = {} if asked is None else {"dtype": asked}
        model = case.make(**options).fit(X, *case.data[1:])
        expected = np.dtype(asked or "float32")
        assert {w.dtype for w in weights(model).values()} == {expected}
        for method, values in outputs(model, X).items():
            if method in ("predict_proba", "decision_function", "transform", "reconstruct"):
                # Squared errors, which a detector decides by, may be beyond 32 bits.
                wide = name == "AutoencoderOutlierDetector" and method == "decision_function"
                assert values.dtype == (np.float64 if wide else expected), method
        if (case.takes("standardize") or case.any_columns) and getattr(model, "dropout", 0):
            continue  # samples that are standardised in another precision have other masks
        for one, other in zip(history(model), history(double), strict=True):
            for curve, exact in zip(one, other, strict=True):
                if curve is not None:
                    np.testing.assert_allclose(curve, exact, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
@pytest.mark.parametrize(
    "name",
    [
        name
        for name, case in CASES.items()
        if case.estimator.__sklearn_tags__().input_tags.sparse and case.X[0].ndim == 1
    ],
)
def test_sparse_rows_are_like_dense_ones(name, kind):
    case = CASES[name]
    X = np.maximum(case.X, 0)
    dense = case.make().fit(X, *case.data[1:])
    thin = case.make().fit(kind(X), *case.data[1:])
    assert_equal(thin, dense, X, rtol=1e-6, atol=1e-8)
    expected = outputs(dense, X)
    for method, values in outputs(dense, kind(X)).items():
        if values.dtype.kind == "f":
            np.testing.assert_allclose(values, expected[method], rtol=1e-6, atol=1e-8)


def test_some_samples_of_a_list():
    assert select(["a", "b", "c"], [2, 0]) == ["c", "a"]
