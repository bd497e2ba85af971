"""Raw texts: what estimators learn of them, what forms they take, and what they refuse."""

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from skdeep import AttentionClassifier, AttentionRegressor, RNNClassifier, RNNRegressor
from skdeep.model_selection import GridSearchCV

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
GOOD, BAD = ["good", "great", "fine", "lovely"], ["bad", "awful", "poor", "sad"]
OTHERS = ["the", "a", "film", "it", "is", "was", "plot"]


def text(good):
    words = [*RANDOM.choice(OTHERS, RANDOM.integers(2, 6)), RANDOM.choice(GOOD if good else BAD)]
    return " ".join(RANDOM.permutation(words))


Y = np.arange(80) % 2
X = [text(good) for good in Y]
TINY = {"batch_size": 20, "max_iter": 2, "random_state": 0}
RNN = {"recurrent_layer_sizes": 3, **TINY}
ENCODER = {"n_blocks": 1, "n_units": 4, "n_heads": 2, **TINY}
ESTIMATORS = [
    RNNClassifier(unit="word", **RNN),
    RNNRegressor(unit="character", **RNN),
    AttentionClassifier(unit="bpe", **ENCODER),
    AttentionRegressor(unit="word", **ENCODER),
]
EVERY = pytest.mark.parametrize("model", ESTIMATORS, ids=lambda model: type(model).__name__)


@EVERY
def test_texts_are_learned_and_a_pickle_reads_them_as_well(model):
    model = clone(model).fit(X[:60], Y[:60])
    assert model.score(X[60:], Y[60:]) > 0.8
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    alone = np.array([again.predict([one])[0] for one in X[:5]])
    np.testing.assert_allclose(alone, model.predict(X[:5]), rtol=1e-5, atol=1e-6)


def test_every_form_of_strings_is_the_same():
    model = RNNClassifier(unit="word", character_ngrams=None, **RNN).fit(X, Y)
    expected = model.predict(X)
    forms = [
        np.array(X),
        np.array(X, object),
        np.array(X, object)[:, None],
        np.array(X)[:, None],
        pd.Series(X),
        pd.Series(X, dtype="string"),
        pd.DataFrame({"text": X}),
        pl.Series(X),
        pl.DataFrame({"text": X}),
        tuple(X),
    ]
    for form in forms:
        np.testing.assert_array_equal(model.predict(form), expected)
        np.testing.assert_array_equal(clone(model).fit(form, Y).predict(X), expected)


def test_arrays_and_tables_of_arrow_are_texts():
    pa = pytest.importorskip("pyarrow")
    model = RNNClassifier(unit="word", **RNN).fit(X, Y)
    for form in (pa.array(X), pa.chunked_array([X]), pa.table({"text": X})):
        np.testing.assert_array_equal(model.predict(form), model.predict(X))


