import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils._testing import ignore_warnings

import skdeep
from skdeep.inspection import (
    input_gradient,
    integrated_gradients,
    occlusion,
    saliency,
    smooth_grad,
    trace,
)
from tests.inspection.cases import SEQUENCES, SUPERVISED, TOKENS, X, Y, fitted

TARGETS = {"mlp_binary": True, "mlp_regressor": 1, "autoencoder": 3}
OF_NUMBERS = [name for name in SUPERVISED if name != "rnn_tokens"]
ROWS = ["mlp", "mlp_binary", "mlp_norm", "mlp_regressor", "cnn", "autoencoder", "dbn"]


def logit(model, X, target):
    """Return the logit that is meant, of each sample; of a tagger the sum over its steps."""
    logits = trace(model, X).logits
    if len(getattr(model, "classes_", [])) == 2:
        return logits[..., 0]
    column = logits[..., target]
    if column.ndim == 1:
        return column
    there = np.arange(column.shape[1]) < np.array([len(steps) for steps in X])[:, None]
    return (column * there).sum(axis=1)


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_gradients_equal_differences(name):
    model, X, _ = fitted(name)
    target = TARGETS.get(name, 2 if name != "mlp_weighted" else 1)
    found = input_gradient(model, X, target)
    assert len(found) == len(X)
    sample = X[1]
    for place in list(np.ndindex(sample.shape))[::2]:
        ends = []
        for sign in (1, -1):
            moved = sample.copy()
            moved[place] += sign * 1e-5
            others = list(X)
            others[1] = moved
            if not isinstance(X, list):
                others = np.array(others)
            ends.append(logit(model, others, target)[1])
        assert found[1][place] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("name", ["mlp", "mlp_binary", "mlp_regressor", "rnn"])
def test_shares_add_up_to_the_difference_of_outputs(name):
    model, X, _ = fitted(name)
    target = TARGETS.get(name, 2)
    shares = integrated_gradients(model, X, target)
    nothing = [0 * steps for steps in X] if isinstance(X, list) else 0 * X
    wanted = logit(model, X, target) - logit(model, nothing, target)
    np.testing.assert_allclose([part.sum() for part in shares], wanted, atol=1e-8)


def test_a_baseline_is_where_the_path_begins():
    model, X, _ = fitted("mlp")
    shares = integrated_gradients(model, X, 0, baseline=X.mean(axis=0))
    wanted = logit(model, X, 0) - logit(model, X.mean(axis=0)[None], 0)
    np.testing.assert_allclose(shares.sum(axis=1), wanted, atol=1e-8)
    with pytest.raises(ValueError, match="baseline must have the shape of a sample"):
        integrated_gradients(model, X, 0, baseline=[0.0, 1.0])
    with pytest.raises(ValueError, match="baseline must hold finite numbers"):
        integrated_gradients(model, X, 0, baseline=np.nan)


def test_tokens_have_gradients_of_their_embeddings():
    model, X, _ = fitted("rnn_tokens")
    found = input_gradient(model, X, 1)
    assert [part.shape for part in found] == [(len(tokens), 3) for tokens in TOKENS]
    weights, token = model.get_weights(), TOKENS[0][0]
    # Move the vector of a token that stands once in a sequence.
    sample = np.array([token, *(t for t in range(5) if t != token)])
    slope = input_gradient(model, [sample], 1)[0][0]
    ends = []
    for sign in (1, -1):
        moved = weights["embedding.W"].copy()
        moved[token, 1] += sign * 1e-5
        model.set_weights({"embedding.W": moved})
        ends.append(logit(model, [sample], 1)[0])
    assert slope[1] == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-5)


def test_without_noise_the_smooth_gradient_is_the_gradient():
    model, X, _ = fitted("cnn")
    plain = input_gradient(model, X, 0)
    np.testing.assert_allclose(smooth_grad(model, X, 0, noise_level=0.0, n_samples=2), plain)
    noisy = smooth_grad(model, X, 0, random_state=0)
    assert not np.allclose(noisy, plain)
    np.testing.assert_array_equal(noisy, smooth_grad(model, X, 0, random_state=0))


def test_by_default_the_predicted_class_is_meant():
    for name in ("mlp", "mlp_binary"):
        model, X, _ = fitted(name)
        found = input_gradient(model, X)
        np.testing.assert_array_equal(found, input_gradient(model, X, model.predict(X)))
    both = input_gradient(model, X, True) + input_gradient(model, X, False)
    assert not both.any()


