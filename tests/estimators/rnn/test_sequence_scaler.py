"""Channels standardised over all steps: moments by hand, and every form comes back as it came."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from skdeep import SequenceScaler

LENGTHS = [4, 1, 7, 2]


def sequences(dtype=np.float64, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    shift, scale = 10.0 * np.arange(channels), 1.0 + np.arange(channels)
    return [(rng.normal(size=(n, channels)) * scale + shift).astype(dtype) for n in LENGTHS]


@pytest.mark.parametrize("with_mean", [False, True])
@pytest.mark.parametrize("with_std", [False, True])
def test_moments_over_all_steps(with_mean, with_std):
    X = sequences()
    scaler = SequenceScaler(with_mean=with_mean, with_std=with_std).fit(X)
    steps = np.concatenate(X)
    mean = steps.mean(axis=0) if with_mean else 0.0
    std = steps.std(axis=0) if with_std else 1.0
    new = scaler.transform(X)
    for x, found in zip(X, new, strict=True):
        np.testing.assert_allclose(found, (x - mean) / std, rtol=1e-12, atol=1e-12)
    for x, back in zip(X, scaler.inverse_transform(new), strict=True):
        np.testing.assert_allclose(back, x, rtol=1e-12)
    assert (scaler.mean_ is None) == (not with_mean)
    assert (scaler.scale_ is None) == (not with_std)
    assert scaler.n_steps_seen_ == sum(LENGTHS)


def as_objects(X):
    result = np.empty(len(X), dtype=object)
    result[:] = X
    return result


FORMS = {
    "list": sequences(),
    "objects": as_objects(sequences()),
    "array": np.random.default_rng(0).normal(size=(3, 5, 2)),
    "table": np.random.default_rng(0).normal(size=(3, 5)),
    "one channel": [x[:, 0] for x in sequences()],
    "equal lengths": [x[:1] for x in sequences()],
}


@pytest.mark.parametrize("form", list(FORMS))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_form_comes_back(form, dtype):
    X = FORMS[form]
    cast = as_objects([x.astype(dtype) for x in X]) if form == "objects" else None
    if cast is None:
        cast = [x.astype(dtype) for x in X] if isinstance(X, list) else X.astype(dtype)
    new = SequenceScaler().fit_transform(cast)
    assert type(new) is type(cast)
    assert len(new) == len(cast)
    if isinstance(new, np.ndarray):
        assert new.shape == cast.shape
        assert new.dtype == cast.dtype
    for x, found in zip(cast, new, strict=True):
        assert found.shape == x.shape
        assert found.dtype == dtype
    flat = np.concatenate([x.reshape(len(x), -1) for x in new]) if form != "table" else new
    np.testing.assert_allclose(flat.mean(axis=None if form == "table" else 0), 0, atol=1e-5)


def test_large_means_do_not_cost_float32_its_digits():
    X = [np.array([[1e6], [1e6 + 1]], np.float32)]
    found = SequenceScaler().fit_transform(X)[0]
    np.testing.assert_array_equal(found, np.array([[-1], [1]], np.float32))


def test_constant_channels():
    X = [np.full((3, 1), 5.0), np.full((2, 1), 5.0)]
    scaler = SequenceScaler().fit(X)
    assert scaler.scale_ == 1.0
    assert not scaler.transform(X)[0].any()


def test_parts_add_up():
    X, Y = sequences(), sequences(seed=1)
    scaler = SequenceScaler().partial_fit(X).partial_fit(Y)
    whole = SequenceScaler().fit(X + Y)
    np.testing.assert_allclose(scaler.mean_, whole.mean_, rtol=1e-12)
    np.testing.assert_allclose(scaler.var_, whole.var_, rtol=1e-12)
    assert scaler.n_steps_seen_ == whole.n_steps_seen_
    again = scaler.fit(X)  # starts anew
    np.testing.assert_array_equal(again.mean_, SequenceScaler().fit(X).mean_)


def test_weights_are_those_of_sequences():
    X = sequences()
    weighted = SequenceScaler().fit(X, sample_weight=[1, 2, 0, 1])
    repeated = SequenceScaler().fit([X[0], X[1], X[1], X[3]])
    np.testing.assert_allclose(weighted.mean_, repeated.mean_, rtol=1e-12)
    np.testing.assert_allclose(weighted.var_, repeated.var_, rtol=1e-12)


def test_a_table_is_one_channel():
    X = np.random.default_rng(0).normal(size=(6, 4))
    expected = StandardScaler().fit_transform(X.reshape(-1, 1)).reshape(X.shape)
    np.testing.assert_allclose(SequenceScaler().fit_transform(X), expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([np.ones((2, 2)), np.ones((2, 3))], r"X\[1\] has 3 features, but X\[0\] has 2"),
        ([np.ones((2, 2)), np.ones((0, 2))], r"X\[1\] has length zero"),
        ([np.ones((2, 1)), np.array([[1.0], [np.nan]])], r"NaN: in X\[1\], step 1"),
        (["abc"], "SequenceEncoder|string"),
    ],
)
def test_what_is_no_sequence(X, message):
    with pytest.raises(ValueError, match=message):
        SequenceScaler().fit(X)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize(
    ("X", "weight"),
    [
        ([np.ones((2, 2)), np.ones((2, 1))], None),
        ([np.full((2, 3), np.nan)], None),
        ([np.ones((2, 3)), np.ones((1, 3))], [1.0, -1.0]),
        (np.ones((2, 4)), [1.0, -1.0]),
    ],
)
def test_a_fit_that_fails_leaves_the_scaler_as_it_was(method, X, weight):
    scaler = SequenceScaler().fit(sequences())
    before, inner = dict(vars(scaler)), dict(vars(scaler._scaler))
    with pytest.raises(ValueError, match=r"X|sample_weight"):
        getattr(scaler, method)(X, sample_weight=weight)
    assert vars(scaler) == before
    assert vars(scaler._scaler) == inner
    assert scaler.n_features_in_ == 3
    assert len(scaler.transform(sequences())) == len(LENGTHS)


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
@pytest.mark.parametrize("value", [1e200, 1e300, 1.7e308])
def test_moments_that_are_too_large(method, value):
    X = [np.array([[0.0, value], [1.0, -value]]), np.array([[0.0, value]])]
    scaler = SequenceScaler()
    with pytest.raises(ValueError, match=r"too large for dtype\('float64'\).* of feature 1"):
        getattr(scaler, method)(X)
    assert not hasattr(scaler, "mean_")
    assert SequenceScaler().fit([x[:, :1] for x in X]).scale_ > 0


@pytest.mark.parametrize(
    ("method", "dtype", "scale", "value"),
    [
        ("transform", np.float64, 1e-5, 1e305),
        ("transform", np.float32, 1e-5, 1e36),
        ("inverse_transform", np.float32, 1e37, 1e10),
    ],
)
def test_scaled_values_that_are_too_large(method, dtype, scale, value):
    scaler = SequenceScaler().fit([np.array([[0, scale], [1, -scale]], dtype)])
    X = [np.ones((3, 2), dtype), np.array([[1, 0], [1, value]], dtype)]
    name = np.dtype(dtype).name
    where = r"in X\[1\], step 1, feature 1"
    with pytest.raises(ValueError, match=rf"too large for dtype\('{name}'\) .*: {where}"):
        getattr(scaler, method)(X)


def test_other_channels_than_those_of_the_fit():
    scaler = SequenceScaler().fit(sequences())
    with pytest.raises(ValueError, match="X has 2 features, but SequenceScaler is expecting 3"):
        scaler.transform([np.ones((3, 2))])


def test_values_whose_square_is_infinite():
    scaler = SequenceScaler().fit(sequences())
    mean = scaler.mean_
    for learn in (scaler.fit, scaler.partial_fit):
        with pytest.raises(ValueError, match="too large for dtype"):
            learn([x * 1e300 for x in sequences()])
    np.testing.assert_array_equal(scaler.mean_, mean)
    SequenceScaler(with_std=False).fit([x * 1e300 for x in sequences()])
