"""Tables as they come, in fits and in predictions."""

import numpy as np
import pandas as pd
import pytest

from skdeep import TabularMLPClassifier
from tests.estimators.tabular.tables import T, X, Y, classifier, regressor, table

polars = pytest.importorskip("polars")


def plain(value):
    """Return a value of pandas as Python has it."""
    for name in ("to_pydatetime", "to_pytimedelta", "item"):
        if hasattr(value, name):
            return getattr(value, name)()
    return value


def in_polars(frame):
    """Return a frame of polars, with lists of what the cells are."""
    cells = {
        name: [None if pd.isna(value) else plain(value) for value in column.astype(object)]
        for name, column in frame.items()
    }
    return polars.DataFrame(
        {"place": polars.Series(cells["place"], dtype=polars.Categorical)}
        | {name: values for name, values in cells.items() if name != "place"}
    ).select(list(frame))


@pytest.fixture(scope="module")
def fitted():
    return classifier().fit(X, Y)


@pytest.fixture(scope="module")
def proba(fitted):
    return fitted.predict_proba(X)


def test_a_table_with_all_kinds_of_columns_is_learned():
    model = TabularMLPClassifier(hidden_layer_sizes=(32,), max_iter=60, random_state=0).fit(X, Y)
    fresh, labels, _ = table(seed=1)
    assert model.score(fresh, labels) > 0.8
    assert model.feature_names_in_.tolist() == list(X)
    assert model.n_features_in_ == X.shape[1]


def test_columns_go_by_their_names(fitted, proba):
    for frame in (X[X.columns[::-1]], in_polars(X[X.columns[::-1]])):
        np.testing.assert_array_equal(fitted.predict_proba(frame), proba)


def test_a_table_of_another_library_gives_equal_predictions(fitted, proba):
    np.testing.assert_array_equal(fitted.predict_proba(in_polars(X)), proba)
    arrow = pytest.importorskip("pyarrow")
    np.testing.assert_array_equal(fitted.predict_proba(arrow.Table.from_pandas(X)), proba)


def test_other_types_of_the_same_values_give_equal_predictions(fitted, proba):
    other = X.astype({"count": float, "colour": "category", "place": object, "old": object})
    np.testing.assert_array_equal(fitted.predict_proba(other), proba)


def test_rows_are_predicted_in_any_order_and_alone(fitted, proba):
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_allclose(fitted.predict_proba(X.iloc[order]), proba[order], rtol=1e-4)
    for row in (0, 7):
        one = fitted.predict_proba(X.iloc[[row]])
        np.testing.assert_allclose(one, proba[[row]], rtol=1e-3)


def test_the_order_of_categories_changes_no_fit(proba):
    turned = X.assign(place=X["place"].cat.reorder_categories(list("onmlkjihgfedcba")))
    np.testing.assert_array_equal(classifier().fit(turned, Y).predict_proba(X), proba)


def test_categories_never_seen_are_as_missing_ones(fitted):
    new, none = X.assign(colour="violet", place="z"), X.assign(colour=None, place=None)
    expected = fitted.predict_proba(none)
    np.testing.assert_array_equal(fitted.predict_proba(new), expected)


@pytest.mark.parametrize("name", X.columns)
def test_any_column_may_be_missing_as_a_whole_later_or_in_the_fit(fitted, name):
    gone = X.assign(**{name: None})
    assert np.isfinite(fitted.predict_proba(gone)).all()
    model = classifier().fit(gone, Y)
    np.testing.assert_array_equal(model.predict_proba(gone), model.predict_proba(X))


@pytest.mark.parametrize("name", ["colour", "day", "old"])
def test_a_column_of_nothing_but_nan_in_the_fit_may_hold_anything_later(name):
    model = classifier().fit(X.assign(**{name: np.nan}), Y)
    np.testing.assert_array_equal(
        model.predict_proba(X), model.predict_proba(X.assign(**{name: None}))
    )


@pytest.mark.parametrize("columns", [["old"], ["place"], ["size"], ["day"], ["took"]])
def test_one_column_is_a_table(columns):
    assert classifier().fit(X[columns], Y).predict(X[columns]).shape == Y.shape


def test_rare_numbers_differ_however_large_the_largest_is():
    random = np.random.RandomState(0)
    gains = np.where(random.uniform(size=400) < 0.85, 0.0, random.uniform(1, 3, 400))
    y = (gains > 2).astype(int)
    gains[:4] = 1e6  # which would make all others equal, were the range the scale
    model = classifier(max_iter=20).fit(gains[:, None], y)
    assert model.score(gains[4:, None], y[4:]) > 0.97


