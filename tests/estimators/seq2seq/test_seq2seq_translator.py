"""What a translator alone does; what it shares with others is in the contracts."""

import numpy as np
import pytest

from skdeep import Seq2SeqTranslator
from skdeep.metrics import get_scorer

NAMES = "bleu", "sequence_accuracy"

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SMALL = {
    "architecture": "gru",
    "units": 12,
    "embedding_dim": 10,
    "dropout": 0.0,
    "random_state": 0,
    "batch_size": 6,
}
X = ["one two", "two three four", "four", "three one", "two two", "one four three"]
Y = ["L'un, d'eux!", "deux  trois quatre", "quatre", "trois l'un", "deux d'eux", "un quatre trois"]


def fit(X=X, y=Y, **options):
    return Seq2SeqTranslator(**SMALL | {"max_iter": 2} | options).fit(X, y)


@pytest.mark.parametrize("unit", ["word", "character", "char", "bpe"])
def test_texts_come_back_as_they_would_be_written(unit):
    model = fit(unit=unit, max_iter=150, learning_rate_init=0.02, tol=0.0, n_iter_no_change=np.inf)
    kept = Y if unit in ("character", "char", "bpe") else [" ".join(y.split()) for y in Y]
    assert model.predict(X) == kept


def test_lists_of_tokens_come_back_as_lists():
    numbers = [[3, 1], [4], [1, 5, 9], [2], [6, 5], [3]]
    words = [text.split() for text in Y]
    options = {"max_iter": 120, "learning_rate_init": 0.02, "n_iter_no_change": np.inf}
    assert fit(words, numbers, **options).predict(words) == numbers
    assert fit(numbers, words, **options).predict(numbers) == words


def test_what_is_written_has_the_likelihood_that_is_scored():
    model = fit(max_iter=60, learning_rate_init=0.02, dtype="float64", beam_width=2)
    targets, scores = model.predict(X, return_scores=True)
    each = [model.score([x], [y]) for x, y in zip(X, targets, strict=True)]
    lengths = [len(look.target) for look in model.attention_weights(X, targets)]
    np.testing.assert_allclose(np.multiply(each, lengths), scores, rtol=1e-9)
    np.testing.assert_allclose(model.score(X, targets), scores.sum() / sum(lengths), rtol=1e-9)


def test_weights_of_attention_add_to_one_over_the_source():
    looks = fit().attention_weights(X[:3], Y[:3])
    assert looks[1].source == [" two", " three", " four"]
    assert looks[1].target == [" deux", " trois", " quatre", "<end>"]
    for look in looks:
        assert look.weights.shape == (len(look.target), len(look.source))
        np.testing.assert_allclose(look.weights.sum(axis=1), 1, rtol=1e-5)
    with pytest.raises(ValueError, match="needs a network that was fitted with attention"):
        fit(attention=None).set_params(attention="dot").attention_weights(X, Y)


@pytest.mark.parametrize(
    ("name", "value"), [("beam_width", 0), ("max_length", -1), ("length_penalty", -2.0)]
)
def test_settings_of_writing_are_checked_whenever_they_are_set(name, value):
    with pytest.raises(ValueError, match=f"The '{name}' parameter of Seq2SeqTranslator must be"):
        fit(max_iter=1).set_params(**{name: value}).predict(X)


def test_validation_scores_are_scores_whatever_smooths_the_loss():
    model = Seq2SeqTranslator(**SMALL | {"batch_size": 2}, max_iter=2, label_smoothing=0.3)
    model.fit(X[:4], Y[:4], X_val=X[4:], y_val=Y[4:])
    assert model.validation_scores_[-1] == pytest.approx(model.score(X[4:], Y[4:]), rel=1e-5)


@pytest.mark.parametrize("scoring", [*NAMES, "loss", None])
def test_early_stopping_may_watch_what_is_written(scoring):
    options = {"max_iter": 60, "learning_rate_init": 0.03, "early_stopping": True}
    options |= {"n_iter_no_change": np.inf, "tol": 0.0}
    model = Seq2SeqTranslator(**SMALL | options, unit="character", scoring=scoring)
    weights = {} if scoring == "bleu" else {"sample_weight": [1, 1, 3, 1]}
    model.fit(X, Y, X_val=X[:4], y_val=Y[:4], sample_weight_val=[1, 1, 3, 1])
    scorer = get_scorer(scoring) if scoring in NAMES else Seq2SeqTranslator.score
    expected = scorer(model, X[:4], Y[:4], **weights)
    assert model.best_validation_score_ == pytest.approx(expected, rel=1e-5)
    assert expected != 0


