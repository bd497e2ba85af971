"""Layers whose numbers differ from model to model: each model gets what its own layer gives."""

import numpy as np
import pytest

from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.boltzmann.visible import GaussianVisible
from skdeep.nn.core.network import Network
from skdeep.nn.core.stacking import NotStackable, stack_networks, stack_rbms
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import SquaredError
from skdeep.nn.noise.corruption import GaussianNoise, MaskingNoise, SaltAndPepper
from skdeep.nn.penalties.activity_penalty import KLActivity, L1Activity
from skdeep.nn.penalties.contractive import ContractiveDense
from skdeep.testing.bound import BoundLayer as Bound

NUMBERS = (0.1, 0.5, 0.3)
WIDTH = 5

LAYERS = {
    "gaussian_noise": lambda m: GaussianNoise(NUMBERS[m]),
    "masking": lambda m: MaskingNoise(NUMBERS[m]),
    "salt_and_pepper": lambda m: SaltAndPepper(
        NUMBERS[m], np.arange(WIDTH) - 9.0 * m, np.arange(WIDTH) + 9.0 * m
    ),
    "one_limit_for_all": lambda m: SaltAndPepper(NUMBERS[m], -1.0, 2.0),
    "l1": lambda m: L1Activity(NUMBERS[m]),
    "kl": lambda m: KLActivity(NUMBERS[m], NUMBERS[-1 - m]),
    "contractive": lambda m: ContractiveDense(4, "tanh", NUMBERS[m]),
}


def stacked(make):
    """Return the layer that stands for three."""
    networks = [
        Network([make(m), Dense(2)], (WIDTH,), SquaredError(2)) for m in range(len(NUMBERS))
    ]
    return stack_networks(networks).root.layers[0]


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_has_numbers_per_model(backend, name):
    make = LAYERS[name]
    whole = Bound(backend, stacked(make), (WIDTH,), models=3, batch=40)
    for array in (whole.x, whole.dy):  # activities between 0 and 1
        array[...] = np.abs(np.tanh(array))
    results = whole.results()
    for m in range(3):
        alone = Bound(backend, make(m), (WIDTH,), first=m, batch=40)
        alone.x, alone.dy = whole.x[m : m + 1], whole.dy[m : m + 1]
        for key, array in alone.results().items():
            np.testing.assert_allclose(results[key][m], array[0], rtol=1e-10, err_msg=key)


def test_rbms_agree_in_all_but_their_weights():
    kinds = [None, GaussianVisible(0.1)]
    first = RBM(4, 3, kinds[1])
    assert stack_rbms([first, RBM(4, 3, GaussianVisible(0.1))]) is first
    for other in (
        RBM(5, 3, kinds[1]),
        RBM(4, 2, kinds[1]),
        RBM(4, 3),
        RBM(4, 3, GaussianVisible()),
    ):
        with pytest.raises(NotStackable):
            stack_rbms([first, other])
