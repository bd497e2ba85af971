"""Displays: what they hold, that they plot where they are told, and what they refuse."""

import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.inspection import DecisionBoundaryDisplay
from sklearn.utils._testing import ignore_warnings

import skdeep
from skdeep.inspection import (
    ActivationMaximizationDisplay,
    LatentSpaceDisplay,
    LearningCurveDisplay,
    NetworkDisplay,
    ReconstructionDisplay,
    SaliencyDisplay,
    WeightsDisplay,
)
from tests.inspection.cases import SEQUENCES, TOKENS, X, Y, fitted

DIGITS, DIGIT = load_digits(return_X_y=True)
DIGITS, DIGIT = DIGITS[:120] / 16, DIGIT[:120]
TABLE = pd.DataFrame(X, columns=[f"feature {k}" for k in "abcdef"])


@pytest.fixture(scope="module")
def models():
    """Networks of digits, tables, sequences and tokens, fitted for an epoch or two."""
    short = {"max_iter": 2, "random_state": 0}
    images = DIGITS.reshape(-1, 8, 8)
    with ignore_warnings(category=ConvergenceWarning):
        return {
            "mlp": skdeep.MLPClassifier((12,), early_stopping=True, **short).fit(DIGITS, DIGIT),
            "cnn": skdeep.CNNClassifier(((5, 3),), **short).fit(images, DIGIT),
            "coder": skdeep.Autoencoder(2, **short).fit(DIGITS),
            "wide coder": skdeep.Autoencoder(4, hidden_layer_sizes=(8,), **short).fit(DIGITS),
            "rbm": skdeep.BernoulliRBM(7, n_iter=1, random_state=0).fit(DIGITS),
            "table": skdeep.MLPClassifier((5,), **short).fit(TABLE, Y),
            "table coder": skdeep.Autoencoder(2, **short).fit(TABLE),
            "rnn": fitted("rnn")[0],
            "tokens": fitted("rnn_tokens")[0],
        }


def _activation(models, **options):
    return ActivationMaximizationDisplay.from_estimator(
        models["mlp"], targets=[3, 5], n_steps=2, random_state=0, **options
    )


#: One of each display, from the models and options of `plot`.
DISPLAYS = {
    "curve": lambda m, **o: LearningCurveDisplay.from_estimator(m["mlp"], panels="loss", **o),
    "weights": lambda m, **o: WeightsDisplay.from_estimator(m["rbm"], **o),
    "filters": lambda m, **o: WeightsDisplay.from_estimator(m["cnn"], **o),
    "weights of a table": lambda m, **o: WeightsDisplay.from_estimator(m["table"], **o),
    "reconstruction": lambda m, **o: ReconstructionDisplay.from_estimator(
        m["coder"], DIGITS[:3], **o
    ),
    "reconstruction of a table": lambda m, **o: ReconstructionDisplay.from_estimator(
        m["table coder"], TABLE[:3], **o
    ),
    "codes": lambda m, **o: LatentSpaceDisplay.from_estimator(m["coder"], DIGITS, DIGIT, **o),
    "grid": lambda m, **o: LatentSpaceDisplay.from_estimator(
        m["coder"], DIGITS, kind="grid", n_grid=3, **o
    ),
    "saliency": lambda m, **o: SaliencyDisplay.from_estimator(m["mlp"], DIGITS[:3], plot_options=o),
    "saliency of a table": lambda m, **o: SaliencyDisplay.from_estimator(
        m["table"], TABLE, plot_options=o
    ),
    "saliency of a sequence": lambda m, **o: SaliencyDisplay.from_estimator(
        m["rnn"], SEQUENCES[:1], plot_options=o
    ),
    "saliency of tokens": lambda m, **o: SaliencyDisplay.from_estimator(
        m["tokens"], TOKENS[:1], names="abcde", plot_options=o
    ),
    "activation": lambda m, **o: _activation(m, plot_options=o),
    "units": lambda m, **o: NetworkDisplay.from_estimator(m["table"], **o),
    "layers": lambda m, **o: NetworkDisplay.from_estimator(m["cnn"], **o),
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_display_makes_a_figure_or_plots_where_it_is_told(models, name):
    alone = DISPLAYS[name](models)
    assert alone.ax_.figure is alone.figure_
    assert alone.ax_.has_data() or alone.ax_.texts
    figure, ax = plt.subplots()
    told = DISPLAYS[name](models, ax=ax)
    assert told.ax_ is ax
    assert told.figure_ is figure
    _, other = plt.subplots()
    assert told.plot(ax=other) is told
    assert told.ax_ is other


@pytest.mark.parametrize("name", DISPLAYS)
def test_what_is_written_lies_within_the_figure(models, name):
    display = DISPLAYS[name](models)
    display.figure_.draw_without_rendering()
    width, height = display.figure_.bbox.size
    ax, drawn = display.ax_, [*display.ax_.texts, display.ax_.title]
    if ax.axison:
        (left, right), (low, high) = sorted(ax.get_xlim()), sorted(ax.get_ylim())
        places = zip(ax.get_xticks(), ax.get_xticklabels(), strict=True)
        drawn += [text for place, text in places if left <= place <= right]
        places = zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)
        drawn += [text for place, text in places if low <= place <= high]
    for text in drawn:
        if text.get_text() and text.get_visible():
            box = text.get_window_extent()
            assert -1 <= box.x0 <= box.x1 <= width + 1, text.get_text()
            assert -1 <= box.y0 <= box.y1 <= height + 1, text.get_text()


