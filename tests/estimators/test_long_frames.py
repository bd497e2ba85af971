"""Sequences as people have them: long frames of pandas, and arrays filled up with NaN."""

import functools

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import make_pipeline

from skdeep import (
    AttentionClassifier,
    CNNClassifier,
    CNNRegressor,
    MLPEnsembleRegressor,
    MuLawEncoder,
    NetworkClassifier,
    RNNAutoencoder,
    RNNClassifier,
    RNNGenerator,
    RNNRegressor,
    RNNTagger,
    SequenceScaler,
)
from skdeep.nn import Dense, MeanSteps, StepConv

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
N = 24
X = [RANDOM.normal(size=(n, 2)) for n in RANDOM.integers(3, 8, N)]
Y = np.array(["well", "ill"])[np.arange(N) % 2]
NAMES = [f"p{k}" for k in RANDOM.permutation(N)]
FRAME = pd.concat(
    [pd.DataFrame(x, columns=["pulse", "pressure"]) for x in X],
    keys=NAMES,
    names=["patient", "hour"],
)
BY_NAME = pd.Series(Y, index=NAMES).sort_index()
#: Rows of all patients, hour by hour, those of the last patient first.
MIXED = FRAME.iloc[::-1].sort_index(level=1, sort_remaining=False, kind="stable")

FAST = {"max_iter": 2, "random_state": 0}
MODELS = {
    "rnn": RNNClassifier(3, **FAST),
    "cnn": CNNClassifier([(3, 3)], (), n_dims=1, image_shape=(None, 2), **FAST),
    "attention": AttentionClassifier(n_blocks=1, n_units=4, n_heads=2, **FAST),
    "network": NetworkClassifier([StepConv(3, 2), MeanSteps()], **FAST),
}


@functools.cache
def fitted(name):
    return make(name).fit(X, Y)


def make(name, **options):
    model = MODELS[name]
    return type(model)(**model.get_params(deep=False) | options)


@pytest.mark.parametrize("name", MODELS)
def test_a_long_frame_is_the_list_of_its_samples(name):
    expected, model = fitted(name), make(name).fit(FRAME, BY_NAME)
    np.testing.assert_array_equal(model.predict_proba(FRAME), expected.predict_proba(X))
    np.testing.assert_array_equal(model.feature_names_in_, ["pulse", "pressure"])
    # Predictions are in the order of the first rows; y is found by its index.
    first = MIXED.index.get_level_values(0).unique()
    found = pd.DataFrame(model.predict_proba(MIXED), index=first).loc[NAMES]
    np.testing.assert_allclose(found, expected.predict_proba(X), rtol=1e-5)
    score = expected.score(X, Y)
    assert model.score(FRAME, BY_NAME) == model.score(FRAME, Y) == score
    assert model.score(MIXED, BY_NAME) == score


def test_weights_and_validation_samples_are_found_by_name_too():
    weight = pd.Series(np.arange(N) + 1.0, index=NAMES)
    options = {"early_stopping": True, "n_iter_no_change": 5}
    expected = make("rnn", **options).fit(X, Y, sample_weight=weight, X_val=X[:9], y_val=Y[:9])
    parts = FRAME.loc[NAMES[:9]]
    given = {"X_val": parts, "y_val": BY_NAME[NAMES[:9]][::-1]}
    model = make("rnn", **options).fit(FRAME, Y, sample_weight=weight[::-1], **given)
    np.testing.assert_array_equal(model.predict_proba(FRAME), expected.predict_proba(X))
    assert model.score(FRAME, Y, weight[::-1]) == expected.score(X, Y, weight.to_numpy())


def test_several_levels_name_a_sample_and_a_series_is_one_channel():
    expected = RNNRegressor(3, **FAST).fit([x[:, 0] for x in X], np.arange(N))
    pulse = FRAME["pulse"]
    index = pulse.index.to_frame()
    pulse.index = pd.MultiIndex.from_arrays(
        [index["patient"].str[:1], index["patient"].str[1:].astype(int), index["hour"]]
    )
    y = pd.Series(np.arange(N), index=pulse.index.droplevel(-1).unique())
    model = RNNRegressor(3, **FAST).fit(pulse, y.sort_index())
    np.testing.assert_array_equal(model.predict(pulse), expected.predict([x[:, 0] for x in X]))


