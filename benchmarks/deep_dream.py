"""Prototypes of classes before another network: ``python -m benchmarks.deep_dream --help``.

A convolutional network learns digits or clothes, and ascent on its input makes prototypes of each
class from noise. Then another network, of another architecture, which learned from other samples,
says what they are. All samples are training images: the first rows train the maker; the judge
learns from the last rows, or, to choose settings, from those between (``--choose``).
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.mnist import images, labels
from skdeep import CNNClassifier
from skdeep.inspection import activation_maximization

MAKER = {
    "conv_layers": [(16, 5), (32, 3)],
    "hidden_layer_sizes": (64,),
    "normalization": "batch",
    "dropout": [0.0, 0.2, 0.4],
    "random_shift": 2,
}
JUDGE = {"conv_layers": [(24, 3), (32, 3)], "hidden_layer_sizes": (100,), "random_shift": 2}
TRAINING = {
    "batch_size": 64,
    "learning_rate_init": 0.003,
    "learning_rate_schedule": "one_cycle",
    "n_iter_no_change": np.inf,
}
#: How prototypes are made.
ASCENT = {
    "n_steps": 40,
    "step_size": 0.05,
    "jitter": 2,
    "blur": 1.5,
    "decay": 0.05,
    "background": 0,
}
#: And without regularisers.
PLAIN = {"jitter": 0, "blur": 0.0, "decay": 0.0, "background": None}


def parts(options):
    """Return images and labels of the maker and of the judge."""
    X = images(options.images, "train").reshape(-1, 28, 28) / np.float32(255)
    y = labels(options.images, "train")
    n = options.rows
    start = 20000 if options.choose else len(X) - n
    if not 0 < n <= 20000:
        raise SystemExit(f"--rows must be from 1 to 20000, got {n}")
    return (X[:n], y[:n]), (X[start : start + n], y[start : start + n])


def trained(setting, X, y, options, seed):
    """Return a network that learned from some rows."""
    model = CNNClassifier(**setting, **TRAINING, max_iter=options.epochs, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are what was asked
        return model.fit(X, y)


def prototypes(model, n_each, **ascent):
    """Return prototypes, (classes, n_each, H, W, C)."""
    return np.array(
        [
            [
                activation_maximization(
                    model, target=label, bounds=(0, 1), random_state=k, **ASCENT | ascent
                )
                for k in range(n_each)
            ]
            for label in model.classes_
        ]
    )


def recognised(judge, found):
    """Return the fraction of each class's prototypes that the judge takes for it."""
    rows = found.reshape(-1, *found.shape[2:])
    return (judge.predict(rows).reshape(found.shape[:2]) == judge.classes_[:, None]).mean(axis=1)


def save(found, path):
    """Write the prototypes as one picture, a row for each class."""
    import matplotlib.pyplot as plt

    classes, each, height, width, _ = found.shape
    picture = found[..., 0].transpose(0, 2, 1, 3).reshape(classes * height, each * width)
    plt.imsave(path, picture, cmap="gray", vmin=0, vmax=1)


def measure(options):
    """Print how many prototypes are recognised, with regularisers and without."""
    (X, y), (X_other, y_other) = parts(options)
    judge = trained(JUDGE, X_other, y_other, options, 1)
    print(f"the judge is right on {judge.score(X, y):.1%} of the maker's samples", flush=True)
    shares = {"with blur, jitter, decay to black": [], "without": []}
    for seed in range(options.seeds):
        maker = trained(MAKER, X, y, options, seed)
        print(f"seed {seed}: the maker is right on {maker.score(X_other, y_other):.1%} of others")
        for (name, found), ascent in zip(shares.items(), ({}, PLAIN), strict=True):
            start = time.process_time()
            made = prototypes(maker, options.each, **ascent)
            each = recognised(judge, made)
            found.append(each.mean())
            print(
                f"  {name}: {each.mean():.1%} of {made.shape[0] * made.shape[1]} prototypes "
                f"({', '.join(f'{share:.0%}' for share in each)}), "
                f"{time.process_time() - start:.0f} s of CPU",
                flush=True,
            )
            if options.picture and not ascent:
                save(made, options.picture)
    for name, found in shares.items():
        print(f"{name}: mean {np.mean(found):.1%}, worst {np.min(found):.1%}")


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--images", required=True, help="folder of MNIST or Fashion-MNIST")
    parser.add_argument("--rows", type=int, default=10000, help="samples of each network")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--each", type=int, default=5, help="prototypes of each class")
    parser.add_argument("--seeds", type=int, default=2, help="makers")
    parser.add_argument("--choose", action="store_true", help="a judge for choosing settings")
    parser.add_argument("--picture", help="where to write a picture of the last maker's prototypes")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    measure(parse())
