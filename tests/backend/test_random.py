"""Random streams: a stack draws what its models draw alone, in every dtype and on every device."""

import numpy as np
import pytest

from skdeep.backend.base import Random


def streams(*seeds):
    return Random([np.random.SeedSequence(seed) for seed in seeds])


def filled(random, shape, kind, dtype):
    out = np.empty(shape, dtype)
    random.fill(out, kind)
    return out


KINDS = [
    ("bits", "u2"),
    ("words", "u4"),
    ("uniform", "f4"),
    ("uniform", "f8"),
    ("normal", "f4"),
    ("normal", "f8"),
]


@pytest.mark.parametrize(("kind", "dtype"), KINDS)
@pytest.mark.parametrize("shape", [(5, 3), (7,), (2, 2, 2), ()])
def test_a_stack_draws_what_each_model_draws_alone(kind, dtype, shape):
    stacked = streams(1, 2, 3)
    alone = [streams(seed) for seed in (1, 2, 3)]
    for _ in range(3):
        together = filled(stacked, (3, *shape), kind, dtype)
        for row, random in zip(together, alone, strict=True):
            np.testing.assert_array_equal(row, filled(random, (1, *shape), kind, dtype)[0])


@pytest.mark.parametrize("kind", ["uniform", "normal"])
def test_draws_do_not_depend_on_the_dtype(kind):
    single, double = streams(1, 2), streams(1, 2)
    for _ in range(2):
        low, high = (
            filled(single, (2, 1000), kind, "f4"),
            filled(double, (2, 1000), kind, "f8"),
        )
        np.testing.assert_allclose(low, high, rtol=1e-6)


@pytest.mark.parametrize(("kind", "dtype"), KINDS)
def test_draws_do_not_depend_on_the_device(backend, kind, dtype):
    out = backend.empty((2, 3, 5), dtype)
    backend.draw(streams(4, 5), out, kind)
    expected = filled(streams(4, 5), (2, 3, 5), kind, dtype)
    np.testing.assert_array_equal(backend.to_host(out), expected)


def test_a_draw_is_repeated_with_its_step(backend):
    out = backend.empty((1, 6), "u2")
    random = streams(4)
    step = backend.record(lambda: backend.draw(random, out))
    expected = streams(4)
    for _ in range(3):
        step()
        np.testing.assert_array_equal(backend.to_host(out), filled(expected, (1, 6), "bits", "u2"))


def test_bits_are_uniform():
    bits = filled(streams(0), (1, 2**18), "bits", "u2")[0]
    # 256 bins of 1024 draws: the sum below is chi-squared with 255 degrees of freedom.
    for counts in (np.bincount(bits >> 8, minlength=256), np.bincount(bits & 255, minlength=256)):
        assert 160 < np.sum((counts - 1024.0) ** 2 / 1024) < 370
    for k in range(16):
        assert abs(np.mean((bits >> k) & 1) - 0.5) < 0.005
    pairs = np.corrcoef(bits[:-1], bits[1:])[0, 1]
    assert abs(pairs) < 0.01


def test_uniform_stays_below_one_in_float32():
    class AlmostOne:
        def random(self, shape):
            return np.full(shape, 1 - 2.0**-53)

    random = streams(0)
    random.generators = [AlmostOne()]
    out = filled(random, (1, 3), "uniform", "f4")
    assert (out < 1).all()
    assert (out > 0.9999999).all()


@pytest.mark.parametrize("kind", ["uniform", "normal", "bits", "words"])
def test_state_continues_where_it_was_taken(kind):
    dtype = {"bits": "u2", "words": "u4"}.get(kind, "f8")
    random = streams(1, 2)
    filled(random, (2, 5), kind, dtype)
    state = random.state()
    expected = filled(random, (2, 5), kind, dtype)
    again = streams(8, 9)
    again.restore(state)
    np.testing.assert_array_equal(filled(again, (2, 5), kind, dtype), expected)
    random.restore(state)  # the state that was taken did not move on with the stream
    np.testing.assert_array_equal(filled(random, (2, 5), kind, dtype), expected)


def test_unknown_kind():
    with pytest.raises(ValueError, match='kind must be "bits", "words"'):
        streams(0).fill(np.empty((1, 2)), "gaussian")


def test_words_are_uniform():
    words = filled(streams(0), (1, 2**16), "words", "u4")[0]
    for k in range(32):
        assert abs(np.mean((words >> k) & 1) - 0.5) < 0.01


def test_strides_do_not_matter():
    wide = np.zeros((2, 10))
    streams(1, 2).fill(wide[:, 2:7], "normal")
    np.testing.assert_array_equal(wide[:, 2:7], filled(streams(1, 2), (2, 5), "normal", "f8"))
    assert not wide[:, :2].any()
    assert not wide[:, 7:].any()
