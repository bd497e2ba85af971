"""Hidden layers: their activations, dropout, normalisation, maxout, residual connections."""

import numpy as np
import pytest
from scipy.special import expit

from skdeep import MLPClassifier, MLPRegressor, register_activation
from skdeep.kernels.activations import ACTIVATIONS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
T = X[:, 0] - 2 * X[:, 1] + np.sin(X[:, 2])

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def regressor(**params):
    params = {"hidden_layer_sizes": (7, 5), "max_iter": 100, "random_state": 0, **params}
    return MLPRegressor(learning_rate_init=0.01, **params)


def falls(model):
    return model.loss_curve_[-1] < 0.7 * model.loss_curve_[0]


def test_each_layer_has_its_activation():
    model = regressor(activation=["tanh", "logistic"]).fit(X, T)
    (w0, w1, w2), (b0, b1, b2) = model.coefs_, model.intercepts_
    hidden = expit(np.tanh(X @ w0 + b0) @ w1 + b1)
    np.testing.assert_allclose(model.predict(X), (hidden @ w2 + b2)[:, 0])


@pytest.mark.parametrize("name", [*sorted(ACTIVATIONS), "maxout"])
def test_every_activation_trains(name):
    assert falls(regressor(activation=name).fit(X, T))


def test_a_registered_activation_is_a_choice():
    def derivative(xp, x):
        return 1 / ((1 + xp.abs(x)) * (1 + xp.abs(x)))

    softsign = (lambda xp, x: x / (1 + xp.abs(x)), derivative)
    try:
        register_activation("softsign_here", *softsign)
        model = regressor(activation=["softsign_here", "relu"], transform_layer=0).fit(X, T)
        hidden = model.transform(X)
    finally:
        ACTIVATIONS.pop("softsign_here", None)
    assert falls(model)
    z = X @ model.coefs_[0] + model.intercepts_[0]
    np.testing.assert_allclose(hidden, z / (1 + abs(z)))


def test_maxout_takes_the_larger_of_two_maps():
    model = regressor(hidden_layer_sizes=(6,), activation="maxout").fit(X, T)
    w = model.get_weights()
    pieces = [X @ w[f"hidden_0.piece_{k}.W"] + w[f"hidden_0.piece_{k}.b"] for k in (0, 1)]
    np.testing.assert_allclose(model.transform(X), np.maximum(*pieces))


def test_a_residual_block_adds_its_input():
    model = regressor(hidden_layer_sizes=(4,), activation="tanh", residual=True).fit(X, T)
    w = model.get_weights()
    inner = np.tanh(X @ w["block_0.body.hidden_0.W"] + w["block_0.body.hidden_0.b"])
    np.testing.assert_allclose(model.transform(X), X + inner)  # equal widths: no projection
    wider = regressor(hidden_layer_sizes=(6,), residual=True).fit(X, T)
    assert wider.get_weights()["block_0.shortcut.W"].shape == (4, 6)


@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_normalisation_comes_before_the_activation(kind):
    model = regressor(hidden_layer_sizes=(6,), normalization=kind, activation="tanh").fit(X, T)
    w = model.get_weights()
    assert ("hidden_0.b" in w) == (kind == "layer")  # batch statistics take any bias away
    z = X @ w["hidden_0.W"] + w.get("hidden_0.b", 0)
    if kind == "layer":
        z = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
    else:
        z = (z - w["norm_0.mean"]) / np.sqrt(w["norm_0.variance"] + 1e-5)
    expected = np.tanh(z * w["norm_0.scale"] + w["norm_0.shift"])
    np.testing.assert_allclose(model.transform(X), expected)


def test_batch_normalisation_with_lbfgs_predicts_what_it_trained():
    model = MLPRegressor(
        hidden_layer_sizes=(10,), solver="lbfgs", normalization="batch", random_state=0
    ).fit(X, T)
    mse = np.mean((model.predict(X) - T) ** 2) / 2
    assert mse == pytest.approx(model.loss_, abs=1e-3 * np.var(T))
    w = model.get_weights()
    z = X @ w["hidden_0.W"]
    np.testing.assert_allclose(w["norm_0.mean"], z.mean(axis=0), atol=1e-8)
    np.testing.assert_allclose(w["norm_0.variance"], z.var(axis=0), rtol=1e-6)


