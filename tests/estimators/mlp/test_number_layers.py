"""Perceptrons with the parts of networks for tables."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from skdeep import MLPClassifier, MLPRegressor
from skdeep.nn import FeatureScale, ParametricActivation, PeriodicEmbedding

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 3))
Y = np.sin(4 * X[:, 0]) + X[:, 1]
SMALL = {"hidden_layer_sizes": (8, 6), "max_iter": 2, "random_state": 0}


def test_layers_are_those_of_the_parameters():
    model = MLPRegressor(
        **SMALL, numeric_embedding="pbld", scaling_layer=True, parametric_activation=True
    ).fit(X, Y)
    kinds = [type(layer) for layer, _ in model._network.spec.children.values()]
    assert kinds[:2] == [PeriodicEmbedding, FeatureScale]
    assert kinds.count(ParametricActivation) == 2
    assert model.transform(X).shape == (60, 6)
    with pytest.raises(AttributeError, match=r"get_weights\(\)"):
        model.coefs_


@pytest.mark.parametrize("embedding", ["pbld", "ple", "periodic"])
def test_embeddings_learn_waves_that_a_line_does_not(embedding):
    options = {"max_iter": 150, "learning_rate_init": 0.02, "random_state": 0, "tol": 0.0}
    given = {"kernel_initializer": "ntk", "hidden_layer_sizes": ()}
    model = MLPRegressor(**options, **given, numeric_embedding=embedding).fit(X, Y)
    plain = MLPRegressor(**options, **given).fit(X, Y)
    assert model.loss_ < 0.8 * plain.loss_


def test_edges_of_bins_are_quantiles_of_training_samples():
    split = [(np.arange(40), np.arange(40, 60))]
    far = np.where(np.arange(60)[:, None] < 40, X, 1e3)
    model = MLPRegressor(
        **SMALL, numeric_embedding="ple", early_stopping=True, validation_split=split
    )
    for rows in (X, far):
        edges = model.fit(rows, Y).get_weights()["numbers.edges"][:, 0]
        np.testing.assert_allclose(edges[:, 0], X[:40].min(axis=0))
        np.testing.assert_allclose(edges[:, -1], X[:40].max(axis=0))


def test_ntk_starts_as_lecun_normal_and_has_rates_of_its_own():
    models = [
        MLPRegressor(**{**SMALL, "max_iter": 1}, kernel_initializer=scheme).fit(X, Y)
        for scheme in ("ntk", "lecun_normal")
    ]
    ntk, plain = (model._network for model in models)
    np.testing.assert_array_equal(
        *(net.initial([np.random.RandomState(0)]) for net in (ntk, plain))
    )
    rates = {name: slot.param.rate for name, slot in ntk.layout.slots.items()}
    assert rates["hidden_1.W"] == pytest.approx(8**-0.5)
    assert rates["output.b"] == pytest.approx(0.1)
    assert {slot.param.rate for slot in plain.layout.slots.values()} == {1.0}


@pytest.mark.parametrize("part", [{"numeric_embedding": "ple"}, {"scaling_layer": True}])
def test_sparse_rows_are_refused_by_name_where_each_number_is_read(part):
    (name,) = part
    sparse = csr_array(X)
    model = MLPRegressor(**SMALL, **part)
    with pytest.raises(TypeError, match=rf"{name}=.* reads each number .* X is sparse"):
        model.fit(sparse, Y)
    with pytest.raises(TypeError, match=f"{name}="):
        model.fit(X, Y).predict(sparse)
    others = MLPRegressor(**SMALL, parametric_activation=True, kernel_initializer="ntk")
    np.testing.assert_allclose(
        others.fit(sparse, Y).predict(sparse), others.fit(X, Y).predict(X), rtol=1e-10
    )


@pytest.mark.parametrize("part", [{"parametric_activation": True}, {"kernel_initializer": "ntk"}])
def test_maxout_has_no_such_parts(part):
    (name,) = part
    with pytest.raises(ValueError, match=f"{name}=.* does not work with activation='maxout'"):
        MLPClassifier(**SMALL, activation="maxout", **part).fit(X, Y > 0)