def test_learning_curves_are_the_history(models):
    model = models["mlp"]
    display = LearningCurveDisplay.from_estimator(model, panels=["loss", "score"])
    training, validation = display.lines_["loss"]
    np.testing.assert_array_equal(training.get_ydata(), model.history_["loss"])
    np.testing.assert_array_equal(training.get_xdata(), [1, 2])  # epochs count from 1
    np.testing.assert_array_equal(validation.get_ydata(), model.history_["validation_loss"])
    two = LearningCurveDisplay.from_estimator({"one": model, "two": model}, panels="score")
    assert [line.get_label() for line in two.lines_["score"]] == ["one", "two"]


def test_weights_are_those_into_each_unit(models):
    rbm = models["rbm"]
    images = WeightsDisplay.from_estimator(rbm).images
    np.testing.assert_allclose(images.reshape(7, 64), rbm.components_)
    largest = WeightsDisplay.from_estimator(rbm, max_units=2)
    norms = np.linalg.norm(rbm.components_, axis=1)
    assert set(largest.units) == set(np.argsort(norms)[-2:])
    kernels = WeightsDisplay.from_estimator(models["cnn"]).images
    assert kernels.shape == (5, 3, 3, 1)


def test_weights_of_a_table_name_its_features(models):
    display = WeightsDisplay.from_estimator(models["table"])
    assert [text.get_text() for text in display.ax_.get_xticklabels()] == list(TABLE.columns)
    shown = display.image_.get_array()
    np.testing.assert_allclose(shown, models["table"].coefs_[0].T)


def test_reconstructions_are_those_of_the_model(models):
    display = ReconstructionDisplay.from_estimator(models["coder"], DIGITS[:3])
    expected = models["coder"].reconstruct(DIGITS[:3])
    np.testing.assert_allclose(display.reconstructions.reshape(3, 64), expected)
    table = ReconstructionDisplay.from_estimator(models["table coder"], TABLE[:2])
    assert [text.get_text() for text in table.ax_.get_xticklabels()] == list(TABLE.columns)


def test_wide_codes_are_shown_by_their_principal_components(models):
    display = LatentSpaceDisplay.from_estimator(models["wide coder"], DIGITS, DIGIT)
    assert display.codes.shape == (120, 2)
    assert "principal component" in display.ax_.get_xlabel()
    texts = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert texts == [str(digit) for digit in range(10)]


def test_grid_shows_what_codes_decode_to(models):
    coder = models["coder"]
    display = LatentSpaceDisplay.from_estimator(coder, DIGITS, kind="grid", n_grid=3)
    low, high = np.percentile(coder.transform(DIGITS), [2, 98], axis=0)
    corner = coder.inverse_transform([[low[0], high[1]]])
    np.testing.assert_allclose(display.grid[0, 0].ravel(), corner[0], rtol=1e-6)
    assert display.limits == (0.0, 1.0)


def test_samples_that_are_no_images_are_not_drawn_as_such(models):
    bars = SaliencyDisplay.from_estimator(models["mlp"], DIGITS[:3], image_shape=False)
    assert bars.maps.shape == (3, 64)
    assert len(bars.ax_.patches) == 20  # the largest