def test_tables_that_say_nothing_are_learned_as_the_frequencies_of_classes():
    nothing = pd.DataFrame({"a": [None] * len(Y), "b": [1.0] * len(Y), "c": ["u"] * len(Y)})
    proba = classifier(label_smoothing=0.0, max_iter=100).fit(nothing, Y).predict_proba(nothing)
    np.testing.assert_allclose(proba[:, 1], np.mean(Y == "yes"), atol=0.1)


def test_frames_with_numbers_for_names_are_read_by_place():
    frame = X.set_axis(range(X.shape[1]), axis=1)
    model = classifier().fit(frame, Y)
    assert not hasattr(model, "feature_names_in_")
    np.testing.assert_array_equal(model.predict_proba(X.to_numpy()), model.predict_proba(frame))


def test_frames_with_years_for_names_are_read_by_them():
    frame = X.set_axis(range(2001, 2001 + X.shape[1]), axis=1)
    model = classifier().fit(frame, Y)
    expected = model.predict_proba(frame)
    np.testing.assert_array_equal(model.predict_proba(frame[frame.columns[::-1]]), expected)
    unnamed = frame.set_axis(range(X.shape[1]), axis=1)
    np.testing.assert_array_equal(model.predict_proba(unnamed), expected)
    with pytest.raises(ValueError, match="X lacks the column 2003 of the fit"):
        model.predict(frame.rename(columns={2003: 1999}))


def test_names_that_one_table_has_and_the_other_lacks_are_warned_of(fitted):
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        fitted.predict(X.to_numpy())
    model = classifier().fit(X.to_numpy(), Y)
    with pytest.warns(UserWarning, match="was fitted without feature names"):
        model.predict(X)


WRONG = {
    "a column less": (lambda: X.drop(columns="old"), "X lacks the column 'old' of the fit"),
    "renamed": (lambda: X.rename(columns={"old": "new"}), "X lacks the column 'old' of the fit"),
    "one more": (lambda: X.assign(new=1), "X has the column 'new', which the fit had not"),
    "twice": (lambda: pd.concat([X, X[["old"]]], axis=1), "X has several columns called 'old'"),
    "text": (lambda: X.assign(size="small"), "column 'size' of X held numbers in the fit, and now"),
    "infinite": (lambda: X.assign(size=np.inf), "column 'size' of X contains infinity in row 0"),
    "lists": (lambda: X.assign(colour=[[1]] * len(X)), "column 'colour' of X holds list in row 0"),
    "no rows": (lambda: X.iloc[:0], r"X has 0 sample\(s\)"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_with_a_later_table_is_said_by_column(fitted, case):
    make, said = WRONG[case]
    with pytest.raises(ValueError, match=said):
        fitted.predict(make())


def test_arrays_of_another_width_are_refused():
    model = classifier().fit(X.to_numpy(), Y)
    for given in (X.to_numpy()[:, 1:], np.ones((3, 9))):
        with pytest.raises(ValueError, match=r"X has \d features, but TabularMLPClassifier is exp"):
            model.predict(given)


def test_names_of_columns_that_are_strings_and_numbers_are_refused():
    with pytest.raises(TypeError, match=r"X.columns.astype\(str\)"):
        classifier().fit(X.rename(columns={"old": 3}), Y)


@pytest.mark.parametrize("chosen", [["count", "colour"], [1, 2], np.arange(7) % 7 < 3])
def test_numbers_may_be_categories(chosen):
    frame = X.drop(columns="place").assign(place=1.0)
    model = classifier(categorical_features=chosen)
    if not isinstance(chosen, list):
        model.set_params(categorical_features=["size", "count", "colour"])
    encoder = model.fit(frame, Y).encoders_[0]
    assert "count" in encoder.categories_
    assert "old" in encoder.means_
    with_names = model.predict_proba(frame[frame.columns[::-1]])
    np.testing.assert_array_equal(model.predict_proba(frame), with_names)


def with_missing(y, row):
    y = y.astype(object) if y.dtype.kind == "U" else y.copy()
    y[row] = None if y.dtype == object else np.nan
    return y


@pytest.mark.parametrize(("model", "y"), [(classifier(), Y), (regressor(), T)])
def test_a_missing_y_is_named_with_its_row(model, y):
    with pytest.raises(ValueError, match=r"Input y contains NaN in row 7"):
        model.fit(X, with_missing(y, 7))
    with pytest.raises(ValueError, match=r"Input y contains NaN in row 7"):
        model.fit(X, pd.Series(with_missing(y, 7)))
    with pytest.raises(ValueError, match=r"Input y contains NaN in row 7"):
        model.fit(X, [np.nan if k == 7 else value for k, value in enumerate(y.tolist())])
    with pytest.raises(ValueError, match=r"Input y_val contains NaN in row 7"):
        model.fit(X, y, X_val=X, y_val=with_missing(y, 7))
    with pytest.raises(ValueError, match=r"Input y contains NaN in row 7"):
        model.fit(X, np.ma.masked_array(y, np.arange(len(y)) == 7))


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (Y, "must hold real numbers .* got text, such as"),
        (pd.Series(Y, dtype="category"), "must hold real numbers .* got categories"),
        (pd.Series(np.arange(len(T)) % 3, dtype="category"), "got categories"),
        (
            pd.DataFrame({"t": T, "c": pd.Categorical(np.arange(len(T)) % 3)}),
            "column 'c', .* got cat",
        ),
        (pd.Series(X["day"].ffill()), "dates or times"),
        (T + 1j, "Complex data not supported"),
        (np.where(np.arange(len(T)) == 3, np.inf, T), "infinity in row 3"),
        (T[:-1], "inconsistent numbers of samples"),
    ],
)
def test_a_y_of_no_numbers_is_refused_by_the_regressor(y, said):
    with pytest.raises(ValueError, match=said):
        regressor().fit(X, y)


