"""What samples a network of listed layers takes, and what it makes of layers that do not fit."""

import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from skdeep import (
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    NetworkTransformer,
)
from skdeep.nn import (
    GRU,
    LSTM,
    Activation,
    AttentionSteps,
    BatchNorm,
    Conv,
    Dense,
    Dropout,
    Embedding,
    GlobalAveragePool,
    LastStep,
    MaxPool,
    MaxSteps,
    MeanSteps,
    Normal,
    Parallel,
    PerPixel,
    Reshape,
    Residual,
    StepDropout,
    TimeDistributed,
    Upsample,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RNG = np.random.default_rng(0)
N = 30
ROWS = RNG.normal(size=(N, 8))
IMAGES = RNG.normal(size=(N, 6, 4, 2))
SIGNALS = RNG.normal(size=(N, 7, 2))
SEQUENCES = [RNG.normal(size=(2 + k % 7, 3)) for k in range(N)]
TOKENS = [RNG.integers(0, 5, 2 + k % 7) for k in range(N)]
Y = np.arange(N) % 3
SHORT = {"max_iter": 3, "random_state": 0, "batch_size": 8}

FORMS = {
    "rows": ([Dense(5), BatchNorm(), Activation("gelu"), Dropout(0.2)], ROWS),
    "no layers": ([], ROWS),
    "sparse rows": ([Dense(5)], sparse.csr_array(ROWS)),
    "rows as images": ([Reshape((4, 2, 1)), Conv(3, 2), Activation("relu")], ROWS),
    "images": ([Conv(3, 2), PerPixel(BatchNorm()), MaxPool(2), Dropout(0.1)], IMAGES),
    "signals": ([Conv(3, 2), Activation("tanh"), GlobalAveragePool()], SIGNALS),
    "signals, recurrent": ([Conv(3, 2), GRU(4), LastStep()], SIGNALS),
    "sequences": ([LSTM(4), StepDropout(0.1), GRU(3), MeanSteps(), Dense(4)], SEQUENCES),
    "sequences, both ways": (
        [Parallel([GRU(3), GRU(2, reverse=True)]), Activation("tanh"), LastStep(2)],
        SEQUENCES,
    ),
    "sequences, step by step": (
        [TimeDistributed([Dense(4), Activation("relu")]), Residual([LSTM(4)]), AttentionSteps()],
        SEQUENCES,
    ),
    "sequences of one length": ([GRU(3), MaxSteps()], SIGNALS),
    "tokens": ([Embedding(5, 3), LSTM(4), Dropout(0.1), MaxSteps()], TOKENS),
}


def cut(X, index):
    return [X[k] for k in index] if isinstance(X, list) else X[index]


@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkRegressor])
@pytest.mark.parametrize(("layers", "X"), FORMS.values(), ids=FORMS)
def test_forms(cls, layers, X):
    model = cls(layers, **SHORT).fit(X, Y)
    expected = model.predict(X)
    assert expected.shape == (N,)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), expected)
    if layers:
        features = model.transform(X)
        assert features.shape == (N, model._n_features_out)
        # No sample's features depend on how long those beside it are.
        few = model.transform(cut(X, [3, 9]))
        np.testing.assert_allclose(few, features[[3, 9]], rtol=1e-6, atol=1e-9)
    again = clone(model).fit(X, Y)
    np.testing.assert_array_equal(again.predict(X), expected)
    model.partial_fit(X, Y)
    assert len(model.loss_curve_) == 4


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_the_default_is_the_multilayer_perceptron(solver):
    options = {"solver": solver, "max_iter": 8, "random_state": 3}
    for cls, twin in ((NetworkClassifier, MLPClassifier), (NetworkRegressor, MLPRegressor)):
        found, expected = cls(**options).fit(ROWS, Y), twin(**options).fit(ROWS, Y)
        assert found.loss_curve_ == expected.loss_curve_
        np.testing.assert_array_equal(found.predict(ROWS), expected.predict(ROWS))


def test_training_is_that_of_the_perceptron():
    options = {"early_stopping": True, "learning_rate_schedule": "cosine", "ema_decay": 0.9}
    options |= {"solver": "adamw", "weight_decay": 0.01, "gradient_clip_norm": 1.0, **SHORT}
    found = NetworkClassifier([Dense(5), Activation("relu"), Dropout(0.3)], **options)
    expected = MLPClassifier((5,), dropout=0.3, **options).fit(ROWS, Y)
    assert found.fit(ROWS, Y).validation_scores_ == expected.validation_scores_
    np.testing.assert_allclose(found.loss_curve_, expected.loss_curve_, rtol=0.2)
    std = found.predict_proba(ROWS, return_std=True)[1]
    assert std.min() > 0


def test_an_image_comes_back_by_layers_of_its_shape():
    decoder = [Dense(12), Reshape((3, 2, 2)), Upsample((6, 4)), Conv(2, 3)]
    model = NetworkTransformer([Conv(3, 3), MaxPool(2), Dropout(0.1)], decoder, **SHORT)
    with pytest.raises(ValueError, match="layers do not fit"):
        clone(model).set_params(layers=[Conv(3, (1, 1, 1))]).fit(IMAGES)
    codes = model.fit(IMAGES).transform(IMAGES)
    assert codes.shape == (N, 3 * 2 * 3)
    assert "output.W" not in model.get_weights()
    back = model.inverse_transform(codes).reshape(IMAGES.shape)
    np.testing.assert_allclose(back, model.reconstruct(IMAGES))


@pytest.mark.parametrize("decoder", [None, [], [Dense(3)], [Reshape((2, 1)), GlobalAveragePool()]])
def test_rows_come_back_by_a_dense_layer(decoder):
    model = NetworkTransformer([Dense(2)], decoder, **SHORT).fit(ROWS)
    assert model.get_weights()["output.W"].shape[1] == 8
    codes = model.transform(ROWS)
    np.testing.assert_allclose(model.inverse_transform(codes), model.reconstruct(ROWS))


