"""Accuracy of a recurrent network on Japanese vowels: ``python -m benchmarks.vowels --help``.

Each seed chooses its setting by a cross-validated search on the training part of the archive alone
(by log loss, which says more than the accuracy of 270 sequences), trains on all of that part, and
is scored on the test part. Sequences have 7 to 29 steps of 12 channels and stay as they are.
"""

import argparse
import sys
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline

from benchmarks.archive import series
from skdeep import RNNClassifier, SequenceScaler
from skdeep.model_selection import GridSearchCV

PARTS = ("TRAIN", "TEST")
GRID = {
    "rnnclassifier__pooling": ["last", "max"],
    "rnnclassifier__weight_decay": [0.01, 0.1],
    "rnnclassifier__dropout": [0.3, 0.5],
}


def search(seed, options):
    """Return the search of a seed."""
    network = RNNClassifier(
        cell=options.cell,
        bidirectional=True,
        recurrent_layer_sizes=(128,),
        recurrent_dropout=0.2,
        batch_size=32,
        max_iter=options.epochs,
        n_iter_no_change=np.inf,
        solver="adamw",
        learning_rate_init=0.005,
        learning_rate_schedule="one_cycle",
        random_state=seed,
    )
    folds = StratifiedKFold(options.folds, shuffle=True, random_state=seed)
    model = make_pipeline(SequenceScaler(), network)
    return GridSearchCV(model, GRID, scoring="neg_log_loss", cv=folds)


def main(arguments=None):
    """Print the accuracy of every seed on the test part, and their mean."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--archive", required=True, help="folder with a folder for each set")
    parser.add_argument("--cell", choices=["gru", "lstm"], default="gru")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=50)
    parser.add_argument("--no-test", action="store_true", help="cross-validation alone")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are what was asked
    (X, y), (X_test, y_test) = (series(options.archive, "JapaneseVowels", p) for p in PARTS)
    X, X_test = ([x.astype(np.float32) for x in part] for part in (X, X_test))
    scores = []
    for seed in range(options.seeds):
        start = time.perf_counter()
        found = search(seed, options).fit(X, y)
        chosen = {k.partition("__")[2]: v for k, v in found.best_params_.items()}
        print(
            f"seed {seed}: {chosen}, cross-validated log loss {-found.best_score_:.4f}, searched "
            f"in {time.perf_counter() - start:.0f} s",
            flush=True,
        )
        if options.no_test:
            continue
        scores.append(found.best_estimator_.score(X_test, y_test))
        print(f"  test accuracy {scores[-1]:.2%}", flush=True)
    if scores:
        print(f"mean {np.mean(scores):.2%} (standard deviation {np.std(scores):.2%})")


if __name__ == "__main__":
    sys.exit(main())
