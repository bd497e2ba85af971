"""Texts become tokens and texts again; what is no text is named by its place."""

import pickle
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline

from skdeep import SequenceEncoder

NAMES = ["anna", "ada", "bob", "eve", "dana", "otto"]


def lists(X):
    return [x.tolist() for x in X]


def test_tokens_by_frequency_behind_those_without_text():
    encoder = SequenceEncoder(end=True).fit(["bab", "abbc"])
    assert encoder.vocabulary_ == {"b": 3, "a": 4, "c": 5}
    assert encoder.tokens_.tolist() == ["<start>", "<end>", "<unknown>", "b", "a", "c"]
    assert (encoder.start_token_, encoder.end_token_, encoder.unknown_token_) == (0, 1, 2)
    assert encoder.n_tokens_ == 6
    X = encoder.transform(["cx", ""])
    assert X.dtype == object
    assert X.shape == (2,)
    assert X[0].dtype == np.int32
    assert lists(X) == [[0, 5, 2, 1], [0, 1]]


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize("end", [False, True])
def test_text_comes_back(start, end):
    encoder = SequenceEncoder(start=start, end=end)
    X = encoder.fit_transform(NAMES)
    assert lists(X) == lists(encoder.transform(NAMES))
    assert encoder.inverse_transform(X) == NAMES
    assert encoder.inverse_transform(lists(X)) == NAMES


def test_words():
    texts = ["The cat sat.", "A cat, a hat!"]
    encoder = SequenceEncoder("word", lowercase=True, start=False)
    X = encoder.fit_transform(texts)
    assert encoder.inverse_transform(X) == ["the cat sat .", "a cat , a hat !"]
    assert encoder.inverse_transform(encoder.transform(["dog cat"])) == ["<unknown> cat"]
    as_counted = SequenceEncoder("word", token_pattern=r"(?u)\b\w\w+\b").fit(texts)
    assert set(as_counted.vocabulary_) == {"The", "cat", "sat", "hat"}


def test_lists_of_tokens():
    X = [["New", "York"], ("is", "big"), np.array(["new"])]
    encoder = SequenceEncoder("token", lowercase=True, start=False).fit(X)
    assert set(encoder.vocabulary_) == {"new", "york", "is", "big"}
    assert encoder.inverse_transform(encoder.transform(X)) == [
        ["new", "york"],
        ["is", "big"],
        ["new"],
    ]


def test_accents():
    encoder = SequenceEncoder(strip_accents="unicode").fit(["é", "e"])
    assert set(encoder.vocabulary_) == {"e"}


def test_limits():
    counted = SequenceEncoder(min_count=2).fit(["aaabbc"])
    assert set(counted.vocabulary_) == {"a", "b"}
    assert set(SequenceEncoder(max_tokens=1).fit(["aaabbc"]).vocabulary_) == {"a"}
    assert set(SequenceEncoder(max_tokens=2).fit(["cba"]).vocabulary_) == {"a", "b"}  # alphabetical
    cut = SequenceEncoder(max_length=3, end=True).fit(["abcdef"])
    assert lists(cut.transform(["abcdef", "a"])) == [[0, 3, 1], [0, 3, 1]]
    assert lists(SequenceEncoder(max_length=1, end=True).fit_transform(["ab"])) == [[0]]


@pytest.mark.parametrize("handling", ["token", "ignore", "error"])
def test_unknown_tokens(handling):
    encoder = SequenceEncoder(handle_unknown=handling, start=False).fit(["ab"])
    assert encoder.n_tokens_ == 3 - (handling != "token")
    if handling == "error":
        with pytest.raises(ValueError, match=r"X\[1\] has 'x' at place 2, which is not in the"):
            encoder.transform(["a", "abx"])
        return
    text = encoder.inverse_transform(encoder.transform(["axb"]))[0]
    assert text == {"token": "a\N{REPLACEMENT CHARACTER}b", "ignore": "ab"}[handling]


