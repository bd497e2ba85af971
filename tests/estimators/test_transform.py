"""Hidden activations as features, and the uncertainty that dropout gives."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier, MLPRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4))
Y = (X[:, 0] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])
SMALL = {"hidden_layer_sizes": (6, 5), "max_iter": 10, "random_state": 0}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def relu(z):
    return np.maximum(z, 0)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
@pytest.mark.parametrize(("layer", "width"), [(-1, 5), (1, 5), (0, 6), (-2, 6)])
def test_transform_gives_the_layer_asked_for(cls, layer, width):
    model = cls(**SMALL, transform_layer=layer, dropout=0.3).fit(X, Y)
    (w0, w1, _), (b0, b1, _) = model.coefs_, model.intercepts_
    hidden = relu(X @ w0 + b0)
    expected = hidden if width == 6 else relu(hidden @ w1 + b1)
    np.testing.assert_allclose(model.transform(X), expected)
    names = model.get_feature_names_out()
    assert list(names) == [f"{cls.__name__.lower()}{k}" for k in range(width)]


def test_the_layer_may_be_changed_after_fit():
    model = MLPClassifier(**SMALL).fit(X, Y)
    assert model.transform(X).shape == (60, 5)
    assert model.set_params(transform_layer=0).transform(X).shape == (60, 6)
    assert len(model.get_feature_names_out()) == 6
    with pytest.raises(ValueError, match="transform_layer"):
        model.set_params(transform_layer=2).transform(X)
    assert not hasattr(model, "_n_features_out")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_features_in_a_pipeline(dtype):
    head = make_union(StandardScaler(), MLPClassifier(**SMALL))
    model = make_pipeline(head, LogisticRegression()).fit(X.astype(dtype), Y)
    assert model[:-1].transform(X.astype(dtype)).dtype == dtype
    assert len(model[:-1].get_feature_names_out()) == 9
    assert model.score(X.astype(dtype), Y) > 0.9


NOISY = {**SMALL, "hidden_layer_sizes": (30, 20), "dropout": [0.1, 0.4]}


def test_uncertainty_of_a_regressor():
    y = np.c_[X[:, 0], 1000 * X[:, 1]]
    model = MLPRegressor(**NOISY, standardize_target=True).fit(X, y)
    mean, std = model.predict(X, return_std=True)
    assert mean.shape == std.shape == (60, 2)
    assert (std > 0).all()
    assert 100 < std[:, 1].mean() / std[:, 0].mean() < 10000  # in the units of each output
    again = model.predict(X, return_std=True)
    np.testing.assert_array_equal(again, (mean, std))
    many = model.set_params(mc_samples=2000).predict(X, return_std=True)[0]
    far = np.abs(many - mean).max(axis=0) / std.max(axis=0)
    assert (far < 1).all()  # 50 masks estimate the mean of very many
    assert (far > 0).all()


@pytest.mark.parametrize("y", [Y, THREE, np.c_[Y, THREE > 0]], ids=["binary", "three", "labels"])
def test_uncertainty_of_a_classifier(y):
    model = MLPClassifier(**NOISY).fit(X, y)
    mean, std = model.predict_proba(X, return_std=True)
    assert mean.shape == std.shape == model.predict_proba(X).shape
    assert (std > 0).all()
    assert ((mean > 0) & (mean < 1)).all()
    if y.ndim == 1:
        np.testing.assert_allclose(mean.sum(axis=1), 1)


def test_uncertainty_of_several_outputs():
    y = np.c_[THREE, Y + 5]
    mean, std = MLPClassifier(**NOISY).fit(X, y).predict_proba(X, return_std=True)
    assert [m.shape for m in mean] == [s.shape for s in std] == [(60, 3), (60, 2)]


def test_a_row_does_not_depend_on_its_company():
    model = MLPRegressor(**NOISY).fit(X, Y)
    rows = np.repeat(X, 20, axis=0)[:1030]  # over the boundary of a chunk of 1024
    whole = np.array(model.predict(rows, return_std=True))
    np.testing.assert_allclose(model.predict(rows[1020:], return_std=True), whole[:, 1020:])
    alone = [model.predict(rows[k : k + 1], return_std=True) for k in (0, 1023, 1024, 1029)]
    np.testing.assert_allclose(np.array(alone)[:, :, 0].T, whole[:, [0, 1023, 1024, 1029]])
    # Equal rows have equal predictions wherever they stand: masks are shared by all rows.
    np.testing.assert_allclose(whole[:, 0], whole[:, 19])


def test_plain_predictions_do_not_depend_on_their_company_either():
    model = MLPRegressor(**NOISY).fit(X, Y)
    rows = RNG.normal(size=(2060, 4))
    whole = model.predict(rows)
    np.testing.assert_allclose(model.predict(rows[1000:1050]), whole[1000:1050])
    assert model.predict(rows[:1]).shape == (1,)


@pytest.mark.parametrize("cls", [MLPClassifier, MLPRegressor])
def test_uncertainty_needs_dropout(cls):
    model = cls(**SMALL).fit(X, Y).set_params(dropout=0.5)  # the fitted network has none
    method = model.predict if cls is MLPRegressor else model.predict_proba
    with pytest.raises(ValueError, match="needs dropout"):
        method(X, return_std=True)
