"""Dropout and alpha-dropout: exact probabilities, moments, masks of several models and rows."""

from collections import Counter

import numpy as np
import pytest

from skdeep.kernels.masks import mask_bits
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Noise
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.noise.dropout import SELU_LIMIT, AlphaDropout, BranchDropout, Dropout, StepDropout
from skdeep.testing.bound import BoundLayer as Bound
from skdeep.testing.bound import row_keys

KINDS = pytest.mark.parametrize("kind", [Dropout, AlphaDropout])


def threshold(rate):
    return min(round(rate * 2**32), 2**32 - 1)


def with_bits(backend, layer, value, bits):
    """Return y of a row of `value` where the hash gives `bits`, one for each unit."""
    bound = Bound(backend, layer, (len(bits),), batch=1)
    bound.load(x=np.full(bound.x.shape, value))
    edge, scale = (bound.host(getattr(bound.views.work, key)) for key in ("threshold", "scale"))
    kept = scale * (np.asarray(bits, np.uint32)[None, None] >= edge)
    backend.to_device(kept, bound.views.work.kept)
    bound.layer._apply(bound.views)
    return bound.host(bound.views.y)[0, 0]


def around(rate):
    """Return words around the threshold and at both ends, and which of them are kept."""
    edge = threshold(rate)
    words = np.unique(np.clip([0, edge - 1, edge, edge + 1, 2**32 - 1], 0, 2**32 - 1))
    return words, words >= edge


RATES = [0.0, 0.1, 0.25, 0.5, 1 / 3, 0.9, 0.999999999, 1 - 2.0**-40]


@pytest.mark.parametrize("rate", RATES)
def test_the_share_is_exact_and_the_mean_is_kept(backend, rate):
    words, kept = around(rate)
    y = with_bits(backend, Dropout(rate), 3.0, words)
    share = 1 - threshold(rate) / 2**32  # of all words that the hash can give
    np.testing.assert_array_equal(y, np.where(kept, 3.0 * (1 / share), 0.0))
    assert abs(share - (1 - rate)) <= 2.0**-32
    assert kept.any()


@pytest.mark.parametrize("rate", RATES)
def test_alpha_dropout_keeps_zero_mean_and_unit_variance(backend, rate):
    """Klambauer et al. (2017), equations 9 and 10, for x of mean 0 and variance 1."""
    words, kept = around(rate)
    at_zero = with_bits(backend, AlphaDropout(rate), 0.0, words)
    slope = with_bits(backend, AlphaDropout(rate), 1.0, words) - at_zero
    np.testing.assert_array_equal(slope != 0, kept)
    share = 1 - threshold(rate) / 2**32
    a, b, low = slope[-1], at_zero[-1], at_zero[0]
    if share == 1:
        low = 0.0
    else:
        np.testing.assert_allclose(low, a * SELU_LIMIT + b, atol=1e-12 * b)
    mean = share * b + (1 - share) * low
    square = share * (b**2 + a**2) + (1 - share) * low**2
    np.testing.assert_allclose(mean, 0, atol=1e-9)
    np.testing.assert_allclose(square, 1, rtol=1e-7)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
@KINDS
def test_moments_over_many_rows(backend, kind, rate):
    bound = Bound(backend, kind(rate), (1000,), batch=1000)
    y = bound.forward()[0]
    square = 1.0 if kind is AlphaDropout else 1 / (1 - rate)
    np.testing.assert_allclose(y.mean(), 0, atol=4 * np.sqrt(square / y.size))
    np.testing.assert_allclose(np.mean(y**2), square, rtol=0.02)


def test_a_rate_next_to_one_drops_all_but_a_few(backend):
    y = Bound(backend, Dropout(0.999999999), (1000,), batch=100).forward()
    assert np.isfinite(y).all()
    assert (y != 0).sum() == 0  # 4e-4 of 100000 were expected to be kept