WRONG = {
    "a class": ([Dense], ROWS, r"layers\[0\] is .*; an instance: Dense\(\.\.\.\)"),
    "no layer": ([Dense(3), 1], ROWS, r"layers\[1\] is 1"),
    "no list": (Dense(3), ROWS, "'layers' parameter of NetworkClassifier must be"),
    "twice": ([Dense(3, name="a"), Dense(3, name="a")], ROWS, r"layers\[1\] is called 'a'"),
    "a name of ours": ([Dense(3, name="output")], ROWS, "may not be called 'output'"),
    "rows wanted": ([Dense(3)], IMAGES, r"Dense.*expects rows of features.*Reshape\(\) makes"),
    "images wanted": ([Conv(3, 3)], ROWS, "expects images"),
    "no shape": ([Reshape((3, 3, 1))], ROWS, "cannot see rows of shape"),
    "steps left": ([LSTM(3)], SEQUENCES, "layers give 3 features at each step"),
    "padding": ([LSTM(3), Conv(2, 2), MeanSteps()], SEQUENCES, r"Conv.* reads arrays of one"),
    "padding inside": (
        [LSTM(3), Residual([Conv(3, 2)]), MeanSteps()],
        SEQUENCES,
        r"Conv.* reads arrays of one",
    ),
    "lengths": ([Dense(3)], SEQUENCES, "all must have the same"),
    "vocabulary": ([Embedding(3, 2), MeanSteps()], TOKENS, "n_tokens of Embedding"),
    "numbers for tokens": ([Embedding(3, 2), MeanSteps()], SEQUENCES, "token"),
}


@pytest.mark.parametrize(("layers", "X", "said"), WRONG.values(), ids=WRONG)
def test_what_does_not_fit_is_said(layers, X, said):
    with pytest.raises((ValueError, TypeError), match=said):
        NetworkClassifier(layers, max_iter=1).fit(X, Y)


def test_samples_of_another_shape_are_refused():
    model = NetworkClassifier([Conv(2, 2)], max_iter=1).fit(IMAGES, Y)
    assert model.sample_shape_ == (6, 4, 2)
    with pytest.raises(ValueError, match="was fitted on images of shape"):
        model.predict(IMAGES[:, :5])
    np.testing.assert_array_equal(model.predict(IMAGES.reshape(N, -1)), model.predict(IMAGES))


@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkTransformer])
def test_noise_does_not_go_with_lbfgs(cls):
    with pytest.raises(ValueError, match="do not work with solver='lbfgs'"):
        cls([Dense(3), Dropout(0.1)], solver="lbfgs").fit(ROWS, Y)


def test_a_fit_anew_may_take_other_samples_and_going_on_may_not():
    model = NetworkClassifier([Dense(3)], **SHORT).fit(ROWS, Y)
    model.set_params(layers=[GRU(3), MeanSteps()])
    assert model.predict(ROWS).shape == (N,)  # what was fitted stays
    with pytest.raises(ValueError, match="training cannot continue"):
        model.partial_fit(SEQUENCES, Y)
    assert model.predict(ROWS).shape == (N,)
    model.fit(SEQUENCES, Y)
    assert not hasattr(model, "sample_shape_")
    model.set_params(layers=[Dense(3)], warm_start=True)
    with pytest.raises(ValueError, match="training cannot continue"):
        model.fit(ROWS, Y)


def test_features_of_any_layer():
    layers = [Dense(5), Activation("relu"), Dense(3)]
    for k, width in enumerate([5, 5, 3]):
        model = NetworkClassifier(layers, transform_layer=k, **SHORT).fit(ROWS, Y)
        assert model.transform(ROWS).shape == (N, width)
    with pytest.raises(ValueError, match="one of 3 layers"):
        NetworkClassifier(layers, transform_layer=3).fit(ROWS, Y)


@pytest.mark.parametrize("cls", [NetworkClassifier, NetworkRegressor, NetworkTransformer])
def test_the_output_layer_starts_as_it_is_told(cls):
    still = {**SHORT, "learning_rate_init": 1e-14, "max_iter": 1}
    small = cls([Dense(5)], output_initializer=Normal(1e-4), **still).fit(ROWS, Y).get_weights()
    assert 0 < np.abs(small["output.W"]).max() < 1e-3
    np.testing.assert_allclose(small["output.b"], 0, atol=1e-10)
    named = cls([Dense(5)], output_initializer="he_normal", **still).fit(ROWS, Y).get_weights()
    assert np.abs(named["output.W"]).max() > 0.1
    with pytest.raises(ValueError, match=r"output_initializer.*Did you mean 'he_normal'"):
        cls([Dense(5)], output_initializer="kaiming_normal", **still).fit(ROWS, Y)


def test_tokens_behind_a_layer_that_computes_are_refused():
    steps = np.random.default_rng(0).normal(size=(6, 2)) * 1e-3
    model = NetworkClassifier([LastStep(), Embedding(3, 2), GRU(3), LastStep()], max_iter=1)
    with pytest.raises(ValueError, match="no layer that computes comes before it"):
        model.fit(steps, [0, 1] * 3)


def test_tables_have_no_channels_to_move():
    for X in (ROWS, sparse.csr_array(ROWS)):
        model = NetworkClassifier([Dense(5)], data_format="channels_first", **SHORT).fit(X, Y)
        expected = NetworkClassifier([Dense(5)], **SHORT).fit(X, Y).predict_proba(X)
        np.testing.assert_array_equal(model.predict_proba(X), expected)
