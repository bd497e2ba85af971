"""Captions of pictures: ``python -m benchmarks.captions --help``.

It trains on pictures of digits and garments (``benchmarks/scenes.py``) and prints how many
captions of test pictures are right from the first word to the last. Two in ten pairs of kinds stand
together in test pictures alone. Drawings come from MNIST's and Fashion-MNIST's training images for
the training part and from their test images for the others.

Beside both stands the caption of the nearest picture of the training part: by the last hidden layer
of a convolutional network that learned which words stand in captions, and by pixels. Of a
combination that no training picture has, a nearest neighbour gets some words right, but never all.

Settings are first guesses, but for one: a sketch in PyTorch was scored once on test drawings of
scenes, where sneakers were taken for sandals and boots, so sneakers are left out.
``--validate`` scores drawings of the training images.
"""

import argparse
import time
import warnings
from itertools import combinations

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.neighbors import NearestNeighbors

from benchmarks.mnist import images, labels
from benchmarks.scenes import held_out_pairs, kinds, scenes
from skdeep import CNNClassifier, ImageCaptioner
from skdeep.metrics import bleu_score, sequence_accuracy, token_error_rate

CONVOLUTIONS = {"conv_layers": [(16, 3), (32, 3), (64, 3)], "normalization": "layer"}
TRAINING = {
    "solver": "adamw",
    "weight_decay": 0.01,
    "batch_size": 64,
    "learning_rate_init": 0.003,
    "learning_rate_schedule": "one_cycle",
    "n_iter_no_change": np.inf,
    "tol": 0.0,
    "random_state": 0,
}
CAPTIONER = {"attention": "additive", "units": 128, "embedding_dim": 64, "dropout": 0.1}


def report(name, y_true, found, started):
    """Print what is right of captions."""
    exact, bleu = sequence_accuracy(y_true, found), bleu_score(y_true, found)
    errors = token_error_rate(y_true, found)
    print(
        f"[{time.perf_counter() - started:6.0f} s] {name:<44} exact {exact:6.1%}   word errors "
        f"{errors:6.1%}   BLEU {bleu:5.1f}",
        flush=True,
    )


def neighbours(X, captions, others, epochs):
    """Return captions of the nearest training pictures by pixels, and by features, of each part."""
    words = CountVectorizer(token_pattern=r"\S+", binary=True).fit_transform(captions).toarray()
    model = CNNClassifier(
        **CONVOLUTIONS, hidden_layer_sizes=(128,), **TRAINING, max_iter=epochs
    ).fit(X, words)
    codes = model.transform(X), lambda Z: model.transform(Z)
    pixels = X.reshape(len(X), -1), lambda Z: Z.reshape(len(Z), -1)
    for name, (known, of) in {"features": codes, "pixels": pixels}.items():
        index = NearestNeighbors(n_neighbors=1).fit(known)
        for part, Z in others.items():
            nearest = index.kneighbors(of(Z), return_distance=False)[:, 0]
            yield name, part, [captions[k] for k in nearest]


def compare(X, captions, parts, options):
    """Print figures of the network, and of nearest neighbours."""
    started = time.perf_counter()
    epochs = options.epochs
    model = ImageCaptioner(
        **CONVOLUTIONS, **CAPTIONER, **TRAINING, max_iter=epochs, verbose=options.verbose
    ).fit(X, captions)
    for part, (Z, y_true) in parts.items():
        for width in options.beams:
            found = model.set_params(beam_width=width).predict(Z)
            report(f"{part}, beam of {width}", y_true, found, started)
    others = {part: Z for part, (Z, _) in parts.items()}
    for name, part, found in neighbours(X, captions, others, max(1, epochs // 3)):
        report(f"{part}, nearest by {name}", parts[part][1], found, started)


def run(options):
    """Compare on scenes: pairs of kinds that were seen together, and pairs that were not."""
    sets = [
        [(images(f, part), labels(f, part)) for f in (options.mnist, options.fashion)]
        for part in ("train", "t10k")
    ]
    if options.validate:  # other drawings, but of the training images
        sets = [
            [(X[:50_000], y[:50_000]) for X, y in sets[0]],
            [(X[50_000:], y[50_000:]) for X, y in sets[0]],
        ]
    train, test = (kinds(*pair) for pair in sets)
    held = held_out_pairs(train, 0.2, seed=0)
    seen = {tuple(sorted(pair)) for pair in combinations(train, 2)} - held
    X, captions = scenes(train, options.n, seen, seed=0)
    seed = 3 if options.validate else 1
    parts = {
        "pairs never seen together": scenes(test, options.n_test, held, seed),
        "pairs seen": scenes(test, options.n_test, seen, seed + 1),
    }
    compare(X, captions, parts, options)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--mnist", required=True, help="folder of MNIST's four files")
    parser.add_argument("--fashion", required=True, help="folder of Fashion-MNIST's four files")
    parser.add_argument("--n", type=int, default=40_000, help="pictures to train on")
    parser.add_argument("--n-test", type=int, default=2_000)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 5])
    parser.add_argument("--validate", action="store_true", help="keep the test part closed")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    run(options)


if __name__ == "__main__":
    main()