WRONG = {
    "missing": (None, r"X\[1\] is missing, None"),
    "not a number": (float("nan"), r"X\[1\] is missing, nan"),
    "pandas' missing": (pd.NA, r"X\[1\] is missing, <NA>"),
    "a number": (3.5, r"X\[1\] is not a string: got float 3\.5"),
    "bytes": (b"good", r"X\[1\] is not a string: got bytes b'good'.*decode"),
    "a list": (["good"], r"X\[1\] is not a string: got list"),
    "empty": ("", r"X\[1\] is an empty text, ''"),
    "blank": (" \n", r"X\[1\] is an empty text, ' \\n'"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_text_is_refused_with_its_row(kind):
    wrong, message = WRONG[kind]
    model = RNNClassifier(unit="word", **RNN)
    with pytest.raises(ValueError, match=message):
        clone(model).fit([X[0], wrong, *X[2:]], Y)
    model.fit(X, Y)
    with pytest.raises(ValueError, match=message):
        model.predict([X[0], wrong])


def test_what_holds_no_texts_is_refused():
    model = RNNClassifier(unit="word", **RNN)
    frame = pd.DataFrame({"text": X, "more": X})
    for form, message in [
        ("a text", "got one string"),
        (frame, r"X has 2 columns, \['text', 'more'\]: texts are one column, such as X\['text'\]"),
        ([], "at least one text"),
        (np.ones((80, 2)), "of shape"),
        (np.ones(80), r"X\[0\] is not a string"),
    ]:
        with pytest.raises(ValueError, match=message):
            clone(model).fit(form, Y)
    for form in (X, frame[["text"]], pl.DataFrame({"text": X}), np.array(X)[:, None]):
        with pytest.raises(ValueError, match="X holds strings: set unit='word'"):
            RNNClassifier(**RNN).fit(form, Y)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_tokens": 5}, "n_tokens goes without unit"),
        ({"embedding_dim": None}, "needs embedding_dim"),
        ({"word_ngrams": (2, 1)}, "word_ngrams must be 'auto', None or two whole numbers"),
        ({"character_ngrams": (1, 2, 3)}, "character_ngrams must be"),
        ({"word_ngrams": {1, 2}}, "word_ngrams must be"),
        ({"unit": "character", "initial_embeddings": {"a": [1]}}, "needs unit='word'"),
        ({"solver": "lbfgs", "word_dropout": 0.1}, r"word_dropout=0\.1 does not work"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(params, message):
    with pytest.raises(ValueError, match=message):
        RNNClassifier(**RNN | {"unit": "word"} | params).fit(X, Y)


def test_unknown_words_change_nothing_but_the_length():
    model = RNNClassifier(unit="word", **RNN).fit(X, Y)
    assert set(model.vocabulary_) <= {*GOOD, *BAD, *OTHERS}
    assert np.isfinite(model.predict_proba(["zyx", "\N{SNOWMAN} qqq www"])).all()


def test_validation_samples_give_no_words():
    held = [*range(70, 80)]
    texts = X[:70] + [f"{one} onlyheld onlyheld" for one in X[70:]]
    split = [(np.arange(70), np.array(held))]
    model = RNNClassifier(unit="word", early_stopping=True, validation_split=split, **RNN)
    model.fit(texts, Y)
    assert "onlyheld" not in model.vocabulary_
    assert not any("only" in name for name in model.ngrams_)
    given = RNNClassifier(unit="word", early_stopping=True, **RNN)
    given.fit(X[:70], Y[:70], X_val=texts[70:], y_val=Y[70:])
    assert "onlyheld" not in given.vocabulary_


def test_a_network_starts_from_the_regression_on_its_ngrams():
    still = RNN | {"max_iter": 1, "learning_rate_init": 1e-12}
    options = {"word_ngrams": (1, 1), "character_ngrams": None, "min_count": 1}
    model = RNNRegressor(unit="word", **options, **still).fit(X, Y)
    assert model.score(X, Y) > 0.95
    cold = RNNRegressor(unit="word", **options, **still, ngram_penalty=None).fit(X, Y)
    assert cold.score(X, Y) < 0.5
    labels = np.array(["a", "b", "c"])[np.arange(80) % 3]
    texts = [f"{one} {label}{label}" for one, label in zip(X, labels, strict=True)]
    for y in (labels, np.c_[Y, Y == 0], np.c_[labels, np.where(Y, "p", "n")]):
        several = RNNClassifier(unit="word", **options, **still).fit(texts, y)
        assert several.score(texts, y) > 0.95


def test_class_weights_count_for_the_regression():
    rare = np.where(Y == 1, np.arange(80) % 10 == 1, 0)
    model = RNNClassifier(unit="word", character_ngrams=None, min_count=1, **RNN)
    model.set_params(max_iter=1, learning_rate_init=1e-12)
    even = clone(model).set_params(class_weight="balanced").fit(X, rare)
    assert (
        even.predict_proba(X)[:, 1].mean() > model.fit(X, rare).predict_proba(X)[:, 1].mean() + 0.1
    )


def test_a_network_is_not_behind_tfidf_where_words_decide():
    linear = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression())
    linear.fit(X[:40], Y[:40])
    model = RNNClassifier(unit="word", **RNN).fit(X[:40], Y[:40])
    assert model.score(X[40:], Y[40:]) >= linear.score(X[40:], Y[40:])


def test_ngrams_are_those_that_scikit_learn_counts():
    model = RNNClassifier(unit="word", word_ngrams=(1, 2), character_ngrams=(3, 3), **RNN)
    model.fit(X, Y)
    words = TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\w+|[^\w\s]", min_df=2)
    inside = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 3), min_df=2)
    different = sorted(set(X))
    assert model.ngrams_[1:].tolist() == [
        *words.fit(different).get_feature_names_out(),
        *inside.fit(different).get_feature_names_out(),
    ]