def test_validation_samples_are_read_like_the_others():
    fresh, labels, _ = table(60, seed=3)
    model = classifier().fit(X, Y, X_val=fresh[fresh.columns[::-1]], y_val=labels)
    same = classifier().fit(X, Y, X_val=fresh, y_val=labels)
    np.testing.assert_array_equal(model.predict_proba(X), same.predict_proba(X))
    with pytest.raises(ValueError, match="X_val lacks the column 'old'"):
        classifier().fit(X, Y, X_val=fresh.drop(columns="old"), y_val=labels)
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        classifier().fit(X, Y, X_val=fresh)


def test_text_that_names_categories_is_not_warned_of():
    codes = X.assign(colour=[f"{k % 40:05d}" for k in range(len(X))])  # as codes of places are
    assert classifier().fit(codes, Y).predict(codes).shape == Y.shape
    texts = X.assign(colour=X["size"].astype(str))
    named = classifier(categorical_features=["colour", "place", "old"])
    assert named.fit(texts, Y).predict(texts).shape == Y.shape


def test_masked_cells_are_missing_ones():
    numbers = X[["size", "old"]].to_numpy(float)
    hidden = np.arange(len(numbers)) % 5 == 0
    gaps = np.where(hidden[:, None], np.nan, numbers)
    masked = np.ma.masked_array(numbers, np.isnan(gaps))
    model = classifier().fit(gaps, Y)
    np.testing.assert_array_equal(
        model.predict_proba(gaps), classifier().fit(masked, Y).predict_proba(masked)
    )


def test_masked_numbers_of_y_are_missing_ones():
    gaps = np.where(np.arange(len(T)) % 5 == 0, np.nan, T)
    model = regressor(missing_targets="mask").fit(X, gaps)
    masked = np.ma.masked_array(T, np.isnan(gaps))
    same = regressor(missing_targets="mask").fit(X, masked)
    np.testing.assert_array_equal(model.predict(X), same.predict(X))
    assert model.score(X, masked) == model.score(X, gaps)


@pytest.mark.parametrize("wrong", [{"a": [1.0]}, [{"a": 1.0}], np.zeros(3, [("a", "f8")])])
def test_what_is_no_table_says_how_it_becomes_one(wrong):
    with pytest.raises(ValueError, match=r"give pandas.DataFrame\(X\)"):
        classifier().fit(wrong, Y)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([None, *"ab" * 10, *"c" * 99], "groups contains NaN in row 0"),
        ([1, 2], r"groups must have shape \(120,\)"),
    ],
)
def test_groups_that_are_missing_are_named(groups, said):
    with pytest.raises(ValueError, match=said):
        classifier().fit(X, Y, groups=groups)


def test_lazy_frames_are_refused():
    with pytest.raises(TypeError, match=r"X is a lazy frame: give X.collect\(\)"):
        classifier().fit(in_polars(X).lazy(), Y)


def test_rows_one_by_one_get_the_categories_that_they_get_together():
    model = classifier().fit(X, Y)
    fresh = X.head(12).copy()
    fresh["place"] = fresh["place"].cat.add_categories(["nowhere"])
    fresh.loc[fresh.index[0], "place"] = "nowhere"
    fresh.loc[fresh.index[1], "place"] = None
    together = model.encoders_[0].transform(model._columns_of(fresh))
    apart = [
        model.encoders_[0].transform(model._columns_of(fresh.iloc[k : k + 1])) for k in range(12)
    ]
    np.testing.assert_array_equal(np.vstack(apart), together)