def test_labels_of_steps_have_the_index_of_the_steps():
    tags = [np.where(x[:, 0] > 0, "up", "down") for x in X]
    y = pd.Series(np.concatenate(tags), index=FRAME.index)
    expected, model = RNNTagger(3, **FAST).fit(X, tags), RNNTagger(3, **FAST).fit(FRAME, y)
    assert model.score(FRAME, y) == expected.score(X, tags)
    with pytest.raises(ValueError, match="y must have the index of X"):
        model.fit(FRAME, y[::-1])


def test_a_scaled_long_frame_is_one():
    expected, found = SequenceScaler().fit_transform(X), SequenceScaler().fit_transform(MIXED)
    pd.testing.assert_index_equal(found.index, MIXED.index)
    np.testing.assert_allclose(found.loc[NAMES[3]], expected[3])


def labelled(frame, row, label):
    """Return a frame with another label of one row."""
    index = frame.index.to_list()
    index[row] = label
    return frame.set_axis(pd.MultiIndex.from_tuples(index))


@pytest.mark.parametrize(
    ("given", "y", "message"),
    [
        (FRAME[::-1], BY_NAME, rf"steps of sample '{NAMES[-1]}' in X are not in order: "),
        (pd.concat([FRAME, FRAME[:1]]), BY_NAME, rf"X has step 0 of sample '{NAMES[0]}' twice"),
        (labelled(FRAME, 2, (np.nan, 2)), BY_NAME, "the index of X is missing in row 2"),
        (labelled(FRAME, 1, (NAMES[0], "b")), BY_NAME, "'b' is followed by 2"),
        (FRAME[:0], BY_NAME, "X is empty"),
        (FRAME.assign(name="a"), BY_NAME, "name"),
        (FRAME, BY_NAME[:-1], f"y has no entry for sample '{BY_NAME.index[-1]}'"),
        (FRAME.drop(NAMES[4]), BY_NAME, f"X has no steps of sample '{NAMES[4]}'"),
        (FRAME, pd.concat([BY_NAME, BY_NAME[:1]]), f"y has sample '{BY_NAME.index[0]}' twice"),
        (
            FRAME,
            BY_NAME.reset_index(drop=True),
            "in the order of their first rows, give it without",
        ),
        (FRAME, Y[:-1], "inconsistent"),
        (FRAME.replace(FRAME.iloc[4, 1], np.nan), BY_NAME, r"NaN: in X.*missing='mask'"),
    ],
)
@pytest.mark.parametrize("name", ["rnn", "cnn"])
def test_frames_that_are_not_in_order_are_refused_by_name(name, given, y, message):
    with pytest.raises(ValueError, match=message):
        make(name).fit(given, y)


# ---------------------------------------------------------------- missing steps


def padded(X, length=9):
    result = np.full((len(X), length, X[0].shape[1]), np.nan)
    for row, x in zip(result, X, strict=True):
        row[: len(x)] = x
    return result


@pytest.mark.parametrize("name", MODELS)
def test_nan_behind_the_end_is_padding(name):
    model = make(name, missing="mask").fit(padded(X), Y)
    np.testing.assert_array_equal(model.predict_proba(padded(X)), fitted(name).predict_proba(X))
    np.testing.assert_array_equal(model.predict_proba(X), fitted(name).predict_proba(X))
    table = padded([x[:, :1] for x in X])[:, :, 0]
    option = {"image_shape": (None,)} if name == "cnn" else {}
    flat = make(name, missing="mask", **option).fit(table, Y)
    lists = make(name, **option).fit([x[:, :1] for x in X], Y)
    np.testing.assert_array_equal(
        flat.predict_proba(table), lists.predict_proba([x[:, :1] for x in X])
    )


@pytest.mark.parametrize("name", MODELS)
def test_missing_numbers_are_the_mean_with_a_flag(name):
    gaps = padded(X)
    gaps[3, 1] = gaps[5, 0, 1] = np.nan
    steps = np.concatenate([x[: len(y)] for x, y in zip(gaps, X, strict=True)])
    mean = np.nanmean(steps, axis=0)
    as_read = [
        np.concatenate([np.where(np.isnan(g), mean, g), np.isnan(g)], axis=1)
        for g in (x[: len(y)] for x, y in zip(gaps, X, strict=True))
    ]
    option = {"image_shape": (None, 4)} if name == "cnn" else {}
    expected = make(name, **option).fit(as_read, Y)
    for given in (gaps, list(gaps), FRAME.where(~np.isnan(steps))):
        model = make(name, missing="mask").fit(given, Y)
        np.testing.assert_allclose(
            model.predict_proba(given), expected.predict_proba(as_read), rtol=1e-6
        )
    alone = np.concatenate([model.predict_proba(one[None]) for one in gaps])
    np.testing.assert_allclose(alone, model.predict_proba(gaps), rtol=1e-4)


