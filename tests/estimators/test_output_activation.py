"""`output_activation` keeps the predictions of every regressor within bounds, in the units of y."""

import numpy as np
import pytest
from sklearn import model_selection as sk
from sklearn.base import clone

from skdeep import (
    CNNRegressor,
    DBNRegressor,
    MLPClassifier,
    MLPEnsembleRegressor,
    MLPRegressor,
    NetworkRegressor,
    RNNForecaster,
    RNNGenerator,
    RNNRegressor,
    RNNTagger,
)
from skdeep.callbacks import ModelCheckpoint, load_checkpoint
from skdeep.model_selection import GridSearchCV
from skdeep.nn import Dense
from tests.model_selection.test_same_answer import assert_same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 4))
Y = 50 + 30 * np.tanh(X[:, 0] + X[:, 1])  # from 20 to 80
BOTH = np.column_stack([Y, 100 - Y])
SMALL = {"max_iter": 5, "learning_rate_init": 0.01, "random_state": 0}
MEMBER = MLPRegressor(hidden_layer_sizes=(5,), **SMALL)

FAMILIES = {
    "mlp": (MEMBER, X),
    "ensemble": (MLPEnsembleRegressor(MEMBER, n_estimators=2, random_state=0), X),
    "cnn": (CNNRegressor(conv_layers=[(2, 3)], hidden_layer_sizes=(), pooling=None, **SMALL), X),
    "rnn": (RNNRegressor(recurrent_layer_sizes=3, **SMALL), X[:, :, None]),
    "dbn": (DBNRegressor(hidden_layer_sizes=(5,), pretrain_n_iter=1, **SMALL), 1.0 * (X > 0)),
    "network": (NetworkRegressor([Dense(5)], **SMALL), X),
}
every_family = pytest.mark.parametrize(("model", "rows"), FAMILIES.values(), ids=FAMILIES)


def bounded(model, value, **options):
    prefix = "estimator__" if isinstance(model, MLPEnsembleRegressor) else ""
    options = {"output_activation": value, **options}
    return clone(model).set_params(**{prefix + name: value for name, value in options.items()})


def members(model):
    return getattr(model, "estimators_", [model])


@every_family
@pytest.mark.parametrize("dtype", [None, "float32"])
@pytest.mark.parametrize("standardize", [False, True])
def test_predictions_stay_between_a_pair_of_bounds(model, rows, standardize, dtype):
    options = {"standardize_target": standardize, "dtype": dtype, "learning_rate_init": 0.5}
    fitted = bounded(model, (20, 80), **options).fit(rows, Y)
    found = fitted.predict(100 * rows if rows.min() < 0 else rows)
    assert found.min() >= 20
    assert found.max() <= 80
    assert np.ptp(found) > 1
    assert all(member.out_activation_ == "logistic" for member in members(fitted))


