"""Dropout and alpha-dropout: exact probabilities, moments, masks of several models and rows."""

import numpy as np
import pytest

from skdeep.backend.base import Random
from skdeep.nn.activation import Activation
from skdeep.nn.dense import Dense
from skdeep.nn.dropout import SELU_LIMIT, AlphaDropout, Dropout
from skdeep.nn.sequential import Sequential
from tests.nn.bound import Bound

KINDS = pytest.mark.parametrize("kind", [Dropout, AlphaDropout])


class EveryPattern(Random):
    """One random stream: each of the 65536 bit patterns once."""

    def fill(self, out, kind):
        assert kind == "bits"
        assert out.dtype == np.uint16
        out[...] = np.arange(65536, dtype=np.uint16).reshape(out.shape)


def over_every_pattern(backend, layer, value):
    """Return y of a row that holds `value` under each pattern, and which units were kept."""
    bound = Bound(backend, layer, (65536,), batch=1)
    bound.views.random = EveryPattern([np.random.SeedSequence(0)])
    y = bound.forward(x=np.full(bound.x.shape, value))[0, 0]
    return y, np.arange(65536) >= round(65536 - 65536 * kept_share(layer))


def kept_share(layer):
    return 1 - min(round(65536 * layer.rate), 65535) / 65536


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.25, 0.5, 1 / 3, 0.9, 1 - 1e-9])
def test_dropout_keeps_exactly_its_share_and_the_mean(backend, rate):
    y, kept = over_every_pattern(backend, Dropout(rate), 2.0)
    assert abs(np.mean(kept) - (1 - rate)) <= 1 / 65536
    np.testing.assert_array_equal(y != 0, kept)
    np.testing.assert_allclose(np.mean(y), 2.0, rtol=1e-12)
    assert len(np.unique(y)) <= 2


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.9, 1 - 1e-9])
def test_alpha_dropout_keeps_zero_mean_and_unit_variance(backend, rate):
    # Klambauer et al. (2017), equations 9 and 10, for x of mean 0 and variance 1.
    at_zero, kept = over_every_pattern(backend, AlphaDropout(rate), 0.0)
    at_one, _ = over_every_pattern(backend, AlphaDropout(rate), 1.0)
    slope = at_one - at_zero
    np.testing.assert_array_equal(slope != 0, kept)
    np.testing.assert_allclose(np.mean(at_zero), 0, atol=1e-9)
    np.testing.assert_allclose(np.mean(at_zero**2) + np.mean(slope**2), 1, rtol=1e-9)
    if rate:
        a, b = slope[-1], at_zero[-1]
        np.testing.assert_allclose(at_zero[0], a * SELU_LIMIT + b, atol=1e-12 * a)


@KINDS
def test_rate_zero_changes_no_bit(backend, kind):
    bound = Bound(backend, kind(0.0), (50,), dtype=np.float32)
    x = bound.x.astype(np.float32)
    np.testing.assert_array_equal(bound.forward(x=x), x)


@KINDS
def test_prediction_is_the_identity(backend, kind):
    bound = Bound(backend, kind(0.5), (50,))
    np.testing.assert_array_equal(bound.forward(training=False), bound.x)


def test_backward_uses_the_mask_of_forward(backend):
    bound = Bound(backend, Dropout(0.5), (50,), models=2)
    found = bound.results()
    mask = found["y"] / bound.x
    assert set(np.round(np.unique(mask), 12)) == {0, 2}
    np.testing.assert_allclose(found["dx"], bound.dy * mask, rtol=1e-12)


def test_draws_differ_between_steps_rows_and_models(backend):
    bound = Bound(backend, Dropout(0.5), (64,), models=2)
    bound.load()
    masks = []
    for _ in range(2):
        bound.layer.forward(bound.views, True)
        masks.append(bound.host(bound.views.y) != 0)
    assert (masks[0] != masks[1]).mean() > 0.4
    assert (masks[0][0] != masks[0][1]).mean() > 0.4
    assert (masks[0][:, 0] != masks[0][:, 1]).mean() > 0.4


def test_a_rate_for_each_model(backend):
    bound = Bound(backend, Dropout([0.0, 0.25, 0.75]), (1000,), models=3, batch=20)
    y = bound.forward()
    dropped = (y == 0).mean(axis=(1, 2))
    np.testing.assert_allclose(dropped, [0, 0.25, 0.75], atol=0.015)
    scale = [np.median((y / bound.x)[m][y[m] != 0]) for m in range(3)]
    np.testing.assert_allclose(scale, [1, 4 / 3, 4], rtol=1e-12)


def test_rates_for_another_number_of_models(backend):
    with pytest.raises(ValueError, match=r"2.*3|3.*2"):
        Bound(backend, Dropout([0.1, 0.2]), (4,), models=3)


@KINDS
@pytest.mark.parametrize("rate", [-0.1, 1.0, 2, float("nan"), [0.1, 1.0], [[0.1]]])
def test_rates_that_are_none(kind, rate):
    with pytest.raises(ValueError, match=rf"rate of {kind.__name__} must be in \[0, 1\)"):
        kind(rate)


@KINDS
def test_shared_noise_is_one_mask_for_all_rows(backend, kind):
    bound = Bound(backend, kind(0.5), (64,), models=2, training=False, shared_noise=True)
    ones = np.ones(bound.x.shape)
    y = bound.forward(x=ones)
    for row in range(1, y.shape[1]):
        np.testing.assert_array_equal(y[:, row], y[:, 0])
    assert len(np.unique(y)) == 2
    assert (y[0, 0] != y[1, 0]).mean() > 0.3
    again = bound.forward(x=ones)
    np.testing.assert_array_equal(again, y)  # the same streams give the same mask
    other = Bound(
        backend, kind(0.5), (64,), models=2, batch=3, training=False, shared_noise=True
    )
    np.testing.assert_array_equal(other.forward(x=ones[:, :3]), y[:, :3])


def test_noise_needs_streams(backend):
    bound = Bound(backend, Dropout(0.5), (4,))
    bound.views.random = None
    with pytest.raises(ValueError, match=r"Dropout\(rate=0.5.* without random streams"):
        bound.forward()


def test_prediction_copies_nothing_after_an_activation(backend):
    chain = Sequential([Dense(4), Activation("relu"), Dropout(0.5), Dense(2)])
    for training, in_place in ((True, False), (False, True)):
        bound = Bound(backend, chain, (3,), training=training)
        views = list(bound.views.children.values())
        assert (views[2].y is views[1].y) == in_place


def test_rows_of_any_shape(backend):
    bound = Bound(backend, Dropout(0.5), (3, 4), models=2)
    found = bound.results()
    mask = found["y"] / bound.x
    assert set(np.round(np.unique(mask), 12)) == {0, 2}
    np.testing.assert_allclose(found["dx"], bound.dy * mask, rtol=1e-12)
