"""What looks into a model sees one fit of it, though another ends meanwhile."""

import numpy as np
import pytest

from skdeep import inspection
from tests.contracts.estimators import CASES
from tests.estimators.steps import at_each_step

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CASE = CASES["CNNRegressor"]
LOOKS = {
    "trace": lambda model: inspection.trace(model, CASE.X).output,
    "input_gradient": lambda model: inspection.input_gradient(model, CASE.X),
    "smooth_grad": lambda model: inspection.smooth_grad(model, CASE.X, n_samples=2, random_state=0),
    "integrated_gradients": lambda model: inspection.integrated_gradients(model, CASE.X, n_steps=2),
    "saliency": lambda model: inspection.saliency(model, CASE.X),
    "SaliencyDisplay": lambda model: np.array(
        inspection.SaliencyDisplay.from_estimator(model, CASE.X[:2]).maps
    ),
    "occlusion": lambda model: inspection.occlusion(model, CASE.X, window=3, stride=3),
    "activation_maximization": lambda model: inspection.activation_maximization(
        model, target=0, n_steps=2, random_state=0
    ),
    "deep_dream": lambda model: inspection.deep_dream(
        model, CASE.X[0], octaves=1, n_steps=2, random_state=0
    ),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_what_looks_into_a_model_sees_one_fit(look):
    model, smaller = CASE.fit(), CASE.X[:, :5, :5]
    with at_each_step(lambda: None, until=-1) as steps:
        expected = look(model)
    with at_each_step(lambda: model.fit(smaller, CASE.y), until=max(1, steps[0] // 2)):
        found = look(model)
    assert model.image_shape_ == (5, 5, 1)
    np.testing.assert_array_equal(found, expected)
