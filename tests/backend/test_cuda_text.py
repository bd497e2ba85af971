"""The CUDA text of every kernel: it compiles, and its arithmetic is NumPy's.

A C++ compiler runs the very text as a scalar loop, so that no card is needed to test it.
"""

import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skdeep.backend.blocks import Scratch, bind
from skdeep.backend.cuda import PREAMBLE, constant, elementwise, standalone
from skdeep.backend.kernel import Kernel
from skdeep.backend.numpy_backend import NumpyBackend
from tests.backend import cuda_text, nvrtc
from tests.backend.random_graphs import evaluate, random_graph

CXX = next((name for name in ("g++", "c++", "clang++") if shutil.which(name)), None)
needs_cxx = pytest.mark.skipif(CXX is None, reason="no C++ compiler on the path")
needs_nvrtc = pytest.mark.skipif(
    nvrtc.LIBRARY is None,
    reason="nvidia-cuda-nvrtc-cu12 is not installed: its wheels are for Linux on x86-64",
)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, np.nan, np.inf, -np.inf, 40.0, -40.0, 1e-30]


def arrays(case, seed=0):
    """Return inputs with ordinary and special values; codes lie in 0..4."""
    random = np.random.RandomState(seed)
    result = []
    for k, dtype in enumerate(case.ins):
        if dtype == np.uint32:
            result.append(random.randint(0, 2**32, 400, dtype=np.int64).astype(dtype))
            continue
        if dtype.kind != "f":
            result.append(random.randint(0, 5, 400).astype(dtype))
            continue
        values = random.normal(scale=1.5, size=400)
        values[:40] = np.abs(values[:40])  # rows that roots and logarithms are defined on
        values[40 * (k + 1) % 400 :][: len(SPECIAL)] = SPECIAL[: 400 - 40 * (k + 1) % 400]
        result.append(values.astype(dtype))
    return result


@pytest.fixture(scope="module", params=["f4", "f8"])
def compiled(request, tmp_path_factory):
    found = cuda_text.cases(request.param)
    folder = tmp_path_factory.mktemp("kernels")
    return found, cuda_text.compiled(CXX, cuda_text.source(found), folder)


def test_the_list_of_kernels_is_not_short():
    names = [case.name for case in cuda_text.cases("f4")]
    assert len(names) > 80
    for expected in (
        "activation.gelu.backward",
        "optimizer.Adam.penalised.True",
        "skdeep.kernels.losses.softmax_log_loss",
        "skdeep.kernels.masks.masked",
        "skdeep.nn.dense.dense.add",
        "skdeep.train.clipping.clip_factor",
    ):
        assert expected in names


@needs_cxx
def test_every_kernel_computes_what_numpy_computes(compiled):
    found, library = compiled
    numpy = NumpyBackend()
    for k, case in enumerate(found):
        ins = arrays(case)
        outs = [np.empty(400, dtype) for dtype in case.outs]
        expected = [np.empty(400, dtype) for dtype in case.outs]
        cuda_text.call(library, cuda_text.symbol(k), outs, ins)
        with numpy.running():
            numpy.launch(case.kernel, tuple(expected), *ins)
        single = np.dtype("f4") in (*case.ins, *case.outs)
        for j, (out, wanted) in enumerate(zip(outs, expected, strict=True)):
            scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=1.0)
            scale = min(scale, 1e3)
            np.testing.assert_allclose(
                out,
                wanted,
                rtol=2e-5 if single else 1e-12,
                atol=scale * (2e-6 if single else 1e-14),
                err_msg=f"{case.name}, output {j}",
            )


@needs_cxx
def test_hashed_words_are_the_same_to_the_last_bit(compiled):
    found, library = compiled
    k = [case.name for case in found].index("skdeep.kernels.masks.mask_bits")
    ins = arrays(found[k])
    assert {array.dtype for array in ins} == {np.dtype("u4")}
    out, expected = np.empty(400, "u4"), np.empty(400, "u4")
    cuda_text.call(library, cuda_text.symbol(k), [out], ins)
    NumpyBackend().launch(found[k].kernel, expected, *ins)
    np.testing.assert_array_equal(out, expected)
    assert len(np.unique(out)) > 390


@needs_cxx
def test_inputs_are_read_before_outputs_are_written(tmp_path):
    """As with CuPy, an output may be the memory of an input that another output is."""
    body = Kernel(lambda xp, x, y: (x + y, x, y))
    dtypes = [np.dtype("f8")] * 3
    text = PREAMBLE + standalone(body.graph(2), dtypes[:2], dtypes, "turn")
    x, y, z = np.arange(5.0), np.arange(5.0) + 10, np.zeros(5)
    expected = x + y, x.copy(), y.copy()
    cuda_text.call(cuda_text.compiled(CXX, text, tmp_path), "turn", (x, y, z), (x, y))
    np.testing.assert_array_equal((x, y, z), expected)


@needs_cxx
def test_optimizers_work_in_place(compiled):
    found, library = compiled
    k = [case.name for case in found].index("optimizer.Adam")
    case = found[k]
    ins = [np.abs(a) for a in arrays(case)]
    outs = [np.empty_like(ins[0]) for _ in case.outs]
    cuda_text.call(library, cuda_text.symbol(k), outs, ins)
    aliased = [ins[0], ins[2], ins[3]]  # p, m, v in place
    cuda_text.call(library, cuda_text.symbol(k), aliased, ins)
    for found_, wanted in zip(aliased, outs, strict=True):
        np.testing.assert_array_equal(found_, wanted)