def test_what_was_not_missing_in_the_fit_is_the_mean_later():
    model = make("rnn", missing="mask").fit(X, Y)
    mean = np.concatenate(X).mean(axis=0)
    x = X[0].copy()
    x[1] = mean
    gone = X[0].copy()
    gone[1] = np.nan
    np.testing.assert_allclose(model.predict_proba([gone]), model.predict_proba([x]), rtol=1e-6)


def test_a_scaler_lets_missing_numbers_pass():
    scaler = SequenceScaler(missing="mask").fit(padded(X))
    expected = SequenceScaler().fit(X)
    np.testing.assert_allclose(scaler.mean_, expected.mean_)
    np.testing.assert_allclose(
        scaler.transform(padded(X)), padded(expected.transform(X)), atol=1e-12
    )


@pytest.mark.parametrize("cls", [RNNClassifier, CNNRegressor, SequenceScaler])
@pytest.mark.parametrize("form", [list, np.stack, lambda X: np.stack(X)[:, :, 0]])
def test_nan_without_the_parameter_names_it(cls, form):
    given = form(list(padded(X)))
    options = {"n_dims": 1} if cls is CNNRegressor else {}
    with pytest.raises(ValueError, match="missing='mask'"):
        cls(**options).fit(given, np.arange(N) % 2)


def test_labels_of_padding_are_not_looked_at():
    tags = [np.where(x[:, 0] > 0, "up", "down") for x in X]
    filled_up = np.full((N, 9), "", dtype=object)
    for row, labels in zip(filled_up, tags, strict=True):
        row[: len(labels)] = labels
    table = pd.concat([pd.DataFrame(x) for x in padded(X)], keys=NAMES)
    plain = RNNTagger(3, **FAST).fit(X, tags)
    for given, y in (
        (padded(X), filled_up),
        (padded(X), tags),
        (list(padded(X)), filled_up.tolist()),
        (table, pd.Series(filled_up.ravel(), table.index)),
    ):
        model = RNNTagger(3, missing="mask", **FAST).fit(given, y)
        assert model.classes_.tolist() == ["down", "up"]
        for found, expected in zip(model.predict_proba(given), plain.predict_proba(X), strict=True):
            np.testing.assert_array_equal(found, expected)
        assert model.score(given, y) == plain.score(X, tags)
    filled_up[4, 0] = 3
    with pytest.raises(ValueError, match="y mixes labels that are strings"):
        RNNTagger(3, missing="mask", **FAST).fit(padded(X), filled_up)
    with pytest.raises(ValueError, match=r"y\[0\] has 1 labels, but X\[0\] has"):
        RNNTagger(3, missing="mask", **FAST).fit(padded(X), [["up"], *tags[1:]])


@pytest.mark.parametrize("model", [RNNAutoencoder(3), RNNGenerator(3), MuLawEncoder()])
def test_who_takes_no_missing_numbers_says_so(model):
    gone = [np.where(x[:, :1] > 0.5, np.nan, 0.0) for x in X]
    with pytest.raises(ValueError, match=f"NaN: in X.*{type(model).__name__} takes no missing num"):
        model.fit(gone)


def test_missing_steps_that_are_refused():
    gone = padded(X)
    gone[7] = np.nan
    with pytest.raises(ValueError, match=r"X\[7\] has nothing but NaN"):
        make("rnn", missing="mask").fit(gone, Y)
    gone[7] = np.inf
    with pytest.raises(ValueError, match=r"infinity: in X\[7\], step 0"):
        make("cnn", missing="mask").fit(gone, Y)
    with pytest.raises(ValueError, match="missing='mask' is for sequences: set n_dims=1"):
        CNNClassifier(missing="mask").fit(gone, Y)
    with pytest.raises(ValueError, match="missing='mask' is for sequences: no layer of layers"):
        NetworkClassifier([Dense(3)], missing="mask").fit(gone, Y)


def test_ensembles_find_y_and_weights_by_name_when_they_score():
    member = RNNRegressor(2, **FAST)
    points = np.arange(N) / N
    model = MLPEnsembleRegressor(member, 2, random_state=0).fit(FRAME, points)
    by_name = pd.Series(points, index=NAMES).sort_index()
    weights = pd.Series(points[::-1], index=NAMES).sort_index()
    expected = model.score(FRAME, points, points[::-1])
    assert model.score(FRAME, by_name, weights) == expected != model.score(FRAME, points)


