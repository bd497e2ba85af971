"""What makes sequences tokens where nobody says it: integers without an axis of channels."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from skdeep import RNNClassifier, RNNGenerator, RNNRegressor, RNNTagger, SequenceEncoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

SHORT = {"recurrent_layer_sizes": 3, "max_iter": 2, "random_state": 0}
TOKENS = [[3, 1, 4], [1, 5], [2, 6, 5, 3]]
TABLE = np.array([[3, 1], [1, 5], [2, 6]])
Y = {RNNClassifier: [0, 1, 1], RNNRegressor: [0.0, 1.0, 1.0], RNNGenerator: None}
FAMILIES = [RNNClassifier, RNNRegressor, RNNGenerator, RNNTagger]


def fit(cls, X, **options):
    y = [np.arange(len(x)) % 2 for x in X] if cls is RNNTagger else Y[cls]
    return cls(**SHORT | options).fit(X, y)


def series_of(items):
    result = np.empty(len(items), object)
    result[:] = [np.asarray(item) for item in items]
    return pd.Series(result)


INTEGERS = {
    "lists": TOKENS,
    "small integers": [np.array(x, np.uint8) for x in TOKENS],
    "objects": [np.array(x, object) for x in TOKENS],
    "series": series_of(TOKENS),
    "nullable": [pd.Series(x, dtype="Int64") for x in TOKENS],
    "an array": TABLE,
    "lists of one length": TABLE.tolist(),
}
NUMBERS = {
    "floats": [np.array(x, float) for x in TOKENS],
    "booleans": [np.array([True, False])] * 3,
    "channels": [np.array(x)[:, None] for x in TOKENS],
    "an array with channels": TABLE[:, :, None],
    "a float table": TABLE.astype(float),
    "a frame": pd.DataFrame(TABLE, columns=["Monday", "Tuesday"]),
    "a mix": [[1, 2], [0.5], [1]],
}


@pytest.mark.parametrize("X", INTEGERS.values(), ids=INTEGERS)
@pytest.mark.parametrize("cls", FAMILIES)
def test_integers_without_channels_are_tokens(cls, X):
    model = fit(cls, X)
    assert model.n_tokens_ == 7
    rows = 7 + (cls is RNNGenerator)  # and the token before the first
    assert model.get_weights()["embedding.W"].shape == (rows, 4)


@pytest.mark.parametrize("X", NUMBERS.values(), ids=NUMBERS)
@pytest.mark.parametrize("cls", [RNNClassifier, RNNRegressor])
def test_everything_else_is_numbers(cls, X):
    model = fit(cls, X)
    assert model.n_tokens_ is None
    assert "embedding.W" not in model.get_weights()


@pytest.mark.parametrize("cls", FAMILIES[:2])
def test_none_reads_integers_as_numbers(cls):
    model, floats = fit(cls, TOKENS, embedding_dim=None), fit(cls, NUMBERS["floats"])
    assert model.n_tokens_ is None
    np.testing.assert_array_equal(model.predict(TOKENS), floats.predict(TOKENS))


def test_a_generator_tells_piano_rolls_by_their_keys():
    for rolls in ([np.eye(4, dtype=int)], np.eye(4, dtype=bool)[None]):
        assert RNNGenerator(**SHORT).fit(rolls).out_activation_ == "logistic"


def test_text_gets_an_embedding_by_itself():
    # The classes are the middle ones of three tokens, which no magnitude tells from the others.
    texts = ["abc"[k % 3] * 3 for k in range(60)]
    y = [text[0] == "b" for text in texts]
    model = RNNClassifier(8, learning_rate_init=0.03, max_iter=30, random_state=0)
    pipeline = make_pipeline(SequenceEncoder(start=False), model).fit(texts, y)
    assert "embedding.W" in model.get_weights()
    assert pipeline.score(texts, y) == 1


def test_more_tokens_get_longer_vectors():
    widths = [
        RNNClassifier(**SHORT, n_tokens=n).fit(TOKENS, Y[RNNClassifier]).get_weights()
        for n in (16, 77, 500, 100_000)
    ]
    assert [w["embedding.W"].shape[1] for w in widths] == [4, 16, 32, 64]


def test_what_was_fitted_says_what_comes():
    model = fit(RNNClassifier, TOKENS)
    with pytest.raises(ValueError, match=r"X\[0\] has dtype float64, but steps are to be tokens"):
        model.predict(NUMBERS["floats"])
    model.partial_fit([np.array([1, 2])], [0])
    with pytest.raises(ValueError, match="has dtype float64"):
        model.partial_fit([np.array([1.0, 2.0])], [0])
    numbers = fit(RNNClassifier, NUMBERS["floats"])
    numbers.predict(TOKENS)  # integers are numbers, too
    numbers.partial_fit(TOKENS, [0, 1, 1])


@pytest.mark.parametrize("value", [-1, 2**31, 2**63, 10**8])
@pytest.mark.parametrize("cls", FAMILIES)
def test_integers_that_are_no_tokens_are_told_the_ways(cls, value):
    with pytest.raises(ValueError, match=r"token.*give floats or set embedding_dim=None"):
        fit(cls, [[1, 2], [value], [3]])


@pytest.mark.parametrize("cls", FAMILIES)
def test_a_vocabulary_that_stands_nearly_empty_is_warned_of(cls):
    prices = [[4999, 5020], [5005], [4800, 5100, 5000]]
    with pytest.warns(UserWarning, match="only 6 of them. .*give floats or set embedding_dim=None"):
        fit(cls, prices)
    fit(cls, prices, n_tokens=6000)  # which says that they are tokens
    fit(cls, [np.arange(2000)] * 3, embedding_dim="auto")
