"""Random shifts and flips: what they do to an image, and that rows are on their own."""

import numpy as np
import pytest

from skdeep.nn.conv.random_shift_flip import RandomShiftFlip
from skdeep.nn.core.spec import ShapeError
from skdeep.testing.bound import BoundLayer as Bound

SHAPE = (4, 6, 2)


def moved(image, down, across, turn, mirror):
    """Flip an image and shift it, with zeros at the edges, pixel by pixel."""
    image = image[::-1] if turn else image
    image = image[:, ::-1] if mirror else image
    result = np.zeros_like(image)
    for i, j in np.ndindex(image.shape[:2]):
        if 0 <= i + down < image.shape[0] and 0 <= j + across < image.shape[1]:
            result[i, j] = image[i + down, j + across]
    return result


def candidates(image, shift, flip):
    turns = (0, 1) if flip in ("vertical", "both") else (0,)
    mirrors = (0, 1) if flip in ("horizontal", "both") else (0,)
    # The layer shifts within the flipped image's own axes, so that all combinations occur.
    return {
        (d, a, t, m): moved(image, d, a, t, m)
        for d in range(-shift[0], shift[0] + 1)
        for a in range(-shift[1], shift[1] + 1)
        for t in turns
        for m in mirrors
    }


@pytest.mark.parametrize("flip", [None, "horizontal", "vertical", "both"])
@pytest.mark.parametrize("shift", [(0, 0), (1, 2), (2, 0)])
def test_every_result_is_a_shifted_and_flipped_image_and_all_occur(backend, shift, flip):
    bound = Bound(backend, RandomShiftFlip(shift, flip), SHAPE, batch=40)
    seen = {}
    for step in range(12):
        bound.next_step(step)
        found = bound.forward()
        for row in range(40):
            matches = [
                key
                for key, image in candidates(bound.x[0, row], shift, flip).items()
                if np.array_equal(image, found[0, row])
            ]
            assert len(matches) == 1
            seen[matches[0]] = seen.get(matches[0], 0) + 1
    choices = candidates(bound.x[0, 0], shift, flip)
    assert set(seen) == set(choices)
    expected = 480 / len(choices)
    deviation = sum((n - expected) ** 2 / expected for n in seen.values())
    assert deviation < len(choices) + 5 * np.sqrt(2 * len(choices))


def test_prediction_and_steps_without_noise_leave_rows_alone(backend):
    bound = Bound(backend, RandomShiftFlip(2, "both"), SHAPE)
    np.testing.assert_array_equal(bound.forward(training=False), bound.x)
    bare = Bound(backend, RandomShiftFlip(2, "both"), SHAPE, training=False)
    np.testing.assert_array_equal(bare.forward(training=False), bare.x)


def test_equal_keys_move_alike(backend):
    bound = Bound(backend, RandomShiftFlip(2, "both"), SHAPE, keys=np.full(6, 9, np.uint32))
    bound.x[:] = bound.x[:, :1]
    found = bound.forward()
    np.testing.assert_array_equal(found, np.broadcast_to(found[:, :1], found.shape))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shift": -1}, "shift of RandomShiftFlip must be integers >= 0"),
        ({"shift": 0.5}, "shift of RandomShiftFlip must be integers >= 0"),
        ({"flip": "diagonal"}, "flip of RandomShiftFlip must be among"),
    ],
)
def test_bad_parameters(options, message):
    with pytest.raises((ValueError, TypeError), match=message):
        RandomShiftFlip(**options)


def test_a_shift_for_each_axis():
    with pytest.raises(ShapeError, match="for the 1 axes"):
        RandomShiftFlip((1, 2)).build((5, 2))
