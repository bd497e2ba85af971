"""What every layer must do: the checks of :func:`~skdeep.testing.check_layer`, one each."""

from __future__ import annotations

import copy
import pickle
import sys
import tracemalloc
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from skdeep.backend.base import Backend
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.settings import replaced
from skdeep.nn.core.spec import Shape
from skdeep.nn.core.steps import least_steps
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.testing.bound import BoundLayer, row_keys

Check = Callable[[Layer, Shape, Backend], None]


def _rows_to(in_shape: Shape) -> list[Layer]:
    """Return layers from rows to inputs of this shape."""
    return [Dense(prod(in_shape)), *([Reshape(in_shape)] if len(in_shape) > 1 else [])]


def _to_rows(layer: Layer, in_shape: Shape) -> list[Layer]:
    """Return layers from a layer's outputs to rows."""
    return [Reshape()] if len(layer.build(in_shape).out_shape) > 1 else []


def _close(found: Any, expected: Any, what: str, rtol: float, atol: float) -> None:
    np.testing.assert_allclose(found, expected, rtol=rtol, atol=atol, err_msg=what)


def _same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    for name, array in found.items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def _directions(bound: BoundLayer, n_directions: int = 4, h: float = 1e-6) -> None:
    """Compare slopes along random directions of x and of all parameters with differences."""
    found = bound.results()
    trained = bound.layout.n_trainable
    rng = np.random.default_rng(0)

    def objective(**inputs: Any) -> float:
        return float(np.sum(bound.dy * bound.forward(**inputs)) + bound.penalty())

    def along(start: int, stop: int) -> tuple[float, float]:
        step = np.zeros(bound.values.shape)
        step[:, start:stop] = rng.normal(size=(len(step), stop - start))
        up, down = bound.values + h * step, bound.values - h * step
        numeric = objective(values=up) - objective(values=down)
        return float(np.sum(found["grads"] * step[:, :trained])), numeric / (2 * h)

    for _ in range(n_directions):
        step = rng.normal(size=bound.x.shape)
        numeric = objective(x=bound.x + h * step) - objective(x=bound.x - h * step)
        slope = np.sum(found["dx"] * step)
        _close(slope, numeric / (2 * h), "slope along x, from v.dx", 2e-6, 1e-7)
        if not trained:
            continue
        slope, numeric = along(0, trained)
        if not np.isclose(slope, numeric, rtol=2e-6, atol=1e-7):
            slots = [slot for slot in bound.layout.slots.values() if slot.stop <= trained]
            wrong = [s.name for s in slots if not np.isclose(*along(s.start, s.stop), rtol=1e-5)]
            what = f"slope along parameters, from v.grads: see {', '.join(wrong) or 'all'}"
            _close(slope, numeric, what, 2e-6, 1e-7)


