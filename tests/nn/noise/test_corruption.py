"""What corruption does to rows."""

import numpy as np
import pytest

from skdeep.nn.noise.corruption import GaussianNoise, MaskingNoise, SaltAndPepper
from skdeep.testing.bound import BoundLayer as Bound


def corrupted(backend, layer, width=50, batch=400, **options):
    bound = Bound(backend, layer, (width,), batch=batch, **options)
    return bound, bound.forward()[0], bound.x[0]


def test_masking_keeps_the_others_as_they_are(backend):
    _, y, x = corrupted(backend, MaskingNoise(0.3))
    np.testing.assert_array_equal(y[y != 0], x[y != 0])
    assert abs((y == 0).mean() - 0.3) < 0.02


def test_salt_and_pepper_in_equal_parts(backend):
    low, high = np.linspace(-20, -10, 50), np.linspace(10, 20, 50)
    _, y, x = corrupted(backend, SaltAndPepper(0.4, low, high))
    is_low, is_high = y == low, y == high
    assert abs(is_low.mean() - 0.2) < 0.02
    assert abs(is_high.mean() - 0.2) < 0.02
    np.testing.assert_array_equal(y[~(is_low | is_high)], x[~(is_low | is_high)])


def test_gaussian_noise_is_normal_and_scaled(backend):
    _, y, x = corrupted(backend, GaussianNoise(0.5))
    noise = (y - x) / 0.5
    assert abs(noise.mean()) < 0.02
    assert abs(noise.std() - 1) < 0.02
    assert abs((noise**4).mean() - 3) < 0.2
    assert abs(np.corrcoef(noise.T) - np.eye(50)).max() < 0.25


@pytest.mark.parametrize("make", [MaskingNoise, SaltAndPepper, GaussianNoise])
def test_steps_differ_and_company_does_not_matter(backend, make):
    bound, first, x = corrupted(backend, make(0.3), batch=6)
    bound.next_step(1)
    assert (bound.forward()[0] != first).any()
    part = Bound(backend, make(0.3), (50,), batch=3)
    np.testing.assert_array_equal(part.forward(x=x[None, :3])[0], first[:3])


def test_models_have_their_own_levels(backend):
    bound = Bound(backend, GaussianNoise((0.0, 1.0)), (50,), models=2, batch=20)
    noise = bound.forward() - bound.x
    assert (noise[0] == 0).all()
    assert 0.8 < noise[1].std() < 1.2


@pytest.mark.parametrize("scale", [-1.0, np.nan, np.inf, [[1.0]]])
def test_scales_that_are_none(scale):
    with pytest.raises(ValueError, match="scale of GaussianNoise"):
        GaussianNoise(scale)


@pytest.mark.parametrize(
    "make", [lambda: MaskingNoise(0.5), lambda: GaussianNoise(0.5), lambda: SaltAndPepper(0.5)]
)
def test_noise_of_a_step_depends_on_no_number_of_steps(backend, make):
    short, long = (Bound(backend, make(), (steps, 3)) for steps in (4, 7))
    x = np.random.RandomState(0).normal(size=(1, 6, 7, 3))
    found, whole = short.forward(x=x[:, :, :4]), long.forward(x=x)
    np.testing.assert_array_equal(found, whole[:, :, :4])
    assert (found != x[:, :, :4]).any()


def test_limits_of_each_model_on_steps(backend):
    layer = SaltAndPepper(0.9, low=[-1.0, -2.0], high=[1.0, 2.0])
    vars(layer).update(low=((-1.0, -2.0), (-3.0, -4.0)), high=((1.0, 2.0), (3.0, 4.0)))
    found = np.abs(Bound(backend, layer, (5, 2), models=2).forward(x=np.zeros((2, 6, 5, 2))))
    assert set(np.unique(found[0])) == {0.0, 1.0, 2.0}
    assert set(np.unique(found[1])) == {0.0, 3.0, 4.0}
    assert found[..., 0].max() == 3
