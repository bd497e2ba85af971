"""Steering angles from pictures of a simulated drive: ``python -m benchmarks.steering --help``.

Two ways to see the road, each with the mean of several networks:

- ``motion``: how far bands of the picture have moved sideways since the picture before, in this
  moment and the five before, by where the two pictures match best. A small perceptron reads these
  42 numbers. They tell how the car turns, which the angle made it do a moment ago.
- ``picture``: a convolutional network sees one picture below the horizon, and knows no earlier one.

Two more are for comparison: in ``trees`` gradient boosting of scikit-learn reads the numbers of
``motion``, and in ``angles`` the perceptron reads the three angles before, which no picture tells.

All train on the moments of the first three quarters at full speed, as they are and mirrored with
the negated angle, and are scored on the last quarter in time. Settings were chosen by
``--validate``: each of the first five eighths is predicted by networks that trained on the other
five of the first six, without the moments beside it. (The convolutional network's were chosen on
the fifth eighth alone. There the side cameras, whose pictures count as 0.2 of angle more or less,
made the error larger.) The last quarter served once for the last figure of each way.
"""

import argparse
import warnings

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning

from skdeep import CNNRegressor, MLPRegressor
from skdeep.augmentation import Brightness, Contrast, Erase, Flip, Shift

#: First row below the horizon, and the speed below which the driver manoeuvres.
HORIZON, FULL_SPEED = 10, 28
#: Rows whose motion is measured together, up to so many columns, of which fewer count.
BANDS = ((0, 3), (3, 6), (6, 9), (9, 12), (12, 16), (16, 21), (21, 27))
REACH, MOST = 10, 6
#: Moments whose motion is seen, and moments left out beside those that validate.
MOMENTS, APART = 6, 10


def shifts(X):
    """Return how many columns each band has moved since the picture before, (n, bands)."""
    found = []
    for first, end in BANDS:
        slope = np.gradient(X[:, first:end].astype(np.float32) / 255, axis=2)
        before = np.concatenate([slope[:1], slope[:-1]])[:, :, REACH:-REACH]
        width = before.shape[2]
        starts = range(2 * REACH + 1)
        errors = [((before - slope[:, :, k : k + width]) ** 2).mean(axis=(1, 2)) for k in starts]
        found.append(_lowest(np.stack(errors, axis=1)))
    return np.clip(np.stack(found, axis=1) - REACH, -MOST, MOST)


def _lowest(errors):
    """Return where errors (n, places) are lowest, between places by the parabola through three."""
    best = np.clip(errors.argmin(axis=1), 1, errors.shape[1] - 2)
    rows = np.arange(len(errors))
    left, middle, right = (errors[rows, best + k] for k in (-1, 0, 1))
    bend = np.maximum(left - 2 * middle + right, 1e-9)
    return best + np.clip((left - right) / (2 * bend), -1, 1)


def motion(X):
    """Return the shifts of this moment and of those before, (n, bands * MOMENTS)."""
    found = shifts(X)
    return np.hstack(
        [np.vstack([found[:1]] * k + [found[: len(found) - k]]) for k in range(MOMENTS)]
    )


def even(X):
    """Return pictures below the horizon, with mean 0 and deviation 1 each."""
    X = X[:, HORIZON:].astype(np.float32) / 255
    X = X - X.mean(axis=(1, 2), keepdims=True)
    return X / (X.std(axis=(1, 2), keepdims=True) + 0.05)


TRAINING = {
    "standardize_target": True,
    "solver": "adamw",
    "alpha": 0.0,
    "batch_size": 64,
    "tol": 0.0,
    "n_iter_no_change": np.inf,
    "learning_rate_schedule": "cosine",
}


def by_motion(drive, angle, train, test, options):
    """Return the angles of some moments by how the pictures move, from those of others."""
    return mirrored(motion(drive["center"]), angle, train, test, perceptrons(options))


def by_trees(drive, angle, train, test, options):
    """Return the same by trees."""
    trees = {"max_iter": 60, "learning_rate": 0.06, "min_samples_leaf": 40, "max_leaf_nodes": 15}
    models = [HistGradientBoostingRegressor(**trees, random_state=0)]
    return mirrored(motion(drive["center"]), angle, train, test, models)