@KINDS
def test_rate_zero_changes_no_bit(backend, kind):
    bound = Bound(backend, kind(0.0), (50,), dtype=np.float32)
    x = bound.x.astype(np.float32)
    np.testing.assert_array_equal(bound.forward(x=x), x)


@KINDS
@pytest.mark.parametrize("training", [False, True])
def test_without_noise_it_is_the_identity(backend, kind, training):
    bound = Bound(backend, kind(0.5), (50,), training=False)
    assert bound.noise is None
    np.testing.assert_array_equal(bound.forward(training), bound.x)


def test_training_without_noise_hands_the_gradient_on(backend):
    bound = Bound(backend, Dropout(0.5), (50,))
    bound.views.noise = None
    found = bound.results()
    np.testing.assert_array_equal(found["y"], bound.x)
    np.testing.assert_array_equal(found["dx"], bound.dy)


def test_backward_uses_the_mask_of_forward(backend):
    bound = Bound(backend, Dropout(0.5), (50,), models=2)
    found = bound.results()
    mask = found["y"] / bound.x
    assert set(np.round(np.unique(mask), 12)) == {0, 2}
    np.testing.assert_allclose(found["dx"], bound.dy * mask, rtol=1e-12)


def test_masks_differ_between_steps_rows_and_models(backend):
    bound = Bound(backend, Dropout(0.5), (64,), models=2)
    masks = []
    for step in range(2):
        bound.next_step(step)
        masks.append(bound.forward() != 0)
    assert (masks[0] != masks[1]).mean() > 0.4
    assert (masks[0][0] != masks[0][1]).mean() > 0.4
    assert (masks[0][:, 0] != masks[0][:, 1]).mean() > 0.4
    bound.next_step(0)
    np.testing.assert_array_equal(bound.forward() != 0, masks[0])


def test_layers_of_one_network_have_masks_of_their_own(backend):
    """Both layers see the same keys and seeds; their units make the difference."""
    bound = Bound(backend, Sequential([Dropout(0.5), Dropout(0.5)]), (2000,), batch=2)
    bound.forward(x=np.ones(bound.x.shape))
    first, second = (bound.host(v.work.kept)[0] for v in bound.views.children.values())
    agree = (first == second).mean()
    assert abs(agree - 0.5) < 4 * 0.5 / np.sqrt(first.size)


def test_equal_rows_get_equal_masks(backend):
    keys = row_keys(4)[[0, 1, 0, 2, 1, 0]]
    bound = Bound(backend, Dropout(0.5), (64,), models=2, keys=keys)
    kept = bound.forward(x=np.ones(bound.x.shape)) != 0
    for k in range(6):
        np.testing.assert_array_equal(kept[:, k], kept[:, np.flatnonzero(keys == keys[k])[0]])
    assert (kept[:, 0] != kept[:, 1]).mean() > 0.3


def test_a_mask_depends_on_neither_dtype_nor_company(backend):
    wide = Bound(backend, Dropout(0.5), (64,), models=3, batch=20)
    kept = wide.forward(x=np.ones(wide.x.shape)) != 0
    narrow = Bound(backend, Dropout(0.5), (64,), first=2, batch=5, dtype=np.float32)
    backend.to_device(row_keys(20)[None, 7:12, None], narrow.noise.keys)
    found = narrow.forward(x=np.ones(narrow.x.shape)) != 0
    np.testing.assert_array_equal(found[0], kept[2, 7:12])


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
    options = {"models": 2, "training": False, "shared_noise": True}
    bound = Bound(backend, kind(0.5), (64,), **options)
    ones = np.ones(bound.x.shape)
    y = bound.forward(False, x=ones)
    for row in range(1, y.shape[1]):
        np.testing.assert_array_equal(y[:, row], y[:, 0])
    assert len(np.unique(y)) == 2
    assert (y[0, 0] != y[1, 0]).mean() > 0.3
    other = Bound(backend, kind(0.5), (64,), batch=3, **options)
    np.testing.assert_array_equal(other.forward(False, x=ones[:, :3]), y[:, :3])
    bound.next_step(1)
    assert (bound.forward(False, x=ones) != y).mean() > 0.3


