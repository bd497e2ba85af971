import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils._testing import ignore_warnings

import skdeep
from skdeep.inspection import LearningCurveDisplay, trace
from tests.inspection.cases import OTHERS, SUPERVISED, fitted


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_trace_equals_back_propagation_written_as_loops():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(7, 2)), rng.integers(0, 2, 7)
    model = skdeep.MLPClassifier((2,), activation="logistic", alpha=0.3, solver="lbfgs", max_iter=3)
    with ignore_warnings(category=ConvergenceWarning):
        model.fit(X, y)
    (W1, W2), (b1, b2) = (list(map(np.array, part)) for part in (model.coefs_, model.intercepts_))
    loss, gW1, gW2 = 0.0, np.zeros_like(W1), np.zeros_like(W2)
    gb1, gb2 = np.zeros(2), np.zeros(1)
    sums, units, deltas = np.zeros((7, 2)), np.zeros((7, 2)), np.zeros((7, 2))
    for n in range(7):
        for j in range(2):
            sums[n, j] = b1[j] + sum(X[n, i] * W1[i, j] for i in range(2))
            units[n, j] = sigmoid(sums[n, j])
        logit = b2[0] + sum(units[n, j] * W2[j, 0] for j in range(2))
        p = sigmoid(logit)
        loss -= (np.log(p) if y[n] else np.log(1 - p)) / 7
        delta = (p - y[n]) / 7
        gb2[0] += delta
        for j in range(2):
            gW2[j, 0] += delta * units[n, j]
            deltas[n, j] = delta * W2[j, 0] * units[n, j] * (1 - units[n, j])
            gb1[j] += deltas[n, j]
            for i in range(2):
                gW1[i, j] += deltas[n, j] * X[n, i]
    loss += 0.5 * 0.3 / 7 * ((W1**2).sum() + (W2**2).sum())
    found = trace(model, X, y)
    np.testing.assert_allclose(found.weighted_sums["hidden_0"], sums, rtol=1e-12)
    np.testing.assert_allclose(found.activations["activation_0"], units, rtol=1e-12)
    np.testing.assert_allclose(found.deltas["hidden_0"], deltas, rtol=1e-10)
    assert found.loss == pytest.approx(loss, rel=1e-12)
    wanted = {
        "hidden_0.W": gW1 + 0.3 / 7 * W1,
        "hidden_0.b": gb1,
        "output.W": gW2 + 0.3 / 7 * W2,
        "output.b": gb2,
    }
    for name, values in wanted.items():
        np.testing.assert_allclose(found.gradients[name], values, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("name", SUPERVISED)
def test_gradients_are_those_of_a_training_step(name):
    model, X, y = fitted(name)
    found, before = trace(model, X, y, training=True), model.get_weights()
    unchanged = {key: values.copy() for key, values in before.items()}
    assert all(np.array_equal(unchanged[key], w) for key, w in model.get_weights().items())
    with ignore_warnings(category=(ConvergenceWarning, UserWarning)):
        model.fit(X, y)
    assert model.loss_ == pytest.approx(found.loss, rel=1e-9)
    after = model.get_weights()
    assert found.gradients.keys() <= before.keys()
    for key, gradient in found.gradients.items():
        step = (before[key] - after[key]) / model.learning_rate_init
        np.testing.assert_allclose(step, gradient, rtol=1e-6, atol=1e-10, err_msg=key)


@pytest.mark.parametrize("name", [*SUPERVISED, *OTHERS])
def test_a_pass_is_that_of_predictions(name):
    model, X, _ = fitted(name)
    found = trace(model, X)
    assert found.loss is None
    assert not found.gradients
    assert np.isfinite(found.output).all()
    layers = list(found.values())
    assert layers[-1].output.shape[:1] == (len(X),)
    assert {*found.parameters} <= {*model.get_weights()} or name == "rbm"
    if hasattr(model, "predict_proba") and name not in ("mlp_binary", "mlp_weighted", "tagger"):
        np.testing.assert_allclose(found.output, model.predict_proba(X), rtol=1e-6)


def test_sample_weights_weigh_the_loss():
    model, X, y = fitted("mlp")
    weight = np.repeat([1.0, 0.0], 20)
    model.set_params(alpha=0.0)
    weighted, half = trace(model, X, y, sample_weight=weight), trace(model, X[:20], y[:20])
    assert weighted.loss == pytest.approx(half.loss)
    for name, gradient in half.gradients.items():
        np.testing.assert_allclose(weighted.gradients[name], gradient, atol=1e-12)


def test_a_trace_prints_as_a_table():
    model, X, y = fitted("cnn")
    text = repr(trace(model, X, y))
    assert text.startswith("Trace of 40 samples, loss ")
    assert "conv_0" in text
    assert "|gradient|" in text
    assert "|gradient|" not in repr(trace(model, X))
    assert repr(trace(model, X)["conv_0"]) == "LayerTrace('conv_0', Conv, 40 x 6 x 1 -> 40 x 6 x 3)"


@pytest.mark.parametrize("name", OTHERS)
def test_y_is_refused_where_the_objective_is_no_loss_of_y(name):
    model, X, _ = fitted(name)
    with pytest.raises(ValueError, match=f"{type(model).__name__} is not trained by a loss"):
        trace(model, X, X)


def test_what_holds_no_network_of_its_own_is_named():
    model, X, y = fitted("mlp")
    with pytest.raises(TypeError, match="its last step"):
        trace(make_pipeline(StandardScaler(), model), X)
    with pytest.raises(TypeError, match="expected a network estimator of skdeep"):
        trace(StandardScaler().fit(X), X)
    with pytest.raises(NotFittedError):
        trace(skdeep.MLPClassifier(), X)
    member = skdeep.MLPClassifier((2,), solver="lbfgs", tol=0.1)
    ensemble = skdeep.MLPEnsembleClassifier(member, 2, random_state=0)
    with pytest.raises(TypeError, match="one of its `estimators_`"):
        trace(ensemble.fit(X, y), X)
    tabular = skdeep.TabularMLPClassifier(hidden_layer_sizes=2, max_iter=1, n_splits=2).fit(X, y)
    for look in (lambda: trace(tabular, X), lambda: LearningCurveDisplay.from_estimator(tabular)):
        with pytest.raises(TypeError, match="one of its `members_`"):
            look()
    found = trace(tabular.members_[1], tabular.encode(X, member=1))
    np.testing.assert_allclose(
        found["activation_0"].output, tabular.transform(X)[:, 2:4], rtol=1e-5
    )


@pytest.mark.parametrize("name", [*SUPERVISED, *OTHERS])
def test_a_summary_counts_all_parameters(name):
    model = fitted(name)[0]
    summary = model.summary()
    assert summary.n_parameters == sum(w.size for w in model.get_weights().values())
    assert summary.n_parameters == sum(layer.n_parameters for layer in summary.layers)
    assert f"{summary.n_parameters:,} parameters" in repr(summary)


def test_a_summary_tells_what_does_not_train():
    model, X, y = fitted("mlp")
    with ignore_warnings(category=ConvergenceWarning):
        model.set_params(frozen_layers=["hidden_0"]).fit(X, y)
    assert model.summary().n_trainable == 5 * 3 + 3


@pytest.mark.parametrize("name", [*SUPERVISED, *OTHERS])
def test_a_history_is_a_frame(name):
    model = fitted(name)[0]
    frame = pd.DataFrame(model.history_)
    assert len(frame) == 1
    assert "loss" in frame
    model.history_["loss"].append(0.0)
    assert len(pd.DataFrame(model.history_)) == 1
    with pytest.raises(NotFittedError):
        _ = type(model)().history_