@needs_cxx
def test_random_graphs_in_mixed_dtypes(tmp_path):
    random = np.random.RandomState(7)
    dtypes = [np.dtype(d) for d in ("f8", "f8", "f4", "i4", "i8", "u2", "?")]
    graphs, texts = [], []
    for k in range(150):
        ins = [dtypes[0], *(dtypes[random.randint(len(dtypes))] for _ in range(random.randint(4)))]
        graph = random_graph(random, len(ins), random.randint(0, 14))
        outs = [np.dtype("f8")] * len(graph.outputs)
        graphs.append((graph, ins, outs))
        texts.append(standalone(graph, ins, outs, f"random_{k}"))
    library = cuda_text.compiled(CXX, "\n".join([PREAMBLE, *texts]), tmp_path)
    for k, (graph, in_dtypes, out_dtypes) in enumerate(graphs):
        ins = [np.abs(random.randint(-8, 9, 60) / 4).astype(d) for d in in_dtypes]
        ins = [a if a.dtype.kind in "bu" else a - a.dtype.type(1) for a in ins]
        outs = [np.empty(60, d) for d in out_dtypes]
        cuda_text.call(library, f"random_{k}", outs, ins)
        bound = [np.empty(60, d) for d in out_dtypes]
        run_bound(graph, bound, ins)
        for found, wanted, plain in zip(outs, bound, evaluate(graph, ins), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12)
            if np.dtype("f4") not in in_dtypes:
                np.testing.assert_allclose(
                    found, np.broadcast_to(plain, 60), rtol=1e-12, atol=1e-12
                )


def run_bound(graph, outs, ins):

    for function, arguments in bind(graph, outs, ins, Scratch()):
        function(*arguments)


@needs_nvrtc
@pytest.mark.parametrize(("dtype", "age"), [("f4", -1), ("f8", 0)], ids=["f4", "f8"])
def test_nvrtc_compiles_every_kernel(dtype, age):
    """As CuPy compiles them at run time; float64, which old cards can less with, for the oldest."""
    found = cuda_text.cases(dtype)
    architectures = nvrtc.architectures()
    assert len(architectures) > 5
    ptx = nvrtc.ptx(cuda_text.source(found), architectures[age])
    assert ptx.count(".visible .entry") == len(found)
    if dtype == "f4":
        assert_float32_stays(ptx)


@needs_nvrtc
def test_nvrtc_says_what_is_wrong():
    with pytest.raises(ValueError, match='identifier "nothing" is undefined'):
        nvrtc.ptx('extern "C" __global__ void f(float* x) { *x = nothing; }', 80)


def assert_float32_stays(ptx):
    """No kernel on float32 may compute in double, but those that add to float64 totals."""
    for entry in ptx.split(".visible .entry")[1:]:
        number = int(entry.split("(")[0].strip().removeprefix("kernel_"))
        case = cuda_text.cases("f4")[number]
        # CUDA's sine and cosine hold a path for huge angles, which is in double.
        turns = any(node.op in ("sin", "cos") for node in case.graph.nodes)
        if np.dtype("f8") not in case.ins and not turns:
            assert ".f64" not in entry, case.name


@pytest.mark.parametrize(
    ("value", "single", "double"),
    [
        (0.1, "0.10000000149011612f", "0.1"),
        (1.0, "1.0f", "1.0"),
        (-0.5, "(-0.5f)", "(-0.5)"),
        (-0.0, "(-0.0f)", "(-0.0)"),
        (1e-30, "1.0000000031710769e-30f", "1e-30"),
        (1e300, "__int_as_float(0x7f800000)", "1e+300"),
        (-np.inf, "(-__int_as_float(0x7f800000))", "(-__longlong_as_double(0x7ff0000000000000))"),
        (np.nan, "__int_as_float(0x7fc00000)", "__longlong_as_double(0x7ff8000000000000)"),
    ],
)
def test_constants(value, single, double):
    assert constant(value, np.dtype("f4")) == single
    assert constant(value, np.dtype("f8")) == double


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
@settings(max_examples=200, deadline=None, derandomize=True)
def test_constants_are_exact(value):
    text = constant(value, np.dtype("f4")).strip("()").rstrip("f")
    assert np.float32(text) == np.float32(value)


def test_what_cupy_is_given():
    body = Kernel(lambda xp, x, b: (x * 2 + (b > 1), xp.maximum(x, 0)))
    dtypes = [np.dtype("f4"), np.dtype("u2")], [np.dtype("f4"), np.dtype("f8")]
    text = elementwise(body.graph(2), *dtypes)
    assert text.in_params == "float32 x0, uint16 x1"
    assert text.out_params == "float32 r0, float64 r1"
    assert text.operation.splitlines() == [
        "const float a0 = x0;",
        "const unsigned short a1 = x1;",
        "const float t0 = a0 * 2.0f;",
        "const bool t1 = (float)a1 > 1.0f;",
        "const float t2 = t0 + (float)t1;",
        "const float t3 = skdeep_maximum(a0, 0.0f);",
        "r0 = (float)(t2);",
        "r1 = (double)(t3);",
    ]


def test_dtypes_that_no_kernel_takes():
    body = Kernel(lambda xp, x: x)
    with pytest.raises(TypeError, match=r"a kernel takes float32, .* got float16"):
        elementwise(body.graph(1), [np.dtype("f2")], [np.dtype("f4")])
