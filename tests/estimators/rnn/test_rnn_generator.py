"""Generators know the laws that their sequences follow, and write by them."""

from itertools import product

import numpy as np
import pytest
from sklearn.base import clone

from skdeep import RNNGenerator, SequenceEncoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

#: A Markov chain of three tokens, and its stationary distribution.
CHAIN = np.array([[0.1, 0.8, 0.1], [0.6, 0.1, 0.3], [0.5, 0.5, 0.0]])


def walk(n, seed=0):
    rng = np.random.default_rng(seed)
    tokens = [0]
    for u in rng.random(n - 1):
        tokens.append(int(np.searchsorted(np.cumsum(CHAIN[tokens[-1]]), u)))
    return np.array(tokens)


@pytest.fixture(scope="module")
def chain_model():
    model = RNNGenerator(
        16, tbptt_steps=32, embedding_dim=4, max_iter=25, learning_rate_init=0.01, random_state=0
    )
    return model.fit([walk(6000)])


def test_the_score_of_a_markov_chain_is_its_entropy(chain_model):
    X = walk(4000, seed=1)
    best = np.log(CHAIN[X[:-1], X[1:]]).mean()
    assert best - 0.01 < chain_model.score([X]) < best + 0.003


def test_what_is_written_follows_the_chain(chain_model):
    found = chain_model.generate([[0], [1, 0], []], 3000, random_state=0)
    counts = np.zeros((3, 3))
    for tokens in found:
        np.add.at(counts, (tokens[:-1], tokens[1:]), 1)
    rates = counts / counts.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(rates, CHAIN, atol=0.05)


def test_temperature(chain_model):
    assert (chain_model.generate([[1]], 6, temperature=0)[0] == [0, 1, 0, 1, 0, 1]).all()
    hot = chain_model.generate(None, 3000, temperature=50.0, random_state=0)[0]
    np.testing.assert_allclose(np.bincount(hot) / 3000, 1 / 3, atol=0.04)
    one, two = (chain_model.generate(None, 50, random_state=k)[0] for k in (0, 0))
    np.testing.assert_array_equal(one, two)
    assert (one != chain_model.generate(None, 50, random_state=1)[0]).any()


def test_prompts_do_not_know_each_other(chain_model):
    prompts = [[0, 1, 2, 0], [1], [], [2, 2, 2, 2, 2, 2, 2]]
    together = chain_model.generate(prompts, 9, temperature=0)
    for prompt, found in zip(prompts, together, strict=True):
        np.testing.assert_array_equal(found, chain_model.generate([prompt], 9, temperature=0)[0])
        assert found.dtype == np.int32


def test_what_is_written_is_scored_as_it_was_drawn(chain_model):
    # The likeliest step after a prompt has the largest share of the score.
    prompt = walk(70, seed=2)
    step = chain_model.generate([prompt], 1, temperature=0)[0]
    scores = chain_model.score_samples([np.append(prompt, k) for k in range(3)])
    assert scores.argmax() == step[0]
    gains = scores - chain_model.score_samples([prompt])
    np.testing.assert_allclose(np.exp(gains).sum(), 1.0, rtol=1e-3)


def test_stopping_at_a_token(chain_model):
    found = chain_model.generate([[0]] * 40, 30, stop=2, random_state=0)
    assert not any((tokens == 2).any() for tokens in found)
    assert len({len(tokens) for tokens in found}) > 3
    free = chain_model.generate([[0]] * 40, 30, random_state=0)
    for cut, whole in zip(found, free, strict=True):
        np.testing.assert_array_equal(cut, whole[: len(cut)])


def test_no_steps(chain_model):
    assert [len(tokens) for tokens in chain_model.generate([[0], []], 0)] == [0, 0]


