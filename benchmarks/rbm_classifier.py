"""RBMs that classify MNIST: ``python -m benchmarks.rbm_classifier --help``.

As published (Larochelle and Bengio, 2008): 50,000 training images, the last 10,000 for choosing
settings by their errors; then the chosen setting of each way of training, trained on the same
50,000 and stopped by the same 10,000, is scored once on the test images.
"""

import argparse
import sys
import time
import warnings
from itertools import product

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from benchmarks.mnist import images, labels
from skdeep import RBMClassifier

#: Test errors in per cent that the paper reports.
PUBLISHED = {"discriminative": 1.81, "hybrid": 1.28, "generative": 3.39}
RATES, SHARES = (3e-4, 1e-3, 3e-3), (0.003, 0.01, 0.03)


def settings(training):
    """Yield what is tried for a way of training."""
    for rate, share in product(RATES, SHARES if training == "hybrid" else (0.01,)):
        yield {"training": training, "learning_rate_init": rate, "generative_weight": share}


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.rbm_classifier",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("mnist", help="folder of the four files")
    parser.add_argument("--training", nargs="+", choices=PUBLISHED, default=list(PUBLISHED))
    parser.add_argument("--units", type=int, default=1500, help="hidden units")
    parser.add_argument("--epochs", type=int, default=100, help="at most")
    parser.add_argument("--patience", type=int, default=15, help="epochs without a better score")
    parser.add_argument("--rows", type=int, default=50_000, help="training images")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def main(arguments=None):
    """Choose by validation errors, print those, and the test errors of what was chosen."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    options = parse(arguments)
    X, y = images(options.mnist, "train") / np.float32(255), labels(options.mnist, "train")
    test, truth = images(options.mnist, "t10k") / np.float32(255), labels(options.mnist, "t10k")
    rows = slice(0, options.rows)
    for training in options.training:
        fitted = []
        for setting in settings(training):
            start = time.perf_counter()
            model = RBMClassifier(
                options.units,
                max_iter=options.epochs,
                early_stopping=True,
                n_iter_no_change=options.patience,
                tol=0,
                batch_size=100,
                learning_rate_schedule="cosine",
                random_state=options.seed,
                **setting,
            )
            model.fit(X[rows], y[rows], X_val=X[50_000:], y_val=y[50_000:])
            error = 100 * (1 - model.best_validation_score_)
            seconds = time.perf_counter() - start
            print(f"{setting} validation {error:.2f} % in {seconds:.0f} s", flush=True)
            fitted.append((error, model))
        model = min(fitted, key=lambda pair: pair[0])[1]
        error = 100 * (1 - model.score(test, truth))
        published = PUBLISHED[training]
        print(f"{training}: test {error:.2f} %, published {published} %", flush=True)


if __name__ == "__main__":
    sys.exit(main())
