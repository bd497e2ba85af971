"""Recurrent networks learn sequences of any length, and what else training offers."""

import numpy as np
import pytest

from skdeep import RNNClassifier, RNNRegressor
from skdeep.backend import get_backend
from tests.estimators.rnn.test_rnn import FULL, REAL, SMALL, TOKENS, X, Y, same, small, tones
from tests.reference.recurrent import run

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---------------------------------------------------------------------- training


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_it_learns_tones_of_any_length(cell):
    train, test = tones(200, 1), tones(200, 2)
    model = RNNClassifier(16, cell, batch_size=20, max_iter=25, random_state=0)
    assert model.fit(*train).score(*test) > 0.95


def test_it_learns_tokens():
    """Whether a one comes before a two."""
    random = np.random.default_rng(0)
    sequences = [random.integers(0, 6, n) for n in random.integers(3, 12, 400)]
    sequences = [s for s in sequences if (s == 1).any() and (s == 2).any()]
    y = [int(np.argmax(s == 1) < np.argmax(s == 2)) for s in sequences]
    model = RNNClassifier(
        16,
        "gru",
        embedding_dim=8,
        batch_size=16,
        learning_rate_init=0.02,
        random_state=0,
        max_iter=60,
    )
    half = len(y) // 2
    assert model.fit(sequences[:half], y[:half]).score(sequences[half:], y[half:]) > 0.9


def test_numbers_are_learned():
    long, _ = tones(200, 1)
    y = np.array([len(x) for x in long], float)
    model = RNNRegressor(
        12,
        batch_size=20,
        max_iter=60,
        standardize_target=True,
        random_state=0,
        learning_rate_init=0.01,
    )
    assert model.fit(long[:150], y[:150]).score(long[150:], y[150:]) > 0.9


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_step_is_one_along_the_gradient_of_loops(cell):
    """The first step of a fit, against differences of a loss that loops over units compute."""
    rows = slice(0, 14)
    options = {
        "cell": cell,
        "recurrent_layer_sizes": (3,),
        "bidirectional": True,
        "solver": "sgd",
        "momentum": 0.0,
        "gradient_clip_norm": None,
        "alpha": 0.0,
        "learning_rate_init": 0.1,
        "batch_size": 14,
    }
    start = small(**options, max_iter=1, initial_weights=None).set_params(learning_rate_init=1e-15)
    before = start.fit(X[rows], Y[rows]).get_weights()
    after = small(**options, max_iter=1, initial_weights=before).fit(X[rows], Y[rows])
    np.testing.assert_allclose(after.loss_, loop_loss(cell, before, X[rows], Y[rows]), rtol=1e-12)
    random = np.random.default_rng(0)
    for _ in range(3):
        way = {name: random.normal(size=array.shape) for name, array in before.items()}
        up, down = (
            loop_loss(cell, {k: v + h * way[k] for k, v in before.items()}, X[rows], Y[rows])
            for h in (1e-6, -1e-6)
        )
        moved = sum(np.sum((after.get_weights()[k] - before[k]) * way[k]) for k in way)
        np.testing.assert_allclose(moved, -0.1 * (up - down) / 2e-6, rtol=1e-6)


def loop_loss(cell, weights, sequences, y):
    """Return the log-loss of one bidirectional layer and an output, one sequence at a time."""
    losses = []
    for sequence, label in zip(sequences, y, strict=True):
        features = []
        for name, reverse in (("forward", False), ("backward", True)):
            start = f"recurrent_0.{name}."
            own = {k.removeprefix(start): v for k, v in weights.items() if k.startswith(start)}
            states = run(cell, sequence, 3, own, reverse=reverse)
            features.append(states[0 if reverse else -1])
        z = np.concatenate(features) @ weights["output.W"][:, 0] + weights["output.b"][0]
        losses.append(np.logaddexp(0, -z if label else z))
    return np.mean(losses)


