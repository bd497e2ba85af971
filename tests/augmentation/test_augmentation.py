"""Random changes of images: what they do to an image, and that images are on their own."""

import pickle

import numpy as np
import pytest

from skdeep.augmentation import Brightness, Contrast, Erase, Flip, Noise, Rotate, Scale, Shift
from skdeep.backend import get_backend
from skdeep.nn.conv.augment import Augment
from skdeep.nn.conv.warp import Warp
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.params import ParamStore
from skdeep.testing.bound import BoundLayer as Bound

SHAPE = (4, 6, 2)
ALL = [
    Flip(),
    Rotate(20, fill="edge"),
    Scale(0.2),
    Shift((0, 1)),
    Brightness(0.3),
    Contrast((0.5, 2)),
    Noise(0.1),
    Erase(0.5),
]


def moved(image, down, across, turned, mirrored):
    """Flip an image and shift it, with zeros at the edges, pixel by pixel."""
    image = image[::-1] if turned else image
    image = image[:, ::-1] if mirrored else image
    result = np.zeros_like(image)
    for i, j in np.ndindex(image.shape[:2]):
        if 0 <= i - down < image.shape[0] and 0 <= j - across < image.shape[1]:
            result[i, j] = image[i - down, j - across]
    return result


def candidates(image, shift, axes):
    return {
        (d, a, t, m): moved(image, d, a, t, m)
        for d in range(-shift[0], shift[0] + 1)
        for a in range(-shift[1], shift[1] + 1)
        for t in (0, 1)[: 1 + ("vertical" in axes)]
        for m in (0, 1)[: 1 + ("horizontal" in axes)]
    }


@pytest.mark.parametrize("axes", [(), ("horizontal",), ("vertical",), ("vertical", "horizontal")])
@pytest.mark.parametrize("shift", [(0, 0), (1, 2)])
def test_shifts_and_flips_give_just_such_images_and_all_as_likely(backend, shift, axes):
    changes = [*(Flip(axis) for axis in axes), Shift(shift)]
    bound = Bound(backend, Augment(changes), SHAPE, batch=40)
    seen = {}
    for step in range(12):
        bound.next_step(step)
        found = bound.forward()
        for row in range(40):
            matches = [
                key
                for key, image in candidates(bound.x[0, row], shift, axes).items()
                if np.array_equal(image, found[0, row])
            ]
            assert len(matches) == 1
            seen[matches[0]] = seen.get(matches[0], 0) + 1
    choices = candidates(bound.x[0, 0], shift, axes)
    assert set(seen) == set(choices)
    expected = 480 / len(choices)
    deviation = sum((n - expected) ** 2 / expected for n in seen.values())
    assert deviation < len(choices) + 5 * np.sqrt(2 * len(choices))


def drawn_map(turn, scale, across, down):
    """Return the matrix of a turn in degrees, a scale and a shift, in this order."""
    angle = np.deg2rad(turn)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.column_stack([scale * matrix, [across, down]])


def warped(image, matrix, fill):
    """Move an image by a map, pixel by pixel."""
    height, width, _ = image.shape
    middle = np.array([(width - 1) / 2, (height - 1) / 2])
    result = np.zeros_like(image)

    def pixel(x, y):
        if fill == "edge":
            x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
        inside = 0 <= x < width and 0 <= y < height
        return image[int(y), int(x)] if inside else np.zeros(image.shape[2])

    for i, j in np.ndindex(height, width):
        place = np.array([j, i]) - middle - matrix[:, 2]
        x, y = np.linalg.solve(matrix[:, :2], place) + middle
        left, top = np.floor(x), np.floor(y)
        for dx, dy in np.ndindex(2, 2):
            share = (1 - abs(x - left - dx)) * (1 - abs(y - top - dy))
            result[i, j] += share * pixel(left + dx, top + dy)
    return result


@pytest.mark.parametrize("fill", ["zeros", "edge"])
def test_a_warp_is_one_bilinear_map_written_as_loops(backend, fill):
    changes = [Rotate(60, fill=fill), Scale((0.5, 1.5), fill=fill), Shift((2, 3), fill=fill)]
    draws = np.array([[0.5, 0.5, 0.5, 0.5], [0.8, 0.1, 0.99, 0.2], [0.1, 0.9, 0.3, 0.7]])
    binder = Binder(_no_parameters(backend), Arena(backend), 3, training=True)
    columns = [backend.to_device(draws[None, :, k : k + 1].copy()) for k in range(4)]
    warp = Warp(changes, (5, 7, 2), [columns[:1], columns[1:2], columns[2:]], binder, 2, False)
    x = np.random.default_rng(0).normal(size=(1, 3, 70))
    y = backend.empty(x.shape, float)
    warp.draw()
    warp(backend.to_device(x), y)
    for row, (turn, scale, across, down) in enumerate(draws):
        shift = np.floor([across * 7, down * 5]) - [3, 2]
        matrix = drawn_map(120 * turn - 60, 0.5 + scale, *shift)
        expected = warped(x[0, row].reshape(5, 7, 2), matrix, fill)
        found = backend.to_host(y)[0, row].reshape(5, 7, 2)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def _no_parameters(backend):
    return ParamStore(backend, Bound(backend, Augment([]), SHAPE).layout, np.zeros((1, 0)))


