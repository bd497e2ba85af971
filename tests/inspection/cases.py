"""Small fitted networks of every kind, with samples."""

from __future__ import annotations

import numpy as np
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._testing import ignore_warnings

import skdeep

RANDOM = np.random.default_rng(0)
X, Y = make_classification(40, 6, n_informative=4, n_classes=3, random_state=0)
UNIT = 1 / (1 + np.exp(-X))
SEQUENCES = [RANDOM.normal(size=(length, 2)) for length in (3, 5, 4, 2, 5, 3)]
TOKENS = [RANDOM.integers(0, 5, length) for length in (3, 5, 4, 2, 5, 3)]
LABELS = [0, 1, 2, 0, 1, 2]
STEP_LABELS = [RANDOM.integers(0, 3, len(steps)) for steps in SEQUENCES]

SGD = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.01, "batch_size": 40}
ONE = {"max_iter": 1, "dtype": "float64", "random_state": 0, "warm_start": True}
SMALL = {"hidden_layer_sizes": (5,), "activation": "tanh"}
CELLS = {"recurrent_layer_sizes": (4,), **SGD, **ONE}

#: Estimators that train by a loss of their outputs and y, with X and y.
SUPERVISED = {
    "mlp": (skdeep.MLPClassifier(**SMALL, **SGD, **ONE, alpha=0.1), X, Y),
    "mlp_binary": (skdeep.MLPClassifier(**SMALL, **SGD, **ONE), X, Y == 1),
    "mlp_weighted": (
        skdeep.MLPClassifier(**SMALL, **SGD, **ONE, class_weight="balanced"),
        X,
        np.where(Y == 2, 0, Y),
    ),
    "mlp_norm": (skdeep.MLPClassifier(**SMALL, **SGD, **ONE, normalization="batch"), X, Y),
    "mlp_regressor": (
        skdeep.MLPRegressor(**SMALL, **SGD, **ONE, loss="huber", standardize_target=True),
        X,
        X[:, :2] * 3 + 5,
    ),
    "cnn": (
        skdeep.CNNClassifier(
            conv_layers=[(3, 3)],
            image_shape=(6, 1),
            n_dims=1,
            normalization="batch",
            **SMALL,
            **SGD,
            **ONE,
        ),
        X,
        Y,
    ),
    "rnn": (skdeep.RNNClassifier(**CELLS), SEQUENCES, LABELS),
    "rnn_tokens": (skdeep.RNNClassifier(embedding_dim=3, **CELLS), TOKENS, LABELS),
    "attention": (
        skdeep.AttentionClassifier(
            1,
            4,
            n_heads=2,
            dropout=0.0,
            learning_rate_schedule=None,
            gradient_clip_norm=None,
            **SGD,
            **ONE,
        ),
        SEQUENCES,
        LABELS,
    ),
    "tagger": (skdeep.RNNTagger(**CELLS), SEQUENCES, STEP_LABELS),
    "autoencoder": (
        skdeep.Autoencoder(
            2, tied_weights=True, sparsity_cost=0.1, sparsity_penalty="l1", **SMALL, **SGD, **ONE
        ),
        X,
        X,
    ),
    "dbn": (
        skdeep.DBNClassifier(hidden_layer_sizes=(4,), pretrain_n_iter=1, **SGD, **ONE),
        UNIT,
        Y,
    ),
}

#: Estimators with another objective, with X.
OTHERS = {
    "vae": (skdeep.VariationalAutoencoder(2, hidden_layer_sizes=(4,), max_iter=1), X),
    "rbm": (skdeep.BernoulliRBM(4, n_iter=1), UNIT),
    "generator": (
        skdeep.RNNGenerator(embedding_dim=2, recurrent_layer_sizes=(4,), max_iter=1),
        TOKENS,
    ),
    "chords": (
        skdeep.RNNGenerator(nade_units=3, recurrent_layer_sizes=(4,), max_iter=1),
        [(sequence > 0).astype(float) for sequence in SEQUENCES],
    ),
}


@ignore_warnings(category=(ConvergenceWarning, UserWarning))
def fitted(name):
    """Return a fitted estimator, its samples and its y, or None."""
    if name in OTHERS:
        estimator, samples = OTHERS[name]
        return clone(estimator).fit(samples), samples, None
    estimator, samples, y = SUPERVISED[name]
    return clone(estimator).fit(samples, y), samples, y
