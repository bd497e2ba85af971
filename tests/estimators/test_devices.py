"""Every feature on the checked backend, which stands for a GPU, gives the CPU's numbers."""

import pickle
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GroupKFold

from skdeep import BernoulliRBM, GaussianRBM, MLPClassifier, MLPRegressor
from skdeep.backend.checked import CheckedArray

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 4))
Y = (X[:, 0] > 0).astype(int)
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-0.5, 0.5])]
CODES = np.digitize(X[:, 0], [-0.5, 0.5])
LABELS = (X[:, :3] > 0).astype(int)
COLUMNS = np.c_[CODES, Y + 4]
T = np.c_[X[:, 0] - X[:, 1], X[:, 2]]
GROUPS = np.arange(50) // 5

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHARED = {
    "plain": {},
    "layers": {"activation": ["tanh", "maxout"], "dropout": [0.1, 0.2]},
    "selu": {"activation": "selu", "dropout": 0.1},
    "batch-norm": {"normalization": "batch"},
    "layer-norm-residual": {"normalization": "layer", "residual": True},
    "schedule": {"solver": "nadam", "learning_rate_schedule": "one_cycle", "weight_decay": 0.1},
    "clip": {"solver": "sgd", "gradient_clip_norm": 0.1, "gradient_clip_value": 0.05},
    "average": {"ema_decay": 0.9, "solver": "lion"},
    "stopping": {"early_stopping": True},
    "stopping-loss-average": {"early_stopping": True, "scoring": "loss", "ema_decay": 0.5},
    "groups": {"early_stopping": True, "validation_split": GroupKFold(3)},
    "lbfgs": {"solver": "lbfgs"},
    "lbfgs-norm-frozen": {
        "solver": "lbfgs",
        "normalization": "batch",
        "frozen_layers": ["hidden_0"],
    },
    "frozen": {"frozen_layers": ["hidden_1"]},
    "float32": {"dtype": "float32"},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 1.0, "n_iter_no_change": 1},
}
CLASSIFIERS = {
    "focal": ({"loss": "focal"}, THREE),
    "focal-binary": ({"loss": "focal"}, Y),
    "smoothing": ({"label_smoothing": 0.1, "class_weight": "balanced"}, THREE),
    "scorer": ({"early_stopping": True, "scoring": "neg_log_loss"}, THREE),
    "labels": ({"dropout": 0.2}, LABELS),
    "columns": ({"dropout": 0.2}, COLUMNS),
}
REGRESSORS = {
    "absolute": {"loss": "absolute_error"},
    "huber": {"loss": "huber"},
    "quantile": {"loss": "quantile", "quantiles": (0.2, 0.8), "dropout": 0.1},
    "standardized": {"standardize_target": True, "dropout": 0.1},
    "scorer": {"early_stopping": True, "scoring": "neg_mean_absolute_error"},
}
CASES = {
    **{f"classifier-{k}": (MLPClassifier, v, THREE) for k, v in SHARED.items()},
    **{f"regressor-{k}": (MLPRegressor, v, T) for k, v in SHARED.items()},
    **{f"classifier-{k}": (MLPClassifier, *v) for k, v in CLASSIFIERS.items()},
    **{f"regressor-{k}": (MLPRegressor, v, T) for k, v in REGRESSORS.items()},
}
METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function", "transform"]


def make(cls, **params):
    return cls(**{"hidden_layer_sizes": (6, 4), "max_iter": 4, "random_state": 0, **params})


def host(result):
    if isinstance(result, tuple | list):
        return [host(part) for part in result]
    return result.held if isinstance(result, CheckedArray) else result


def assert_same(one, other):
    if isinstance(one, list):
        for first, second in zip(one, other, strict=True):
            assert_same(first, second)
    elif np.asarray(one).dtype.kind in "fc":
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-7)
    else:
        np.testing.assert_array_equal(other, one)


def outputs(model, X):
    """Return what every method gives for X, uncertainty included."""
    found = {name: getattr(model, name)(X) for name in METHODS if hasattr(model, name)}
    if model._network.spec.has("noise"):
        method = getattr(model, "predict_proba", model.predict)
        found["return_std"] = method(X, return_std=True)
    return found


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("name", CASES)
def test_numpy_in_and_out(name, kind):
    cls, params, y = CASES[name]
    more = {"groups": GROUPS} if "validation_split" in params else {}
    data = kind(X)
    cpu = make(cls, **params).fit(data, y, **more)
    model = make(cls, device="checked", **params).fit(data, y, **more)
    assert_same(cpu.loss_curve_, model.loss_curve_)
    assert_same(cpu.validation_loss_curve_ or [], model.validation_loss_curve_ or [])
    for method, expected in outputs(cpu, data).items():
        result = getattr(model, method, None)
        found = outputs(model, data)[method] if method == "return_std" else result(data)
        assert not isinstance(found, CheckedArray)
        assert_same(host(expected), host(found))
    assert model.score(data, y) == pytest.approx(cpu.score(data, y))
    if hasattr(cpu, "partial_fit") and not cpu.early_stopping:
        assert_same(cpu.partial_fit(data, y).loss_, model.partial_fit(data, y).loss_)


