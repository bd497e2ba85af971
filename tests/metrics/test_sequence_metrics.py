"""Metrics of texts against sacrebleu, plain loops and what is known; their scorers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.metrics import make_scorer
from sklearn.model_selection import cross_val_score

from skdeep import MLPClassifier, RNNTagger
from skdeep.metrics import (
    bleu_score,
    chrf_score,
    get_scorer,
    get_scorer_names,
    sequence_accuracy,
    token_error_rate,
)
from skdeep.model_selection import GridSearchCV

NO_SACREBLEU = "sacrebleu, of the extra 'test', says what BLEU and chrF must be"
ALL = [bleu_score, chrf_score, token_error_rate, sequence_accuracy]
WORDS = "the The cat, cats (sit) on 3.5 5-a 'mat' . ,x &amp; it's-fine 1,000 <skipped> É".split(" ")


def texts(n, rng, longest=12):
    """Draw sentences, most of them short."""
    return [" ".join(rng.choice(WORDS, rng.integers(0, longest))) for _ in range(n)]


def changed(text, rng):
    """Replace some of the words of a sentence, and drop one."""
    words = [w if rng.random() < 0.7 else rng.choice(WORDS) for w in text.split()]
    return " ".join(words[: rng.integers(1, 20)])


@pytest.fixture
def drawn():
    """Two references of each sample, and a prediction."""
    rng = np.random.default_rng(0)
    first = texts(60, rng)
    return first, [changed(one, rng) for one in first], [changed(one, rng) for one in first]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"lowercase": True}, {"lowercase": True}),
        ({"smoothing": "floor"}, {"smooth_method": "floor"}),
        ({"smoothing": "add-k"}, {"smooth_method": "add-k"}),
        (
            {"smoothing": "floor", "smoothing_value": 0.3},
            {"smooth_method": "floor", "smooth_value": 0.3},
        ),
        ({"smoothing": None}, {"smooth_method": "none"}),
        ({"tokenize": "char"}, {"tokenize": "char"}),
        ({"tokenize": "whitespace"}, {"tokenize": "none"}),
        ({"max_order": 2}, {"max_ngram_order": 2}),
        ({"effective_order": True}, {"effective_order": True}),
    ],
)
def test_bleu_is_that_of_sacrebleu(drawn, ours, theirs):
    sacrebleu = pytest.importorskip("sacrebleu", reason=NO_SACREBLEU)
    first, second, predicted = drawn
    metric = sacrebleu.BLEU(force=True, **theirs)
    for few in (slice(None), *(slice(k, k + 1) for k in range(12))):  # the corpus, and sentences
        guess, both = predicted[few], [first[few], second[few]]
        expected = metric.corpus_score(guess, both).score
        y_true = [list(pair) for pair in zip(*both, strict=True)]
        assert bleu_score(y_true, guess, **ours) == pytest.approx(expected, abs=1e-9)
        one = metric.corpus_score(guess, both[:1]).score
        assert bleu_score(first[few], guess, **ours) == pytest.approx(one, abs=1e-9)


@pytest.mark.parametrize(
    "settings",
    [{}, {"lowercase": True}, {"word_order": 2}, {"beta": 1, "whitespace": True, "char_order": 3}],
)
def test_chrf_is_that_of_sacrebleu(drawn, settings):
    sacrebleu = pytest.importorskip("sacrebleu", reason=NO_SACREBLEU)
    first, second, predicted = drawn
    metric = sacrebleu.CHRF(**settings)
    for few in (slice(None), *(slice(k, k + 1) for k in range(12))):
        guess, both = predicted[few], [first[few], second[few]]
        expected = metric.corpus_score(guess, both).score
        y_true = [list(pair) for pair in zip(*both, strict=True)]
        assert chrf_score(y_true, guess, **settings) == pytest.approx(expected, abs=1e-9)


def test_bleu_by_hand():
    """Counts of a sentence with 6 of 7 words, of which one occurs too often, and shorter by one."""
    reference, predicted = "the cat is on the red mat", "the the the cat on mat"
    precisions = [5 / 6, 1 / 5]  # "the cat"
    expected = 100 * np.exp(1 - 7 / 6 + np.log(precisions).mean())
    assert bleu_score([reference], [predicted], max_order=2) == pytest.approx(expected)
    assert bleu_score([reference.split()], [predicted.split()], max_order=2) == pytest.approx(
        expected
    )
    smoothed = [*precisions, 1 / 2 / 4, 1 / 4 / 3]
    expected = 100 * np.exp(1 - 7 / 6 + np.log(smoothed).mean())
    assert bleu_score([reference], [predicted]) == pytest.approx(expected)
    assert bleu_score([reference], [predicted], smoothing=None) == 0
    assert bleu_score([reference], ["dog"]) == bleu_score([reference], [""]) == 0
    assert bleu_score([reference], [reference]) == pytest.approx(100)


def test_chrf_by_hand():
    """Two of three characters and one of two pairs agree, and no triple."""
    expected = 100 * np.mean([2 / 3, 1 / 2, 0])
    assert chrf_score(["ab d"], ["a bc"]) == pytest.approx(expected)
    assert chrf_score(["abc"], ["xyz"]) == chrf_score(["abc"], [""]) == 0


def table_distance(a, b):
    """Edit distance by the usual table."""
    table = np.zeros((len(a) + 1, len(b) + 1), dtype=int)
    table[:, 0], table[0] = np.arange(len(a) + 1), np.arange(len(b) + 1)
    for i, j in np.ndindex(len(a), len(b)):
        replaced = table[i, j] + (a[i] != b[j])
        table[i + 1, j + 1] = min(replaced, table[i, j + 1] + 1, table[i + 1, j] + 1)
    return table[-1, -1]


def test_edits_are_those_of_the_table():
    rng = np.random.default_rng(0)
    for _ in range(60):
        a, b = (rng.integers(0, 4, rng.integers(n, 90 * n + 2)) for n in rng.permutation(2))
        a = np.append(a, 0)
        assert token_error_rate([a], [b]) == table_distance(a, b) / len(a)


def test_the_nearest_reference_counts_and_sums_come_before_the_division():
    y_true = [["a b c d", "a b"], "c"]
    assert token_error_rate(y_true, ["a b", "d"]) == 1 / 3
    assert token_error_rate(y_true, ["a b", "d"], sample_weight=[3, 1]) == 1 / 7
    assert token_error_rate(["A b"], ["a  b"], lowercase=True) == 0
    assert token_error_rate(["abcd"], ["abxd"], tokenize="char") == 1 / 4
    assert token_error_rate(["a-b"], ["a-c"], tokenize=lambda text: text.split("-")) == 1 / 2
    assert sequence_accuracy(y_true, ["a b", "d"], sample_weight=[3, 1]) == 3 / 4
    assert sequence_accuracy([["A", "b"]], [["a", "B"]], lowercase=True) == 1


@pytest.mark.parametrize("metric", ALL)
def test_texts_come_in_lists_arrays_and_columns(metric):
    y_true, y_pred = ["one two three four", "five"], ["one two three for", "five"]
    expected = metric(y_true, y_pred)
    column = pd.DataFrame({"text": y_pred})
    for form in (np.array, pd.Series, tuple, lambda y: np.array(y, dtype=object)):
        assert metric(form(y_true), form(y_pred)) == expected
    assert metric(y_true, column) == expected


@pytest.mark.parametrize("metric", [bleu_score, token_error_rate, sequence_accuracy])
def test_tokens_need_not_be_strings(metric):
    y_true, y_pred = [[1, 2, 3, 4, 5], [6]], [[1, 2, 3, 4, 7], [6]]
    words = [[f"w{k}" for k in one] for one in y_true], [[f"w{k}" for k in one] for one in y_pred]
    expected = metric(*words)
    assert 0 < expected < 100
    assert metric(y_true, y_pred) == expected
    assert metric([np.array(y_true[0]), [y_true[1], [8]]], list(map(np.array, y_pred))) == expected


@pytest.mark.parametrize("metric", ALL)
@pytest.mark.parametrize(
    ("y_true", "y_pred", "said"),
    [
        (["a"], ["a", "b"], "y_true and y_pred must have equally many items, got 1 and 2"),
        ([], [], "empty"),
        ("a", ["a"], "y_true must be a list of strings"),
        (["a"], 3, "y_pred must be a list of strings"),
        ({"a"}, ["a"], "y_true must be a list of strings"),
        (["a"], {"a": 1}, "y_pred must be a list of strings"),
        (["a"], [3], r"y_pred\[0\] = 3"),
        (["a", "b"], ["a", ["b"]], r"y_pred\[1\] = \['b'\]"),
        (["a", ["b", 3]], ["a", "b"], r"y_true\[1\] must be a string or a list of strings"),
        (["a", []], ["a", "b"], r"y_true\[1\] must be a string or a list of strings"),
        (["a"], [["a"]], r"y_true\[0\] must be a list of tokens"),
    ],
)
def test_what_does_not_go_together_is_named(metric, y_true, y_pred, said):
    with pytest.raises(ValueError, match=said):
        metric(y_true, y_pred)


@pytest.mark.parametrize(
    ("metric", "wrong"),
    [
        (bleu_score, {"smoothing": "none"}),
        (bleu_score, {"max_order": 0}),
        (bleu_score, {"tokenize": "14b"}),
        (bleu_score, {"smoothing_value": -1}),
        (chrf_score, {"beta": -1}),
        (chrf_score, {"char_order": 1.5}),
        (token_error_rate, {"tokenize": None}),
        (token_error_rate, {"sample_weight": [1, 2]}),
        (sequence_accuracy, {"lowercase": 2}),
        (token_error_rate, {"tokenize": lambda text: text}),
    ],
)
def test_wrong_settings_are_named(metric, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        metric(["a"], ["b"], **wrong)


def test_no_tokens_and_no_characters():
    with pytest.raises(ValueError, match="no tokens"):
        token_error_rate([""], ["a"])
    with pytest.raises(ValueError, match="a token is 3"):
        chrf_score([[1]], [[3]])


class Shorter(BaseEstimator):
    """Predicts the first words of what it gets."""

    def __init__(self, n_words=3):
        self.n_words = n_words

    def fit(self, X, y):
        self.fitted_ = True
        return self

    def predict(self, X):
        return [" ".join(text.split()[: self.n_words]) for text in X]


TEXTS = ["one two three four five", "six seven eight nine", "ten eleven twelve thirteen"] * 2


@pytest.mark.parametrize(
    ("scoring", "metric", "sign"),
    [
        ("bleu", bleu_score, 1),
        ("chrf", chrf_score, 1),
        ("neg_token_error_rate", token_error_rate, -1),
        ("sequence_accuracy", sequence_accuracy, 1),
    ],
)
def test_searches_know_the_names(scoring, metric, sign):
    found = GridSearchCV(Shorter(), {"n_words": [2, 4]}, scoring=scoring, cv=2).fit(TEXTS, TEXTS)
    assert found.best_params_ == {"n_words": 4}
    short = found.cv_results_["mean_test_score"][0]
    halves = [[" ".join(t.split()[:2]) for t in TEXTS[half]] for half in (slice(3), slice(3, 6))]
    expected = sign * np.mean([metric(TEXTS[:3], halves[0]), metric(TEXTS[3:], halves[1])])
    assert short == pytest.approx(expected)
    alone = cross_val_score(Shorter(2), TEXTS, TEXTS, scoring=get_scorer(scoring), cv=2)
    assert alone.mean() == pytest.approx(expected)
    assert found.scoring == scoring


def test_several_metrics_at_once_and_settings_of_your_own():
    lower = make_scorer(bleu_score, lowercase=True)
    for scoring in (["bleu", "chrf"], {"bleu": lower, "chrf": "chrf"}):
        search = GridSearchCV(Shorter(), {"n_words": [4]}, scoring=scoring, refit="chrf", cv=2)
        results = search.fit(TEXTS, TEXTS).cv_results_
        assert {"mean_test_bleu", "mean_test_chrf"} <= set(results)


def test_names_are_ours_and_those_of_scikit_learn():
    assert {"bleu", "accuracy"} <= set(get_scorer_names())
    assert get_scorer("accuracy")(Shorter(9).fit(TEXTS, TEXTS), TEXTS, TEXTS) == 1
    assert get_scorer(None) is None
    with pytest.raises(ValueError, match=r"'blue' is not a valid scoring value. Use skdeep"):
        get_scorer("blue")
    with pytest.raises(ValueError, match="scoring"):
        GridSearchCV(Shorter(), {"n_words": [4]}, scoring="blue").fit(TEXTS, TEXTS)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_networks_are_scored_by_sequences():
    """A tagger by whole sequences, also where a search scores other metrics over steps."""
    rng = np.random.default_rng(0)
    X = [rng.normal(size=(n, 2)) for n in rng.integers(2, 4, 12)]
    y = [(x[:, 0] > 0).astype(int) for x in X]
    tagger = RNNTagger(4, max_iter=2, random_state=0)
    grid = {"alpha": [0.1]}
    search = GridSearchCV(tagger, grid, scoring=["sequence_accuracy", "accuracy"], refit=False)
    results = search.set_params(cv=2).fit(X, y).cv_results_
    assert results["mean_test_sequence_accuracy"] < results["mean_test_accuracy"]
    model = MLPClassifier(4, early_stopping=True, scoring="sequence_accuracy", max_iter=1)
    with pytest.raises(ValueError, match="y_pred must be a list of strings"):
        model.fit(rng.normal(size=(40, 2)), np.arange(40) % 2)