def test_many_texts_stop_early_unless_told_otherwise():
    many, y = X * 3, np.tile(Y, 3)
    model = RNNClassifier(unit="word", **RNN)
    assert len(clone(model).fit(many, y).validation_scores_) == 2
    for fewer in (
        clone(model).fit(X, Y),
        clone(model).set_params(early_stopping=False).fit(many, y),
        clone(model).partial_fit(many, y, classes=[0, 1]),
        clone(model).set_params(unit=None).fit([[k, 1] for k in y], y),
    ):
        assert fewer.validation_scores_ is None


def test_vectors_and_ngrams_are_taken_from_a_network_of_the_same_words_only():
    model = RNNClassifier(unit="word", **RNN).fit(X, Y)
    still = {"max_iter": 1, "learning_rate_init": 1e-12}
    again = clone(model).set_params(initial_weights=model, **still).fit(X, Y)
    np.testing.assert_allclose(row(again, "good"), row(model, "good"), rtol=1e-5)
    others = clone(model).set_params(initial_weights=model, **still).fit(X[:30], Y[:30])
    assert "pooling.steps.embedding.W" not in others.transferred_weights_
    assert "pooling.steps.recurrent_0.W" in others.transferred_weights_
    assert others.score(X[30:], Y[30:]) > 0.7  # n-grams are fitted anew


@pytest.mark.parametrize("unit", ["word", "bpe"])
def test_training_goes_on_and_refuses_other_units(unit):
    model = RNNClassifier(unit=unit, **RNN)
    model.partial_fit(X[:40], Y[:40], classes=[0, 1])
    known = dict(model.vocabulary_)
    model.partial_fit([f"{one} neverseen" for one in X[40:]], Y[40:])
    assert model.vocabulary_ == known
    with pytest.raises(ValueError, match="training cannot continue: unit was set"):
        model.set_params(unit="character").partial_fit(X, Y)
    with pytest.raises(ValueError, match="training cannot continue: unit was set"):
        model.set_params(unit=None).partial_fit([[1, 2]] * len(Y), Y)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("lowercase", False),
        ("min_count", 1),
        ("max_tokens", 5),
        ("max_length", 2),
        ("word_ngrams", (1, 3)),
        ("character_ngrams", None),
        ("max_ngrams", 7),
    ],
)
def test_training_goes_on_with_the_texts_that_it_began_with(name, other):
    model = RNNClassifier(unit="word", **RNN).partial_fit(X, Y, classes=[0, 1])
    loaded = pickle.loads(pickle.dumps(model))
    with pytest.raises(ValueError, match=f"training cannot continue: {name} was set"):
        loaded.set_params(**{name: other}).partial_fit(X, Y)
    loaded.set_params(**{name: getattr(model, name)}).partial_fit(X, Y)


def test_training_goes_on_where_the_same_texts_are_described_otherwise():
    model = RNNClassifier(unit="word", max_tokens=30, **RNN).partial_fit(X, Y, classes=[0, 1])
    same = {"word_ngrams": [np.int64(1), 2], "character_ngrams": (2, 5), "max_tokens": np.int64(30)}
    model.set_params(**same, lowercase=np.True_).partial_fit(X, Y)


def test_searches_train_texts_in_stacks():
    grid = {"learning_rate_init": [0.001, 0.01], "word_dropout": [0.1, 0.3]}
    model = RNNClassifier(unit="word", word_ngrams=(1, 1), character_ngrams=None, **RNN)
    search = GridSearchCV(model, grid, cv=2).fit(X, Y)
    again = clone(model).set_params(**search.best_params_).fit(X, Y)
    np.testing.assert_allclose(search.predict_proba(X), again.predict_proba(X), rtol=1e-4)


def test_fit_on_sequences_forgets_texts():
    model = RNNClassifier(unit="word", **RNN).fit(X, Y)
    model.set_params(unit=None).fit([np.array([k, 2]) for k in Y], Y)
    assert not hasattr(model, "vocabulary_")
    model.predict([np.array([1, 2])])


# ---------------------------------------------------------------------- given vectors