@pytest.mark.parametrize("loss", ["squared_error", "absolute_error", "huber", "quantile"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize(
    ("value", "y", "low"),
    [("logistic", Y / 100, 0), ("tanh", Y / 50 - 1, -1), ("softplus", Y / 20, 0), ((0, 100), Y, 0)],
)
def test_every_loss_learns_within_bounds(loss, solver, standardize, value, y, low):
    model = MLPRegressor(
        loss=loss,
        hidden_layer_sizes=(10,),
        output_activation=value,
        standardize_target=standardize,
        solver=solver,
        max_iter=400,
        learning_rate_init=0.03,
        random_state=0,
    ).fit(X, y)
    assert model.score(X, y) > 0.9
    assert model.predict(-100 * np.abs(X)).min() >= low


def test_several_outputs_and_quantiles():
    options = {"loss": "quantile", "quantiles": (0.1, 0.5, 0.9), "standardize_target": True}
    model = MLPRegressor(
        **options, output_activation=(15, 85), max_iter=300, learning_rate_init=0.02, random_state=0
    ).fit(X, BOTH)
    found = model.predict(X)
    assert found.shape == (120, 2, 3)
    assert found.min() >= 15
    assert found.max() <= 85
    assert (found[..., 0] <= found[..., 2] + 1).mean() > 0.9
    assert model.score(X, BOTH) > 0.9


def test_bounds_are_in_the_units_of_y():
    """A standardised y gives the same model in all units."""
    options = {"standardize_target": True, "max_iter": 30, "random_state": 0}
    small = MLPRegressor(output_activation=(0.01, 0.1), **options).fit(X, Y / 1000)
    large = MLPRegressor(output_activation=(1e4, 1e5), **options).fit(X, Y * 1000)
    np.testing.assert_allclose(large.predict(X), small.predict(X) * 1e6, rtol=1e-8)


@every_family
def test_y_outside_of_the_bounds_is_refused(model, rows):
    for value in ("logistic", "tanh", (0, 60), (30, 100)):
        with pytest.raises(ValueError, match=r"but y goes from 20\.\d+ to 79\.\d+: give a pair"):
            bounded(model, value).fit(rows, Y)
    with pytest.raises(ValueError, match=r"from 0 to inf, but y goes from -79\.\d+ to -20"):
        bounded(model, "softplus").fit(rows, -Y)


def test_validation_y_and_the_y_of_partial_fit_are_checked_too():
    model = bounded(MEMBER, (20, 80))
    with pytest.raises(ValueError, match="X_val, y_val: output_activation gives"):
        clone(model).set_params(early_stopping=True).fit(X, Y, X_val=X[:9], y_val=Y[:9] + 99)
    with pytest.raises(ValueError, match="output_activation gives predictions from 20 to 80"):
        model.partial_fit(X, Y).partial_fit(X, Y + 99)


def test_rounding_is_not_outside():
    scaled = (Y - Y.min()) / (Y.max() - Y.min()) * (1 + 1e-12)
    assert scaled.max() > 1
    bounded(MEMBER, "logistic").fit(X, scaled)


@every_family
@pytest.mark.parametrize(
    "value", ["relu", "sigmoidd", (1, 0), (0, 0), (0, np.inf), (np.nan, 1), [1, 2, 3], ("a", "b")]
)
def test_other_values_are_refused(model, rows, value):
    with pytest.raises(ValueError, match=r"output_activation must be among .* or a pair"):
        bounded(model, value).fit(rows, Y)


@every_family
def test_not_with_a_log_link(model, rows):
    with pytest.raises(ValueError, match="output_activation='softplus' does not work with loss="):
        bounded(model, "softplus", loss="poisson").fit(rows, Y)


def test_sigmoid_is_logistic():
    found = bounded(MEMBER, "sigmoid").fit(X, Y / 100).predict(X)
    np.testing.assert_array_equal(found, bounded(MEMBER, "logistic").fit(X, Y / 100).predict(X))


# ---------------------------------------------------------------- going on, and in stacks


@pytest.mark.parametrize(
    "change", [{"output_activation": (0, 90)}, {"output_activation": "identity"}]
)
def test_training_does_not_go_on_with_other_outputs(change):
    model = bounded(MEMBER, (0, 100), warm_start=True).fit(X, Y)
    expected = model.predict(X)
    model.set_params(**change)
    for train in (model.fit, model.partial_fit):
        with pytest.raises(ValueError, match="training cannot continue with output_activation="):
            train(X, Y)
    np.testing.assert_array_equal(model.predict(X), expected)


def test_training_does_not_go_on_with_another_link():
    model = MLPRegressor(warm_start=True, max_iter=2).fit(X, Y).set_params(loss="poisson")
    with pytest.raises(ValueError, match=r"loss='poisson'.* a model with 'identity'"):
        model.fit(X, Y)


def test_partial_fit_goes_on():
    model = bounded(MEMBER, (0, 100), standardize_target=True)
    for _ in range(100):
        model.partial_fit(X, Y)
    assert model.score(X, Y) > 0.9


def test_initial_weights():
    model = bounded(MEMBER, (0, 100)).fit(X, Y)
    again = bounded(MEMBER, (0, 100), initial_weights=model.get_weights(), max_iter=1)
    again.set_params(learning_rate_init=1e-12).fit(X, Y)
    np.testing.assert_allclose(again.predict(X), model.predict(X), rtol=1e-6)


def test_a_stacked_search_gives_the_answer_of_separate_fits():
    """Folds have targets of different means, and candidates have different activations."""
    grid = {
        "output_activation": ["identity", "softplus", (0, 100), (10, 90)],
        "standardize_target": [False, True],
        "learning_rate_init": [0.01, 0.02],
    }
    model = clone(MEMBER).set_params(max_iter=10)
    expected = sk.GridSearchCV(model, grid, cv=3).fit(X, Y)
    assert_same(GridSearchCV(model, grid, cv=3).fit(X, Y), expected)


def test_a_standardised_search_trains_its_folds_in_one_stack(stacks):
    model = bounded(MEMBER, (0, 100), standardize_target=True)
    GridSearchCV(model, {"alpha": [0, 1e-3]}, cv=3, refit=False).fit(X, Y)
    assert stacks == [6]


def test_a_checkpoint_has_its_bounds(tmp_path):
    model = bounded(MEMBER, (15, 85), standardize_target=True)
    fitted = clone(model).set_callbacks(ModelCheckpoint(tmp_path / "a.ckpt")).fit(X, Y)
    loaded = load_checkpoint(tmp_path / "a.ckpt", model)
    np.testing.assert_array_equal(loaded.predict(X), fitted.predict(X))
    assert loaded.out_activation_ == "logistic"
    with pytest.raises(ValueError, match="y goes from"):
        loaded.partial_fit(X, Y + 99)


# ---------------------------------------------------------------- the attribute

LABELS = [np.arange(5) % 2] * 20
STEPS = list(RANDOM.normal(size=(20, 5, 2)))
NAMED = {
    "identity": (MEMBER, X, Y),
    "exp": (MLPRegressor("poisson", (5,), **SMALL), X, Y),
    "tanh": (bounded(MEMBER, "tanh"), X, Y / 100),
    "logistic": (MLPClassifier((5,), **SMALL), X, Y > 50),
    "softmax": (MLPClassifier((5,), **SMALL), X, np.arange(120) % 3),
    "logistic, steps": (RNNTagger(**SMALL), STEPS, LABELS),
    "identity, steps": (RNNForecaster(**SMALL), np.sin(np.arange(50.0))),
    "logistic, next": (RNNGenerator(embedding_dim=None, **SMALL), [1.0 * (s > 0) for s in STEPS]),
}


@pytest.mark.parametrize("name", NAMED)
def test_the_attribute_follows_and_cannot_be_set(name):
    model, *data = NAMED[name]
    model = clone(model).fit(*data)
    assert model.out_activation_ == name.split(",")[0]
    with pytest.raises(AttributeError, match="out_activation_"):
        model.out_activation_ = "identity"
    assert not hasattr(clone(model), "out_activation_")