def by_angles(drive, angle, train, test, options):
    """Return the angles of some moments by the three angles before."""
    before = [np.concatenate([np.zeros(k), angle[:-k]]) for k in (1, 2, 3)]
    return mirrored(np.stack(before, axis=1), angle, train, test, perceptrons(options))


def perceptrons(options):
    """Return the networks of numbers."""
    return [
        MLPRegressor(
            hidden_layer_sizes=(32, 32),
            dropout=0.1,
            weight_decay=0.02,
            learning_rate_init=0.003,
            max_iter=options.epochs or 12,
            random_state=seed,
            **TRAINING,
        )
        for seed in range(options.seeds)
    ]


def mirrored(seen, angle, train, test, models):
    """Return the angles of some moments by numbers that change their sign in mirrored pictures."""
    seen = seen / seen[train].std(axis=0)
    X, y = np.vstack([seen[train], -seen[train]]), np.concatenate([angle[train], -angle[train]])
    found = []
    for model in models:
        model.fit(X, y)
        found.append((model.predict(seen[test]) - model.predict(-seen[test])) / 2)
    return np.mean(found, axis=0)


def by_picture(drive, angle, train, test, options):
    """Return the angles of some moments by their picture alone, from those of others."""
    parts = [("center", 0.0), ("left", 0.2), ("right", -0.2)][: 3 if options.sides else 1]
    X = np.concatenate([even(drive[camera][train]) for camera, _ in parts])
    y = np.concatenate([angle[train] + more for _, more in parts])
    changes = [Brightness(0.3), Contrast(0.3), Shift((2, 0), y="keep"), Erase(0.5)]
    found = []
    for seed in range(options.seeds):
        network = CNNRegressor(
            conv_layers=[(8, 5), (16, 5), (24, 3)],
            strides=2,
            pooling=None,
            hidden_layer_sizes=(24,),
            dropout=[0, 0, 0.2, 0.3],
            normalization="batch",
            augment=[Flip(y="negate"), *changes],
            weight_decay=0.05,
            learning_rate_init=0.002,
            max_iter=options.epochs or 8,
            random_state=seed,
            **TRAINING,
        ).fit(X, y)
        found.append(network.predict(even(drive["center"][test])))
    return np.mean(found, axis=0)


WAYS = {"motion": by_motion, "picture": by_picture, "trees": by_trees, "angles": by_angles}


def parts(drive, validate):
    """Give the moments that train and those that are scored, by the name of the latter."""
    n = len(drive["angle"])
    moments, eighth = np.arange(n), np.arange(n) * 8 // n
    fast = (drive["speed"] > FULL_SPEED) & (eighth < 6) & (moments > MOMENTS)
    if not validate:
        yield "last quarter", np.flatnonzero(fast), np.flatnonzero(eighth >= 6)
    for k in range(5) if validate else ():
        there = np.flatnonzero(eighth == k)
        away = (moments < there[0] - APART) | (moments >= there[-1] + APART)
        yield f"eighth {k + 1}", np.flatnonzero(fast & away), np.flatnonzero(fast & (eighth == k))


def main(arguments=None):
    """Print the squared error, and how much lower it is than those of constants."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--drive", required=True, help="track33x100.npz: center, left, right, ...")
    parser.add_argument("--way", choices=WAYS, default="motion")
    parser.add_argument("--epochs", type=int, help="default: 12 for motion, 8 for picture")
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--sides", action="store_true", help="pictures of the side cameras, too")
    parser.add_argument("--validate", action="store_true", help="within the first three quarters")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)
    with np.load(options.drive) as file:
        drive = dict(file)
    angle, lower = drive["angle"].astype(float), []
    for name, train, test in parts(drive, options.validate):
        truth = angle[test]
        error = np.mean((WAYS[options.way](drive, angle, train, test, options) - truth) ** 2)
        constants = (angle[train].mean(), 0.0, truth.mean())
        lower.append([1 - error / np.mean((truth - c) ** 2) for c in constants])
        print(f"{name}: squared error {error:.5f}", *_said(lower[-1]), flush=True)
    if options.validate:
        print("mean:", *_said(np.mean(lower, axis=0)))


def _said(lower):
    """Return in words how much lower errors are than those of three constants."""
    names = ("the training mean", "zero", "its own mean")
    return [f"{gain:.1%} below {name};" for gain, name in zip(lower, names, strict=True)]


if __name__ == "__main__":
    main()