def test_dropout_per_layer_changes_training_only():
    plain = regressor().fit(X, T)
    dropped = regressor(dropout=[0.0, 0.5]).fit(X, T)
    assert plain.loss_curve_ != dropped.loss_curve_
    (w0, w1, w2), (b0, b1, b2) = dropped.coefs_, dropped.intercepts_  # dropout has no weights
    hidden = np.maximum(np.maximum(X @ w0 + b0, 0) @ w1 + b1, 0)
    np.testing.assert_allclose(dropped.predict(X), (hidden @ w2 + b2)[:, 0])
    assert regressor(dropout=[0.0, 0.0]).fit(X, T).loss_curve_ == plain.loss_curve_


@pytest.mark.parametrize("activation", ["relu", "selu"])
def test_dropout_trains(activation):
    assert falls(regressor(hidden_layer_sizes=(40,), activation=activation, dropout=0.2).fit(X, T))


@pytest.mark.parametrize("dropout", [0.3, [0.0, 0.3]])
def test_dropout_is_refused_with_lbfgs(dropout):
    with pytest.raises(ValueError, match=r"dropout=.*solver='lbfgs'"):
        regressor(solver="lbfgs", dropout=dropout).fit(X, T)
    regressor(solver="lbfgs", dropout=[0.0, 0.0], max_iter=3).fit(X, T)


UNLIKE = [{"activation": "maxout"}, {"normalization": "batch"}, {"residual": True}]


@pytest.mark.parametrize("params", UNLIKE)
@pytest.mark.parametrize("attribute", ["coefs_", "intercepts_"])
def test_coefs_are_absent_where_they_would_mislead(params, attribute):
    model = regressor(max_iter=2, **params).fit(X, T)
    assert not hasattr(model, attribute)
    with pytest.raises(AttributeError, match=rf"{attribute} describes a chain.*get_weights\(\)"):
        getattr(model, attribute)
    assert not hasattr(regressor(**params), attribute)


@pytest.mark.parametrize("params", [{}, *UNLIKE, {"hidden_layer_sizes": ()}])
@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_repr_and_html_repr_before_and_after_fit(cls, params):
    model = cls(**{"hidden_layer_sizes": (3,), "max_iter": 2, **params})
    assert cls.__name__ in model._repr_html_()
    model.fit(X, Y)
    html = model._repr_html_()
    assert "loss_curve_" in html
    assert ("coefs_" in html) == hasattr(model, "coefs_")
    assert repr(model).startswith(f"{cls.__name__}(")


def test_a_network_without_hidden_layers_is_linear():
    model = regressor(hidden_layer_sizes=(), solver="lbfgs", alpha=0.0, max_iter=500).fit(X, T)
    design = np.c_[X, np.ones(len(X))]
    exact = design @ np.linalg.lstsq(design, T, rcond=None)[0]
    np.testing.assert_allclose(model.predict(X), exact, atol=1e-3)
    assert model.n_layers_ == 2
    with pytest.raises(ValueError, match="needs a hidden layer"):
        model.transform(X)


@pytest.mark.parametrize(
    "name",
    [
        "glorot_uniform", "glorot_normal", "he_uniform", "he_normal", "lecun_uniform",
        "lecun_normal", "orthogonal", "uniform", "normal",
    ],
)  # fmt: skip
def test_every_initialiser_starts_biases_at_zero(name):
    still = {"learning_rate_init": 1e-12, "solver": "sgd", "max_iter": 1}
    model = MLPRegressor(
        hidden_layer_sizes=(40,), kernel_initializer=name, random_state=0, **still
    ).fit(X, T)
    assert np.abs(model.intercepts_[0]).max() < 1e-9
    assert 0.01 < model.coefs_[0].std() < 2
