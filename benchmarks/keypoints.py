"""Error of 68 points of faces, five folds by person: ``python -m benchmarks.keypoints --help``.

Two networks make a cascade (Sun, Wang and Tang, 2013). The first sees the whole picture at half its
size. The second sees a crop in which the points found so far lie upright and at one size; it is
asked four times, each time with a crop by its own answer, and the last three answers are
averaged. Both train with flips, turns, scales and shifts, which their points follow, and both
see each picture as it is and flipped. The error is the mean distance of the points over that of the
outer eye corners.

Settings were chosen on a fifth of the people of the first fold's training part (``--validate``).
The folds themselves have served for the last figure alone, once. The first fold was looked at with
a fault in the crops, which is mended.
"""

import argparse
import time
import warnings

import numpy as np
from scipy.ndimage import map_coordinates
from sklearn.exceptions import ConvergenceWarning

from skdeep import CNNRegressor
from skdeep.augmentation import Flip, Rotate, Scale, Shift

#: Points that change places in a flipped face, as runs of the iBUG order and what they become.
JAW, BROWS, NOSE = [*range(16, -1, -1)], [*range(26, 16, -1)], [27, 28, 29, 30, *range(35, 30, -1)]
EYES = [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
LIPS = [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
SWAP = np.array([*JAW, *BROWS, *NOSE, *EYES, *LIPS])
CORNERS = (36, 45)
#: Pixels of the crops, and of the distance between the eye corners of an average face in them.
SIDE, EYE_DISTANCE = 40, 15.0
ROUNDS = 4
COMMON = {
    "normalization": "batch",
    "standardize_target": True,
    "batch_size": 32,
    "learning_rate_schedule": "cosine",
    "alpha": 0.0,
    "tol": 0.0,
    "random_state": 0,
}


def error(found, points):
    """Return the mean distance of points (n, 68, 2), over that of the outer eye corners."""
    eyes = np.linalg.norm(points[:, CORNERS[0]] - points[:, CORNERS[1]], axis=1)
    return (np.linalg.norm(found - points, axis=2).mean(axis=1) / eyes).mean()


def moves(degrees, size, pixels):
    """Return changes of training images that their points follow."""
    fill = {"fill": "edge"}
    flip = Flip(y="keypoints", swap=SWAP)
    return [flip, Rotate(degrees, **fill), Scale(size, **fill), Shift(pixels, **fill)]


def even(X):
    """Return pictures with mean 0 and deviation 1 each."""
    X = X - X.mean(axis=(1, 2), keepdims=True)
    return X / (X.std(axis=(1, 2), keepdims=True) + 1e-3)


def halved(X):
    """Return pictures of half the size."""
    n, height, width = X.shape
    return X.reshape(n, height // 2, 2, width // 2, 2).mean(axis=(2, 4))


def both_ways(model, X):
    """Return points (n, 68, 2) as the mean of a picture's and of the flipped one's."""
    found = model.predict(X).reshape(len(X), -1, 2).astype(float)
    flipped = model.predict(X[:, :, ::-1]).reshape(len(X), -1, 2)[:, SWAP].astype(float)
    flipped[..., 0] = X.shape[2] - 1 - flipped[..., 0]
    return (found + flipped) / 2


class Crops:
    """Upright crops at one size around points (n, 68, 2), by the mean face of crops."""

    def __init__(self, points, mean):
        face, own = mean - mean.mean(axis=0), points - points.mean(axis=1, keepdims=True)
        size = (face**2).sum()
        a = (own * face).sum(axis=(1, 2)) / size
        b = (own[..., 1] * face[:, 0] - own[..., 0] * face[:, 1]).sum(axis=1) / size
        self.turn = np.stack([np.stack([a, -b], axis=-1), np.stack([b, a], axis=-1)], axis=1)
        self.shift = points.mean(axis=1) - self.turn @ mean.mean(axis=0)

    def cut(self, X):
        """Return the crops of pictures."""
        y, x = np.mgrid[:SIDE, :SIDE]
        grid = np.stack([x.ravel(), y.ravel()])
        crops = np.empty((len(X), SIDE, SIDE), X.dtype)
        for k, (turn, shift) in enumerate(zip(self.turn, self.shift, strict=True)):
            columns, rows = turn @ grid + shift[:, None]
            found = map_coordinates(X[k], [rows, columns], order=1, mode="nearest")
            crops[k] = found.reshape(SIDE, SIDE)
        return crops

    def inwards(self, points):
        """Return points of pictures as such of crops."""
        return (points - self.shift[:, None]) @ np.linalg.inv(self.turn).swapaxes(1, 2)

    def outwards(self, points):
        """Return points of crops as such of pictures."""
        return points @ self.turn.swapaxes(1, 2) + self.shift[:, None]


def mean_face(points):
    """Return the mean face in the middle of a crop, by Procrustes analysis."""
    mean = points.mean(axis=0)
    for _ in range(3):
        mean = Crops(points, mean).inwards(points).mean(axis=0)
    mean = mean - mean.mean(axis=0)
    size = EYE_DISTANCE / np.linalg.norm(mean[CORNERS[0]] - mean[CORNERS[1]])
    return size * mean + (SIDE - 1) / 2


class Cascade:
    """A network that finds a face, and one that looks at it again."""

    def __init__(self, epochs):
        self.epochs = epochs

    def fit(self, X, points):
        self.mean = mean_face(points)
        whole, crops = {"max_iter": self.epochs[0]}, {"max_iter": self.epochs[1]}
        self.first = CNNRegressor(
            conv_layers=[(16, 3), (32, 3), (64, 3)],
            hidden_layer_sizes=(128,),
            learning_rate_init=0.003,
            augment=moves(12, 0.12, 2),
            **COMMON | whole,
        )
        # The middle of a pixel of half the size lies between those of two.
        self.first.fit(even(halved(X)), ((points - 0.5) / 2).reshape(len(X), -1))
        self.second = CNNRegressor(
            conv_layers=[(24, 3), (48, 3), (96, 3)],
            hidden_layer_sizes=(256,),
            learning_rate_init=0.002,
            augment=moves(15, 0.17, 3),
            **COMMON | crops,
        )
        upright = Crops(points, self.mean)
        self.second.fit(even(upright.cut(X)), upright.inwards(points).reshape(len(X), -1))
        return self

    def rounds(self, X):
        """Return the points that are found first, and then in each round."""
        found = [2 * both_ways(self.first, even(halved(X))) + 0.5]
        for _ in range(ROUNDS):
            crops = Crops(found[-1], self.mean)
            found.append(crops.outwards(both_ways(self.second, even(crops.cut(X)))))
        return found

    def predict(self, X):
        return np.mean(self.rounds(X)[-3:], axis=0)


def people(person, n_folds, seed=0):
    """Return the fold of each picture, all of a person in one."""
    each = np.random.RandomState(seed).permutation(np.unique(person))
    parts = np.array_split(each, n_folds)
    return sum(k * np.isin(person, part) for k, part in enumerate(parts))


def main(arguments=None):
    """Print the error of every fold, and their mean."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--faces", required=True, help="faces64.npz: X, points, person")
    parser.add_argument("--epochs", type=int, nargs=2, default=[25, 25])
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--validate", action="store_true", help="within the training part")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)
    with np.load(options.faces) as file:
        X, points, person = file["X"], file["points"].astype(float), file["person"]
    X, fold = X.astype(np.float32) / 255, people(person, 5)
    errors = []
    for k in options.folds:
        train, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        if options.validate:
            inner = people(person[train], 5, seed=1)
            train, test = train[inner > 0], train[inner == 0]
        begin = time.process_time()
        model = Cascade(options.epochs).fit(X[train], points[train])
        errors.append(error(model.predict(X[test]), points[test]))
        each = " ".join(f"{error(found, points[test]):.4f}" for found in model.rounds(X[test]))
        face = np.broadcast_to(points[train].mean(axis=0), points[test].shape)
        print(
            f"fold {k}: {errors[-1]:.4f} (first and rounds {each}; mean face "
            f"{error(face, points[test]):.4f}; {time.process_time() - begin:.0f} s of processor)",
            flush=True,
        )
    print(f"mean of {len(errors)} fold(s): {np.mean(errors):.4f}")


if __name__ == "__main__":
    main()
