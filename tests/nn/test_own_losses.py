"""check_loss finds what is wrong with a loss, and passes the losses of skdeep."""

from types import SimpleNamespace

import pytest

from skdeep.nn import Loss, kernel
from skdeep.testing import check_loss
from tests.nn.test_losses import CASES

#: What targets are drawn from, by their kind or by the name of a case.
RANGES = {"labels": [0, 1], "counts": [0, 1, 2, 5], "members": [0, 1, 2]}


#: Losses whose targets are of several kinds, which no one range gives.
SEVERAL = ("two_tasks", "observed")


@pytest.mark.parametrize("case", [c for c in CASES if c.name not in SEVERAL], ids=str)
def test_our_losses_pass(case):
    check_loss(case.loss, case.n_logits, y=RANGES.get(case.name, RANGES.get(case.target)))


@kernel
def squares(xp, z, y, w):
    return w * (z - y) * (z - y), 2 * w * (z - y)


@kernel
def halves(xp, z, y, w):
    return w * (z - y) * (z - y), w * (z - y)


@kernel
def unweighted(xp, z, y, w):
    return (z - y) * (z - y), 2 * (z - y)


@kernel
def scaled(xp, z, y, w, most):
    return most * w * (z - y) * (z - y), 2 * most * w * (z - y)


@kernel
def doubled(xp, z):
    return 2 * z


class Squares(Loss):
    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(squares, (value, delta), z, target, w)


class WrongSlope(Loss):
    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(halves, (value, delta), z, target, w)


class Unweighted(Loss):
    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(unweighted, (value, delta), z, target, w)


class HalfWritten(Loss):
    def value_and_delta(self, ops, z, target, w, value, delta, work):
        part = [array[..., :3] for array in (value, delta, z, target, w)]
        ops.launch(squares, tuple(part[:2]), *part[2:])


class ByNumPy(Loss):
    def value_and_delta(self, ops, z, target, w, value, delta, work):
        value[...] = w * (z - target) ** 2
        delta[...] = 2 * w * (z - target)


class OfBatch(Loss):
    """Squares by how large the targets of the batch are."""

    def bind(self, binder, n_logits):
        return SimpleNamespace(most=binder.own(0.0))

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.reduce(target, work.most, axis=2, op="max")
        ops.launch(scaled, (value, delta), z, target, w, work.most)


class WritesInput(Loss):
    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(squares, (value, delta), z, target, w)
        ops.copy(value, z)


class ReadsOnce(Squares):
    def output(self, ops, z, out, work):
        ops.launch(doubled, out, z)
        ops.launch(doubled, out, z)


def test_a_loss_that_is_right():
    check_loss(Squares(), 2)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (WrongSlope(), "slopes do not agree with differences"),
        (Unweighted(), "not proportional to the weights"),
        (HalfWritten(), "not written"),
        (ByNumPy(), "device|recorded"),
        (OfBatch(), "depends on other samples"),
        (WritesInput(), "writes into z"),
        (ReadsOnce(), "written over the logits"),
    ],
)
def test_losses_that_are_wrong(loss, said):
    with pytest.raises(AssertionError, match=said):
        check_loss(loss)
