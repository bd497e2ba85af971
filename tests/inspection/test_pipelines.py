"""What displays make of a pipeline that ends with a network."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import MLPClassifier
from skdeep.inspection import LearningCurveDisplay, NetworkDisplay, WeightsDisplay

DISPLAYS = [LearningCurveDisplay, NetworkDisplay, WeightsDisplay]
X = np.random.default_rng(0).normal(size=(40, 5))
Y = X[:, 0] > 0


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def pipeline():
    network = MLPClassifier((3,), tol=0.5, n_iter_no_change=2, random_state=0)
    return make_pipeline(StandardScaler(), network).fit(X, Y)


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_display_of_a_pipeline_is_that_of_its_last_step(display, pipeline):
    shown = [display.from_estimator(model).__dict__ for model in (pipeline, pipeline[-1])]
    for name in ("histories", "images", "weights", "layer"):
        np.testing.assert_equal(*[found.get(name) for found in shown])


def test_curves_of_several_pipelines_are_compared(pipeline):
    display = LearningCurveDisplay.from_estimator({"one": pipeline, "two": pipeline[-1]})
    assert list(display.histories["one"]["loss"]) == list(pipeline[-1].history_["loss"])
    assert display.histories.keys() == {"one", "two"}


@pytest.mark.parametrize("display", DISPLAYS)
def test_what_ends_with_no_network_is_refused(display):
    other = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    with pytest.raises(TypeError, match=r"expected a network estimator of skdeep, got Logistic"):
        display.from_estimator(other)


@pytest.mark.parametrize("display", DISPLAYS)
def test_a_pipeline_that_was_not_fitted_is_refused(display):
    with pytest.raises(NotFittedError):
        display.from_estimator(make_pipeline(StandardScaler(), MLPClassifier()))
