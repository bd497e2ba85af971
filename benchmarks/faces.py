"""The Olivetti faces: 40 people, 10 pictures each of 64 by 64 pixels."""

import numpy as np
from scipy.io import loadmat
from scipy.ndimage import map_coordinates, zoom

#: Pictures of one person.
EACH = 10


def faces(path):
    """Return all pictures of ``olivettifaces.mat``, float32 in [0, 1], (400, 64, 64)."""
    pictures = loadmat(path)["faces"].T.reshape(-1, 64, 64).transpose(0, 2, 1)
    return pictures.astype(np.float32) / 255


def rows(pictures, side):
    """Return pictures as rows of ``side ** 2`` pixels, means of squares of the given ones."""
    n, height, _ = pictures.shape
    cut = height // side
    return pictures.reshape(n, side, cut, side, cut).mean(axis=(2, 4)).reshape(n, side**2)


def augmented(pictures, side, copies, random):
    """Return rows of the pictures, of their mirror images, and `copies` of each that are changed.

    A changed picture is a blend of one with another, mirrored or not, turned by up to 8 degrees,
    scaled by up to 8 %, shifted by up to 4 pixels, and bent: the corners of a grid of 5 by 5 are
    moved by a normal 1.5 pixels. Pixels are those of the full picture; what comes in from outside
    repeats the border.
    """
    parts = [rows(pictures, side), rows(pictures[:, :, ::-1], side)]
    for _ in range(copies):
        others = pictures[random.permutation(len(pictures))]
        share = random.uniform(0, 0.5, (len(pictures), 1, 1)).astype(pictures.dtype)
        blends = pictures + share * (others - pictures)
        parts.append(rows(np.stack([_moved(blend, random) for blend in blends]), side))
    return np.concatenate(parts)


def _moved(picture, random):
    """Return a picture that is mirrored, turned, scaled, shifted and bent at random."""
    picture = picture[:, ::-1] if random.random() < 0.5 else picture
    angle, scale = np.deg2rad(random.uniform(-8, 8)), random.uniform(0.92, 1.08)
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    places = np.indices(picture.shape).astype(float)
    middle = (np.array(picture.shape)[:, None, None] - 1) / 2
    places = np.tensordot(turn, places - middle, 1) + middle
    places += random.uniform(-4, 4, (2, 1, 1))
    bend = random.normal(0, 1.5, (2, 5, 5))
    places += zoom(
        bend,
        (1, picture.shape[0] / 5, picture.shape[1] / 5),
        order=3,
        grid_mode=True,
        mode="nearest",
    )
    return map_coordinates(picture, places, order=1, mode="nearest")