def test_tokens_are_written_by_their_names(models):
    display = SaliencyDisplay.from_estimator(models["tokens"], TOKENS[:2], names="abcde")
    for axes, tokens in zip(display.axes_, TOKENS, strict=False):
        written = [text.get_text() for text in axes.get_xticklabels()]
        assert written == ["abcde"[token] for token in tokens]


def test_small_networks_show_each_weight(models):
    units = NetworkDisplay.from_estimator(models["table"])
    assert len(units.ax_.lines) == 6 * 5 + 5 * 3
    assert [w.shape for w in units.weights] == [(6, 5), (5, 3)]
    assert NetworkDisplay.from_estimator(models["table"], kind="layers").weights is None
    assert NetworkDisplay.from_estimator(models["mlp"]).weights is None  # 64 inputs are many


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda m: LearningCurveDisplay.from_estimator(m["mlp"], panels=["los"]),
            r"panels must be some of .*'los'",
        ),
        (
            lambda m: LearningCurveDisplay.from_estimator(
                m["mlp"], panels=["loss", "score"], ax=plt.subplots()[1]
            ),
            "ax must be 2 axes",
        ),
        (lambda m: WeightsDisplay.from_estimator(m["mlp"], "output_7"), "layer must be one"),
        (lambda m: WeightsDisplay.from_estimator(m["mlp"], max_units=0), "max_units must be"),
        (
            lambda m: WeightsDisplay.from_estimator(m["mlp"], image_shape=(8, 9)),
            r"image_shape must be .* got \(8, 9\)",
        ),
        (
            lambda m: LatentSpaceDisplay.from_estimator(m["coder"], DIGITS, kind="map"),
            "kind must be 'scatter' or 'grid', got 'map'",
        ),
        (
            lambda m: LatentSpaceDisplay.from_estimator(m["wide coder"], DIGITS, kind="grid"),
            "kind='grid' needs .* codes of 2 components",
        ),
        (lambda m: NetworkDisplay.from_estimator(m["mlp"], kind="lines"), "kind must be 'auto'"),
        (lambda m: NetworkDisplay.from_estimator(m["cnn"], kind="units"), "a chain of dense"),
        (
            lambda m: SaliencyDisplay.from_estimator(
                m["rnn"], SEQUENCES[:2], plot_options={"ax": plt.subplots()[1]}
            ),
            "ax must be 2 axes, one for each sequence",
        ),
        (
            lambda m: ActivationMaximizationDisplay.from_estimator(m["mlp"], layer="hidden_7"),
            "layer must be one of",
        ),
        (
            lambda m: ActivationMaximizationDisplay.from_estimator(m["table"], n_steps=1),
            "samples are no images",
        ),
        (
            lambda m: ActivationMaximizationDisplay.from_estimator(m["coder"]),
            "targets must be given: Autoencoder has no classes",
        ),
    ],
)
def test_displays_say_what_is_wrong(models, make, words):
    with pytest.raises(ValueError, match=words):
        make(models)


@pytest.mark.parametrize(
    "make",
    [
        lambda model: LearningCurveDisplay.from_estimator(model),
        lambda model: WeightsDisplay.from_estimator(model),
        lambda model: NetworkDisplay.from_estimator(model),
        lambda model: SaliencyDisplay.from_estimator(model, DIGITS[:2]),
        lambda model: ReconstructionDisplay.from_estimator(model, DIGITS[:2]),
        lambda model: LatentSpaceDisplay.from_estimator(model, DIGITS[:2]),
    ],
)
def test_displays_need_a_fitted_estimator(make):
    with pytest.raises(NotFittedError):
        make(skdeep.Autoencoder(2))


def test_matplotlib_is_loaded_when_something_is_plotted():
    script = """
import sys
import numpy as np
from skdeep.inspection import WeightsDisplay
display = WeightsDisplay(np.zeros((2, 3, 3, 1)), "hidden")
assert "matplotlib" not in sys.modules
sys.modules["matplotlib"] = None  # as if it were not installed
try:
    display.plot()
except ImportError as error:
    print(error)
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "WeightsDisplay.plot needs matplotlib" in done.stdout


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_decision_surfaces_are_scikit_learns(method):
    model = skdeep.MLPClassifier((5,), solver="lbfgs", random_state=0, max_iter=20)
    with ignore_warnings(category=ConvergenceWarning):
        model.fit(X[:, :2], Y == 1)
    display = DecisionBoundaryDisplay.from_estimator(
        model, X[:, :2], response_method=method, grid_resolution=5
    )
    assert display.response.shape == (5, 5)
