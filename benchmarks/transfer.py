"""Train on much, fine-tune on little: ``python -m benchmarks.transfer --help``.

A convolutional network learns from 20,000 images of MNIST and goes on with 1, 3 or 10 labels a
class of scikit-learn's handwritten digits, images of 8 x 8 pixels that other people wrote on other
forms. MNIST is prepared in two ways: made smaller as it is, and as the digits were: the ink
stretched to the height of the image, black and white, then counted in fields of 4 x 4. A third
source are the digits themselves, 0 to 4 where 5 to 9 are the target.

Each seed draws the network and the labels anew; 800 of the digits (400 of 5 to 9) are scored. The
network without transfer is the best of six that were tried without it, and beside it stands an SVM.
"""

import argparse
import gzip
import warnings
from pathlib import Path

import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import SVC

from skdeep import CNNClassifier

CONVOLUTIONS = ["conv_0", "conv_1"]
NETWORK = {
    "conv_layers": [(16, 3), (32, 3)],
    "hidden_layer_sizes": (),
    "learning_rate_init": 0.003,
    "n_iter_no_change": np.inf,
}
LABELS = (1, 3, 10)


def read(folder, n):
    """Return the first training images of MNIST (n, 28, 28), from 0 to 1, and their digits."""
    path = Path(folder) / "train-{}-ubyte.gz"
    raw = [gzip.decompress(Path(str(path).format(kind)).read_bytes()) for kind in KINDS]
    images = np.frombuffer(raw[0], np.uint8, offset=16).reshape(-1, 28, 28)
    return images[:n] / 255, np.frombuffer(raw[1], np.uint8, offset=8)[:n]


KINDS = ("images-idx3", "labels-idx1")


def smaller(image):
    """Return an image in 8 x 8 pixels."""
    return np.pad(image, 2).reshape(8, 4, 8, 4).mean((1, 3))


def as_the_digits(image):
    """Return an image in 8 x 8 pixels, made as the images of the digits were."""
    rows, columns = (np.flatnonzero(image.max(axis) > 0.25) for axis in (1, 0))
    ink = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height, width = ink.shape
    wide = max(width, int(0.6 * height))
    left = (wide - width) // 2
    ink = np.pad(ink, ((0, 0), (left, wide - width - left)))
    ink = ndimage.zoom(ink, (32 / height, 24 / wide), order=1)
    return np.pad(ink > 0.4, ((0, 0), (4, 4))).reshape(8, 4, 8, 4).mean((1, 3))


def images_of(pixels):
    """Return images with one channel."""
    return np.asarray(pixels, np.float32)[..., None]


def compare(source, target, n_test, seeds, epochs):
    """Print accuracies on a target, with and without what a source taught."""
    (X, y), scores = target, {}
    for seed in range(seeds):
        first = CNNClassifier(**NETWORK, max_iter=epochs, batch_size=50, random_state=seed)
        first.fit(*source)
        order = np.random.default_rng(seed).permutation(len(y))
        test, pool = order[:n_test], order[n_test:]
        if set(y) <= set(source[1]):
            scores.setdefault((0, "as it is"), []).append(first.score(X[test], y[test]))
        for n in LABELS:
            few = np.concatenate([pool[y[pool] == k][:n] for k in np.unique(y)])
            for name, model in learners(first, seed).items():
                flat = X.reshape(len(X), -1) if isinstance(model, SVC) else X
                score = model.fit(flat[few], y[few]).score(flat[test], y[test])
                scores.setdefault((n, name), []).append(score)
    for (n, name), found in scores.items():
        print(f"{n:3} labels a class, {name:20} {np.mean(found):.3f} +- {np.std(found):.3f}")


def learners(first, seed):
    """Return what learns from few labels."""
    new = {**NETWORK, "max_iter": 200, "random_state": seed}
    return {
        "support vectors": SVC(C=10),
        "from the start": CNNClassifier(**new),
        "fine-tuned": CNNClassifier(**new, initial_weights=first),
        "convolutions frozen": CNNClassifier(
            **new, initial_weights=first, frozen_layers=CONVOLUTIONS
        ),
    }


def main():
    """Compare on the sources that are there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", metavar="FOLDER", help="where the files of MNIST are")
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)  # so many epochs are to be so many
    digits = load_digits()
    X, y = images_of(digits.images / 16), digits.target
    old = y < 5
    print("digits 0 to 4 to digits 5 to 9")
    compare((X[old], y[old]), (X[~old], y[~old]), 400, options.seeds, epochs=25)
    if options.mnist:
        images, labels = read(options.mnist, 20_000)
        for prepare in (smaller, as_the_digits):
            print(f"MNIST to digits, {prepare.__name__.replace('_', ' ')}")
            source = images_of([prepare(image) for image in images]), labels
            compare(source, (X, y), 800, options.seeds, epochs=5)


if __name__ == "__main__":
    main()