@pytest.fixture
def vectors(tmp_path):
    """A file of vectors as word2vec writes it."""
    path = tmp_path / "vectors.txt"
    lines = ["4 3", "good 1.0 2.0 3.0", "bad -1 -2 -3 ", "queen of hearts 0 0 1", "film 5e-1 0 0"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def row(model, word):
    name = next(name for name in model.get_weights() if name.endswith("embedding.W"))
    return model.get_weights()[name][model.vocabulary_[word]]


@pytest.mark.parametrize("model", [ESTIMATORS[0], ESTIMATORS[3]])
def test_words_start_from_given_vectors(vectors, model):
    still = {"max_iter": 1, "learning_rate_init": 1e-12}
    given = {"good": [1, 2, 3], "bad": [-1, -2, -3], "queen": [0, 0, 1], "film": [0.5, 0, 0]}
    for source in (vectors, str(vectors), given):
        fitted = clone(model).set_params(initial_embeddings=source, **still).fit(X, Y)
        np.testing.assert_allclose(row(fitted, "good"), [1, 2, 3], rtol=1e-6)
        np.testing.assert_allclose(row(fitted, "film"), [0.5, 0, 0], atol=1e-6)
        assert row(fitted, "plot").any()
        assert "queen" not in fitted.vocabulary_


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["good 1 2", "bad 1"], r"vector of 'bad' in line 2 of .* has 1 numbers, others have 2"),
        (["good 1 2", "bad"], "line 2 of .* is no word with numbers behind it: 'bad'"),
        (["good 1 x"], "vector of 'good' in line 1 of .* is no numbers"),
        (["good 1 nan"], "has NaN, infinity"),
        (["good 1 1e300"], "that is too large for float32"),
        (["good 1 2", "bad 1 2 3"], "vector of 'bad' in line 2 of .* has 3 numbers"),
        (["king 1 2", "queen 3 4"], r"has none of the \d+ words of the texts"),
        ([], "has no vectors"),
    ],
)
def test_broken_vectors_are_refused(tmp_path, lines, message):
    path = tmp_path / "broken.txt"
    path.write_text("".join(f"{line}\n" for line in lines))
    with pytest.raises(ValueError, match=f"initial_embeddings.*{message}"):
        RNNClassifier(unit="word", initial_embeddings=path, **RNN).fit(X, Y)


def test_vectors_that_cannot_be_read_are_refused(tmp_path, vectors):
    for given, message in [
        (tmp_path / "none.txt", "cannot read"),
        ({"good": 1.0}, "must map words to vectors"),
        ({"good": [1j]}, "is no numbers: complex"),
        ({}, " has no vectors"),
    ]:
        with pytest.raises(ValueError, match=f"initial_embeddings.*{message}"):
            RNNClassifier(unit="word", initial_embeddings=given, **RNN).fit(X, Y)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="no text in UTF-8"):
        RNNClassifier(unit="word", initial_embeddings=tmp_path / "binary", **RNN).fit(X, Y)
    with pytest.raises(ValueError, match="vectors of 3 numbers, but embedding_dim=5"):
        RNNClassifier(unit="word", initial_embeddings=vectors, embedding_dim=5, **RNN).fit(X, Y)


def test_texts_of_weight_zero_teach_no_words():
    model = RNNClassifier(unit="word", **RNN)
    more = ["neverseen words", "other neverseen"]
    weight = np.r_[np.ones(len(X)), 0, 0]
    found = clone(model).fit([*X, *more], [*Y, 0, 1], sample_weight=weight)
    assert found.vocabulary_ == clone(model).fit(X, Y).vocabulary_
    assert "neverseen" not in found.vocabulary_


def test_numbers_that_are_missing_have_no_part_in_the_regression_on_ngrams():
    y = np.c_[Y, 1 - np.array(Y)] + 0.01 * np.arange(len(Y))[:, None]
    y[::3, 0] = np.nan
    options = {"missing_targets": "mask", "dtype": "float64", "unit": "word"}
    model, weights = RNNRegressor(**RNN | options), "pooling.ngrams.bag.W"
    both = clone(model).fit(X, y).get_weights()[weights]
    whole = clone(model).fit(X, y[:, 1]).get_weights()[weights]
    assert both[1:].any(axis=0).all()
    np.testing.assert_allclose(both[:, 1:], whole, rtol=1e-5, atol=1e-8)


def test_texts_that_are_too_short_for_any_ngram():
    longer = {"word_ngrams": (20, 21), "character_ngrams": None}
    model = RNNClassifier(unit="word", **longer, **RNN).fit(X, Y)
    assert len(model.ngrams_) == 0
    plain = RNNClassifier(unit="word", word_ngrams=None, character_ngrams=None, **RNN).fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
