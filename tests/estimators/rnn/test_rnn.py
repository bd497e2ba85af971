"""Recurrent estimators: sequences in every form, layers, features, training, refusals."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from skdeep import RNNClassifier, RNNRegressor

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = {
    "recurrent_layer_sizes": (5,),
    "max_iter": 3,
    "batch_size": 16,
    "random_state": 0,
    "learning_rate_init": 0.01,
}
#: Everything that may meet sequences of different lengths.
RICH = {
    "recurrent_layer_sizes": (5, 4),
    "cell": "gru",
    "bidirectional": True,
    "pooling": "attention",
    "hidden_layer_sizes": (4,),
    "dropout": [0.2, 0.1, 0.1],
    "recurrent_dropout": 0.2,
    "normalization": "batch",
}


def tones(n=60, seed=0, channels=1):
    """Return lists of tones of two heights and any length, in noise, and which each is."""
    random = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = []
    for height, steps in zip(y, random.integers(4, 20, n), strict=True):
        tone = np.sin((1 + height) * np.arange(steps) / 2)[:, None]
        X.append(np.repeat(tone, channels, 1) + 0.3 * random.normal(size=(steps, channels)))
    return X, y


X, Y = tones()
FULL = np.stack([np.resize(x, (7, 1)) for x in X])
TOKENS = [np.digitize(x[:, 0], [-0.5, 0.0, 0.5]) for x in X]
REAL = np.array([x.mean() + len(x) for x in X])


def small(cls=RNNClassifier, **options):
    return cls(**SMALL | options)


def same(one, other, **tolerance):
    one, other = one.get_weights(), other.get_weights()
    assert one.keys() == other.keys()
    for name, array in one.items():
        if tolerance:
            np.testing.assert_allclose(array, other[name], err_msg=name, **tolerance)
        else:
            np.testing.assert_array_equal(array, other[name], err_msg=name)


# ---------------------------------------------------------------------- input


@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor])
def test_full_sequences_in_every_form_give_the_same_model(cls):
    expected = small(cls).fit(FULL, Y)
    assert expected.n_features_in_ == 1
    table = FULL[:, :, 0]
    for given, features in (
        (table, 7),
        (table.tolist(), 7),
        (pd.DataFrame(table), 7),
        (list(table), 1),
        (list(FULL), 1),
        (FULL.tolist(), 1),
    ):
        model = small(cls).fit(given, Y)
        assert model.n_features_in_ == features
        same(model, expected)
        np.testing.assert_array_equal(model.predict(given), expected.predict(FULL))
        np.testing.assert_array_equal(model.predict(FULL), expected.predict(FULL))


def test_ragged_sequences_in_every_form_give_the_same_model():
    objects = np.empty(len(X), object)
    objects[:] = X
    expected = small().fit(X, Y)
    for given in (objects, tuple(X), pd.Series(X), [x[:, 0] for x in X], [x.tolist() for x in X]):
        model = small().fit(given, Y)
        same(model, expected)
        np.testing.assert_array_equal(model.predict_proba(given), expected.predict_proba(X))


@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor])
def test_tokens(cls):
    model = small(cls, embedding_dim=3).fit(TOKENS, Y)
    assert (model.n_tokens_, model.n_features_in_) == (4, 1)
    weights = model.get_weights()
    assert weights["embedding.W"].shape == (4, 3)
    assert weights["embedding.W"].dtype == np.float32
    same(small(cls, embedding_dim=3).fit([t.tolist() for t in TOKENS], Y), model)
    assert model.predict(np.array([[1, 2, 3, 0]])).shape == (1,)
    more = small(cls, embedding_dim=3, n_tokens=9, dtype="float64").fit(TOKENS, Y)
    assert more.get_weights()["embedding.W"].shape == (9, 3)
    assert more.get_weights()["embedding.W"].dtype == np.float64
    more.predict([[8]])


BAD = {
    "another width": ({}, [np.zeros((3, 2)), np.zeros((3, 1))], r"X\[1\] has 1 features"),
    "length zero": ({}, [np.zeros((3, 1)), np.zeros((0, 1))], r"X\[1\] has length zero"),
    "nan": ({}, [np.zeros((3, 1)), np.full((2, 1), np.nan)], r"NaN: in X\[1\]"),
    "strings": ({}, ["ab", "cd"], "X holds strings: set unit='word' .*SequenceEncoder"),
    "floats for tokens": ({"embedding_dim": 2}, X, r"X\[0\] must be an array \(T,\) of tokens"),
    "a mix": ({"embedding_dim": 2}, [[1, 2], [0.5]], r"X\[1\] has dtype float64"),
    "beyond n_tokens": ({"embedding_dim": 2, "n_tokens": 3}, TOKENS, "has a token 3, .*below 3"),
    "n_tokens alone": ({"n_tokens": 3}, X, r"X\[0\] must be an array \(T,\) of tokens"),
    "n_tokens of numbers": ({"n_tokens": 3, "embedding_dim": None}, X, "n_tokens needs embedding"),
    "no units": ({"recurrent_layer_sizes": ()}, X, "recurrent_layer_sizes must be"),
    "zero units": ({"recurrent_layer_sizes": (3, 0)}, X, "recurrent_layer_sizes must be"),
    "half units": ({"recurrent_layer_sizes": (3.5,)}, X, "recurrent_layer_sizes must be"),
    "cell": ({"cell": "lstn"}, X, "'cell' parameter"),
    "pooling": ({"pooling": "sum"}, X, "'pooling' parameter"),
    "recurrent_dropout": ({"recurrent_dropout": 1.0}, X, "'recurrent_dropout' parameter"),
    "dropouts": ({"dropout": [0.1, 0.1]}, X, "dropout has 2 entries for 1 recurrent and dense"),
    "activations": ({"activation": ["relu"]}, X, "activation has 1 entries for 0 dense"),
    "lbfgs": (
        {"solver": "lbfgs", "recurrent_dropout": 0.1},
        X,
        "does not work with solver='lbfgs'",
    ),
    "transform_layer": ({"transform_layer": 1}, X, "number of one of 1 hidden layers"),
    "unequal": ({}, X, "inconsistent numbers of samples"),
    "no y": ({}, X, "requires y to be passed"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_leaves_the_old_model(name):
    options, given, message = BAD[name]
    y = {"unequal": Y[:-1], "no y": None}.get(name, Y[: len(given)])
    model = small().fit(X, Y)
    before = model.predict_proba(X)
    with pytest.raises(ValueError, match=message):
        model.set_params(**options).fit(given, y)
    model.set_params(**{**dict.fromkeys(options), **RNNClassifier().get_params()} | SMALL)
    np.testing.assert_array_equal(model.predict_proba(X), before)


@pytest.mark.parametrize("method", ["predict", "predict_proba", "transform", "decision_function"])
def test_what_a_fitted_model_refuses(method):
    call = getattr(small().fit(X, Y), method)
    with pytest.raises(ValueError, match="X has 2 features, but RNNClassifier is expecting 1"):
        call(np.zeros((3, 4, 2)))
    with pytest.raises(ValueError, match=r"X\[2\] has length zero"):
        call([X[0], X[1], X[0][:0]])
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        call(scipy.sparse.csr_matrix(np.eye(3)))
    call = getattr(small(embedding_dim=2).fit(TOKENS, Y), method)
    with pytest.raises(ValueError, match=r"X\[1\] has a token 4, .* the vocabulary"):
        call([[1, 2], [4]])
    with pytest.raises(ValueError, match=r"X\[0\] has a negative token"):
        call([[-1, 2]])
    with pytest.raises(ValueError, match=r"X\[0\] must be an array \(T,\) of tokens"):
        call(X)


def test_values_that_the_model_s_dtype_cannot_hold():
    model = small().fit([x.astype("f4") for x in X], Y)
    with pytest.raises(ValueError, match="too large for dtype"):
        model.predict([np.full((3, 1), 1e300)])
    with pytest.raises(ValueError, match="too large for dtype"):
        small(dtype="float32").fit([x * 1e300 for x in X], Y)


# ---------------------------------------------------------------------- layers and features


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "attention"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_every_kind_of_network(cell, pooling, bidirectional):
    options = {"cell": cell, "pooling": pooling, "bidirectional": bidirectional}
    model = small(**options, recurrent_layer_sizes=[5, 4]).fit(X, Y)
    assert model.transform(X[:3]).shape == (3, 8 if bidirectional else 4)
    assert model.n_layers_ == 4
    together = model.predict_proba(X)
    for row in range(0, 60, 9):
        alone = model.predict_proba([X[row]])[0]
        np.testing.assert_allclose(together[row], alone, rtol=0, atol=1e-12)


def test_names_and_shapes_of_weights():
    model = small(**RICH).fit(X, Y)
    shapes = {name: array.shape for name, array in model.get_weights().items()}
    assert shapes["recurrent_0.forward.W"] == (1, 15)
    assert shapes["recurrent_0.backward.U"] == (5, 15)
    assert shapes["recurrent_1.forward.W"] == (10, 12)
    assert shapes["recurrent_1.forward.b"] == (12,)
    assert shapes["pooling.query"] == (8, 1)
    assert shapes["hidden_0.W"] == (8, 4)
    frozen = small(
        **RICH,
        frozen_layers=["recurrent_0", "pooling.query"],
        initial_weights={"hidden_0.W": np.ones((8, 4))},
    ).fit(X, Y)
    fresh = small(**RICH, max_iter=1, learning_rate_init=1e-12).fit(X, Y)
    for name in ("recurrent_0.forward.W", "recurrent_0.backward.U", "pooling.query"):
        np.testing.assert_allclose(frozen.get_weights()[name], fresh.get_weights()[name])
    with pytest.raises(AttributeError, match="dense layers only"):
        model.coefs_


def test_features_are_those_of_the_layer():
    model = small(hidden_layer_sizes=(6,), transform_layer=0).fit(X, Y)
    assert model.transform(X).shape == (60, 5)
    assert len(model.get_feature_names_out()) == 5
    weights = model.get_weights()
    hidden = np.maximum(model.transform(X) @ weights["hidden_0.W"] + weights["hidden_0.b"], 0)
    model.set_params(transform_layer=-1)
    np.testing.assert_allclose(model.transform(X), hidden, rtol=1e-10, atol=1e-13)
    frame = model.set_output(transform="pandas").transform(X)
    assert isinstance(frame, pd.DataFrame)


def test_a_prediction_depends_on_no_company_in_float32():
    single = [x.astype("f4") for x in X]
    model = small(**RICH).fit(single, Y)
    together = model.predict_proba(single)
    assert together.dtype == np.float32
    alone = np.concatenate([model.predict_proba([x]) for x in single])
    np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)
    back = model.predict_proba(single[::-1])[::-1]
    np.testing.assert_allclose(together, back, rtol=0, atol=1e-6)


# ---------------------------------------------------------------------- composition


def halves(sequences):
    """Halve lists of sequences."""
    return [x / 2 for x in sequences]


def test_lists_go_through_pipelines_cross_validation_and_stacking():
    pipeline = make_pipeline(FunctionTransformer(halves), small())
    assert len(cross_val_score(pipeline, X, Y, cv=3)) == 3
    assert cross_val_predict(small(), X, Y, cv=3, method="predict_proba").shape == (60, 2)
    stacking = StackingClassifier(
        [("lstm", small()), ("gru", small(cell="gru"))], LogisticRegression(), cv=2
    )
    assert stacking.fit(X, Y).predict(X).shape == (60,)
    head = make_pipeline(small(), StandardScaler(), LogisticRegression())
    assert head.fit(X, Y).predict(X).shape == (60,)


def test_memory_counts_the_steps():
    from skdeep.estimators.fit.waiting import deferring
    from skdeep.fitting.stack_size import model_bytes

    with deferring(lambda estimator: True) as jobs:
        small().fit([x[:4] for x in X], Y)
        small().fit([np.resize(x, (400, 1)) for x in X], Y)
        needed = [model_bytes(job) for job in jobs]
    assert needed[1] > 50 * needed[0]