def test_changes_of_pixels_stay_in_their_range():
    x = np.random.default_rng(0).normal(size=(1, 500, 4, 6, 2))

    def change(*changes):
        bound = Bound(get_backend("cpu"), Augment(changes), SHAPE, batch=500)
        return bound.forward(x=x)[0], x[0]

    axes = (1, 2, 3)
    found, given = change(Brightness(0.3))
    lifts = (found - given).mean(axis=axes)
    assert -0.3 <= lifts.min() < -0.28
    assert 0.28 < lifts.max() <= 0.3
    np.testing.assert_allclose((found - given).std(axis=axes), 0, atol=1e-12)
    found, given = change(Contrast((0.5, 2)))
    np.testing.assert_allclose(found.mean(axis=axes), given.mean(axis=axes), atol=1e-12)
    factors = found.std(axis=axes) / given.std(axis=axes)
    assert 0.5 <= factors.min() < 0.52
    assert 1.98 < factors.max() <= 2
    found, given = change(Noise(0.1))
    assert abs((found - given).std() - 0.1) < 0.002
    found, given = change(Erase(0.5, probability=0.8, value=7))
    gone = found == 7
    np.testing.assert_array_equal(found[~gone], given[~gone])
    assert 0.35 < gone.any(axis=axes).mean() <= 0.8
    assert gone.sum(axis=axes).max() <= 2 * 3 * 4  # half of each side, and what it touches


def test_prediction_and_steps_without_noise_leave_images_alone(backend):
    bound = Bound(backend, Augment(ALL), SHAPE)
    assert not np.allclose(bound.forward(), bound.x)
    np.testing.assert_array_equal(bound.forward(training=False), bound.x)
    bare = Bound(backend, Augment(ALL), SHAPE, training=False)
    np.testing.assert_array_equal(bare.forward(training=False), bare.x)


def test_equal_keys_change_alike_and_other_steps_do_not(backend):
    bound = Bound(backend, Augment(ALL), SHAPE, keys=np.full(6, 9, np.uint32))
    bound.x[:] = bound.x[:, :1]
    found = bound.forward()
    np.testing.assert_allclose(found, np.broadcast_to(found[:, :1], found.shape), rtol=1e-9)
    bound.next_step(1)
    assert not np.allclose(bound.forward(), found)


def test_changes_are_values():
    for change in ALL:
        assert pickle.loads(pickle.dumps(change)) == change
        assert hash(change) == hash(pickle.loads(pickle.dumps(change)))
    assert Flip(y="keypoints", swap=np.array([1, 0])) == Flip(y="keypoints", swap=[1, 0])
    assert Shift(1) != Shift(2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Flip("diagonal"), "axis of Flip must be among"),
        (lambda: Flip(probability=2), r"probability of Flip must be in \[0, 1\]"),
        (lambda: Flip(y="move"), "y of Flip must be among"),
        (lambda: Flip(swap=[1, 0]), "swap of Flip goes with y='keypoints', got y=None"),
        (lambda: Flip(y="keypoints", swap=[1, 2, 0]), "two flips change nothing: point 0 becomes"),
        (lambda: Flip(y="keypoints", swap=[1, 5]), "2 entries, each a point from 0 to 1, got 5"),
        (lambda: Flip(y="keypoints", swap=[0.5]), "swap of Flip must be made of integers >= 0"),
        (lambda: Flip(y="negate", columns=[-1]), "columns of Flip must be made of integers"),
        (lambda: Shift(-1), "pixels of Shift must be made of integers >= 0"),
        (lambda: Shift((1, 2, 3)), "pixels of Shift must be one for each axis"),
        (lambda: Shift(1, y="negate"), "y of Shift must be among"),
        (lambda: Shift(1, fill="mirror"), "fill of Shift must be among"),
        (lambda: Rotate(200), r"degrees of Rotate must be in \[0, 180\]"),
        (lambda: Rotate(np.nan), "degrees of Rotate must be"),
        (lambda: Scale(1.5), r"amount of Scale must be in \[0, 1\)"),
        (lambda: Scale((0, 1)), "amount of Scale must be"),
        (lambda: Brightness("a"), "amount of Brightness must be finite"),
        (lambda: Contrast((2, 1)), "amount of Contrast must be"),
        (lambda: Noise(-1), "scale of Noise must be finite and >= 0"),
        (lambda: Erase(0), r"size of Erase must be in \(0, 1\]"),
        (lambda: Augment([Shift((1, 2))]).build((5, 2)), "for the 1 axes"),
        (lambda: Augment([Rotate(3)]).build((5, 2)), "Rotate is for images"),
        (lambda: Augment([3]), "changes of Augment must be such"),
    ],
)
def test_bad_parameters(make, message):
    with pytest.raises(ValueError, match=message):
        make()
