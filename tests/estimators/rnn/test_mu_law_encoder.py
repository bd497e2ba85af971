"""Waves become tokens by the mu-law, and come back as near as its levels are."""

import numpy as np
import pytest

from skdeep import MuLawEncoder, RNNGenerator

RNG = np.random.default_rng(0)
WAVES = [RNG.uniform(-2, 2, n) * np.linspace(0, 1, n) for n in (7, 1, 30)]


def test_tokens_are_those_of_the_formula():
    encoder = MuLawEncoder(256, amplitude=2.0).fit(WAVES)
    tokens = encoder.transform(WAVES)
    for wave, found in zip(WAVES, tokens, strict=True):
        x = wave / 2
        loud = np.sign(x) * np.log(1 + 255 * np.abs(x)) / np.log(256)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, np.round((loud + 1) / 2 * 255))
    np.testing.assert_array_equal(encoder.transform([[5.0, -9.0]])[0], [255, 0])
    for wave, back in zip(WAVES, encoder.inverse_transform(tokens), strict=True):
        np.testing.assert_allclose(back, wave, atol=0.025 * np.abs(wave).max() + 1e-3)
        np.testing.assert_array_equal(encoder.transform([back])[0], encoder.transform([wave])[0])


def test_forms_and_amplitudes():
    table = RNG.normal(size=(4, 6))
    encoder = MuLawEncoder(16).fit(table)
    assert encoder.amplitude_ == np.abs(table).max()
    assert encoder.transform(table).shape == (4, 6)
    assert encoder.inverse_transform(encoder.transform(table)).shape == (4, 6)
    assert MuLawEncoder().fit([np.zeros(3)]).amplitude_ == 1.0
    model = RNNGenerator(3, n_tokens=16, max_iter=1, n_iter_no_change=1, tol=1.0, random_state=0)
    with pytest.warns(match="Maximum iterations"):
        model.fit(encoder.transform(table))
    assert [len(x) for x in encoder.inverse_transform(model.generate(n_steps=5))] == [5]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: MuLawEncoder().fit([np.zeros((3, 2))]), "waves of one channel"),
        (lambda: MuLawEncoder(1).fit(WAVES), "n_levels"),
        (lambda: MuLawEncoder(amplitude=0.0).fit(WAVES), "amplitude"),
        (lambda: MuLawEncoder(8).fit(WAVES).inverse_transform([[0, 8]]), "n_levels"),
        (lambda: MuLawEncoder().fit([[0.0, np.nan]]), "NaN"),
    ],
)
def test_what_is_refused(act, said):
    with pytest.raises(ValueError, match=said):
        act()
