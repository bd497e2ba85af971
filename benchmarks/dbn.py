"""Deep belief networks on MNIST: ``python -m benchmarks.dbn --help``.

``few`` compares networks with and without pre-training where 500 training images have labels and
the others none. Each side chooses among twelve settings by its errors on two draws of 500 labels,
counted on 10,000 other training images; then ten further draws are scored on the test images, the
same ones for both sides. The RBMs see all training images whatever the draw, so that they are
trained once. ``full`` trains 784-500-500-2000-10 on all labels; ``full --validate`` does so on
50,000 training images and counts errors on the other 10,000, by which its settings were chosen.
"""

import argparse
import sys
import time
from itertools import product

import numpy as np

from benchmarks.mnist import images, labels
from skdeep import DBNClassifier, DBNTransformer, MLPClassifier

RBMS = {
    "pretrain_batch_size": 100,
    "pretrain_momentum": 0.5,
    "pretrain_weight_decay": 2e-4,
    "pretrain_learning_rate_schedule": "cosine",
}
#: What all fits with few labels share.
FEW = {
    "batch_size": 50,
    "max_iter": 100,
    "learning_rate_schedule": "cosine",
    "tol": 0.0,
    "n_iter_no_change": np.inf,
}
SIDES = ("rbms", "none")
SIZES = [(500, 500), (500, 500, 2000)]
RATES, DROPOUT = (3e-4, 1e-3, 3e-3), (0.2, 0.5)


def stack(X, sizes, options):
    """Return the names and weights of hidden layers that RBMs have learned from rows."""
    start = time.perf_counter()
    dbn = DBNTransformer(
        sizes,
        pretrain_n_iter=options.rbm_epochs,
        pretrain_learning_rate=options.rbm_rate,
        fine_tune=False,
        random_state=options.seed,
        **RBMS,
    ).fit(X)
    print(f"RBMs {sizes}: {time.perf_counter() - start:.0f} s", flush=True)
    return {name: w for name, w in dbn.get_weights().items() if name.startswith("hidden")}


def few(options):
    """Print errors with and without pre-training, and their paired ratio."""
    X, y = images(options.mnist, "train") / np.float32(255), labels(options.mnist, "train")
    test, truth = images(options.mnist, "t10k") / np.float32(255), labels(options.mnist, "t10k")
    deepest = stack(X, SIZES[-1], options)

    def fit(side, sizes, rate, dropout, rows, seed):
        given = {"learning_rate_init": rate, "dropout": dropout, "random_state": seed, **FEW}
        if side == "none":
            model = MLPClassifier(sizes, "relu", **given)  # which needs no RBMs to train
        else:
            own = {n: w for n, w in deepest.items() if int(n.split(".")[0][7:]) < len(sizes)}
            model = DBNClassifier(sizes, pretrain_n_iter=0, initial_weights=own, **given)
        return model.fit(X[rows], y[rows])

    chosen = {side: choose(side, fit, X, y) for side in SIDES}
    errors = {side: [] for side in SIDES}
    for seed in range(options.draws):
        rows = draw(y, seed)
        for side, setting in chosen.items():
            errors[side].append(1 - fit(side, *setting, rows, seed).score(test, truth))
        both = ", ".join(f"{side} {100 * errors[side][-1]:.2f} %" for side in errors)
        print(f"draw {seed}: {both}", flush=True)
    with_, without = np.array(errors["rbms"]), np.array(errors["none"])
    gain = 100 * (1 - with_ / without)
    spread = gain.std(ddof=1) / np.sqrt(len(gain))
    print(
        f"test error with RBMs {100 * with_.mean():.2f} %, without "
        f"{100 * without.mean():.2f} %: {gain.mean():.1f} % fewer (standard error {spread:.1f}, "
        f"least {gain.min():.1f})"
    )


def draw(y, seed):
    """Return the rows whose labels are known in a draw: 50 a class."""
    random = np.random.RandomState(seed)
    return np.concatenate([random.permutation(np.flatnonzero(y == k))[:50] for k in range(10)])


def choose(side, fit, X, y):
    """Return the setting with the fewest errors on training images without labels."""
    found = {}
    for setting in product(SIZES, RATES, DROPOUT):
        scores = []
        for seed in (1000, 1001):  # draws that are not scored later
            rows = draw(y, seed)
            others = np.setdiff1d(np.arange(len(y)), rows)
            others = np.random.RandomState(seed).permutation(others)[:10_000]
            scores.append(fit(side, *setting, rows, seed).score(X[others], y[others]))
        found[setting] = 1 - np.mean(scores)
        print(f"{side} {setting}: {100 * found[setting]:.2f} %", file=sys.stderr, flush=True)
    best = min(found, key=found.get)
    print(f"{side}: chose {best}, {100 * found[best]:.2f} % on validation images", flush=True)
    return best


def full(options):
    """Print the error of 784-500-500-2000-10 with all labels."""
    X, y = images(options.mnist, "train") / np.float32(255), labels(options.mnist, "train")
    test, truth = images(options.mnist, "t10k") / np.float32(255), labels(options.mnist, "t10k")
    if options.validate:
        rows = np.random.RandomState(0).permutation(len(X))
        test, truth = X[rows[50_000:]], y[rows[50_000:]]
        X, y = X[rows[:50_000]], y[rows[:50_000]]
    model = DBNClassifier(
        (500, 500, 2000),
        pretrain_n_iter=options.rbm_epochs,
        pretrain_learning_rate=options.rbm_rate,
        batch_size=100,
        max_iter=options.epochs,
        learning_rate_init=options.rate,
        learning_rate_schedule="cosine",
        dropout=options.dropout,
        ema_decay=options.ema or None,
        tol=0.0,
        n_iter_no_change=np.inf,
        random_state=options.seed,
        verbose=options.verbose,
        **RBMS,
    )
    start = time.perf_counter()
    model.fit(X, y)
    what = "validation" if options.validate else "test"
    error = 100 * (1 - model.score(test, truth))
    print(
        f"{what} error {error:.2f} %, {time.perf_counter() - start:.0f} s, loss {model.loss_:.5f}"
    )


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("part", choices=["few", "full"])
    parser.add_argument("--mnist", required=True, help="folder with the four published files")
    parser.add_argument("--rbm-epochs", type=int, default=40)
    parser.add_argument("--rbm-rate", type=float, default=0.1)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--dropout", type=float, nargs=3, default=[0.2, 0.5, 0.5])
    parser.add_argument("--ema", type=float, default=0.999, help="decay of averaged weights")
    parser.add_argument("--draws", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--validate", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    {"few": few, "full": full}[options.part](options)


if __name__ == "__main__":
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is what was asked
    main()
