"""What networks read of columns: scaled numbers, indicators, and numbers of categories."""

import numpy as np
import pandas as pd
import pytest

from skdeep.data.mixed_table import read_table
from skdeep.estimators.tabular import table_encoder
from skdeep.estimators.tabular.table_encoder import TableEncoder, TableLayout

RNG = np.random.default_rng(0)


def columns(**given):
    return read_table(pd.DataFrame(given))


def bent(x):
    return x / np.sqrt(1 + (x / 3) ** 2)


def encoded(later=None, rows=None, weight=None, max_one_hot=8, **given):
    encoder = TableEncoder(max_one_hot).fit(columns(**given), rows, weight)
    return encoder, encoder.transform(columns(**(given if later is None else later)), float)


def test_numbers_are_scaled_by_their_quartiles_and_bent():
    values = RNG.normal(5, 3, 101)
    encoder, found = encoded(a=values)
    low, median, high = np.percentile(values, [25, 50, 75])
    np.testing.assert_allclose(found[:, 0], bent((values - median) / (high - low)))
    assert encoder.layout_ == TableLayout(1, 0, ())
    assert encoder.centers_ == pytest.approx([median])


def test_a_rare_number_is_scaled_by_the_whole_range():
    _, found = encoded(a=[0.0] * 9 + [4.0])
    np.testing.assert_allclose(found[:, 0], [0.0] * 9 + [bent(2.0)])


@pytest.mark.parametrize("repeats", [1, 3])
def test_numbers_of_very_heavy_tails_are_ranked(repeats):
    logs = np.linspace(-20, 20, 400)
    values = np.repeat(np.sinh(logs), repeats)
    rows, weight = (None, None) if repeats == 1 else (np.arange(0, 1200, 3), np.full(1200, 3.0))
    encoder, found = encoded(rows=rows, weight=weight, a=values)
    column = found[::repeats, 0]
    assert (np.diff(column)[1:-1] > 0).all()
    low, middle, high = np.percentile(column, [25, 50, 75])
    assert (low, middle, high) == pytest.approx((-bent(0.5), 0, bent(0.5)), abs=0.01)
    beyond = encoder.transform(columns(a=[-1e300, 1e300]), float)[:, 0]
    np.testing.assert_array_equal(beyond, column[[0, -1]])
    again = TableEncoder.from_state(encoder.state())
    np.testing.assert_array_equal(again.transform(columns(a=values), float), found)


def test_numbers_of_which_few_lie_far_out_are_not_ranked():
    encoder, found = encoded(a=np.append(np.arange(200.0), 1e12))
    assert encoder.ranks_ == {}
    assert found[-1, 0] == pytest.approx(3)


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_missing_numbers_move_no_ranks(share):
    values = np.sinh(np.linspace(-20, 21, 400))
    gaps = np.append(values, np.full(int(share * 400), np.nan))
    found = encoded(a=gaps)[1]
    np.testing.assert_array_equal(found[:400, 0], encoded(a=values)[1][:, 0])
    np.testing.assert_allclose(found[400:, 0], 0, atol=0.02)
    few = np.r_[np.arange(400.0), 1e12, np.full(20, np.nan)]  # whose mean lies far out, too
    assert encoded(a=few)[0].ranks_ == {}


def test_missing_numbers_are_the_mean_with_an_indicator():
    encoder, found = encoded(a=[1.0, np.nan, 3.0, 8.0], b=[1.0, 2.0, 3.0, 4.0])
    assert encoder.means_ == {"a": 4.0, "b": 2.5}
    assert encoder.indicated_ == ["a"]
    assert found.shape == (4, 3)
    assert found[1, 2] > 0
    assert (found[[0, 2, 3], 2] <= 0).all()
    _, later = encoded({"a": [4.0], "b": [np.nan]}, a=[1.0, np.nan, 3.0, 8.0], b=[1.0, 2, 3, 4])
    assert later[0, 1] == 0.0  # the mean of b is its median


def test_categories_become_one_two_or_many_columns():
    few, many = ["u", "v", "w", "u"], ["a", "b", "c", "d"]
    encoder, found = encoded(few=few, two=[True, False, True, True], many=many, max_one_hot=3)
    assert encoder.layout_ == TableLayout(0, 4, (5,))
    assert encoder.categories_["few"] == ["u", "v", "w"]
    np.testing.assert_array_equal(found[:, 4], [1, 2, 3, 4])
    new = {"few": ["z"], "two": pd.Categorical([None]), "many": ["z"]}
    _, later = encoded(new, few=few, two=[True, False, True, True], many=many, max_one_hot=3)
    zero = TableEncoder(3).fit(columns(few=few, two=[True, False, True, True], many=many))
    np.testing.assert_allclose(later[0, :4], bent(-zero.centers_ * zero.factors_))
    assert later[0, 4] == 0


