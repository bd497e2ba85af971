"""Features from few labels: ``python -m benchmarks.few_labels --help``.

A deep belief network and an autoencoder see all training images of MNIST or Fashion-MNIST without
labels. Then 50 images have labels, five of each class, in ten draws. What has learned from these is
scored on the test images, on the same draws:

- ``plain``: a network of the same widths that sees the 50 images alone, of rectified units, which
  train better without pre-training,
- ``pixels``: logistic regression on the pixels, for comparison,
- ``dbn``: logistic regression on the features of the uppermost RBM,
- ``tuned``: a DBNClassifier with dropout whose hidden layers stay as they were learned,
- ``coder``: logistic regression on the codes of an autoencoder that begins as RBMs and learns to
  reconstruct for an epoch (Hinton and Salakhutdinov, 2006).

Settings were chosen on MNIST, by other draws (seeds from 1000 on) and other training images:
``--choose`` prints the errors there. Test images were scored once.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from benchmarks.mnist import images, labels
from skdeep import Autoencoder, DBNClassifier, DBNTransformer, MLPClassifier

SIZES = (500, 500, 500)
SIDES = ("plain", "pixels", "dbn", "tuned", "coder")
RBMS = {
    "pretrain_learning_rate": 0.1,
    "pretrain_batch_size": 100,
    "pretrain_momentum": 0.5,
    "pretrain_weight_decay": 2e-4,
    "pretrain_learning_rate_schedule": "cosine",
}
FEW = {
    "dropout": 0.5,
    "batch_size": 50,
    "max_iter": 100,
    "learning_rate_schedule": "cosine",
    "tol": 0.0,
    "n_iter_no_change": np.inf,
}


def trained(name, options, make, X):
    """Return the weights of a network that saw all images, from a file where there is one."""
    file = None if options.weights is None else Path(options.weights) / f"{name}.npz"
    if file is not None and file.exists():
        return dict(np.load(file))
    start = time.process_time()
    weights = make().fit(X).get_weights()
    print(f"{name}: {time.process_time() - start:.0f} s of processor time", flush=True)
    if file is not None:
        np.savez(file, **weights)
    return weights


def hidden_layers(weights, prefix):
    """Return pairs of weights and biases of the layers of this name, in order."""
    n = sum(name.startswith(prefix) and name.endswith(".W") for name in weights)
    return [(weights[f"{prefix}_{k}.W"], weights[f"{prefix}_{k}.b"]) for k in range(n)]


def features(X, layers, activation):
    """Return what the last of some layers gives."""
    for weight, bias in layers:
        X = activation(X @ weight + bias)
    return X


def logistic(z):
    return 0.5 * np.tanh(0.5 * z) + 0.5


def sides(options, X):
    """Return what is compared: each makes a classifier and says what it sees of images."""
    rbms = {}
    if {"dbn", "tuned"} & set(options.sides):
        rbms = trained(
            "dbn",
            options,
            lambda: DBNTransformer(
                SIZES, fine_tune=False, pretrain_n_iter=options.rbm_epochs, random_state=0, **RBMS
            ),
            X,
        )
    coder = trained(
        "coder",
        options,
        lambda: Autoencoder(
            SIZES[-1],
            hidden_layer_sizes=SIZES[:-1],
            activation="logistic",
            code_activation="logistic",
            loss="log_loss",
            pretrain="rbm",
            pretrain_max_iter=options.coder_epochs,
            pretrain_learning_rate_init=0.05,
            batch_size=100,
            learning_rate_init=1e-4,
            max_iter=1,
            random_state=0,
        ),
        X,
    )
    start = {name: w for name, w in rbms.items() if name.startswith("hidden")}
    frozen = [f"hidden_{k}" for k in range(len(SIZES))]
    upper, encoder = hidden_layers(rbms, "hidden"), hidden_layers(coder, "encoder")

    def linear(seed):
        return LogisticRegression(max_iter=1000)

    def plain(seed):
        return MLPClassifier(SIZES, "relu", learning_rate_init=0.001, random_state=seed, **FEW)

    def tuned(seed):
        own = {"pretrain_n_iter": 0, "initial_weights": start, "frozen_layers": frozen}
        return DBNClassifier(SIZES, learning_rate_init=0.03, random_state=seed, **own, **FEW)

    def as_it_is(X):
        return X

    compared = {
        "plain": (plain, as_it_is),
        "pixels": (linear, as_it_is),
        "dbn": (linear, lambda X: features(X, upper, logistic)),
        "tuned": (tuned, as_it_is),
        "coder": (linear, lambda X: features(X, encoder, logistic)),
    }
    return {name: side for name, side in compared.items() if name in options.sides}


def draw(y, seed, each=5):
    """Return the rows whose labels are known in a draw: some of each class."""
    random = np.random.RandomState(seed)
    return np.concatenate([random.permutation(np.flatnonzero(y == k))[:each] for k in range(10)])


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", required=True, help="folder with the four published files")
    parser.add_argument("--rbm-epochs", type=int, default=30)
    parser.add_argument("--coder-epochs", type=int, default=10)
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--sides", nargs="+", default=SIDES, help="what to compare; plain too")
    parser.add_argument("--weights", help="folder to keep the networks without labels in")
    parser.add_argument("--choose", action="store_true", help="score training images, other draws")
    return parser.parse_args()


def main():
    options = parse()
    X, y = images(options.images, "train") / np.float32(255), labels(options.images, "train")
    test, truth = images(options.images, "t10k") / np.float32(255), labels(options.images, "t10k")
    if options.choose:
        rest = np.random.RandomState(5).permutation(len(y))[:6000]
        test, truth = X[rest], y[rest]
    compared = sides(options, X)
    errors = {name: [] for name in compared}
    for name, (make, see) in compared.items():
        seen = see(test)
        for k in range(options.draws):
            seed = k + 1000 * options.choose
            rows = draw(y, seed)
            model = make(seed).fit(see(X[rows]), y[rows])
            errors[name].append(100 * (1 - model.score(seen, truth)))
        found, plain = np.array(errors[name]), np.array(errors["plain"])
        gain = 100 * (1 - found / plain)
        print(
            f"{name}: {found.mean():.2f} % ({found.min():.1f} to {found.max():.1f}), "
            f"{100 * (1 - found.mean() / plain.mean()):.1f} % fewer errors than plain; by draw "
            f"{gain.min():.1f} to {gain.max():.1f}",
            flush=True,
        )


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what was asked
    main()