def test_scores_do_not_depend_on_chunks_or_company():
    X = [walk(n, seed=n) for n in (1, 5, 64, 3, 40)]
    model = RNNGenerator(6, tbptt_steps=7, max_iter=2, dtype="float64", random_state=0).fit(X)
    other = RNNGenerator(
        6, tbptt_steps=64, max_iter=1, dtype="float64", initial_weights=model.get_weights()
    )
    other = other.fit(X).set_weights(model.get_weights())
    scores = model.score_samples(X)
    np.testing.assert_allclose(other.score_samples(X), scores, rtol=1e-10)
    alone = [model.score_samples([x])[0] for x in X]
    np.testing.assert_allclose(alone, scores, rtol=1e-10)
    np.testing.assert_allclose(model.score(X), scores.sum() / sum(map(len, X)), rtol=1e-10)


def test_the_first_step_has_a_probability_too():
    X = [[1], [1], [0], [1]] * 10
    model = RNNGenerator(
        4,
        batch_size=40,
        max_iter=100,
        n_iter_no_change=100,
        learning_rate_init=0.05,
        alpha=0.0,
        random_state=0,
    ).fit(X)
    np.testing.assert_allclose(model.score_samples([[0], [1]]), np.log([0.25, 0.75]), atol=0.01)


def test_states_are_carried_further_than_gradients():
    # Each sequence repeats its first token, which is many chunks away in the end.
    X = [[k, *[2] * 30, k] for k in (0, 1)] * 20
    model = RNNGenerator(
        16, tbptt_steps=16, max_iter=80, learning_rate_init=0.01, alpha=0.0, tol=0.0, random_state=0
    ).fit(X)
    first = [model.generate([[k, *[2] * 29]], 1, temperature=0)[0][0] for k in (0, 1)]
    assert first == [2, 2]
    states = [
        model.score_samples([[k, *[2] * 30, 0]]) - model.score_samples([[k, *[2] * 30]])
        for k in (0, 1)
    ]
    assert abs(states[0] - states[1]) > 1e-6  # what was read first is not lost between chunks