def test_a_scorer_of_ones_own_sees_targets_as_they_came():
    seen = []

    def scoring(model, X, y):
        seen.append(y)
        return float(len(model.predict(X)) == len(y))

    Seq2SeqTranslator(**SMALL, max_iter=1, scoring=scoring).fit(X, Y, X_val=X[:2], y_val=Y[:2])
    assert seen == [["L'un, d'eux!", "deux trois quatre"]]
    with pytest.raises(ValueError, match="'scoring' parameter of Seq2SeqTranslator must be"):
        fit(scoring="accuracy")


def test_attention_that_a_transformer_does_not_use_is_told():
    with pytest.warns(UserWarning, match="attention=None has no effect with architecture='tra"):
        fit(architecture="transformer", units=8, embedding_dim=8, attention=None)


@pytest.mark.parametrize("call", ["partial_fit", "warm_start"])
def test_tokens_that_come_too_late_are_named(call):
    model = fit().set_params(warm_start=call == "warm_start")
    again = model.partial_fit if call == "partial_fit" else model.fit
    with pytest.warns(UserWarning, match="y has 2 tokens.*first call: ' cinq', ' six'"):
        again(X, [*Y[:3], "cinq six", "quatre", "cinq"])
    with pytest.warns(UserWarning, match="X has 1 tokens that are not in the vocabulary"):
        again([*X[:5], "five"], Y)


@pytest.mark.parametrize(
    ("name", "other"), [("unit", "bpe"), ("lowercase", True), ("min_count", 2), ("max_tokens", 3)]
)
def test_training_goes_on_with_the_tokens_that_it_began_with(name, other):
    with pytest.raises(ValueError, match=f"training cannot continue: {name} was set"):
        fit().set_params(**{name: other}).partial_fit(X, Y)


@pytest.mark.parametrize("beam_width", [1, 3])
def test_what_is_written_is_a_target_even_where_little_is_learned(beam_width):
    y = [*"ab" * 3]  # so short that the end is the most probable token of all
    model = fit(y=y, max_iter=1, learning_rate_init=1e-6, beam_width=beam_width, length_penalty=0.0)
    targets, scores = model.predict(X, return_scores=True)
    assert all(targets)
    each = [model.score([x], [target]) for x, target in zip(X, targets, strict=True)]
    np.testing.assert_allclose(np.multiply(each, 2), scores, rtol=1e-5)


def test_no_more_is_written_than_max_length_says():
    model = fit(max_iter=40, learning_rate_init=0.02, max_length=1)
    assert max(len(look.target) for look in model.attention_weights(X)) <= 2  # with the end


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (X, Y[:-1], "as many samples as each other, got 6 and 5"),
        (X, None, "requires y to be passed"),
        (X, ["", *Y[1:]], r"y\[0\] is empty"),
        (["", *X[1:]], Y, r"X\[0\] is empty"),
        (X, [[1], [], *([[2]] * 4)], r"y\[1\] is empty"),
        ([1, 2, 3, 4, 5, 6], Y, r"X\[0\] must be a string or a list of tokens, got int"),
        ([*X[:5], [1, 2]], Y, "the samples of X differ in kind"),
        (X, [["a", 1.5], *([["b"]] * 5)], r"y\[0\]\[1\] is not a string"),
        ("text", Y, "X must be a list, array or series"),
        (X, set(Y), "y must be a list, array or series of texts, got set"),
        ([], [], "X must hold at least one text"),
    ],
)
def test_bad_pairs_are_refused_by_name(X, y, message):
    with pytest.raises(ValueError, match=message):
        Seq2SeqTranslator(**SMALL).fit(X, y)


def test_a_fitted_model_refuses_samples_of_another_kind():
    model = fit()
    with pytest.raises(ValueError, match="X holds lists of strings, but was fitted on strings"):
        model.predict([["one"]])
    assert len(model.predict(["words that nobody has seen"])) == 1


@pytest.mark.parametrize("architecture", ["gru", "transformer"])
@pytest.mark.parametrize("tied", [True, False])
def test_before_training_no_token_follows_itself_more_than_others(architecture, tied):
    numbers = [[int(k) for k in row] for row in np.random.RandomState(0).randint(0, 50, (40, 8))]
    options = {"units": 64, "embedding_dim": 64, "tied_embeddings": tied, "max_iter": 1}
    options |= {"architecture": architecture, "learning_rate_init": 1e-9}
    model = fit(numbers, numbers, **options)
    again = [[row[0]] * 8 for row in numbers]
    assert model.score(numbers, again) < model.score(numbers, numbers) + 0.5
