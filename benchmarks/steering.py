"""Steering angles from pictures of a simulated drive: ``python -m benchmarks.steering --help``.

A small convolutional network sees the picture of the middle camera below the horizon, and predicts
the angle. It trains on the moments of the first three quarters at full speed, with flips that
negate the angle, and the mean of several seeds is scored on the last quarter in time.

Settings were chosen on the fifth eighth, by networks that had trained on the first four and the
sixth (``--validate``). There the side cameras, whose pictures count as 0.2 of angle more or less,
made the error larger. The last quarter served once, for the last figure.
"""

import argparse
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from skdeep import CNNRegressor
from skdeep.augmentation import Brightness, Contrast, Erase, Flip, Shift

#: First row below the horizon, and the speed below which the driver manoeuvres.
HORIZON, FULL_SPEED = 10, 28


def even(X):
    """Return pictures below the horizon, with mean 0 and deviation 1 each."""
    X = X[:, HORIZON:].astype(np.float32) / 255
    X = X - X.mean(axis=(1, 2), keepdims=True)
    return X / (X.std(axis=(1, 2), keepdims=True) + 0.05)


def network(seed, epochs):
    """Return the network of a seed."""
    return CNNRegressor(
        conv_layers=[(8, 5), (16, 5), (24, 3)],
        strides=2,
        pooling=None,
        hidden_layer_sizes=(24,),
        dropout=[0, 0, 0.2, 0.3],
        normalization="batch",
        standardize_target=True,
        augment=[
            Flip(y="negate"),
            Brightness(0.3),
            Contrast(0.3),
            Shift((2, 0), y="keep"),
            Erase(0.5),
        ],
        solver="adamw",
        weight_decay=0.05,
        alpha=0.0,
        batch_size=64,
        max_iter=epochs,
        tol=0.0,
        learning_rate_init=0.002,
        learning_rate_schedule="cosine",
        random_state=seed,
    )


def main(arguments=None):
    """Print the squared error, and that of two constants."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--drive", required=True, help="track33x100.npz: center, left, right, ...")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--sides", action="store_true", help="train on the side cameras, too")
    parser.add_argument("--validate", action="store_true", help="within the first three quarters")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)
    with np.load(options.drive) as file:
        drive = dict(file)
    angle, eighth = drive["angle"].astype(float), np.arange(len(drive["angle"])) * 8
    eighth = np.minimum(eighth // len(angle), 7)
    train, test = np.flatnonzero(eighth < 6), np.flatnonzero(eighth >= 6)
    if options.validate:
        train, test = train[eighth[train] != 4], np.flatnonzero(eighth == 4)
    train = train[drive["speed"][train] > FULL_SPEED]
    parts = [("center", 0.0), ("left", 0.2), ("right", -0.2)][: 3 if options.sides else 1]
    X = np.concatenate([even(drive[camera][train]) for camera, _ in parts])
    y = np.concatenate([angle[train] + more for _, more in parts])
    pictures, truth = even(drive["center"][test]), angle[test]
    each = [network(k, options.epochs).fit(X, y).predict(pictures) for k in range(options.seeds)]
    error = np.mean((np.mean(each, axis=0) - truth) ** 2)
    own, known = truth.var(), np.mean((truth - angle[train].mean()) ** 2)
    print(
        f"squared error {error:.5f}; of the mean of the test part {own:.5f} ({1 - error / own:.1%} "
        f"lower), of that of the training part {known:.5f} ({1 - error / known:.1%} lower)"
    )


if __name__ == "__main__":
    main()
