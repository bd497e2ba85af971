"""A fit starts from another fitted network: the layers that fit are taken, and no others."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep.model_selection as ours
from skdeep import (
    Autoencoder,
    BernoulliRBM,
    CNNClassifier,
    CNNRegressor,
    ConvAutoencoder,
    DBNClassifier,
    DBNTransformer,
    GaussianRBM,
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkTransformer,
    RNNClassifier,
    RNNGenerator,
    RNNTagger,
    VariationalAutoencoder,
)
from skdeep.callbacks import ModelCheckpoint, load_checkpoint
from skdeep.nn import Activation, Dense

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
N = 40
X, IMAGES = RNG.random((N, 6)), RNG.random((N, 6, 6, 1))
Y, OTHER, T = np.arange(N) % 3, np.arange(N) % 2, RNG.normal(size=N)
TOKENS = [RNG.integers(0, 5, 3 + k % 4) for k in range(N)]
TAGS = [tokens % 2 for tokens in TOKENS]
ONE = {"max_iter": 1, "random_state": 0, "learning_rate_init": 1e-14}  # weights stay

ENCODER = Autoencoder(3, hidden_layer_sizes=(5, 4), **ONE)
CNN = {"conv_layers": [(3, 3)], "hidden_layer_sizes": (4,), **ONE}
TEXT = {"embedding_dim": 3, "recurrent_layer_sizes": (4,), **ONE}
HIDDEN = {"hidden_layer_sizes": (5, 4, 3), **ONE}
LISTED = [Dense(5, name="first"), Activation("tanh")]

#: Source and its data, target and its data, which layer of the source becomes which.
PAIRS = {
    "autoencoder, classifier": (
        (ENCODER, X),
        (MLPClassifier(**HIDDEN), X, Y),
        {"encoder_0": "hidden_0", "encoder_1": "hidden_1", "code": "hidden_2"},
    ),
    "autoencoder, normalised": (
        (clone(ENCODER).set_params(normalization="batch"), X),
        (MLPRegressor(**HIDDEN, normalization="batch"), X, T),
        {"encoder_0": "hidden_0", "norm_encoder_1": "norm_1", "encoder_1": "hidden_1"},
    ),
    "autoencoder, deeper one": (
        (ENCODER, X),
        (Autoencoder(2, hidden_layer_sizes=(5, 4, 3), **ONE), X),
        {"encoder_0": "encoder_0", "encoder_1": "encoder_1", "code": "encoder_2", "output": ""},
    ),
    "variational": (
        (VariationalAutoencoder(2, hidden_layer_sizes=(5,), **ONE), X),
        (MLPClassifier(**HIDDEN), X, Y),
        {"encoder.hidden_0": "hidden_0"},
    ),
    "belief network": (
        (DBNTransformer((5, 4), **ONE), X),
        (MLPClassifier(**HIDDEN), X, Y),
        {"hidden_0": "hidden_0", "hidden_1": "hidden_1"},
    ),
    "belief network, autoencoder": (
        (DBNTransformer((5, 4), **ONE), X),
        (ENCODER, X),
        {"hidden_0": "encoder_0", "hidden_1": "encoder_1"},
    ),
    "classifier, belief network": (
        (MLPClassifier(**HIDDEN), X, Y),
        (DBNClassifier((5, 4), pretrain_n_iter=1, **ONE), X, Y),
        {"hidden_0": "hidden_0", "hidden_1": "hidden_1"},
    ),
    "other classes": (
        (CNNClassifier(**CNN), IMAGES, Y),
        (CNNClassifier(**CNN), IMAGES, OTHER),
        {"conv_0": "conv_0", "hidden_0": "hidden_0"},
    ),
    "as many other classes": (
        (MLPClassifier(**HIDDEN), X, Y),
        (MLPClassifier(**HIDDEN), X, Y + 3),
        {"hidden_0": "hidden_0", "hidden_1": "hidden_1", "hidden_2": "hidden_2"},
    ),
    "the same classes": (
        (MLPClassifier(**HIDDEN), X, Y),
        (MLPClassifier(**HIDDEN), X, Y),
        {name: name for name in ("hidden_0", "hidden_1", "hidden_2", "output")},
    ),
    "numbers": (
        (CNNRegressor(**CNN), IMAGES, T),
        (CNNRegressor(**CNN), IMAGES, -T),
        {name: name for name in ("conv_0", "hidden_0", "output")},
    ),
    "images": (
        (ConvAutoencoder(4, conv_layers=[(3, 3)], **ONE), IMAGES),
        (CNNClassifier(**CNN), IMAGES, Y),
        {"conv_0": "conv_0", "code": "hidden_0"},
    ),
    "generator": (
        (RNNGenerator(**TEXT), TOKENS),
        (RNNClassifier(**TEXT), TOKENS, Y),
        {"recurrent_0": "recurrent_0"},
    ),
    "tagger": (
        (RNNTagger(**TEXT, bidirectional=False), TOKENS, TAGS),
        (RNNClassifier(**TEXT), TOKENS, Y),
        {"embedding": "embedding", "recurrent_0": "recurrent_0"},
    ),
    "listed layers": (
        (NetworkTransformer(LISTED, **ONE), X),
        (NetworkClassifier([*LISTED, Dense(3)], **ONE), X, Y),
        {"first": "first"},
    ),
}


def layers_of(names):
    return {name.rpartition(".")[0] for name in names}


@pytest.mark.parametrize(("source", "target", "pairs"), PAIRS.values(), ids=PAIRS)
def test_layers_that_fit_are_taken(source, target, pairs):
    first = clone(source[0]).fit(*source[1:])
    given = {"initial_weights": FrozenEstimator(first), "random_state": 1}
    model = clone(clone(target[0]).set_params(**given)).fit(*target[1:])
    there, here = first.get_weights(), model.get_weights()
    for before, after in pairs.items():
        for name, weights in there.items():
            follows = name.endswith((".mean", ".variance"))  # the data, in each fit
            if after and name.startswith(f"{before}.") and not follows:
                found = here[after + name.removeprefix(before)]
                np.testing.assert_allclose(found, weights, rtol=1e-5, atol=1e-6)
    expected = {after or before for before, after in pairs.items()}
    assert layers_of(model.transferred_weights_) >= expected
    outputs = {name for name in layers_of(model.transferred_weights_) if "output" in name}
    assert outputs == {name for name in expected if "output" in name}


def test_tokens_keep_their_rows_beside_those_of_the_start():
    first = RNNGenerator(**TEXT).fit(TOKENS)
    model = RNNClassifier(**{**TEXT, "random_state": 1}, initial_weights=first).fit(TOKENS, Y)
    expected = first.get_weights()["embedding.W"][:5]
    np.testing.assert_allclose(model.get_weights()["embedding.W"], expected, atol=1e-6)
    with pytest.raises(
        ValueError, match="no layer of this RNNClassifier fits in this RNN"
    ):  # too few rows
        RNNGenerator(**{**TEXT, "recurrent_layer_sizes": (7,)}, initial_weights=model).fit(TOKENS)


@pytest.mark.parametrize("rbm", [BernoulliRBM(5), GaussianRBM(5)])
def test_an_rbm_becomes_the_first_hidden_layer(rbm):
    rbm.set_params(random_state=0).fit(X)
    model = MLPClassifier(**HIDDEN, activation="logistic", transform_layer=0)
    model.set_params(initial_weights=rbm).fit(X, Y)
    assert model.transferred_weights_ == ["hidden_0.W", "hidden_0.b"]
    np.testing.assert_allclose(model.transform(X), rbm.transform(X), rtol=1e-5)


def test_half_a_layer_is_not_taken():
    first = MLPClassifier(**HIDDEN).fit(X, Y)
    model = MLPClassifier(**{**HIDDEN, "hidden_layer_sizes": (6, 4, 3)}, initial_weights=first)
    assert model.fit(X, Y).transferred_weights_ == [
        *("hidden_2.W", "hidden_2.b"),
        *("output.W", "output.b"),
    ]
    without = NetworkClassifier([Dense(5, bias=False, name="a")], **ONE).fit(X, Y)
    model = NetworkClassifier([Dense(5, name="a")], initial_weights=without, **ONE)
    assert model.fit(X, Y).transferred_weights_ == ["output.W", "output.b"]


def test_a_warm_start_moves_and_a_frozen_layer_does_not():
    first = MLPClassifier(**HIDDEN).fit(X, Y)
    params = {**HIDDEN, "learning_rate_init": 0.01, "initial_weights": first}
    model = MLPClassifier(**params, frozen_layers=["hidden_0"]).fit(X, OTHER)
    moved = first.get_weights(), model.get_weights()
    np.testing.assert_array_equal(*(weights["hidden_0.W"] for weights in moved))
    assert np.abs(moved[0]["hidden_1.W"] - moved[1]["hidden_1.W"]).max() > 1e-3


def test_names_go_with_the_fit_that_took_them():
    model = MLPClassifier(**HIDDEN).fit(X, Y)
    assert not hasattr(model, "transferred_weights_")
    model.set_params(initial_weights=clone(model).fit(X, Y)).fit(X, Y)
    assert pickle.loads(pickle.dumps(model)).transferred_weights_ == list(model.get_weights())
    assert not hasattr(model.set_params(initial_weights=None).fit(X, Y), "transferred_weights_")


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        (MLPClassifier(), NotFittedError, "is not fitted.*FrozenEstimator"),
        (FrozenEstimator(MLPClassifier()), NotFittedError, "is not fitted"),
        (make_pipeline(StandardScaler(), MLPClassifier()), ValueError, "'initial_weights'"),
        ([1.0], ValueError, "'initial_weights'"),
    ],
)
def test_what_gives_no_weights_is_refused(given, error, said):
    with pytest.raises(error, match=said):
        MLPClassifier(**HIDDEN, initial_weights=given).fit(X, Y)


def test_a_model_of_other_widths_is_refused():
    first = Autoencoder(7, hidden_layer_sizes=(), **ONE).fit(X)
    with pytest.raises(ValueError, match=r"no layer of this Autoencoder fits in .*code\.W"):
        MLPClassifier(**HIDDEN, initial_weights=first).fit(X, Y)


def test_a_clone_of_a_fitted_estimator_says_what_to_do():
    model = MLPClassifier(**HIDDEN, initial_weights=MLPClassifier(**HIDDEN).fit(X, Y))
    assert model.fit(X, Y).transferred_weights_
    with pytest.raises(NotFittedError, match="FrozenEstimator"):
        clone(model).fit(X, Y)


def test_columns_of_other_names_are_refused():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    first = MLPClassifier(**HIDDEN).fit(frame, Y)
    with pytest.raises(ValueError, match="has learned from columns"):
        MLPClassifier(**HIDDEN, initial_weights=first).fit(frame[list("bacdef")], Y)
    assert MLPClassifier(**HIDDEN, initial_weights=first).fit(X, Y).transferred_weights_


def test_searches_try_where_to_start_in_one_stack(stacks):
    coders = [
        FrozenEstimator(
            Autoencoder(3, hidden_layer_sizes=(5, 4), random_state=k, max_iter=3).fit(X)
        )
        for k in range(2)
    ]
    model = MLPClassifier(**{**HIDDEN, "max_iter": 4, "learning_rate_init": 0.01})
    grid = {"initial_weights": [None, *coders], "alpha": [0.0, 0.1]}
    found = ours.GridSearchCV(model, grid, cv=3, refit=False).fit(X, Y)
    assert stacks == [1, 1, 18]
    expected = sk.GridSearchCV(model, grid, cv=3, refit=False).fit(X, Y)
    name = "mean_test_score"
    np.testing.assert_allclose(found.cv_results_[name], expected.cv_results_[name])


def test_training_goes_on_from_a_checkpoint(tmp_path):
    first = FrozenEstimator(MLPClassifier(**HIDDEN).fit(X, OTHER))
    model = MLPClassifier(**{**HIDDEN, "max_iter": 3}, initial_weights=first)
    model.set_callbacks(ModelCheckpoint(tmp_path / "model.npz")).fit(X, Y)
    (path,) = tmp_path.iterdir()
    first.predict(X)  # which leaves its weights as they are
    loaded = load_checkpoint(path, clone(model))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
