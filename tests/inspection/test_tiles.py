"""Pictures side by side: in how many columns, and with or without a scale of colours."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from skdeep.inspection import ActivationMaximizationDisplay, SaliencyDisplay, WeightsDisplay

IMAGES = np.random.default_rng(0).normal(size=(6, 8, 8, 1))
DISPLAYS = {
    "weights": WeightsDisplay(IMAGES, "layer"),
    "activation": ActivationMaximizationDisplay(IMAGES, range(6)),
    "saliency": SaliencyDisplay(IMAGES, IMAGES[..., 0]),
}


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize(("kind", "gap"), [("weights", 1), ("activation", 2), ("saliency", 1)])
def test_pictures_stand_in_as_many_columns_as_asked_for(kind, gap):
    for n_columns, n_rows in [(1, 6), (3, 2), (6, 1)]:
        picture = DISPLAYS[kind].plot(n_columns=n_columns).ax_.images[0].get_array()
        expected = [n * 8 + (n - 1) * gap for n in (n_rows, n_columns)]
        assert list(picture.shape[:2]) == expected


@pytest.mark.parametrize("kind", DISPLAYS)
@pytest.mark.parametrize("n_columns", [0, -1, 2.5, "two"])
def test_a_number_of_columns_that_is_none_is_refused(kind, n_columns):
    with pytest.raises(ValueError, match="n_columns must be a positive integer"):
        DISPLAYS[kind].plot(n_columns=n_columns)


def test_a_saliency_is_drawn_without_its_scale():
    assert len(DISPLAYS["saliency"].plot().figure_.axes) == 2
    assert len(DISPLAYS["saliency"].plot(colorbar=False).figure_.axes) == 1
