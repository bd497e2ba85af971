"""What every layer must do (skdeep/testing/layer_contract.py), from one list of layers."""

from dataclasses import replace

import numpy as np
import pytest

from skdeep.backend.kernel import kernel
from skdeep.kernels.arithmetic import add, multiply
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Param, Spec, Work
from skdeep.nn.dense.dense import Dense
from skdeep.nn.initializers import Constant
from skdeep.testing import check_layer
from skdeep.testing.layer_contract import CHECKS
from tests.contracts.layers import LAYERS


@pytest.mark.parametrize(
    ("make", "in_shape"),
    [pytest.param(make, in_shape, id=name) for name, make, in_shape in LAYERS],
)
def test_contract(backend, make, in_shape):
    for title, check in CHECKS.items():
        try:
            check(make(), in_shape, backend)
        except Exception as error:
            raise AssertionError(f"{title}: {error}") from error


class Scale(Layer):
    """A factor of each feature, in the ways that subclasses get wrong."""

    def __init__(self, start=1.0, name=None):
        self.start, self.name = start, name

    def build(self, in_shape):
        factors = Param((1, *in_shape), "scale", Constant(self.start))
        return Spec(in_shape, {"s": factors}, {"product": Work(in_shape)}, frozenset("x"))

    def forward(self, v, training):
        v.ops.launch(multiply, v.y, v.x, v.params.s)

    def backward(self, v):
        if v.dx is not None:
            v.ops.launch(multiply, v.dx, v.dy, v.params.s)
        self.slope(v)

    def slope(self, v):
        v.ops.launch(multiply, v.work.product, v.x, v.dy)
        v.ops.reduce(v.work.product, v.grads.s, axis=1)


class ReturnsShape(Scale):
    def build(self, in_shape):
        return in_shape


class UnknownKind(Scale):
    def build(self, in_shape):
        return Spec(in_shape, {"s": Param((1, *in_shape), "weights", Constant(1.0))})


class NumberAsInit(Scale):
    def build(self, in_shape):
        return Spec(in_shape, {"s": Param((1, *in_shape), "scale", 1.0)})


class KeepsNothing(Scale):
    def build(self, in_shape):
        return replace(super().build(in_shape), keeps=frozenset())


class KeepsWhat(Scale):
    def build(self, in_shape):
        return replace(super().build(in_shape), keeps={"dy"})


class NoSampleAxis(Scale):
    def build(self, in_shape):
        factors = Param(in_shape, "scale", Constant(self.start))
        return replace(super().build(in_shape), params={"s": factors})


class ForgetsWork(Scale):
    def build(self, in_shape):
        return replace(super().build(in_shape), work={})


class PlainFunction(Scale):
    def forward(self, v, training):
        v.ops.launch(lambda xp, x, s: x * s, v.y, v.x, v.params.s)


class UnknownFunction(Scale):
    def forward(self, v, training):
        v.ops.launch(unknown, v.y, v.x)


@kernel
def unknown(xp, x):
    return xp.sinh(x)


class Rebinds(Scale):
    def forward(self, v, training):
        v.y = v.params.s


class NoGradient(Scale):
    def slope(self, v):
        pass


class Adds(Scale):
    def backward(self, v):
        super().backward(v)
        v.ops.launch(add, v.grads.s, v.grads.s, v.grads.s)


class Overwrites(Scale):
    def forward(self, v, training):
        v.ops.launch(multiply, v.y, v.x, v.params.s)
        v.ops.launch(add, v.x, v.x, v.x)


class NeedsDx(Scale):
    def backward(self, v):
        v.ops.launch(multiply, v.dx, v.dy, v.params.s)
        self.slope(v)


class Allocates(Scale):
    def forward(self, v, training):
        if isinstance(v.x, np.ndarray):
            v.y[...] = v.x * v.params.s
        else:
            super().forward(v, training)


class Forgets(Scale):
    def __init__(self, start=1.0, name=None):
        super().__init__(1.0, name)
        self.start = start + 1


class Mixes(Scale):
    def forward(self, v, training):
        super().forward(v, training)
        v.ops.launch(add, v.y[:, 1:], v.y[:, 1:], v.y[:, :-1])


class SeesPadding(Scale):
    reads = "sequences"

    def build(self, in_shape):
        factors = Param((1, 1, in_shape[1]), "scale", Constant(self.start))
        rows = Work((1, in_shape[1]))
        return Spec((1, in_shape[1]), {"s": factors}, {"sum": rows, "dsum": rows}, {"x"})

    def forward(self, v, training):
        v.ops.reduce(v.x, v.work.sum, axis=2)
        v.ops.launch(multiply, v.y, v.work.sum, v.params.s)

    def backward(self, v):
        v.ops.launch(multiply, v.work.dsum, v.work.sum, v.dy)
        v.ops.reduce(v.work.dsum, v.grads.s, axis=1)
        if v.dx is not None:
            v.ops.launch(multiply, v.work.dsum, v.dy, v.params.s)
            v.ops.launch(spread, v.dx, v.work.dsum, v.x)


@kernel
def spread(xp, dsum, x):
    return dsum + 0 * x


class OwnSteps(Scale):
    reads = "any"


@pytest.mark.parametrize("layer", [SeesPadding(), OwnSteps()])
def test_layers_of_sequences_do_not_see_the_padding(layer):
    with pytest.raises(AssertionError, match="behind the end of a sequence"):
        check_layer(layer, (4, 2))


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (ReturnsShape(), "do not run.*\n.*build of ReturnsShape.* must return a Spec"),
        (UnknownKind(), "do not run.*\n.*kind of a Param must be one of"),
        (NumberAsInit(), "do not run.*\n.*init of a Param must be an initializer"),
        (KeepsNothing(), "`backward` reads x or y, which the layer does not keep"),
        (KeepsWhat(), "do not run.*\n.*keeps of a Spec must be a set of"),
        (NoSampleAxis(), r"do not run.*\n.*reduce: out must have shape \(1, 1, 3\), got \(1, 3\)"),
        (ForgetsWork(), "do not run.*\n.*no array is called 'product' here: build names"),
        (PlainFunction(), "do not run.*\n.*launch needs a formula that @kernel has made"),
        (UnknownFunction(), "do not run.*\n.*may not call xp.sinh; there are"),
        (Rebinds(), "v.y is another array: write into the one that is there"),
        (NoGradient(), "gradients do not agree"),
        (Adds(), "slope along parameters, from v.grads: see s"),
        (Overwrites(), "gradients do not agree|writes into x|overlap"),
        (NeedsDx(), "where nobody needs dx"),
        (Allocates(), "recorded step does not equal"),
        (Forgets(), "not the value that its arguments are"),
        (Mixes(), "gradients do not agree|depends on other samples|overlap"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_wrong_with_a_layer_is_said(layer, said):
    with pytest.raises(AssertionError, match=said) as caught:
        check_layer(layer, (3,))
    assert str(caught.value).startswith(type(layer).__name__)


def test_a_layer_that_does_it_all_passes():
    check_layer(Scale(2.0), (3,))
    check_layer(Dense(2), [3], device="checked")


@pytest.mark.parametrize(
    ("layer", "in_shape", "said"),
    [(Scale, (3,), r"layer must be a layer.*make one, Scale\(...\)"), (Scale(), 3, "got 3")],
)
def test_what_is_handed_to_the_check_is_checked(layer, in_shape, said):
    with pytest.raises(TypeError, match=said):
        check_layer(layer, in_shape)