def test_a_feature_is_dropped_in_all_steps_whatever_their_number(backend):
    masks = {}
    for steps in (1, 4, 7):
        bound = Bound(backend, StepDropout(0.5), (steps, 9), models=2)
        kept = bound.forward(x=np.ones_like(bound.x)) != 0
        assert (kept == kept[:, :, :1]).all()
        masks[steps] = kept[:, :, 0]
    assert 0.2 < masks[1].mean() < 0.8
    np.testing.assert_array_equal(masks[1], masks[4])
    np.testing.assert_array_equal(masks[1], masks[7])


def test_the_noise_is_read_when_the_step_runs(backend):
    """A recorded step follows keys and seeds that were written after it was recorded."""
    bound = Bound(backend, Dropout(0.5), (64,))
    bound.load()
    step = backend.record(bound.step)
    first = bound.results(step)["y"] != 0
    bound.next_step(3)
    found = bound.results(step)["y"] != 0
    expected = bound.forward() != 0
    np.testing.assert_array_equal(found, expected)
    assert (found != first).mean() > 0.3
    assert isinstance(bound.noise, Noise)


def test_prediction_copies_nothing_after_an_activation(backend):
    chain = Sequential([Dense(4), Activation("relu"), Dropout(0.5), Dense(2)])
    for training, in_place in ((True, False), (False, True)):
        bound = Bound(backend, chain, (3,), training=training)
        views = list(bound.views.children.values())
        assert (views[2].y is views[1].y) == in_place


@pytest.mark.parametrize("shared_noise", [False, True])
def test_rows_of_any_shape(backend, shared_noise):
    bound = Bound(backend, Dropout(0.5), (3, 4), models=2, shared_noise=shared_noise)
    found = bound.results()
    mask = found["y"] / bound.x
    assert set(np.round(np.unique(mask), 12)) == {0, 2}
    np.testing.assert_allclose(found["dx"], bound.dy * mask, rtol=1e-12)
    if shared_noise:
        np.testing.assert_array_equal(mask != 0, np.broadcast_to(mask[:, :1] != 0, mask.shape))


# ---------------------------------------------------------------------- a schedule's level


def levelled(backend, layer, levels, units=1000, **options):
    """Return a layer whose rate is multiplied by a level, one for each model."""
    bound = Bound(backend, layer, (units,), models=len(levels), **options)
    dtype = bound.dtype
    level = backend.to_device(np.array(levels, dtype)[:, None])
    noise = Noise(bound.noise.keys, bound.noise.seed, level)
    binder = Binder(
        bound.store,
        bound.arena,
        bound.x.shape[1],
        training=True,
        weight=bound.views.weight,
        noise=noise,
    )
    x, dx = binder.rows("x", (units,)), binder.rows("dx", (units,))
    bound.views = binder.bind(layer, layer.build((units,)), "", x, dx)
    return bound


@KINDS
def test_a_level_multiplies_the_rate_of_each_model(backend, kind):
    levels = [1.0, 0.5, 0.0]
    found = levelled(backend, kind(0.4), levels, batch=50).results()
    y = found["y"]
    dropped = (found["dx"] == 0).mean(axis=(1, 2))
    np.testing.assert_allclose(dropped, [0.4, 0.2, 0.0], atol=0.01)
    square = [1.0] * 3 if kind is AlphaDropout else [1 / 0.6, 1 / 0.8, 1.0]
    np.testing.assert_allclose((y**2).mean(axis=(1, 2)), square, rtol=0.03)
    np.testing.assert_allclose(y.mean(axis=(1, 2)), 0, atol=0.02)
    np.testing.assert_allclose(y[2], levelled(backend, kind(0.4), levels, batch=50).x[2])


