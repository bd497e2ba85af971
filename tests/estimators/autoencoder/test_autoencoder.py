"""The autoencoder: what it learns, as a transformer, in scikit-learn's company."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdeep import Autoencoder, ConvAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

DIGITS = load_digits().data[:300] / 16
SMALL = {"hidden_layer_sizes": (12,), "max_iter": 4, "random_state": 0}


def fitted(X=DIGITS, n_components=3, **options):
    return Autoencoder(n_components, **{**SMALL, **options}).fit(X)


# ------------------------------------------------------------------ what is learned


@pytest.mark.parametrize("tied", [False, True])
def test_a_linear_autoencoder_finds_the_subspace_of_pca(tied):
    X = DIGITS[:, :20] - DIGITS[:, :20].mean(axis=0)
    model = Autoencoder(
        3,
        hidden_layer_sizes=(),
        tied_weights=tied,
        solver="lbfgs",
        alpha=0,
        max_iter=5000,
        max_fun=10**6,
        tol=1e-9,
        random_state=0,
    ).fit(X)
    pca = PCA(3).fit(X)
    best = ((pca.inverse_transform(pca.transform(X)) - X) ** 2).mean()
    assert -model.score(X) == pytest.approx(best, rel=1e-5)
    weights = model.get_weights()
    directions = np.linalg.qr(weights["code.W"] if tied else weights["output.W"].T)[0]
    cosines = np.linalg.svd(pca.components_ @ directions)[1]
    np.testing.assert_allclose(cosines, 1, atol=1e-5)


def oracle(weights, X, loss, tied):
    """Return codes, rows and loss of a network with one hidden tanh layer a side, by NumPy."""

    def decoder(name, owner):
        return weights[f"{owner}.W"].T if tied else weights[f"{name}.W"]

    h = np.tanh(X @ weights["encoder_0.W"] + weights["encoder_0.b"])
    code = h @ weights["code.W"] + weights["code.b"]
    h = np.tanh(code @ decoder("decoder_0", "code") + weights["decoder_0.b"])
    z = h @ decoder("output", "encoder_0") + weights["output.b"]
    if loss == "squared_error":
        return code, z, 0.5 * ((z - X) ** 2).sum(axis=1).mean()
    if loss == "log_loss":
        return code, 1 / (1 + np.exp(-z)), (np.logaddexp(0, z) - X * z).sum(axis=1).mean()
    deviance = X * (np.log(np.where(X > 0, X, 1)) - z) - X + np.exp(z)
    return code, np.exp(z), deviance.sum(axis=1).mean()


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("loss", ["squared_error", "log_loss", "poisson"])
def test_codes_rows_and_loss_are_those_of_the_formula(loss, tied):
    options = {"activation": "tanh", "alpha": 0, "loss": loss, "tied_weights": tied}
    model = fitted(solver="lbfgs", **options)
    code, rows, value = oracle(model.get_weights(), DIGITS, loss, tied)
    np.testing.assert_allclose(model.transform(DIGITS), code, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(model.reconstruct(DIGITS), rows, rtol=1e-9, atol=1e-11)
    assert model.loss_ == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("loss", ["squared_error", "log_loss", "poisson"])
def test_scores_are_squared_errors_whatever_the_loss(loss):
    model = fitted(loss=loss)
    errors = ((model.reconstruct(DIGITS) - DIGITS) ** 2).mean(axis=1)
    np.testing.assert_allclose(model.score_samples(DIGITS), -errors, rtol=1e-12)
    assert model.score(DIGITS) == pytest.approx(-errors.mean())
    weight = np.arange(300.0)
    assert model.score(DIGITS, sample_weight=weight) == pytest.approx(
        -np.average(errors, weights=weight)
    )


def test_inverse_transform_of_codes_is_the_reconstruction():
    model = fitted(code_activation="logistic", sparsity_cost=0.1, sparsity_penalty="kl")
    rows, codes = model.reconstruct(DIGITS), model.transform(DIGITS)
    np.testing.assert_array_equal(model.inverse_transform(codes), rows)
    np.testing.assert_allclose(model.inverse_transform(codes[::-2]), rows[::-2], rtol=1e-12)
    with pytest.raises(ValueError, match="codes with 3 columns, got 4"):
        model.inverse_transform(np.zeros((2, 4)))


def test_the_decoder_may_differ_from_the_encoder():
    model = fitted(hidden_layer_sizes=(9, 5), decoder_layer_sizes=(7,))
    shapes = {name: w.shape for name, w in model.get_weights().items() if name.endswith("W")}
    assert shapes == {
        "encoder_0.W": (64, 9),
        "encoder_1.W": (9, 5),
        "code.W": (5, 3),
        "decoder_0.W": (3, 7),
        "output.W": (7, 64),
    }


def test_tied_weights_are_there_once_and_mirrored():
    model = fitted(hidden_layer_sizes=(9, 5), tied_weights=True)
    shapes = {name: w.shape for name, w in model.get_weights().items() if name.endswith("W")}
    assert shapes == {"encoder_0.W": (64, 9), "encoder_1.W": (9, 5), "code.W": (5, 3)}


# ------------------------------------------------------------------ corruption and penalties


@pytest.mark.parametrize("corruption", ["gaussian", "masking", "salt_and_pepper"])
def test_corruption_acts_in_training_alone_and_changes_no_other_draw(corruption):
    plain, noisy = fitted(), fitted(corruption=corruption)
    assert noisy.loss_curve_[0] != plain.loss_curve_[0]
    np.testing.assert_array_equal(noisy.transform(DIGITS), noisy.transform(DIGITS))
    off = fitted(corruption=corruption, corruption_level=0.0)
    np.testing.assert_array_equal(off.transform(DIGITS), plain.transform(DIGITS))


def test_denoising_restores_better_than_a_plain_autoencoder():
    random = np.random.default_rng(0)
    # Features come in equal pairs, so that one of a pair tells the other.
    X = np.repeat(random.normal(size=(400, 5)), 2, axis=1)
    noisy = X * (random.random(X.shape) > 0.3)
    options = {"hidden_layer_sizes": (40,), "max_iter": 100, "learning_rate_init": 0.01}
    errors = [
        ((fitted(X, 10, corruption=kind, **options).reconstruct(noisy) - X) ** 2).mean()
        for kind in (None, "masking")
    ]
    assert errors[1] < 0.8 * errors[0]


def penalties(model, X, options):
    """Return what the penalties add, by plain NumPy."""
    code, value = model.transform(X), 0.0
    if options.get("sparsity_penalty") == "kl":
        mean, target = code.mean(axis=0), model.sparsity_target
        terms = target * np.log(target / mean) + (1 - target) * np.log((1 - target) / (1 - mean))
        value += model.sparsity_cost * terms.sum()
    elif "sparsity_cost" in options:
        value += model.sparsity_cost * np.abs(code).sum(axis=1).mean()
    if "contraction_cost" in options:
        W = model.get_weights()["code.W"]
        jacobians = (code * (1 - code))[:, None, :] * W[None]  # (n, F, H) of a logistic code
        value += model.contraction_cost / 2 * (jacobians**2).sum(axis=(1, 2)).mean()
    return value


@pytest.mark.parametrize(
    "options",
    [
        {"sparsity_cost": 0.7},
        {"sparsity_cost": 0.7, "sparsity_penalty": "kl"},
        {"contraction_cost": 0.7},
        {"contraction_cost": 0.7, "sparsity_cost": 0.2},
    ],
)
def test_penalties_are_part_of_the_loss(options):
    network = {"hidden_layer_sizes": (), "code_activation": "logistic", "alpha": 0}
    model = fitted(solver="lbfgs", **network, **options)
    error = 0.5 * ((model.reconstruct(DIGITS) - DIGITS) ** 2).sum(axis=1).mean()
    expected = error + penalties(model, DIGITS, options)
    assert model.loss_ == pytest.approx(expected, rel=1e-7)


def test_sparse_codes_are_sparse():
    options = {"code_activation": "logistic", "max_iter": 60, "learning_rate_init": 0.01}
    plain = fitted(n_components=10, **options)
    model = fitted(n_components=10, sparsity_penalty="kl", sparsity_cost=2.0, **options)
    assert abs(model.transform(DIGITS).mean() - 0.05) < 0.02 < plain.transform(DIGITS).mean()


def test_contraction_flattens_the_codes():
    options = {"code_activation": "tanh", "max_iter": 40, "learning_rate_init": 0.01}
    step = 1e-4 * np.random.default_rng(0).normal(size=DIGITS.shape)

    def change(model):
        return np.square(model.transform(DIGITS + step) - model.transform(DIGITS)).mean()

    assert change(fitted(contraction_cost=1.0, **options)) < 0.5 * change(fitted(**options))


# ------------------------------------------------------------------ pre-training


@pytest.mark.parametrize("tied", [False, True])
def test_layerwise_pretraining_helps_and_changes_no_other_draw(tied):
    options = {
        "hidden_layer_sizes": (30, 20),
        "activation": "tanh",
        "tied_weights": tied,
        "max_iter": 1,
        "learning_rate_init": 0.005,
    }
    plain = fitted(**options)
    model = fitted(pretrain="layerwise", pretrain_max_iter=30, **options)
    assert model.loss_ < 0.8 * plain.loss_
    given = {name: w for name, w in plain.get_weights().items()}
    fixed = fitted(pretrain="layerwise", initial_weights=given, **options)
    expected = fitted(initial_weights=given, **options)
    np.testing.assert_array_equal(fixed.transform(DIGITS), expected.transform(DIGITS))


def test_pretraining_by_machines():
    options = {"hidden_layer_sizes": (30, 20), "activation": "logistic", "loss": "log_loss"}
    plain = fitted(**options)
    model = fitted(pretrain="rbm", pretrain_max_iter=20, **options)
    assert model.loss_ < 0.9 * plain.loss_


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pretrain": "rbm"}, "needs activation='logistic'"),
        ({"pretrain": "layerwise", "normalization": "batch"}, "needs normalization=None"),
        ({"pretrain": "layerwise", "decoder_layer_sizes": (3,)}, "decoder that mirrors"),
        ({"tied_weights": True, "decoder_layer_sizes": (3,)}, "decoder that mirrors"),
        ({"corruption": "masking", "corruption_level": 1.0}, r"corruption_level in \[0, 1\)"),
        ({"sparsity_penalty": "kl", "sparsity_cost": 1.0}, "needs a code_activation"),
        ({"contraction_cost": 1.0, "normalization": "layer"}, "no closed form"),
        ({"solver": "lbfgs", "corruption": "gaussian"}, "corruption='gaussian' does not work"),
        ({"solver": "lbfgs", "dropout": 0.1}, "dropout=0.1 does not work"),
        ({"activation": "maxout"}, "activation must be among"),
        ({"code_activation": "no"}, "code_activation must be among"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
        ({"decoder_layer_sizes": 2.5}, "decoder_layer_sizes"),
        ({"n_components": 0}, "n_components"),
        ({"loss": "hinge"}, "loss"),
        ({"corruption_level": -1}, "corruption_level"),
    ],
)
def test_parameters_that_do_not_work_together_are_refused(options, message):
    model = fitted()
    before = model.transform(DIGITS)
    with pytest.raises(ValueError, match=message):
        model.set_params(**options).fit(DIGITS)
    np.testing.assert_array_equal(model.transform(DIGITS), before)


# ------------------------------------------------------------------ data


def test_dense_rows_are_not_copied_for_the_target(monkeypatch):
    from skdeep.train.dataset import Dataset

    seen = []
    original = Dataset.__init__

    def spy(self, *args):
        original(self, *args)
        seen.append(self.target is self.X)

    monkeypatch.setattr(Dataset, "__init__", spy)
    fitted(DIGITS.astype(np.float32), dtype="float64")
    assert seen == [True]


def test_values_that_do_not_go_with_the_loss():
    with pytest.raises(ValueError, match="loss='poisson' needs X >= 0, got -1"):
        fitted(-np.ones((4, 2)), loss="poisson")
    with pytest.warns(UserWarning, match=r"loss='log_loss' is meant.*MinMaxScaler\(clip=True\)"):
        fitted(2 * DIGITS, loss="log_loss")


# ------------------------------------------------------------------ scikit-learn's company


def test_in_a_pipeline_and_a_search():
    X, y = load_digits(return_X_y=True)
    pipe = make_pipeline(
        MinMaxScaler(),
        Autoencoder(5, hidden_layer_sizes=(20,), max_iter=3, random_state=0),
        LogisticRegression(max_iter=50),
    )
    grid = {"autoencoder__n_components": [2, 8], "autoencoder__corruption": [None, "masking"]}
    search = GridSearchCV(pipe, grid, cv=2).fit(X[:200], y[:200])
    assert search.best_params_["autoencoder__n_components"] == 8
    model = Autoencoder(hidden_layer_sizes=(), solver="lbfgs", random_state=0)
    alone = GridSearchCV(model, {"n_components": [1, 6]}, cv=2).fit(DIGITS)
    assert alone.best_params_ == {"n_components": 6}
    assert alone.score(DIGITS) == alone.best_estimator_.score(DIGITS)


def test_validation_rows_stop_training_by_their_error():
    X, X_val = DIGITS[:200], DIGITS[200:]
    model = Autoencoder(3, early_stopping=True, **SMALL).fit(X, X_val=X_val)
    assert model.validation_scores_[-1] == pytest.approx(model.score(X_val))
    loss = 0.5 * ((model.reconstruct(X_val) - X_val) ** 2).sum(axis=1).mean()
    assert model.validation_loss_curve_[-1] == pytest.approx(loss)
    held_out = Autoencoder(3, early_stopping=True, scoring="loss", **SMALL).fit(X)
    assert held_out.validation_scores_ == [-loss for loss in held_out.validation_loss_curve_]

    def scorer(estimator, X):
        return estimator.score(X)

    scored = Autoencoder(3, early_stopping=True, scoring=scorer, **SMALL).fit(X, X_val=X_val)
    np.testing.assert_allclose(scored.validation_scores_, model.validation_scores_)


def test_validation_weights_count():
    weight = np.arange(100.0)
    options = {**SMALL, "early_stopping": True}
    model = Autoencoder(3, **options).fit(
        DIGITS[:200], X_val=DIGITS[200:], sample_weight_val=weight
    )
    score = model.score(DIGITS[200:], sample_weight=weight)
    assert model.validation_scores_[-1] == pytest.approx(score)
    with pytest.raises(ValueError, match="sample_weight_val needs X_val"):
        Autoencoder(3, **options).fit(DIGITS, sample_weight_val=weight)


def test_training_does_not_go_on_with_codes_of_another_size():
    model = Autoencoder(3, warm_start=True, **SMALL).fit(DIGITS)
    with pytest.raises(ValueError, match="describe another network"):
        model.set_params(n_components=4).fit(DIGITS)
    assert model.transform(DIGITS).shape[1] == 3


@pytest.mark.parametrize(
    "model",
    [
        Autoencoder(2, hidden_layer_sizes=(3,), max_iter=2, random_state=0),
        ConvAutoencoder(2, conv_layers=[(2, 3)], max_iter=2, random_state=0),
    ],
    ids=lambda model: type(model).__name__,
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_scores_far_out_are_no_nan(model):
    images = np.random.default_rng(0).normal(size=(20, 6, 6))
    images = images if isinstance(model, ConvAutoencoder) else images.reshape(20, 36)
    model = clone(model).fit(images)
    with np.errstate(all="ignore"):
        for size in (1e100, 1e160, 1e307, 1.7e308):
            assert not np.isnan(model.score_samples(np.sign(images) * size)).any()
    assert (model.score_samples(np.sign(images) * 1e200) == -np.inf).all()
