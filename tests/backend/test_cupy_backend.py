"""The CuPy backend on a stand-in for CuPy: what can be known of it without a card.

The primitives' own tests run here too: the names imported below are collected with this module's
`backend`.
"""

import sys
import warnings

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning

from skdeep import MLPClassifier
from skdeep.backend import (
    DeviceMemoryError,
    device_of,
    get_backend,
    is_device_array,
    validate_device_array,
)
from skdeep.backend.kernel import Kernel
from tests.backend import fake_cupy
from tests.backend.test_primitives import *  # noqa: F403
from tests.backend.test_random import (
    test_a_draw_is_repeated_with_its_step,  # noqa: F401
    test_draws_do_not_depend_on_the_device,  # noqa: F401
)

pytestmark = pytest.mark.skipif(fake_cupy.CXX is None, reason="no C++ compiler on the path")


@pytest.fixture
def cupy(monkeypatch):
    modules = fake_cupy.module(n_cards=2)
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return modules["cupy"]


@pytest.fixture
def backend(cupy):
    return get_backend("cuda")


def test_device_is_cupy_s_current_one_or_the_one_named(cupy):
    assert get_backend("cuda").device == "cuda:0"
    assert get_backend("cuda:1").device == "cuda:1"
    with cupy.cuda.Device(1):
        assert get_backend("cuda").device == "cuda:1"


def test_every_primitive_selects_its_card(cupy):
    """Another card is the current one; the stand-in refuses arrays that are not there."""
    ops = get_backend("cuda:1")
    x = ops.to_device(np.ones((1, 2, 2)))
    out = ops.empty((1, 2, 2), "f8")
    assert device_of(x) == "cuda:1"
    ops.gemm(x, x, out)
    ops.launch(Kernel(lambda xp, x: x + 1), out, out)
    ops.reduce(out, ops.zeros((1, 1, 2), "f8"), axis=1)
    ops.copy(out, x)
    np.testing.assert_array_equal(ops.to_host(x), 3)
    assert cupy.cuda.Device.entered == [0]


def test_an_array_on_another_card_is_moved(cupy):
    with cupy.cuda.Device(1):
        elsewhere = cupy.array(np.ones(3))
    adopted = get_backend("cuda:0").adopt(elsewhere, "f8")
    assert adopted is not elsewhere
    assert device_of(adopted) == "cuda:0"


def test_cupy_input_is_adopted_as_it_is(backend, cupy):
    X = cupy.array(np.ones((3, 2)))
    assert is_device_array(X)
    assert validate_device_array(X) is X
    assert backend.adopt(X, "f8") is X


def test_invalid_cupy_input(cupy):
    with pytest.raises(ValueError, match="Input X contains NaN"):
        validate_device_array(cupy.array(np.array([[np.nan]])))
    assert isinstance(validate_device_array(cupy.array(np.ones((2, 2), int))), cupy.ndarray)


def test_record_returns_the_step_itself(backend):
    def step():
        raise AssertionError

    assert backend.record(step) is step


def test_synchronize_waits_for_the_card(backend, cupy):
    before = cupy.cuda.Device.synchronized
    backend.synchronize()
    assert cupy.cuda.Device.synchronized == before + 1


def test_equal_kernels_are_compiled_once_for_each_dtype(backend):
    made = fake_cupy.ElementwiseKernel.made
    made.clear()
    for _ in range(3):  # as an optimizer's rule, which is a new kernel object each time
        rule = Kernel(lambda xp, x: 2 * x, "a rule <lambda>")
        for dtype in ("f4", "f8"):
            x = backend.zeros((1, 3), dtype)
            backend.launch(rule, x, x)
            backend.launch(rule, x, x)
    assert made == ["skdeep_a_rule__lambda_"] * 2


@pytest.mark.parametrize("use", ["empty", "zeros", "within"])
def test_running_out_of_memory_says_what_to_do(monkeypatch, use):
    for name, module in fake_cupy.module(free=1000).items():
        monkeypatch.setitem(sys.modules, name, module)
    ops = get_backend("cuda")

    def step():
        with ops.running():
            raise fake_cupy.OutOfMemoryError(5000, 0)

    ask = step if use == "within" else lambda: getattr(ops, use)((5000,), "u1")
    with pytest.raises(DeviceMemoryError, match="cuda:0 has too little memory") as info:
        ask()
    message = str(info.value)
    for part in ("5,000 bytes", "1,000 of its 2,000", "batch_size", "hidden_layer_sizes", '"cpu"'):
        assert part in message
    assert isinstance(info.value.__cause__, fake_cupy.OutOfMemoryError)


@pytest.mark.parametrize(
    ("device", "options"),
    [
        ("cuda:0", {"activation": "logistic", "solver": "sgd", "learning_rate": "adaptive"}),
        ("cuda:1", {"dropout": 0.3, "normalization": "batch", "solver": "adamw"}),
        ("cuda:0", {"early_stopping": True, "batch_size": 7, "weight_decay": 0.1}),
    ],
)
def test_training_gives_what_it_gives_on_the_host(cupy, device, options):
    """Whole fits: every call that an estimator makes of its backend, with no host array between."""
    X, y = make_classification(60, 8, n_informative=5, n_classes=3, random_state=0)
    given = {"hidden_layer_sizes": (7,), "max_iter": 5, "random_state": 0, **options}

    def fit(where):
        model = MLPClassifier(**given, device=where)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(X, y)

    host, card = fit("cpu"), fit(device)
    np.testing.assert_allclose(card.loss_curve_, host.loss_curve_, rtol=1e-9)
    np.testing.assert_allclose(card.predict_proba(X), host.predict_proba(X), rtol=1e-7, atol=1e-9)


def test_host_arrays_do_not_slip_in(backend):
    x = backend.zeros((1, 2, 2), "f8")
    host = np.zeros((1, 2, 2))
    for call in (
        lambda: backend.gemm(host, x, x),
        lambda: backend.launch(Kernel(lambda xp, x: x), x, host),
        lambda: backend.copy(host, x),
    ):
        with pytest.raises(TypeError, match="Unsupported type"):
            call()