def _runs(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    bound = BoundLayer(ops, layer, in_shape)
    held = {name: getattr(bound.views, name) for name in ("x", "y", "dx", "dy")}
    bound.results()
    for name, array in held.items():
        if getattr(bound.views, name) is not array:
            raise AssertionError(f"v.{name} is another array: write into the one that is there")


def _gradients(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    for models in (1, 2):
        _directions(BoundLayer(ops, layer, in_shape, models=models))


def _gradients_in_chains(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    after = [*_to_rows(layer, in_shape), Dense(2)]
    in_place = [*_rows_to(in_shape), layer, Activation("logistic"), *after]
    kept = [*_rows_to(in_shape), Activation("tanh"), layer, Activation("tanh"), *after]
    for chain in (in_place, kept):
        _directions(BoundLayer(ops, Sequential(chain), (3,)), n_directions=2)


def _complete(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    bound = BoundLayer(ops, layer, in_shape, models=2)
    expected = bound.results()
    bound.poison()
    found = bound.results()
    _same(found, expected)
    for name, array in found.items():
        assert np.isfinite(array).all(), f"{name} is not finite"


def _kept(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    """Overwrite what the layer does not keep, as its neighbours may, before it goes backward."""
    spec = layer.build(in_shape)
    bound = BoundLayer(ops, layer, in_shape, models=2)
    expected = bound.results()

    def step() -> None:
        layer.forward(bound.views, True)
        for name in {"x"} - spec.keeps if spec.view else {"x", "y"} - spec.keeps:
            array = getattr(bound.views, name)
            bound.write(np.full(array.shape, np.nan), array)
        layer.backward(bound.views)

    found = bound.results(step)
    _same({name: found[name] for name in ("dx", "grads")}, expected)


def _repeats(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    bound = BoundLayer(ops, layer, in_shape, models=2)
    first = bound.results()
    _same(bound.results(), first)


def _inputs_stay(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    bound = BoundLayer(ops, layer, in_shape, models=2)
    bound.results()
    np.testing.assert_array_equal(bound.host(bound.views.x), bound.x, err_msg="v.x")
    np.testing.assert_array_equal(bound.host(bound.views.dy), bound.dy, err_msg="v.dy")


def _no_dx(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    expected = BoundLayer(ops, layer, in_shape, models=2).results()
    bound = BoundLayer(ops, layer, in_shape, models=2, wants_dx=False)
    bound.poison()
    found = bound.results()
    assert "dx" not in found
    for name, array in found.items():  # a smaller product may round otherwise
        _close(array, expected[name], name, 1e-12, 1e-14)


def _small_batches(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    for batch in (1, 2):
        bound = BoundLayer(ops, layer, in_shape, batch=batch)
        _directions(bound, n_directions=2)
        assert bound.results()["y"].shape[:2] == (1, batch)


def _stack(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    stack = BoundLayer(ops, layer, in_shape, models=3).results()
    for m in range(3):
        single = BoundLayer(ops, layer, in_shape, first=m).results()
        for name, array in single.items():
            _close(stack[name][m], array[0], f"{name} of model {m}", 1e-10, 1e-12)


def _recording(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    for models in (1, 2):
        expected = BoundLayer(ops, layer, in_shape, models=models).results()
        bound = BoundLayer(ops, layer, in_shape, models=models)
        bound.load()
        recorded = ops.record(bound.step)
        bound.results(recorded)  # the second run shows that nothing was read while recording
        bound.poison()
        _same(bound.results(recorded), expected)


def _float32(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    found = BoundLayer(ops, layer, in_shape, models=2, dtype=np.float32).results()
    expected = BoundLayer(ops, layer, in_shape, models=2).results()
    for name, array in found.items():
        assert array.dtype == np.float32, f"{name} is {array.dtype}"
        _close(array, expected[name], name, 2e-4, 2e-5)


def _prediction(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    bound = BoundLayer(ops, layer, in_shape, models=2, training=False)
    first = bound.forward(training=False)
    assert bound.views.dy is None
    assert bound.store.grads is None
    assert bound.views.noise is None
    assert np.isfinite(first).all(), "y is not finite"
    np.testing.assert_array_equal(bound.host(bound.store.values), bound.values)
    # As a sample's prediction depends on no other, half of the batch gives the same.
    half = BoundLayer(ops, layer, in_shape, models=2, training=False, batch=3)
    found = half.forward(training=False, x=bound.x[:, :3])
    _close(found, first[:, :3], "y of half the batch", 1e-12, 1e-14)


def _company(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    spec = layer.build(in_shape)
    if spec.has("batch"):
        return
    whole = BoundLayer(ops, layer, in_shape, models=2)
    expected = whole.results()
    part = BoundLayer(ops, layer, in_shape, models=2, batch=3)
    found = part.results(x=whole.x[:, :3], dy=whole.dy[:, :3])
    # The slope of a penalty is shared by the samples of the batch.
    for name in ("y",) if spec.has("penalty") else ("y", "dx"):
        _close(found[name], expected[name][:, :3], f"{name} of half the batch", 1e-12, 1e-14)


def _scaled(array: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Multiply the samples of (M, B, ...) by factors (B,)."""
    result: np.ndarray = array * factors.reshape(-1, *(1 for _ in array.shape[2:]))
    return result


def _repetitions(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    rows = np.array([0, 1, 2, 3, 3, 4, 5, 5, 5])
    weighted = BoundLayer(ops, layer, in_shape, models=2, weights=np.bincount(rows))
    options: dict[str, Any] = {"weights": np.ones(len(rows)), "keys": row_keys(6)[rows]}
    repeated = BoundLayer(ops, layer, in_shape, models=2, batch=len(rows), **options)
    share = (1 / np.bincount(rows))[rows]
    inputs = {"x": weighted.x[:, rows], "dy": _scaled(weighted.dy[:, rows], share)}
    expected, found = weighted.results(), repeated.results(**inputs)
    expected["y"] = expected["y"][:, rows]
    expected["dx"] = _scaled(expected["dx"][:, rows], share)
    for name, array in found.items():
        _close(array, expected[name], name, 1e-9, 1e-11)


def _weightless(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    weights = np.array([1, 0, 3, 2, 0, 1])
    there = weights > 0
    whole = BoundLayer(ops, layer, in_shape, models=2, weights=weights)
    whole.x[:, ~there] += 100
    whole.dy[:, ~there] = 0  # as a loss of weight zero gives it
    options: dict[str, Any] = {"weights": weights[there], "keys": row_keys(6)[there]}
    rest = BoundLayer(ops, layer, in_shape, models=2, batch=4, **options)
    expected = rest.results(x=whole.x[:, there], dy=whole.dy[:, there])
    for name, array in whole.results().items():
        array = array[:, there] if name in ("y", "dx") else array
        _close(array, expected[name], name, 1e-9, 1e-11)


def _padding(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    spec = layer.build(in_shape)
    if layer.reads not in ("sequences", "any") or len(in_shape) != 2 or spec.has("noise"):
        return
    least = least_steps([layer], in_shape[1:])
    lengths = [least + k % (in_shape[0] - least + 1) for k in range(6)]
    whole = BoundLayer(ops, layer, in_shape, lengths=lengths)
    steps = len(spec.out_shape) > 1
    outputs = [layer.build((length, in_shape[1])).out_shape[0] for length in lengths]
    if steps:
        for row, length in enumerate(outputs):
            whole.dy[:, row, length:] = 0  # as what pools over the steps gives it
    found = whole.results()
    if spec.has("batch"):
        x = whole.x.copy()
        for row, length in enumerate(lengths):
            x[:, row, length:] += 3.0
        for name, other in whole.results(x=x).items():
            for row, end in enumerate(outputs if name == "y" else lengths):
                part = (slice(None), row, slice(end)) if name in ("y", "dx") else ()
                _close(other[part], found[name][part], f"{name} by the padding", 1e-9, 1e-11)
        _padding_alone(layer, in_shape, ops, lengths)
        return
    grads = 0.0
    for row, (length, outs) in enumerate(zip(lengths, outputs, strict=True)):
        there = (slice(None), slice(row, row + 1), slice(length))
        out = (slice(None), slice(row, row + 1), *([slice(outs)] if steps else []))
        alone = BoundLayer(ops, layer, (length, in_shape[1]), batch=1)
        if alone.layout.size != whole.layout.size:
            raise AssertionError("the shapes of weights depend on the number of steps")
        expected = alone.results(x=whole.x[there], dy=whole.dy[out])
        _close(found["y"][out], expected["y"], f"y of a sequence of {length} steps", 1e-9, 1e-11)
        what = f"dx of a sequence of {length} steps"
        _close(found["dx"][there], expected["dx"], what, 1e-9, 1e-11)
        grads = grads + expected["grads"]
    _close(found["grads"], grads, "grads, the sum over sequences", 1e-9, 1e-11)


def _padding_alone(layer: Layer, in_shape: Shape, ops: Backend, lengths: list[int]) -> None:
    """Check that each sequence predicts what it predicts alone."""
    whole = BoundLayer(ops, layer, in_shape, lengths=lengths, training=False)
    found = whole.forward(training=False)
    for row, length in enumerate(lengths):
        alone = BoundLayer(ops, layer, (length, in_shape[1]), batch=1, training=False)
        expected = alone.forward(training=False, x=whole.x[:, row : row + 1, :length])
        y = found[:, row : row + 1, : expected.shape[2]] if expected.ndim > 3 else found[:, [row]]
        _close(y, expected, f"y of a sequence of {length} steps in prediction", 1e-9, 1e-11)


def _value(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    assert replaced(layer) == layer, f"a layer of the same arguments is {replaced(layer)!r}"
    assert repr(layer).startswith(type(layer).__name__)
    kind: Any = type(layer)
    found: Any = sys.modules.get(kind.__module__)
    for part in kind.__qualname__.split("."):
        found = getattr(found, part, None)
    # A class inside a function has no name that a pickle could find it by.
    copied = pickle.loads(pickle.dumps(layer)) if found is kind else copy.deepcopy(layer)
    assert copied == layer, f"a copy is {copied!r}"


def _no_allocation(layer: Layer, in_shape: Shape, ops: Backend) -> None:
    if ops.device != "cpu":
        return  # where memory cannot be traced
    for dtype in (np.float32, np.float64):
        chain = Sequential([*_rows_to(in_shape), layer, Activation("tanh")])
        # A column of one array is 32 KiB, or 16 KiB.
        bound = BoundLayer(ops, chain, (3,), batch=4096, dtype=dtype)
        bound.load()
        step = ops.record(bound.step)
        with ops.running():
            for _ in range(3):
                step()
            traced = tracemalloc.is_tracing()
            tracemalloc.start()
            tracemalloc.reset_peak()
            before, _ = tracemalloc.get_traced_memory()
            step()
            _, peak = tracemalloc.get_traced_memory()
            if not traced:
                tracemalloc.stop()
        assert peak - before < 16 * 1024, f"a step allocates {peak - before} bytes at once"


#: What is checked, by what is wrong where it fails.
CHECKS: dict[str, Check] = {
    "it is not the value that its arguments are": _value,
    "forward and backward do not run": _runs,
    "its gradients do not agree with differences": _gradients,
    "between other layers, its gradients do not agree with differences": _gradients_in_chains,
    "not everything is written completely in each step": _complete,
    "`backward` reads x or y, which the layer does not keep": _kept,
    "a second call does not equal the first": _repeats,
    "it writes into x or dy": _inputs_stay,
    "where nobody needs dx (v.dx is None), it fails or gives something else": _no_dx,
    "batches of one and of two samples go wrong": _small_batches,
    "models in a stack are not what they are alone": _stack,
    "a recorded step does not equal a plain one (is all computed by v.ops?)": _recording,
    "float32 does not stay float32": _float32,
    "it cannot predict as it is to": _prediction,
    "a sample's output depends on other samples": _company,
    "a sample of weight two is not two samples": _repetitions,
    "samples of weight zero change something": _weightless,
    "what lies behind the end of a sequence changes something": _padding,
    "a step allocates arrays": _no_allocation,
}