def test_saliency_has_one_number_for_each_place():
    digits = np.random.default_rng(0).random((12, 4, 4, 3))
    model = skdeep.CNNClassifier(conv_layers=[(2, 3)], hidden_layer_sizes=(3,), max_iter=1)
    with ignore_warnings(category=ConvergenceWarning):
        model.fit(digits, np.arange(12) % 3)
    for method in ("gradient", "smooth_grad", "integrated_gradients"):
        assert saliency(model, digits, method=method).shape == (12, 4, 4)
    gradient = input_gradient(model, digits)
    assert gradient.shape == digits.shape
    np.testing.assert_array_equal(saliency(model, digits), np.abs(gradient).max(axis=-1))
    flat = digits.reshape(12, -1)
    np.testing.assert_array_equal(saliency(model, flat), saliency(model, digits))
    assert [len(part) for part in saliency(fitted("rnn")[0], SEQUENCES)] == [3, 5, 4, 2, 5, 3]
    with pytest.raises(ValueError, match="method must be one of"):
        saliency(model, digits, method="guided")


def test_occlusion_equals_loops_over_windows():
    model, X, _ = fitted("mlp")
    found = occlusion(model, X, 1, window=2, stride=1, fill=0.5)
    total, count = np.zeros(X.shape), np.zeros(X.shape[1])
    for start in range(X.shape[1] - 1):
        covered = X.copy()
        covered[:, start : start + 2] = 0.5
        fall = logit(model, X, 1) - logit(model, covered, 1)
        total[:, start : start + 2] += fall[:, None]
        count[start : start + 2] += 1
    np.testing.assert_allclose(found, total / count, atol=1e-12)


@pytest.mark.parametrize("name", ["cnn", "rnn", "rnn_tokens", "tagger"])
def test_occlusion_has_one_number_for_each_place(name):
    model, X, _ = fitted(name)
    found = occlusion(model, X, window=2)
    lengths = [len(sample) for sample in X]
    assert [part.shape for part in found] == [(length,) for length in lengths]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "cat"}, r"target must be one of the classes \[0, 1, 2\], got 'cat'"),
        ({"target": [0, 1]}, "one for each of 40 samples, got 2"),
        ({"target": 7}, "target must be one of the classes"),
    ],
)
def test_targets_that_name_nothing_are_refused(options, message):
    model, X, _ = fitted("mlp")
    for function in (input_gradient, smooth_grad, integrated_gradients, occlusion, saliency):
        with pytest.raises(ValueError, match=message):
            function(model, X, **options)


def test_several_columns_of_y_have_targets_of_their_own():
    columns = np.column_stack([Y, Y > 0])
    model = skdeep.MLPClassifier((4,), solver="lbfgs", max_iter=5, random_state=0)
    with ignore_warnings(category=ConvergenceWarning):
        model.fit(X, columns)
        found = input_gradient(model, X, (1, 0))
        several = skdeep.MLPClassifier((4,), solver="lbfgs", max_iter=5).fit(X, columns > 0)
    logits = trace(model, X).logits
    moved = trace(model, X + 1e-5 * found).logits
    assert logits.shape[1] == 5
    assert np.all(moved[:, 3] >= logits[:, 3])
    with pytest.raises(ValueError, match="a pair, the index of a column of y and a class"):
        input_gradient(model, X, 1)
    assert input_gradient(several, X, 1).shape == X.shape
    with pytest.raises(ValueError, match="an index of a label, 0 to 1, got None"):
        input_gradient(several, X)
    regressor = fitted("mlp_regressor")[0]
    with pytest.raises(ValueError, match="an index of an output, 0 to 1, got None"):
        input_gradient(regressor, X)


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (smooth_grad, {"n_samples": 0}, "n_samples must be a positive integer"),
        (smooth_grad, {"noise_level": -1}, "noise_level must be a number >= 0"),
        (integrated_gradients, {"n_steps": 1.5}, "n_steps must be a positive integer"),
        (occlusion, {"window": 0}, "window must be a positive integer"),
        (occlusion, {"window": (2, 2)}, "window must be a positive integer"),
        (occlusion, {"stride": 2}, "stride must be at most window"),
        (occlusion, {"fill": np.nan}, "fill must be a finite number"),
    ],
)
def test_options_that_make_no_sense_are_refused(function, options, message):
    model, X, _ = fitted("mlp")
    with pytest.raises(ValueError, match=message):
        function(model, X, 0, **options)