@pytest.mark.parametrize(
    "kind",
    [list, tuple, np.array, pd.Series, lambda x: np.array(x, object)],
    ids=["list", "tuple", "array", "series", "objects"],
)
def test_forms_of_texts(kind):
    expected = lists(SequenceEncoder().fit_transform(NAMES))
    assert lists(SequenceEncoder().fit_transform(kind(NAMES))) == expected


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("abc", "X must be a list, array or series of texts, got one string"),
        (3, "X must be a list, array or series of texts, got int"),
        (np.array([["a"], ["b"]]), r"got ndarray of shape \(2, 1\)"),
        (pd.DataFrame({"a": ["b"], "c": ["d"]}), r"got DataFrame of shape \(1, 2\)"),
        ([], "X must hold at least one text, got none"),
        (["a", 3], r"X\[1\] is not a string: got int 3"),
        (["a", float("nan")], r"X\[1\] is missing, nan: leave it out"),
        (["a", None], r"X\[1\] is missing, None: leave it out"),
        (["a", b"b"], r"X\[1\] is not a string: got bytes"),
        ([["a"]], r"X\[0\] is not a string: got list \['a'\] \(set unit='token' for lists"),
        (["", ""], "no token is left: the texts have 0 different ones"),
    ],
)
def test_what_is_no_text(X, message):
    with pytest.raises(ValueError, match=message):
        SequenceEncoder().fit(X)


def test_what_is_no_list_of_tokens():
    with pytest.raises(
        ValueError, match=r"X\[1\] must be a list of strings with unit='token', got"
    ):
        SequenceEncoder("token").fit([["a"], "b"])
    with pytest.raises(ValueError, match=r"X\[0\]\[1\] is not a string: got int 1"):
        SequenceEncoder("token").fit([["a", 1]])


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[0, 9]], r"X\[0\] has tokens from 0 to 9; there are 4 tokens"),
        ([[0], [-1]], r"X\[1\] has tokens from -1 to -1"),
        ([[0.5]], r"X\[0\] must be a sequence of integer tokens, got dtype float64"),
        ([[1, [2]]], r"X\[0\] must be a sequence of integer tokens, got dtype object"),
        (3, "X must be a list of sequences of tokens, got 3"),
        (None, "X must be a list of sequences of tokens, got None"),
        ("ab", "X must be a list of sequences of tokens, got 'ab'"),
        (np.array(3), r"X must be a list of sequences of tokens, got array\(3\)"),
        ([1, 2], r"X\[0\] must be a sequence of integer tokens, got dtype int64 and shape \(\)"),
        ([[[1]]], r"X\[0\] must be a sequence of integer tokens, got dtype int64 and shape"),
    ],
)
def test_what_are_no_tokens(X, message):
    encoder = SequenceEncoder().fit(["ab"])
    with pytest.raises(ValueError, match=message):
        encoder.inverse_transform(X)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("(", r"token_pattern='\(' is no regular expression: missing \)"),
        (r"(\w)(\w)", r"token_pattern=.* has 2 groups: use \(\?:...\)"),
        ("", "token_pattern='' finds an empty string in X"),
        (r"\w*", "token_pattern=.* finds an empty string in X"),
        (r"\b", "token_pattern=.* finds an empty string in X"),
        (r"a(b?)", "token_pattern=.* finds an empty string in X"),
    ],
)
def test_what_is_no_pattern_of_words(pattern, message):
    with pytest.raises(ValueError, match=message):
        SequenceEncoder("word", token_pattern=pattern).fit(["a ab b"])


def test_a_group_is_the_token():
    encoder = SequenceEncoder("word", token_pattern=r"#(\w+)", start=False)
    X = encoder.fit_transform(["see #this and #that"])
    assert encoder.inverse_transform(X) == ["this that"]


def test_no_tokens_are_no_text():
    assert SequenceEncoder().fit(["ab"]).inverse_transform([[], np.array([])]) == ["", ""]


class Lengths(ClassifierMixin, BaseEstimator):
    """Stands for a classifier of sequences."""

    def fit(self, X, y):
        assert all(x.dtype == np.int32 and x.ndim == 1 for x in X)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.array([len(x) > 4 for x in X])


