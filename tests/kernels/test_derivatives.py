"""Slopes taken from bodies, against differences."""

import numpy as np
import pytest

from skdeep.backend.kernel import Kernel
from skdeep.kernels.activations import ACTIVATIONS
from skdeep.kernels.derivatives import value_and_slope

S = np.linspace(-2.03, 2.04, 41)


def check(backend, body, s, **tolerances):
    kernel = Kernel(lambda xp, s: value_and_slope(body, xp, s))
    plain = Kernel(lambda xp, s: body(xp, s) + 0.0 * s)

    def run(kernel, s, n):
        outs = tuple(backend.zeros(s.shape, np.float64) for _ in range(n))
        with backend.running():
            backend.launch(kernel, outs if n > 1 else outs[0], backend.to_device(s))
        return [backend.to_host(out) for out in outs]

    value, slope = run(kernel, s, 2)
    h = 1e-6
    np.testing.assert_allclose(value, run(plain, s, 1)[0])
    numeric = (run(plain, s + h, 1)[0] - run(plain, s - h, 1)[0]) / (2 * h)
    np.testing.assert_allclose(slope, numeric, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_slopes_of_the_slopes_of_activations(backend, name):
    check(backend, ACTIVATIONS[name].derivative, S)


BODIES = {
    "arithmetic": lambda xp, s: (3 - s) * s / (s * s + 2) - 1 / (s - 7) + (-s) * 2 - 1,
    "functions": lambda xp, s: xp.exp(s) * xp.log(s * s + 1) + xp.sqrt(s * s + 1) * xp.tanh(s),
    "waves": lambda xp, s: xp.sin(s) * xp.cos(2 * s) + xp.abs(s) * xp.sign(s) + xp.floor(s),
    "kinks": lambda xp, s: xp.maximum(s, 0.5) * xp.minimum(1.0, s) + xp.maximum(0.1, -s),
    "factors": lambda xp, s: (s > 0) * s + (s <= 0.7) * s * s + (s >= 1) * 3 + (s < -1) * s,
    "choices": lambda xp, s: xp.where(s > 0, s * s, 2 * s) + xp.equal(s, 9.0) * s,
    "constant": lambda xp, s: 2.0,
}


@pytest.mark.parametrize("name", BODIES)
def test_slopes_of_bodies(backend, name):
    check(backend, BODIES[name], S)