def rolls(n, seed=0):
    """Keys that take turns, the second at random."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    return np.stack([t % 2 == 0, rng.random(n) < 0.3, t % 3 == 0], axis=1).astype(float)


def test_piano_rolls():
    model = RNNGenerator(
        16,
        embedding_dim=None,
        tbptt_steps=24,
        max_iter=10,
        learning_rate_init=0.02,
        alpha=0.0,
        random_state=0,
    )
    model.fit([rolls(4000)])
    X = rolls(600, seed=1)
    best = (X[:, 1] * np.log(0.3) + (1 - X[:, 1]) * np.log(0.7)).mean()
    assert best - 0.05 < model.score([X]) < best + 0.01
    found = model.generate([X[:12]], 12, random_state=0)[0]
    assert found.shape == (12, 3)
    np.testing.assert_array_equal(found[:, [0, 2]], X[12:24][:, [0, 2]])
    likeliest = model.generate([X[:12]], 12, temperature=0)[0]
    assert not likeliest[:, 1].any()


def test_the_end_of_an_only_sequence_validates():
    X = walk(400)
    model = RNNGenerator(
        4, tbptt_steps=16, max_iter=3, early_stopping=True, validation_fraction=0.25, random_state=0
    )
    changed = X.copy()
    changed[300:] = 2
    first, second = clone(model).fit([X]), clone(model).set_params(n_tokens=3).fit([changed])
    assert first.loss_curve_ == second.loss_curve_
    assert first.validation_scores_ != second.validation_scores_
    whole = clone(model).set_params(early_stopping=False).fit([X[:300]])
    assert whole.loss_curve_ == first.loss_curve_


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_steps": -1}, "n_steps must be a non-negative integer, got -1"),
        ({"n_steps": 1.5}, "n_steps must be a non-negative integer, got 1.5"),
        ({"n_steps": True}, "n_steps must be a non-negative integer, got True"),
        ({"temperature": -1}, "temperature must be a number of at least 0, got -1"),
        ({"temperature": "a"}, "temperature must be a number of at least 0, got 'a'"),
        ({"temperature": np.nan}, "temperature must be a number of at least 0, got nan"),
        ({"temperature": True}, "temperature must be a number of at least 0, got True"),
        ({"stop": 3}, "stop must be a token, 0 to 2, got 3"),
        ({"stop": 1.5}, "stop must be a token, 0 to 2, got 1.5"),
        ({"stop": True}, "stop must be a token, 0 to 2, got True"),
        ({"prompt": [0, 1]}, r"prompt\[0\] is 0, but prompt must be a list of sequences"),
        ({"prompt": np.array([0, 1])}, r"prompt\[0\] is .*0.*, but prompt must be a list"),
        ({"prompt": 1}, "prompt must be a list of sequences, got 1"),
        ({"prompt": "ab"}, "prompt must be a list of sequences, got 'ab'"),
        ({"prompt": []}, "prompt must hold at least one sequence"),
        ({"prompt": [[0], [3]]}, r"prompt\[1\] has a token 3, but tokens must be below 3"),
        ({"prompt": [[0], [0.5]]}, r"prompt\[1\] has dtype float64"),
    ],
)
def test_what_cannot_be_written(chain_model, options, message):
    with pytest.raises(ValueError, match=message):
        chain_model.generate(**options)


def test_what_cannot_be_learned():
    with pytest.raises(ValueError, match=r"X\[1\] has the value 0.5 in step 1, but piano rolls"):
        RNNGenerator(embedding_dim=None).fit([np.ones((3, 2)), np.array([[1, 0], [0, 0.5]])])
    with pytest.raises(ValueError, match=r"X\[0\] has a token 5, but tokens must be below 4"):
        RNNGenerator(n_tokens=4).fit([[5]])
    with pytest.raises(ValueError, match="the only sequence has 1 steps, of which"):
        RNNGenerator(early_stopping=True).fit([[0]])
    with pytest.raises(ValueError, match=r"X\[0\] has the value 0.5 in step 0, but piano rolls"):
        RNNGenerator(3, embedding_dim=None, max_iter=1).fit([[[1], [0]]]).score([[[0.5]]])
    roll = RNNGenerator(3, embedding_dim=None, max_iter=1).fit([np.eye(3)])
    for prompt in ([[1, 0, 1]], [np.eye(3), [[1, 0]]]):  # no list of chords, and narrow ones
        with pytest.raises(ValueError, match=r"^prompt\[\d\] has \d features, but .* 3 features"):
            roll.generate(prompt, 1)
    model = RNNGenerator(4, max_iter=1).fit([[0, 1, 2]])
    with pytest.raises(ValueError, match=r"X_val: .*token 3"):
        RNNGenerator(4, max_iter=1).fit([[0, 1, 2]], X_val=[[3]])
    with pytest.raises(ValueError, match=r"X\[0\] has a token 7"):
        model.score([[7]])
    assert model.n_tokens_ == 3


def test_names_end():
    encoder = SequenceEncoder(start=False, end=True)
    X = encoder.fit_transform(["ab", "abab"] * 10)
    model = RNNGenerator(12, max_iter=80, learning_rate_init=0.03, random_state=0).fit(X)
    found = model.generate([[]] * 30, 20, stop=encoder.end_token_, random_state=0)
    assert set(encoder.inverse_transform(found)) <= {"ab", "abab", "ababab"}


@pytest.mark.parametrize("held_out", [False, True])
def test_validation_scores_know_what_came_before(held_out):
    # A state that has seen nothing cannot tell where in the period it is.
    X = np.tile(np.arange(7), 60)
    model = RNNGenerator(
        8, tbptt_steps=8, max_iter=6, learning_rate_init=0.02, dtype="float64", random_state=0
    )
    if held_out:
        model.set_params(early_stopping=True, n_iter_no_change=9).fit([X])
        scores = model.score_samples([X, X[:378]])
        score = (scores[0] - scores[1]) / 42
    else:
        val = np.tile(np.arange(7), 50)[3:]
        model.fit([X], X_val=[val])
        score = model.score([val])
    np.testing.assert_allclose(max(model.validation_scores_), score, rtol=1e-3)


def test_weights_of_sequences_count_in_validation():
    X = np.array([[0, 0, 0, 0]] * 20 + [[1, 1, 1, 1]] * 20)
    kind = X[:, 0]
    model = RNNGenerator(
        4, max_iter=1, learning_rate_init=1e-9, early_stopping=True, dtype="float64", random_state=0
    )
    zeros, ones, equal, more = (
        clone(model).fit(X, sample_weight=w).validation_scores_[0]
        for w in (1 - kind, kind, None, 1 + 2 * kind)
    )
    share = (equal - zeros) / (ones - zeros)  # of the steps held out
    assert 0.1 < share < 0.9
    expected = (3 * share * ones + (1 - share) * zeros) / (1 + 2 * share)
    np.testing.assert_allclose(more, expected, rtol=1e-6)
    with pytest.raises(ValueError, match="all validation samples have a sample"):
        clone(model).fit(X[:9], sample_weight=np.arange(9) == 3)


def pairs(n, seed=0):
    """Chords of four keys: two of them, by chance the outer or the inner ones."""
    outer = np.random.default_rng(seed).random(n) < 0.5
    return np.where(outer[:, None], [1.0, 0, 0, 1], [0.0, 1, 1, 0])


@pytest.fixture(scope="module")
def chords():
    return RNNGenerator(
        4,
        output="nade",
        nade_units=6,
        tbptt_steps=20,
        max_iter=40,
        learning_rate_init=0.03,
        alpha=0.0,
        tol=0.0,
        random_state=0,
    ).fit([pairs(200, seed) for seed in range(4)])


def test_keys_of_a_chord_are_modelled_together(chords):
    X = [pairs(100, 9)]
    assert -0.75 < chords.score(X) < -0.65  # -log 2 at best; independent keys: -4 log 2
    found = chords.generate(None, 200, random_state=0)[0]
    assert found.dtype == bool or set(np.unique(found)) <= {0, 1}
    right = (found[:, 0] == found[:, 3]) & (found[:, 1] == found[:, 2]) & (found.sum(axis=1) == 2)
    assert right.mean() > 0.97
    np.testing.assert_allclose(found[:, 0].mean(), 0.5, atol=0.1)


def test_probabilities_of_all_sequences_of_chords_add_to_one(chords):
    steps = np.array(list(product([0.0, 1.0], repeat=8))).reshape(-1, 2, 4)
    np.testing.assert_allclose(np.exp(chords.score_samples(steps)).sum(), 1.0, rtol=1e-4)


def test_chords_are_drawn_as_they_are_scored(chords):
    prompt = pairs(3, 5)
    found = np.array(chords.generate([prompt] * 4000, 1, temperature=1.5, random_state=1))[:, 0]
    flat = np.array(chords.generate([prompt] * 4000, 1, temperature=1e300, random_state=1))
    np.testing.assert_allclose(flat.mean(axis=(0, 1)), 0.5, atol=0.05)
    assert 0.3 < found[:, 0].mean() < 0.7
    drawn = np.array(chords.generate([prompt, []] * 4000, 1, random_state=2))[::2, 0]
    every = np.array(list(product([0.0, 1.0], repeat=4)))
    longer = [np.concatenate([prompt, row[None]]) for row in every]
    exact = np.exp(chords.score_samples(longer) - chords.score_samples([prompt]))
    counts = [(drawn == row).all(axis=1).mean() for row in every]
    np.testing.assert_allclose(counts, exact, atol=0.03)
    best = chords.generate([prompt], 1, temperature=0)[0][0]
    assert best.tolist() in ([1, 0, 0, 1], [0, 1, 1, 0])


def test_chords_are_drawn_alike_on_a_device(chords):
    there = RNNGenerator(4, output="nade", nade_units=6, max_iter=1, device="checked")
    there.fit([pairs(20)]).set_weights(chords.get_weights())
    for temperature in (0, 1.0):
        given = {"temperature": temperature, "random_state": 3}
        found, here = (model.generate([pairs(3), []], 8, **given) for model in (there, chords))
        np.testing.assert_array_equal(found, here)