def test_device_arrays_stay_there():
    ops = get_backend("checked")
    host = small(scoring="accuracy", early_stopping=True, dropout=0.1).fit(FULL, Y)
    held = ops.to_device(FULL)
    model = small(scoring="accuracy", early_stopping=True, dropout=0.1).fit(held, Y)
    same(host, model, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(
        ops.to_host(model.predict_proba(held)), host.predict_proba(FULL), rtol=1e-9
    )
    np.testing.assert_array_equal(model.predict(FULL), host.predict(FULL))
    with pytest.raises(ValueError, match="X lies on 'checked' but this RNNClassifier"):
        host.predict(held)
    real = small(RNNRegressor, scoring="r2", early_stopping=True).fit(held, REAL)
    assert ops.to_host(real.predict(held)).shape == (60,)
    tokens = ops.to_device(np.stack([np.resize(t, 6) for t in TOKENS]))
    assert small(embedding_dim=2).fit(tokens, Y).n_tokens_ == 4


def test_lbfgs_trains_on_all_lengths_at_once():
    model = small(solver="lbfgs", max_iter=30).fit(X, Y)
    assert model.loss_curve_[-1] < 0.5 * model.loss_curve_[0]
    with pytest.warns(UserWarning, match="gradient_clip_norm has no effect"):
        small(solver="lbfgs", gradient_clip_norm=2.0).fit(X, Y)


def test_training_goes_on():
    model = small(warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="describe another network"):
        model.set_params(recurrent_layer_sizes=(7,)).fit(X, Y)
    with pytest.raises(ValueError, match="embedding_dim was set"):
        model.set_params(**SMALL, embedding_dim=3).fit(TOKENS, Y)
    np.testing.assert_array_equal(model.predict(X).shape, (60,))
    partial = small(embedding_dim=3).partial_fit(TOKENS[:30], Y[:30], classes=[0, 1])
    partial.partial_fit(TOKENS[30:], Y[30:])
    assert partial.t_ == 60
    with pytest.raises(ValueError, match=r"X\[0\] has a token 4"):
        partial.partial_fit([[4]], [0])


def test_validation_sequences():
    model = small(early_stopping=True).fit(X[:40], Y[:40], X_val=X[40:], y_val=Y[40:])
    assert len(model.validation_scores_) == 3
    scored = small(early_stopping=True, scoring="accuracy").fit(X, Y)
    plain = small(early_stopping=True).fit(X, Y)
    np.testing.assert_allclose(scored.validation_scores_, plain.validation_scores_)
    assert scored.validation_loss_curve_ == plain.validation_loss_curve_
    with pytest.raises(ValueError, match=r"X_val, y_val: X\[0\] has a token 4"):
        small(embedding_dim=2).fit(TOKENS, Y, X_val=[[4], [1]], y_val=[0, 1])
    real = small(RNNRegressor, early_stopping=True, scoring="r2").fit(X, REAL)
    assert len(real.validation_scores_) == 3


def test_what_else_training_offers():
    several = np.stack([Y, 1 - Y, np.arange(60) % 3], axis=1)
    assert small().fit(X, several).predict(X).shape == (60, 3)
    labels = np.stack([Y, 1 - Y], axis=1)
    assert small(loss="focal").fit(X, labels).predict(X).shape == (60, 2)
    model = small(RNNRegressor, loss="quantile", quantiles=(0.1, 0.9)).fit(X, REAL)
    assert model.predict(X).shape == (60, 2)
    for options in (
        {"learning_rate_schedule": "cosine", "solver": "adamw", "weight_decay": 0.1},
        {"gradient_clip_value": 0.1, "gradient_clip_norm": None, "solver": "sgd"},
        {"label_smoothing": 0.1, "kernel_initializer": "sklearn", "normalization": "layer"},
    ):
        assert small(**options).fit(X, Y).predict(X).shape == (60,)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_truncated_gradients_change_training_and_no_prediction(cell):
    options = {"cell": cell, "bidirectional": True, "max_iter": 1}
    whole = small(**options).fit(X, Y)
    short = small(**options, tbptt_steps=3).fit(X, Y)
    same(small(**options, tbptt_steps=50).fit(X, Y), whole, rtol=1e-9, atol=1e-12)
    name = "recurrent_0.forward.U"
    assert np.abs(short.get_weights()[name] - whole.get_weights()[name]).max() > 1e-5
    short.set_weights(whole.get_weights())
    np.testing.assert_allclose(short.predict_proba(X), whole.predict_proba(X), rtol=1e-12)


def test_predictions_under_dropout():
    for options in ({"dropout": 0.3}, {"recurrent_dropout": 0.3}):
        model = small(**options, mc_samples=4).fit(X, Y)
        mean, std = model.predict_proba(X, return_std=True)
        assert (std > 0).any()
        alone, _ = model.predict_proba(X[:1], return_std=True)
        np.testing.assert_allclose(mean[:1], alone, rtol=1e-10)
    with pytest.raises(ValueError, match="needs dropout"):
        small().fit(X, Y).predict_proba(X, return_std=True)
