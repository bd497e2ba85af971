"""Variational autoencoders of images, with and without convolutions: ``... --help``.

Both sides see the same training images of Fashion-MNIST (or MNIST) for as many epochs, with zeros
and ones drawn anew by the pixels in each step. The test images are binarised once; the figure is
their importance-weighted bound. ``--choose`` scores 1,000 other training images instead, by which
widths, activations and rates were chosen.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.mnist import images
from skdeep import VariationalAutoencoder

COMMON = {
    "n_components": 20,
    "activation": "gelu",
    "decoder": "bernoulli",
    "binarize": "dynamic",
    "batch_size": 100,
    "learning_rate_init": 0.005,
    "learning_rate_schedule": "cosine",
    "tol": 0.0,
    "n_iter_no_change": np.inf,
    "image_shape": (28, 28),
}
SIDES = {
    "dense": {"hidden_layer_sizes": (400, 200)},
    "convolutional": {"conv_layers": [(16, 3), (32, 3)], "hidden_layer_sizes": (200,)},
}


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", required=True, help="folder with the four published files")
    parser.add_argument("--rows", type=int, default=4000, help="training images")
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--draws", type=int, default=50, help="of each test image's code")
    parser.add_argument("--tested", type=int, default=1000, help="test images")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--choose", action="store_true", help="score training images")
    return parser.parse_args()


def main():
    options = parse()
    X = images(options.images, "train") / np.float32(255)
    scored = X[50_000:51_000] if options.choose else images(options.images, "t10k") / 255
    scored = scored[: options.tested]
    binary = (np.random.RandomState(0).uniform(size=scored.shape) < scored).astype(np.float32)
    for seed in range(options.seeds):
        bounds = {}
        for name, setting in SIDES.items():
            model = VariationalAutoencoder(
                **COMMON, **setting, max_iter=options.epochs, random_state=seed
            )
            start = time.process_time()
            model.fit(X[: options.rows])
            took = time.process_time() - start
            bounds[name] = model.score_samples(binary, n_samples=options.draws)
            print(
                f"{name}: {bounds[name].mean():.2f} nats; {took:.0f} s of processor time",
                flush=True,
            )
        gain = bounds["convolutional"] - bounds["dense"]
        error = gain.std() / np.sqrt(len(gain))
        print(f"seed {seed}: {gain.mean():.2f} nats (standard error over images {error:.2f})")


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what was asked
    main()