def test_missing_numbers_of_nullable_columns_are_missing_numbers():
    gone = FRAME.mask(FRAME > 1)
    model = make("rnn", missing="mask").fit(gone, BY_NAME)
    nullable = gone.convert_dtypes()
    assert nullable.to_numpy().dtype == object
    again = make("rnn", missing="mask").fit(nullable, BY_NAME)
    for form in (nullable, [part for _, part in nullable.groupby(level=0, sort=False)]):
        np.testing.assert_array_equal(again.predict_proba(form), model.predict_proba(gone))
    with pytest.raises(ValueError, match=r"contains NaN: in X.*missing='mask'"):
        make("rnn").fit(nullable, BY_NAME)


def test_an_index_of_one_level_has_no_steps():
    index = pd.MultiIndex.from_arrays([range(len(FRAME))])
    with pytest.raises(ValueError, match="has one level: a long frame has the sample and the step"):
        make("rnn").fit(FRAME.set_axis(index), BY_NAME)


def test_waves_of_a_long_frame_keep_their_form():
    waves = MIXED[["pulse"]]
    plain = MuLawEncoder(16).fit([x[:, 0] for x in X])
    for form in (waves, waves["pulse"]):
        encoder = MuLawEncoder(16).fit(form)
        tokens = encoder.transform(form)
        assert tokens.index.equals(form.index)
        expected = plain.transform([x[:, 0] for x in X])
        np.testing.assert_array_equal(tokens.loc[NAMES[0]].to_numpy().ravel(), expected[0])
        back = encoder.inverse_transform(tokens)
        assert back.index.equals(form.index)
        of_first = back.loc[NAMES[0]].to_numpy().ravel()
        np.testing.assert_array_equal(of_first, plain.inverse_transform(expected)[0])


def test_what_standardises_channels_keeps_their_names():
    pipeline = make_pipeline(SequenceScaler(), make("rnn")).fit(FRAME, BY_NAME)
    assert pipeline[:-1].get_feature_names_out().tolist() == ["pulse", "pressure"]
    assert len(pipeline.get_feature_names_out()) == 3
    assert SequenceScaler().fit(X).get_feature_names_out().tolist() == ["x0", "x1"]
    assert MuLawEncoder().fit(FRAME[["pulse"]]).get_feature_names_out().tolist() == ["pulse"]


@pytest.mark.parametrize("name", MODELS)
def test_missing_numbers_are_filled_as_often_as_samples_count(name):
    counts = np.arange(N) // 2 % 3
    index = np.repeat(range(N), counts)
    # Only the last of those that count, and one that does not, miss numbers.
    for gone_in in (N - 1, 0):
        gone = [np.where(x > 1, np.nan, x) if k == gone_in else x for k, x in enumerate(X)]
        assert any(np.isnan(x).any() for x in gone)
        options = {"missing": "mask", "shuffle": False, "dtype": "float64"}
        once = make(name, batch_size=N, **options).fit(gone, Y, sample_weight=counts)
        twice = make(name, batch_size=len(index), **options)
        twice.fit([gone[k] for k in index], Y[index])
        np.testing.assert_allclose(once.predict_proba(gone), twice.predict_proba(gone), rtol=1e-8)


def test_samples_that_validate_fill_no_missing_numbers():
    split = PredefinedSplit(np.where(np.arange(N) % 2, -1, 0))  # the even ones validate
    options = {"missing": "mask", "early_stopping": True, "validation_split": split, "max_iter": 1}
    weights = []
    for size in (1.0, 3.0):
        samples = [x if k % 2 else size * x for k, x in enumerate(X)]
        gone = [np.where(x > 1, np.nan, sample) for x, sample in zip(X, samples, strict=True)]
        weights.append(make("rnn", **options).fit(gone, Y).get_weights())
    for name, first in weights[0].items():
        np.testing.assert_array_equal(first, weights[1][name])


@pytest.mark.parametrize("name", [*MODELS, "codes"])
def test_features_of_a_long_frame_come_as_a_frame_of_its_samples(name):
    model = RNNAutoencoder(3, 4, **FAST) if name == "codes" else make(name)
    model.fit(FRAME, *[BY_NAME] * (name != "codes"))
    features = model.transform(FRAME)
    found = model.set_output(transform="pandas").transform(FRAME)
    assert found.index.to_list() == NAMES
    np.testing.assert_array_equal(found, features)
    assert len(model.set_output(transform="polars").transform(FRAME)) == N