@pytest.mark.parametrize("name", CASES)
def test_device_arrays_in_and_out(name):
    cls, params, y = CASES[name]
    more = {"groups": GROUPS} if "validation_split" in params else {}
    cpu, there = make(cls, **params).fit(X, y, **more), CheckedArray(X.copy())
    model = make(cls, **params).fit(there, y, **more)  # device="auto" follows the data
    assert model.n_features_in_ == 4
    for method, expected in outputs(cpu, X).items():
        found = outputs(model, there)[method]
        held_there = method != "predict" or cls is MLPRegressor or y.dtype.kind in "biuf"
        parts = found if isinstance(found, tuple | list) else [found]
        flat = [p for part in parts for p in (part if isinstance(part, list) else [part])]
        assert all(isinstance(part, CheckedArray) == held_there for part in flat)
        assert_same(host(expected), host(found))
    assert model.score(there, y) == pytest.approx(cpu.score(X, y))


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_everything_that_fit_takes_may_lie_on_the_device(cls):
    weight = RNG.uniform(1, 2, 50)
    given = {
        "X": X,
        "y": Y.astype(float),
        "sample_weight": weight,
        "X_val": X[:9],
        "y_val": Y[:9].astype(float),
        "sample_weight_val": weight[:9],
    }
    cpu = make(cls).fit(**given)
    model = make(cls).fit(**{k: CheckedArray(v.copy()) for k, v in given.items()})
    assert_same(cpu.validation_loss_curve_, model.validation_loss_curve_)
    assert_same(cpu.predict(X), model.to("cpu").predict(X))
    assert model.device == "auto"
    assert model.score(X, CheckedArray(given["y"])) == cpu.score(X, Y)


def test_data_that_lie_elsewhere_are_refused():
    there = CheckedArray(X.copy())
    with pytest.raises(ValueError, match=r"X lies on 'checked'.*device='cpu'"):
        make(MLPClassifier, device="cpu").fit(there, Y)
    with pytest.raises(ValueError, match="X_val lies on 'checked'"):
        make(MLPClassifier).fit(X, Y, X_val=there[:9], y_val=Y[:9])
    model = make(MLPClassifier).fit(X, Y)
    with pytest.raises(ValueError, match=r"`to\('checked'\)`"):
        model.predict(there)
    np.testing.assert_array_equal(host(model.to("checked").predict(there)), model.predict(X))
    for bad, said in ((X[:, :2], "2 features"), (np.full_like(X, np.nan), "NaN")):
        with pytest.raises(ValueError, match=said):
            model.predict(CheckedArray(bad))
    with pytest.raises(ValueError, match="requires y"):
        make(MLPClassifier).fit(there, None)


def test_weights_written_to_a_model_on_a_device_arrive_there():
    model = make(MLPRegressor).fit(X, T).to("checked")
    on_host = make(MLPRegressor).fit(X, T)
    for each in (model, on_host):
        each.coefs_[-1] = np.ones((4, 2))
        each.intercepts_ = [b + 1 for b in each.intercepts_]
        each.set_weights({"hidden_0.W": each.get_weights()["hidden_0.W"] * 2})
    np.testing.assert_array_equal(model.predict(X), on_host.predict(X))
    with pytest.raises(ValueError, match="read-only"):
        model.coefs_[0][...] = 0  # the device would not see this


def test_a_pickle_falls_back_to_the_cpu_where_the_device_is_not(monkeypatch):
    model = make(MLPClassifier, device="checked").fit(X, Y)
    model._device = "cuda:7"
    monkeypatch.setitem(sys.modules, "cupy", None)
    copy = pickle.loads(pickle.dumps(model))
    assert copy._device == "cpu"
    model._device = "checked"
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
    assert pickle.loads(pickle.dumps(model))._device == "checked"


def test_a_device_model_goes_on_as_on_the_cpu_after_a_pickle():
    model = make(MLPClassifier, dropout=0.1, device="checked").fit(X, Y)
    cpu = make(MLPClassifier, dropout=0.1).fit(X, Y)
    copy = pickle.loads(pickle.dumps(model))
    for _ in range(2):
        assert model.partial_fit(X, Y).loss_ == copy.partial_fit(X, Y).loss_
        assert model.loss_ == pytest.approx(cpu.partial_fit(X, Y).loss_)


def test_data_frames_are_made_of_host_arrays():
    model = make(MLPClassifier).fit(CheckedArray(X.copy()), Y).set_output(transform="pandas")
    frame = model.transform(CheckedArray(X.copy()))
    assert isinstance(frame, pd.DataFrame)
    np.testing.assert_allclose(frame, model.transform(X))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.int32, bool])
def test_device_arrays_of_other_dtypes(dtype):
    rows = (4 * X).astype(dtype)
    model = make(MLPClassifier).fit(CheckedArray(rows), Y)
    expected = make(MLPClassifier).fit(rows, Y)
    result = model.predict_proba(CheckedArray(rows))
    assert result.dtype == expected.predict_proba(rows).dtype
    assert_same(expected.predict_proba(rows), host(result))


def test_lbfgs_converges_the_same():
    with pytest.warns(ConvergenceWarning, match="lbfgs"):
        make(MLPRegressor, solver="lbfgs", device="checked").fit(X, T)


@pytest.mark.parametrize("kind", [BernoulliRBM, GaussianRBM])
def test_what_machines_alone_do_with_device_arrays(kind):
    rows, there = np.abs(X) / 9, CheckedArray(np.abs(X) / 9)
    cpu, far = (kind(3, n_iter=1, random_state=0).fit(given) for given in (rows, there))
    assert_same(cpu.free_energy(rows), host(far.free_energy(there)))
    assert_same(cpu.gibbs(rows, random_state=0), host(far.gibbs(there, random_state=0)))


def test_a_machine_with_large_weights_is_looked_at_where_it_is():
    """Beyond 1e4 a fit looks at what the machine makes of its rows."""
    rows, options = np.abs(X) / 9, {"n_iter": 2, "learning_rate": 1e6, "random_state": 0}
    weights = [
        BernoulliRBM(3, device=device, **options).fit(rows).get_weights()["W"]
        for device in ("cpu", "checked")
    ]
    assert np.abs(weights[0]).max() > 1e4
    np.testing.assert_allclose(*weights, rtol=1e-6)