def test_through_splits_searches_and_pipelines():
    y = np.array([len(name) > 3 for name in NAMES])
    X = SequenceEncoder().fit_transform(NAMES)
    train, test = train_test_split(X, random_state=0)
    assert len(train) + len(test) == len(X)
    pipeline = make_pipeline(SequenceEncoder(), Lengths())
    assert cross_val_score(pipeline, NAMES, y, cv=2, n_jobs=2).tolist() == [1.0, 1.0]
    grid = {"sequenceencoder__min_count": [1, 2]}
    search = GridSearchCV(pipeline, grid, cv=2, error_score="raise").fit(NAMES, y)
    assert search.best_score_ == 1.0


@pytest.mark.parametrize("unit", ["character", "word", "token", "bpe"])
@pytest.mark.parametrize("result", [None, b"a", 3, ["a"]])
def test_strip_accents_must_return_strings(unit, result):
    texts = [["ab", "c"]] if unit == "token" else ["ab c"]
    encoder = SequenceEncoder(unit=unit, strip_accents=lambda text: result)
    with pytest.raises(ValueError, match=r"strip_accents must return a string, .* returned .*'a"):
        encoder.fit(texts)


def byte_pairs(texts, n_tokens, min_count=2):
    """Learn pairs from whole counts each time; return them, and what they make of the texts."""
    words = [[list(word) for word in re.findall(r" ?\w+|\s", f" {text}")] for text in texts]
    pieces, merges = {letter for text in words for word in text for letter in word}, []
    while len(pieces) < n_tokens:
        pairs = Counter(pair for text in words for word in text for pair in pairwise(word))
        pairs = [(-count, pair) for pair, count in pairs.items() if count >= min_count]
        if not pairs:
            break
        _, best = min(pairs)
        merges.append(best)
        pieces.add("".join(best))
        for text in words:
            for word in text:
                k = 0
                while k < len(word) - 1:
                    if (word[k], word[k + 1]) == best:
                        word[k : k + 2] = ["".join(best)]
                    k += 1
    return merges, [[piece for word in text for piece in word] for text in words]


@pytest.mark.parametrize(("n_tokens", "min_count"), [(4, 1), (12, 1), (40, 1), (4000, 1), (40, 9)])
def test_byte_pairs_are_those_of_a_plain_loop(n_tokens, min_count):
    rng = np.random.default_rng(n_tokens)
    words = ["".join(rng.choice(list("aab"), rng.integers(1, 9))) for _ in range(25)]
    texts = [" ".join(rng.choice(words, 5)) for _ in range(40)]
    merges, pieces = byte_pairs(texts, n_tokens, max(2, min_count))
    encoder = SequenceEncoder("bpe", max_tokens=n_tokens, min_count=min_count, start=False)
    X = encoder.fit_transform(texts)
    assert encoder.merges_ == merges
    assert [encoder.tokens_[x].tolist() for x in X] == pieces
    assert lists(encoder.transform(texts)) == lists(X)
    assert len(encoder.vocabulary_) <= max(n_tokens, 3)
    other = clone(encoder).fit(texts[::-1])
    assert (other.merges_, other.vocabulary_) == (encoder.merges_, encoder.vocabulary_)


def test_the_largest_token_of_byte_pairs_is_in_the_texts_of_the_fit():
    """A network that counts tokens by the largest knows those of all other texts."""
    texts = ["good film", "bad film", "good good", "bad bad"]
    encoder = SequenceEncoder(unit="bpe", max_tokens=20).fit(texts)
    assert max(map(max, encoder.transform(texts))) == encoder.n_tokens_ - 1
    assert len(np.unique(np.concatenate(encoder.transform(texts)))) < encoder.n_tokens_ - 5


def test_text_of_byte_pairs_comes_back_as_it_was():
    texts = ["Low, lower  lowest!", " a\tb\n", "", "x_1 ... (\N{SNOWMAN}) \u00e9", "  ", "low" * 99]
    encoder = pickle.loads(pickle.dumps(SequenceEncoder("bpe", end=True, max_tokens=9).fit(texts)))
    shuffled = ["wol  \n(x!", *texts]  # other texts of the same characters
    X = encoder.transform(shuffled)
    assert not any(encoder.unknown_token_ in x for x in X)
    assert encoder.inverse_transform(X) == shuffled
    assert encoder.inverse_transform(encoder.transform(["lowZ"])) == [
        "low\N{REPLACEMENT CHARACTER}"
    ]
    assert encoder.set_params(unit="word").fit(texts).merges_ is None