@pytest.mark.parametrize("order", [["a", "b", "c"], ["c", "a", "b"]])
@pytest.mark.parametrize("max_one_hot", [2, 8])
def test_the_order_of_the_categories_of_a_frame_changes_nothing(order, max_one_hot):
    values = ["a", "b", "c", "a", None]
    _, plain = encoded(a=values, max_one_hot=max_one_hot)
    _, ordered = encoded(a=pd.Categorical(values, order, ordered=True), max_one_hot=max_one_hot)
    np.testing.assert_array_equal(plain, ordered)


def test_categories_of_many_kinds_have_one_order():
    values = ["b", 2, True, b"x", 0.5, "a"]
    rows = np.array([5, 3, 1, 0, 2, 4])
    one, _ = encoded(a=np.array(values, object))
    other, _ = encoded(a=np.array(values, object)[rows])
    assert one.categories_ == other.categories_ == {"a": [0.5, True, 2, "a", "b", b"x"]}


@pytest.mark.parametrize("values", [[1.0] * 4, [np.nan] * 4, [None] * 4, ["u"] * 4])
def test_columns_that_say_nothing_are_zero(values):
    given = {"a": np.array(values, object), "b": [1.0, 2, 3, 4]}
    later = {"a": np.array(values[:1], object), "b": [9.0]}
    encoder, found = encoded(**given)
    assert np.isfinite(found).all()
    assert not found[:, :-1].any() or not found[:, 1:].any()
    assert np.isfinite(encoder.transform(columns(**later))).all()


def test_a_column_that_is_missing_in_the_training_rows_alone():
    encoder, found = encoded(rows=np.arange(2), a=[np.nan, np.nan, 7.0], b=["u", None, "v"])
    assert encoder.means_ == {"a": 0.0}
    assert encoder.categories_ == {"b": ["u"]}
    np.testing.assert_array_equal(found[:, 0], 0)
    assert found[2, 1] == found[1, 1]  # never seen is as missing


@pytest.mark.parametrize("scale", [1e-310, 1e-200, 1.0, 1e200, 1.7e308])
def test_numbers_of_any_size(scale):
    values = np.array([-1.0, -0.5, 0.0, 0.4, 1.0])
    encoder, found = encoded(a=values * scale)
    assert np.isfinite(found).all()
    if scale >= 1e-200:
        np.testing.assert_allclose(found[:, 0], bent(values / 0.9), rtol=1e-6)
    later = encoder.transform(columns(a=[1.7e308, -1.7e308]))
    np.testing.assert_allclose(np.abs(later), 3 if scale < 1e200 else later.max(), rtol=1e-6)


def test_means_of_numbers_whose_sum_is_too_large():
    encoder, _ = encoded(a=[1.5e308, 1.5e308, np.nan])
    assert encoder.means_["a"] == pytest.approx(1.5e308)


def test_whole_weights_count_as_repeated_rows():
    n = 40
    given = {"a": RNG.normal(size=n), "b": RNG.choice(list("uvwx"), n), "c": RNG.normal(size=n)}
    given["c"][::5] = np.nan
    weight = RNG.integers(0, 4, n).astype(float)
    repeated = {name: np.repeat(values, weight.astype(int)) for name, values in given.items()}
    weighted, _ = encoded(weight=weight, **given)
    plain, _ = encoded(**repeated)
    np.testing.assert_allclose(weighted.centers_, plain.centers_)
    np.testing.assert_allclose(weighted.factors_, plain.factors_)
    assert weighted.means_["c"] == pytest.approx(plain.means_["c"])


def test_weights_of_any_unit_are_alike():
    values, weight = RNG.normal(size=200), RNG.uniform(0.1, 1, 200)
    one, _ = encoded(weight=weight, a=values)
    other, _ = encoded(weight=weight * 1e-3, a=values)
    np.testing.assert_allclose(one.factors_, other.factors_)
    np.testing.assert_allclose(one.factors_, encoded(a=values)[0].factors_, rtol=0.2)


def test_long_tables_are_encoded_part_by_part(monkeypatch):
    given = {"a": RNG.normal(size=20), "b": RNG.choice(list("uvw"), 20)}
    encoder, whole = encoded(**given, max_one_hot=2)
    monkeypatch.setattr(table_encoder, "CHUNK", 7)
    np.testing.assert_array_equal(encoder.transform(columns(**given), float), whole)
    rows = np.array([3, 19, 0])
    np.testing.assert_array_equal(encoder.transform(columns(**given), float, rows), whole[rows])
