"""Numbers that a drawing of a network shows."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from skdeep import CNNClassifier, MLPRegressor
from skdeep.inspection import NetworkDisplay


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


@pytest.fixture
def network():
    """A 2-2-1 network with weights that differ."""
    model = MLPRegressor(hidden_layer_sizes=(2,), random_state=0).partial_fit([[0.0, 0.0]], [0.0])
    return model.set_weights(
        {"hidden_0.W": [[0.5, -0.25], [2.0, 1234.5]], "output.W": [[-1.0], [0.125]]}
    )


def texts(display):
    """Return the texts of a drawing by where they are."""
    places = {(round(t.get_position()[0], 3), t.get_position()[1]): t for t in display.ax_.texts}
    return {place: text.get_text() for place, text in places.items()}


def test_values_are_written_on_the_lines_of_their_weights(network):
    display = NetworkDisplay.from_estimator(network, values=True)
    written = texts(display)
    for line, expected in {
        (0, 0.5, 0.5): "0.5",
        (0, 0.5, -0.5): "-0.25",
        (0, -0.5, 0.5): "2",
        (0, -0.5, -0.5): "1.23e+03",
        (1, 0.5, 0.0): "-1",
        (1, -0.5, 0.0): "0.125",
    }.items():
        layer, start, stop = line
        on_line = [
            text
            for (x, y), text in written.items()
            if layer < x < layer + 1 and np.isclose(y, start + (stop - start) * (x - layer))
        ]
        assert expected in on_line, line


def test_values_are_written_only_when_asked_for(network):
    assert set(texts(NetworkDisplay.from_estimator(network)).values()) == {
        "input",
        "hidden 0",
        "output",
    }


def test_units_hold_numbers_and_texts(network):
    display = NetworkDisplay.from_estimator(network, units=[[1.0, 2.0], ["a", 0.12345], [7]])
    written = texts(display)
    assert [written[0, 0.5], written[0, -0.5]] == ["1", "2"]
    assert [written[1, 0.5], written[1, -0.5], written[2, 0.0]] == ["a", "0.123", "7"]


@pytest.mark.parametrize("options", [{"values": True}, {"units": [[1, 2], [3, 4], [5]]}])
def test_all_that_is_written_lies_within_the_axes(network, options):
    display = NetworkDisplay.from_estimator(network, **options)
    (left, right), (bottom, top) = display.ax_.get_xlim(), display.ax_.get_ylim()
    for x, y in texts(display):
        assert left < x < right
        assert bottom < y < top


@pytest.mark.parametrize("units", [[[1, 2], [3, 4]], [[1, 2], [3], [5]]])
def test_units_of_another_shape_are_refused(network, units):
    with pytest.raises(ValueError, match=r"units must hold \[2, 2, 1\] numbers"):
        NetworkDisplay.from_estimator(network, units=units)


@pytest.mark.parametrize("options", [{"values": True}, {"units": [[1]]}])
def test_boxes_have_no_room_for_numbers(options):
    X = np.random.default_rng(0).normal(size=(4, 4, 4))
    model = CNNClassifier([(2, 3)], random_state=0).partial_fit(X, [0, 1, 0, 1], classes=[0, 1])
    with pytest.raises(ValueError, match="values and units need kind='units'"):
        NetworkDisplay.from_estimator(model, **options)
