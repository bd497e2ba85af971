"""What layers take is a parameter of the network: read, set, cloned and searched."""

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skdeep.model_selection as ours
from skdeep import NetworkClassifier, NetworkRegressor, NetworkTransformer
from skdeep.nn import Activation, Conv, Dense, Dropout, Normal, Parallel, Residual, Sequential
from tests.estimators.network.layers import Snake

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

X = np.random.default_rng(0).normal(size=(60, 4))
Y = np.arange(60) % 3
SHORT = {"max_iter": 3, "random_state": 0, "batch_size": 20}


def network(**params):
    return NetworkClassifier([Dense(6, name="hidden"), Activation("tanh")], **SHORT | params)


def test_layers_are_read_by_number_and_by_name():
    params = network().get_params()
    assert params["layers__0__units"] == params["layers__hidden__units"] == 6
    assert params["layers__1"] == Activation("tanh")
    assert "layers__0__units" not in network().get_params(deep=False)


def test_a_layer_is_replaced_and_the_given_list_stays():
    given = [Dense(6, name="hidden"), Activation("tanh")]
    model = NetworkClassifier(given)
    first = given[0]
    assert model.set_params(layers__0__units=9, layers__1__function="relu") is model
    assert model.layers == [Dense(9, name="hidden"), Activation("relu")]
    assert given == [Dense(6, name="hidden"), Activation("tanh")]
    assert given[0] is first
    model.set_params(layers__hidden__weight_init=Normal(0.1), layers__1=Snake())
    assert model.layers == [Dense(9, name="hidden", weight_init=Normal(0.1)), Snake()]


def test_the_default_is_not_changed():
    model = NetworkClassifier().set_params(layers__0__units=7)
    assert model.layers[0] == Dense(7)
    assert NetworkClassifier().layers[0] == Dense(100)


def test_a_whole_list_is_set_before_what_is_in_it():
    model = network().set_params(layers__0__units=3, layers=[Dense(8), Dense(9)])
    assert model.layers == [Dense(3), Dense(9)]


def test_layers_inside_layers():
    block = Residual([Dense(4), Sequential([Dropout(0.1, name="drop")], name="inner")])
    layers = [block, Parallel([Dense(2), Dense(3)])]
    model = NetworkClassifier(layers)
    assert model.get_params()["layers__0__layers__inner__layers__drop__rate"] == 0.1
    model.set_params(layers__0__layers__inner__layers__0__rate=0.3, layers__1__branches__1__units=5)
    assert model.layers[0].layers[1].layers[0] == Dropout(0.3, name="drop")
    assert model.layers[1].branches[1] == Dense(5)


def test_layers_of_a_decoder():
    model = NetworkTransformer(decoder_layers=[Dense(5)]).set_params(decoder_layers__0__units=3)
    assert model.decoder_layers == [Dense(3)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("layers__7__units", "there is no layer '7'; there are 0 to 1 and \\['hidden'\\]"),
        ("layers__hiden__units", "there is no layer 'hiden'"),
        ("layers__0__width", "Dense has no parameter 'width'"),
        ("layers__0__units__more", "'units' of Dense.* holds no layers"),
        ("layer__0__units", "Invalid parameter 'layer'"),
    ],
)
def test_names_that_lead_nowhere(name, said):
    with pytest.raises(ValueError, match=said):
        network().set_params(**{name: 1})


def test_a_clone_has_equal_layers_of_its_own():
    model = network()
    other = clone(model)
    assert other.layers == model.layers
    other.set_params(layers__0__units=2)
    assert model.layers[0].units == 6


def test_values_that_make_no_layer_are_named():
    with pytest.raises(ValueError, match="units of Dense must be a positive integer, got 0"):
        network().set_params(layers__0__units=0)


@pytest.mark.parametrize("number", [np.int64(3), np.int32(3)])
def test_numbers_of_numpy_are_numbers(number):
    images = np.random.default_rng(0).normal(size=(12, 4, 4, 1))
    model = NetworkClassifier([Conv(number, number)], max_iter=1).fit(images, np.arange(12) % 2)
    assert model.get_weights()["conv_0.W"].shape == (3, 3, 1, 3)
    network(max_iter=1).set_params(layers__0__units=number).fit(X, Y)


GRIDS = {
    "units": {"layers__0__units": [3, 5]},
    "by name": {"layers__hidden__units": [3, 5], "alpha": [0.0, 0.1]},
    "lists": {"layers": [[Dense(3)], [Dense(4), Activation("tanh"), Dense(2)], (Dense(5),)]},
    "own beside built-in": {"layers__1": [Activation("tanh"), Snake(), Snake(0.5)]},
    "rates": {"learning_rate_init": [0.001, 0.01]},
}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_searches_agree_with_those_of_sklearn(grid):
    found = ours.GridSearchCV(network(), grid, cv=3).fit(X, Y)
    expected = sk.GridSearchCV(network(), grid, cv=3).fit(X, Y)
    np.testing.assert_allclose(
        found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"]
    )
    assert found.best_params_ == expected.best_params_
    found.best_estimator_.predict(X)


def test_twelve_fits_with_an_own_layer_train_as_one_stack(stacks):
    model = NetworkClassifier([Dense(6), Snake()], **SHORT)
    ours.GridSearchCV(model, {"learning_rate_init": [1e-3, 3e-3, 1e-2, 3e-2]}, cv=3).fit(X, Y)
    assert stacks[0] == 12


def test_numbers_of_each_model_train_as_one_stack(stacks):
    model = make_pipeline(StandardScaler(), NetworkRegressor([Dense(6), Snake()], **SHORT))
    grid = {"networkregressor__layers__1__frequency": [0.5, 1.0, 2.0, 4.0]}
    found = ours.GridSearchCV(model, grid, cv=3).fit(X, X[:, 0])
    assert stacks[0] == 12
    expected = sk.GridSearchCV(model, grid, cv=3).fit(X, X[:, 0])
    np.testing.assert_allclose(
        found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"], rtol=1e-8
    )


def test_widths_train_in_stacks_of_their_own(stacks):
    model = NetworkClassifier([Dense(6), Snake()], **SHORT)
    grid = {"layers__0__units": [3, 5], "learning_rate_init": [1e-3, 1e-2]}
    ours.GridSearchCV(model, grid, cv=3).fit(X, Y)
    assert stacks[:2] == [6, 6]
