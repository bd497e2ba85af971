"""Convolution, pooling and normalisation of sequences of different lengths, against loops."""

import numpy as np
import pytest

from skdeep.augmentation import Flip, Shift
from skdeep.nn import (
    Activation,
    InParts,
    LastStep,
    PreNorm,
    Residual,
    ShapeError,
    StepAveragePool,
    StepBatchNorm,
    StepConv,
    StepMaxPool,
)
from skdeep.nn.conv.augment import Augment
from skdeep.nn.core.steps import least_steps
from skdeep.testing.bound import BoundLayer as Bound

LENGTHS = [7, 3, 9, 4, 5]
SHAPE = (9, 2)


def convolved(x, W, b, stride, dilation, padding):
    """Return what a convolution makes of one sequence (T, C), number by number."""
    reach = (len(W) - 1) * dilation + 1
    before = (reach - 1) // 2 if padding == "same" else 0
    n = -(-len(x) // stride) if padding == "same" else (len(x) - reach) // stride + 1
    y = np.tile(b, (n, 1))
    for t in range(n):
        for k in range(len(W)):
            at = t * stride + k * dilation - before
            if 0 <= at < len(x):
                y[t] += x[at] @ W[k]
    return y


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(
    ("kernel_size", "strides", "dilation"), [(3, 1, 1), (2, 2, 1), (3, 2, 1), (1, 3, 1), (2, 1, 2)]
)
def test_a_sequence_is_convolved_as_if_it_were_alone(
    backend, kernel_size, strides, dilation, padding
):
    options = {"strides": strides, "dilation": dilation, "padding": padding}
    bound = Bound(backend, StepConv(3, kernel_size, **options), SHAPE, batch=5, lengths=LENGTHS)
    found = bound.forward()
    W, b = (bound.host(getattr(bound.views.params, name))[0] for name in "Wb")
    there = bound.host(bound.views.valid_y)[0]
    for row, length in enumerate(LENGTHS):
        y = convolved(bound.x[0, row, :length], W, b[0], strides, dilation, padding)
        np.testing.assert_allclose(found[0, row, : len(y)], y, atol=1e-12)
        np.testing.assert_array_equal(there[row], np.arange(there.shape[1]) < len(y))


@pytest.mark.parametrize("size", [2, 4, 20])
@pytest.mark.parametrize(("cls", "pool"), [(StepMaxPool, np.max), (StepAveragePool, np.mean)])
def test_windows_end_with_their_sequence(backend, cls, pool, size):
    bound = Bound(backend, cls(size), SHAPE, batch=5, lengths=LENGTHS)
    found = bound.forward()
    there = bound.host(bound.views.valid_y)[0]
    for row, length in enumerate(LENGTHS):
        x, window = bound.x[0, row, :length], min(size, length)
        n = length // window if length >= size else 1
        for t in range(n):
            expected = pool(x[t * window : (t + 1) * window], axis=0)
            np.testing.assert_allclose(found[0, row, t], expected, atol=1e-12)
        assert there[row].tolist() == [1] * n + [0] * (len(there[row]) - n)


def test_batch_statistics_are_those_of_the_steps_that_are_there(backend):
    bound = Bound(backend, StepBatchNorm(momentum=1.0), SHAPE, batch=5, lengths=LENGTHS)
    found = bound.forward()
    steps = np.concatenate([bound.x[0, k, :n] for k, n in enumerate(LENGTHS)])
    weight = np.repeat(bound.weights, LENGTHS)
    mean = np.average(steps, axis=0, weights=weight)
    variance = np.average((steps - mean) ** 2, axis=0, weights=weight)
    p = {name: bound.host(array)[0, 0] for name, array in vars(bound.views.params).items()}
    np.testing.assert_allclose(p["mean"], mean, atol=1e-12)
    np.testing.assert_allclose(p["variance"], variance, atol=1e-12)
    expected = (steps - mean) / np.sqrt(variance + 1e-5) * p["scale"] + p["shift"]
    there = np.concatenate([found[0, k, :n] for k, n in enumerate(LENGTHS)])
    np.testing.assert_allclose(there, expected, atol=1e-12)


def test_sequences_without_weight_leave_the_statistics_alone(backend):
    given = {"batch": 5, "lengths": LENGTHS, "weights": [0.0] * 5}
    with np.errstate(invalid="ignore"):
        bound = Bound(backend, StepBatchNorm(), SHAPE, **given)
    bound.write(np.zeros((1, 1, 5)), bound.views.weight)
    before = bound.values[:, bound.layout.n_trainable :]
    assert np.isfinite(bound.forward()).all()
    np.testing.assert_array_equal(bound.results()["state"], before)


def test_shifts_and_flips_stay_within_a_sequence(backend):
    bound = Bound(backend, Augment([Flip(), Shift(2)]), SHAPE, batch=5, lengths=LENGTHS)
    seen = set()
    for step in range(20):
        bound.next_step(step)
        found = bound.forward()
        for row, length in enumerate(LENGTHS):
            x, made = bound.x[0, row, :length], []
            for flip in (1, -1):
                zeros = np.zeros((2, 2))
                frame = np.concatenate([zeros, x[::flip], zeros])
                made += [
                    (flip, s)
                    for s in range(5)
                    if np.array_equal(frame[s : s + length], found[0, row, :length])
                ]
            assert len(made) == 1
            seen.add(made[0])
    assert len(seen) == 10


def test_how_many_steps_layers_need():
    valid = [StepConv(3, 5, padding="valid", strides=2), StepMaxPool(2)]
    assert least_steps([*valid, StepConv(3, 3, padding="valid")], (2,)) == 15
    assert least_steps([StepConv(3, 50), StepMaxPool(9), StepAveragePool(4)], (2,)) == 1
    with pytest.raises(ShapeError, match="expects sequences of steps"):
        least_steps([LastStep(), Activation("relu"), StepConv(3, 5), StepBatchNorm()], (2,))


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Residual([StepConv(2, 3, strides=2)]), (1, 2), "projection=StepConv"),
        (InParts([StepMaxPool(2)]), (1, 2), "other steps than it reads"),
        (PreNorm([StepConv(2, 3, strides=2)]), (1, 2), "no shortcut fits"),
        (StepConv(2, 3), (3, 4, 2), "expects sequences of steps"),
    ],
)
def test_layers_that_do_not_take_other_steps(layer, shape, message):
    with pytest.raises(ShapeError, match=message):
        layer.build(shape)