@KINDS
def test_a_level_of_one_is_the_layer_without_a_schedule(backend, kind):
    bound = levelled(backend, kind(0.25), [1.0], batch=50)
    plain = Bound(backend, kind(0.25), (1000,), batch=50)
    for name in ("y", "dx"):
        np.testing.assert_allclose(bound.results()[name], plain.results()[name], rtol=1e-6)


def test_branches_are_kept_as_they_are_at_any_level(backend):
    bound = levelled(backend, BranchDropout(0.5), [0.6], batch=50, units=4)
    y, x = bound.results()["y"][0], bound.x[0]
    kept = (y == x).all(axis=1)
    assert 0 < kept.sum() < 50
    np.testing.assert_array_equal(y[~kept], 0)  # the mean, which starts at zero


@KINDS
def test_the_gradient_of_a_levelled_layer_is_its_slope(backend, kind):
    bound = levelled(backend, kind(0.5), [0.6], units=40)
    found, step = bound.results(), 1e-6
    moved = bound.forward(x=bound.x + step)
    np.testing.assert_allclose(found["dx"], (moved - found["y"]) / step * bound.dy, atol=1e-6)


@KINDS
def test_a_rate_next_to_one_stays_finite_at_any_level(backend, kind):
    bound = levelled(backend, kind(0.999999999), [1.0], dtype=np.float32)
    found = bound.results()
    assert np.isfinite(found["y"]).all()
    assert np.isfinite(found["dx"]).all()


def test_stacked_models_with_levels_are_single_ones(backend):
    stacked = levelled(backend, Dropout(0.5), [0.2, 0.9]).results()
    single = levelled(backend, Dropout(0.5), [0.9], first=1).results()
    for name in ("y", "dx"):
        np.testing.assert_array_equal(stacked[name][1], single[name][0])


# ---------------------------------------------------------------------- what layers share


def bits(backend, bound, views):
    """Return the bits of a layer's units, each hashed from its row's key, the seed and the unit."""
    out = backend.empty(views.work.kept.shape, np.uint32)
    with backend.running():
        backend.launch(mask_bits, out, bound.noise.keys, bound.noise.seed, views.work.units)
    return bound.host(out)


@pytest.mark.parametrize("level", [None, 0.5])
def test_layers_of_one_program_hash_rows_once_and_drop_at_their_own_rates(backend, level):
    chain = Sequential([Dropout(0.5), Dropout(0.25), Dropout(0.5)])
    bound = Bound(backend, chain, (300,), models=2)
    if level is not None:
        bound = levelled(backend, chain, [level] * 2, units=300)
    bound.load()
    calls = count_launches(backend, bound.step)
    assert calls["row_stream"] == 1
    assert calls["word_and_level"] == (0 if level is None else 2)  # equal rates have it in common
    for rate, views in zip((0.5, 0.25, 0.5), bound.views.children.values(), strict=True):
        dropped = rate * (1 if level is None else level)
        edge = np.uint32(threshold(dropped))
        kept = bound.host(views.work.kept)
        np.testing.assert_array_equal(kept > 0, bits(backend, bound, views) >= edge)
        np.testing.assert_allclose(kept.max(), 1 / (1 - dropped), rtol=1e-6)


def count_launches(backend, step):
    """Return how often each kernel is launched in a step."""
    found = Counter()
    launch = backend.launch

    def counted(kernel, *arrays):
        found[kernel.name] += 1
        launch(kernel, *arrays)

    backend.launch = counted
    try:
        backend.record(step)()
    finally:
        del backend.launch
    return found


def test_programs_of_one_noise_hash_rows_each_for_itself(backend):
    """Programs for several lengths of batches have keys of their own."""
    noise = Bound(backend, Dropout(0.5), (4,)).noise
    array, first = noise.once("streams", lambda: 1)
    assert (array, first) == (1, True)
    assert noise.once("streams", lambda: 2) == (1, False)
    assert noise.anew().once("streams", lambda: 3) == (3, True)
