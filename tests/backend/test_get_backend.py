"""What `device=` means, and what is said where it cannot be had."""

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from skdeep.backend import (
    DeviceError,
    DeviceMemoryError,
    device_of,
    get_backend,
    is_device_array,
    validate_device_array,
)


@pytest.fixture
def no_cupy(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)  # an import of it then fails as if absent


def cupy_with(monkeypatch, count):
    """Put a CuPy in place whose runtime finds `count` cards, or raises it."""

    class CUDARuntimeError(RuntimeError):
        pass

    def get_device_count():
        if isinstance(count, str):
            raise CUDARuntimeError(count)
        return count

    module = ModuleType("cupy")
    module.ndarray = type("ndarray", (), {})
    runtime = SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError, getDeviceCount=get_device_count, getDevice=lambda: 0
    )
    module.cuda = SimpleNamespace(runtime=runtime)
    monkeypatch.setitem(sys.modules, "cupy", module)
    return module


@pytest.mark.parametrize("device", ["auto", "cpu", "checked"])
def test_devices_that_are_always_there(device):
    assert get_backend(device).device == {"auto": "cpu"}.get(device, device)


def test_default_is_the_host():
    assert get_backend().device == "cpu"


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "CUDA", "cuda:-1", "", None, 3])
def test_unknown_device_says_what_was_expected_and_what_came(device):
    with pytest.raises(DeviceError, match=r'"auto", "cpu", "cuda" or "cuda:" and a number') as info:
        get_backend(device)
    assert repr(device) in str(info.value)


@pytest.mark.parametrize("device", ["cuda", "cuda:1"])
def test_without_cupy_the_install_line_is_named(no_cupy, device):
    with pytest.raises(DeviceError, match="not installed") as info:
        get_backend(device)
    for extra in ("cuda12", "cuda13"):
        assert f'pip install "scikit-deep[{extra}]"' in str(info.value)


def test_broken_cupy_is_not_called_absent(monkeypatch, tmp_path):
    (tmp_path / "cupy.py").write_text("import a_part_of_cuda_that_is_missing")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cupy", raising=False)
    with pytest.raises(DeviceError, match=r"cannot be imported.*a_part_of_cuda_that_is_missing"):
        get_backend("cuda")


@pytest.mark.parametrize("count", [0, "cudaErrorInsufficientDriver"])
def test_without_a_card(monkeypatch, count):
    cupy_with(monkeypatch, count)
    with pytest.raises(DeviceError, match="installed but finds no NVIDIA GPU") as info:
        get_backend("cuda")
    assert not count or count in str(info.value)


def test_without_the_card_of_that_number(monkeypatch):
    cupy_with(monkeypatch, 2)
    with pytest.raises(DeviceError, match='"cuda:2" is not there; CuPy finds "cuda:0", "cuda:1"'):
        get_backend("cuda:2")


def test_errors_are_what_their_callers_catch():
    assert issubclass(DeviceError, ValueError)
    assert issubclass(DeviceMemoryError, MemoryError)


@pytest.mark.parametrize("array", [[1.0], np.zeros(3), None, "cuda", 1.5])
def test_host_data_is_on_the_cpu(no_cupy, array):
    assert not is_device_array(array)
    assert device_of(array) == "cpu"


def test_cupy_arrays_name_their_card(monkeypatch):
    array = cupy_with(monkeypatch, 2).ndarray()
    array.device = SimpleNamespace(id=1)
    assert is_device_array(array)
    assert device_of(array) == "cuda:1"


def test_checked_arrays_are_device_arrays():
    array = get_backend("checked").to_device(np.zeros(3))
    assert is_device_array(array)
    assert device_of(array) == "checked"


def test_nothing_of_this_imports_cupy():
    code = (
        "import sys, numpy; import skdeep.backend as b; import skdeep.backend.cupy_backend; "
        "b.is_device_array(numpy.zeros(1)); b.device_of([1]); b.get_backend('auto'); "
        "b.get_backend('checked'); print([m for m in sys.modules if m.startswith('cupy')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


def on_device(host):
    return get_backend("checked").to_device(np.asarray(host))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_valid_input_comes_back_untouched(dtype):
    X = on_device(np.ones((3, 2), dtype))
    assert validate_device_array(X) is X


@pytest.mark.parametrize("dtype", ["f2", "i8", "u1", "?"])
def test_other_numbers_become_float64(dtype):
    X = validate_device_array(on_device(np.ones((3, 2), dtype)))
    assert is_device_array(X)
    assert X.dtype == np.float64


def test_a_dtype_that_is_asked_for_is_given():
    assert validate_device_array(on_device(np.ones((3, 2))), dtype="f4").dtype == np.float32


@pytest.mark.parametrize(
    ("host", "message"),
    [
        (np.ones(3), "Expected 2D array, got 1D array instead: X has shape"),
        (np.ones((3, 2, 1)), "Expected 2D array, got 3D array instead"),
        (np.ones((0, 2)), r"0 sample\(s\) \(shape=\(0, 2\)\)"),
        (np.ones((3, 0)), r"0 feature\(s\) \(shape=\(3, 0\)\)"),
        (np.ones((3, 2), complex), "Complex data not supported: X"),
        (np.array([[1.0, np.nan]]), "Input X contains NaN"),
        (np.array([[1.0, np.inf]]), "Input X contains infinity or too large for float64"),
    ],
)
def test_invalid_input_is_named(host, message):
    with pytest.raises(ValueError, match=message):
        validate_device_array(on_device(host))


def test_overflow_in_the_dtype_asked_for_is_found():
    with (
        np.errstate(over="ignore"),
        pytest.raises(ValueError, match="Input y contains infinity or too large for float32"),
    ):
        validate_device_array(on_device([[1e300]]), "y", dtype="f4")


def test_number_of_axes_and_finiteness_are_choices():
    validate_device_array(on_device([1.0, 2.0]), ndim=(1, 2))
    validate_device_array(on_device([[np.nan]]), finite=False)
    with pytest.raises(ValueError, match="Expected 1D or 3D array, got 2D"):
        validate_device_array(on_device([[1.0]]), ndim=(1, 3))


def test_host_arrays_are_not_this_function_s_job():
    with pytest.raises(TypeError, match="expected an array on a device, got ndarray"):
        validate_device_array(np.ones((2, 2)))
