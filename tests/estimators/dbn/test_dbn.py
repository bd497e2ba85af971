"""Deep belief networks: the stack of RBMs, and the network that begins as it."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone

from skdeep import (
    BernoulliRBM,
    DBNClassifier,
    DBNRegressor,
    GaussianRBM,
    MLPClassifier,
    MLPRegressor,
)
from tests.contracts.estimator_results import values
from tests.estimators.dbn.small import (
    CLASSES,
    RNG,
    SMALL,
    X,
    Y,
    assert_same_rbms,
    classifier,
    transformer,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


# ---------------------------------------------------------------------- the stack


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_unrolled_network_begins_as_the_stack(visible, dtype):
    dbn = transformer(visible=visible, fine_tune=False).fit(X.astype(dtype))
    kinds = {"bernoulli": BernoulliRBM, "gaussian": GaussianRBM}
    assert [type(rbm) for rbm in dbn.rbms_] == [kinds[visible], BernoulliRBM]
    features, rows = X.astype(dtype), None
    for layer, rbm in enumerate(dbn.rbms_):
        features = rbm.transform(features)
        dbn.set_params(transform_layer=layer)
        assert dbn.transform(X.astype(dtype)).dtype == dtype
        np.testing.assert_array_equal(dbn.transform(X.astype(dtype)), features)
        rows = features
        for below in reversed(dbn.rbms_[: layer + 1]):
            rows = below.inverse_transform(rows)
        np.testing.assert_allclose(dbn.inverse_transform(features), rows, rtol=1e-5)
    np.testing.assert_allclose(dbn.reconstruct(X.astype(dtype)), rows, rtol=1e-5)


def test_each_rbm_learns_from_the_one_below():
    dbn = transformer(fine_tune=False, shuffle=False).fit(X)
    lower, upper = dbn.rbms_
    by_hand = clone(lower).fit(X)
    np.testing.assert_array_equal(values(by_hand), values(lower))
    above = clone(upper).fit(by_hand.transform(X))
    np.testing.assert_array_equal(values(above), values(upper))
    assert lower.random_state != upper.random_state
    assert dbn.pretrain_curves_ == [lower.monitor_curve_, upper.monitor_curve_]
    assert [len(curve) for curve in dbn.pretrain_curves_] == [2, 2]


@pytest.mark.parametrize("cls", [DBNClassifier, DBNRegressor])
def test_fine_tuning_begins_at_the_rbms(cls):
    frozen = ("hidden_0", "hidden_1")
    model = cls(**SMALL, frozen_layers=frozen).fit(X, CLASSES[cls])
    features = model.rbms_[1].transform(model.rbms_[0].transform(X))
    np.testing.assert_array_equal(model.transform(X), features)
    tuned = cls(**SMALL).fit(X, CLASSES[cls])
    assert_same_rbms(model, tuned)
    assert not np.array_equal(tuned.transform(X), features)
    weights = {"hidden_0.W": np.ones((6, 5))}
    given = cls(**SMALL, frozen_layers=frozen, initial_weights=weights).fit(X, CLASSES[cls])
    np.testing.assert_array_equal(given.get_weights()["hidden_0.W"], 1)
    np.testing.assert_array_equal(given.coefs_[1], model.coefs_[1])


@pytest.mark.parametrize(
    ("cls", "plain"), [(DBNClassifier, MLPClassifier), (DBNRegressor, MLPRegressor)]
)
def test_without_pre_training_it_is_a_logistic_network(cls, plain):
    model = cls(**{**SMALL, "pretrain_n_iter": 0}).fit(X, CLASSES[cls])
    same = plain(
        hidden_layer_sizes=(5, 4),
        activation="logistic",
        learning_rate_init=0.003,
        max_iter=3,
        random_state=0,
    ).fit(X, CLASSES[cls])
    assert model.loss_curve_ == same.loss_curve_
    assert model.rbms_ == []
    with pytest.raises(ValueError, match="pretrain_n_iter=0"):
        model.sample()
    with pytest.raises(ValueError, match="pretrain_n_iter=0"):
        model.inverse_transform(model.transform(X))


def test_pre_training_changes_no_other_draw():
    plain = classifier(pretrain_n_iter=0, frozen_layers=["output"]).fit(X, Y)
    begun = classifier(frozen_layers=["output"]).fit(X, Y)
    np.testing.assert_array_equal(plain.coefs_[-1], begun.coefs_[-1])


def test_upper_layers_may_go_without_rbms():
    dbn = classifier(pretrain_n_iter=[2, 0]).fit(X, Y)
    assert [rbm.n_components for rbm in dbn.rbms_] == [5]
    assert dbn.sample(3, 2, random_state=0).shape == (3, 6)
    with pytest.raises(ValueError, match="only the 1 below were trained"):
        dbn.inverse_transform(dbn.transform(X))
    dbn.set_params(transform_layer=0)
    assert dbn.inverse_transform(dbn.transform(X)).shape == X.shape
    first = transformer(pretrain_n_iter=[2, 0], frozen_layers=["hidden_0", "output"]).fit(X)
    np.testing.assert_array_equal(first.coefs_[-1], first.rbms_[0].components_)


def test_parameters_of_each_rbm():
    dbn = transformer(
        pretrain_learning_rate=[0.02, None],
        pretrain_algorithm=("cd", "pcd"),
        pretrain_n_gibbs_steps=np.array([1, 2]),
        pretrain_centering=[True, False],
        pretrain_momentum=0.5,
        pretrain_learning_rate_schedule=["cosine", None],
        fine_tune=False,
    ).fit(X)
    names = ("learning_rate", "algorithm", "n_gibbs_steps", "centering", "momentum")
    names += ("learning_rate_schedule", "n_iter")
    found = [tuple(rbm.get_params()[name] for name in names) for rbm in dbn.rbms_]
    assert found == [(0.02, "cd", 1, True, 0.5, "cosine", 2), (0.1, "pcd", 2, False, 0.5, None, 2)]
    gaussian = transformer(visible="gaussian", fine_tune=False).fit(X)
    assert [rbm.learning_rate for rbm in gaussian.rbms_] == [0.01, 0.1]


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"hidden_layer_sizes": ()}, "at least one hidden layer"),
        ({"pretrain_n_iter": [1, 2, 3]}, "pretrain_n_iter has 3 entries for 2 hidden layers"),
        ({"pretrain_n_iter": [0, 2]}, "zeros come last"),
        ({"pretrain_n_iter": [1, -1]}, "'pretrain_n_iter' parameter"),
        ({"pretrain_learning_rate": [0.1, 0.0]}, "'pretrain_learning_rate' parameter"),
        ({"pretrain_algorithm": ["cd", "ml"]}, "'pretrain_algorithm' parameter"),
        ({"pretrain_batch_size": "auto"}, "'pretrain_batch_size' parameter"),
        ({"visible": "binary"}, "'visible' parameter"),
        ({"transform_layer": 2}, "transform_layer"),
    ],
    ids=str,
)
def test_bad_parameters(cls, params, message):
    with pytest.raises(ValueError, match=message):
        cls(**{**SMALL, **params}).fit(X, CLASSES[cls])


# ---------------------------------------------------------------------- samples


def test_samples_have_the_distribution_of_the_model():
    dbn = transformer(hidden_layer_sizes=(3, 2), fine_tune=False).fit(X[:, :4])
    random = np.random.RandomState(1)
    for rbm, (n, h) in zip(dbn.rbms_, [(4, 3), (3, 2)], strict=True):
        rbm.set_weights({"W": random.normal(0, 2, (n, h)), "b": random.normal(0, 1, n)})
    states = [np.array(list(product([0.0, 1.0], repeat=n))) for n in (4, 3)]
    prior = np.exp(-dbn.rbms_[1].free_energy(states[1]))
    means = dbn.rbms_[0].inverse_transform(states[1])
    given = [np.where(v == 1, means, 1 - means).prod(axis=1) for v in states[0]]
    expected = np.array(given) @ (prior / prior.sum())
    n = 20_000
    draws = dbn.sample(n, 100, random_state=0)
    counts = np.bincount((draws @ [8, 4, 2, 1]).astype(int), minlength=16)
    spread = np.sqrt(n * expected * (1 - expected))
    assert np.abs((counts - n * expected) / spread).max() < 4
    assert expected.max() > 3 * np.median(expected)  # not the uniform distribution


def test_samples_repeat_with_a_seed_and_go_on_without():
    dbn = transformer().fit(X)
    np.testing.assert_array_equal(*(dbn.sample(20, 5, random_state=1) for _ in range(2)))
    assert not np.array_equal(dbn.sample(20, 5), dbn.sample(20, 5))
    assert set(np.unique(dbn.sample(20, 5))) <= {0, 1}
    real = transformer(visible="gaussian").fit(X + RNG.normal(size=X.shape))
    assert len(np.unique(real.sample(20, 5, random_state=0))) > 100
    with pytest.raises(ValueError, match="n_samples must be at least 1"):
        dbn.sample(0)
    one = transformer(hidden_layer_sizes=(4,)).fit(X)
    np.testing.assert_array_equal(
        one.sample(5, 3, random_state=0), one.rbms_[0].sample(5, 3, np.random.RandomState(0))
    )


# ---------------------------------------------------------------------- as estimators


def test_frames():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    dbn = transformer().set_output(transform="pandas").fit(frame).set_params(transform_layer=0)
    assert dbn.transform(frame).shape == (60, 5)
    assert dbn.get_feature_names_out().tolist() == [f"dbntransformer{k}" for k in range(5)]
    with sklearn.config_context(transform_output="pandas"):
        other = transformer().fit(frame)
    assert not hasattr(other.rbms_[1], "feature_names_in_")  # fed with arrays all the same
    np.testing.assert_array_equal(values(other), values(dbn))


def test_warm_starts_and_partial_fits_fine_tune_what_is_there():
    model = classifier(warm_start=True).fit(X, Y)
    rbms, before = model.rbms_, model.loss_
    model.fit(X, Y)
    assert model.rbms_ is rbms
    assert model.loss_ < before
    steps = classifier().partial_fit(X, Y, classes=["no", "yes"])
    assert steps.rbms_[0].t_ == 2 * len(X)
    assert_same_rbms(steps, classifier().fit(X, Y))
    rbms = steps.rbms_
    assert steps.partial_fit(X[:20], Y[:20]).rbms_ is rbms
    assert len(steps.loss_curve_) == 2
    codes = transformer().partial_fit(X).partial_fit(X)
    assert len(codes.loss_curve_) == 2


def test_without_fine_tuning_no_epoch_is_run():
    dbn = transformer(fine_tune=False, early_stopping=True, verbose=0).fit(X)
    assert dbn.n_iter_ == 0
    assert dbn.loss_curve_ == []
    assert dbn.score(X) < 0
    assert transformer(max_iter=200, tol=0).fit(X).score(X) > dbn.score(X)


def test_layers_of_the_unrolled_network():
    dbn = transformer(hidden_layer_sizes=(5, 4, 3), dropout=[0.0, 0.1, 0.2]).fit(X)
    assert [w.shape for w in dbn.coefs_] == [(6, 5), (5, 4), (4, 3), (3, 4), (4, 5), (5, 6)]
    assert dbn.n_layers_ == 7
    for layer, width in enumerate((5, 4, 3)):
        dbn.set_params(transform_layer=layer)
        assert dbn.transform(X).shape == (60, width)
        rows = dbn.inverse_transform(dbn.transform(X))
        assert rows.shape == X.shape
        assert ((rows > 0) & (rows < 1)).all()
        with pytest.raises(ValueError, match=f"{width} columns, got 2"):
            dbn.inverse_transform(X[:, :2])
    np.testing.assert_allclose(rows, dbn.reconstruct(X))


# ---------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_array])
def test_rows_outside_the_range_of_bernoulli_units(kind):
    with pytest.warns(UserWarning, match=r"MinMaxScaler\(clip=True\)") as seen:
        far = transformer(fine_tune=False).fit(kind(3 * X - 1))
    assert len([w for w in seen if "MinMaxScaler" in str(w.message)]) == 1
    # Rows come in an order of their content, so that only the very same ones can be compared.
    plain = transformer(fine_tune=False, shuffle=False).fit(X)
    with pytest.warns(UserWarning, match="which pre-training clips"):
        clipped = transformer(fine_tune=False, shuffle=False).fit(kind(3 * X - 1))
    assert_same_rbms(clipped, plain)
    assert np.isfinite(far.transform(3 * X - 1)).all()
    transformer(visible="gaussian").fit(kind(X - 0.5))  # which warns of nothing


@pytest.mark.parametrize("cls", CLASSES)
def test_a_fit_that_fails_leaves_the_model(cls):
    model = cls(**SMALL).fit(X, CLASSES[cls])
    before, rbms = values(model).copy(), model.rbms_
    model.set_params(pretrain_learning_rate=1e300, visible="gaussian")
    with pytest.raises(ValueError, match="diverged"), np.errstate(all="ignore"):
        model.fit(X, CLASSES[cls])
    np.testing.assert_array_equal(values(model), before)
    assert model.rbms_ is rbms
    assert model.sample(2, 2, random_state=0).shape == (2, 6)


def test_inverse_transform_of_another_width_names_the_network():
    X = np.random.RandomState(0).uniform(size=(20, 4))
    model = DBNClassifier((5, 3), pretrain_n_iter=1, max_iter=2, random_state=0)
    model.fit(X, np.arange(20) % 2)
    for layer, width in ((-1, 3), (0, 5)):
        model.set_params(transform_layer=layer)
        says = (
            f"this DBNClassifier expects features of layer {layer % 2} with {width} columns, got 4"
        )
        with pytest.raises(ValueError, match=says):
            model.inverse_transform(X)
