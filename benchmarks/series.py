"""Accuracy of 1-D convolutions on time series: ``python -m benchmarks.series --help``.

``test`` trains fully convolutional networks (Wang, Yan and Oates, 2017) on the training parts of
four sets of the UCR archive, by the settings below and for each seed anew, and scores the test
parts. The settings were chosen by ``validate``, which cross-validates on the training part alone:
of what was tried, that of the best accuracy in five folds, then of the lowest log loss (PLAID: in
two of the folds and with 80 epochs, which were rounded up for the whole). The test parts of
ItalyPowerDemand and PLAID were scored once; those of SyntheticControl and GunPoint twice, without
dropout (98.60 % and 99.33 %) and, when dropout had been cross-validated there too, as now.

``guide`` and ``guide-rnn`` do the same by one setting, that of the user guide, for these and
JapaneseVowels. What depends on a set are the number of epochs, by the number of series; pools, one
more convolution and a channel of changes, by their length; and units, by their sizes.
``guide-validate`` holds out folds.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from benchmarks.archive import series
from skdeep import CNNClassifier, RNNClassifier, SequenceScaler


def stacked(X):
    """Return series of one length as (n, T, C)."""
    return np.stack(X)


#: Amperes about which `currents` goes from linear to logarithmic, for one channel each.
UNITS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0)


def currents(X, length=512):
    """Return the starts of currents at several scales: (n, length, channels).

    Currents go from microamperes to hundreds of amperes, so there are channels of the inverse
    hyperbolic sine: of the standardised series, whose shape that tells, and of amperes in several
    units. Behind the end of a series there are zeros, which the last channel tells from currents.
    """
    result = np.zeros((len(X), length, 3 + len(UNITS)), np.float32)
    for row, x in zip(result, X, strict=True):
        x = x[:length, 0]
        shape = x / max(x.std(), 1e-9)
        row[: len(x), 0] = shape - shape.mean()
        row[: len(x), 1] = np.arcsinh(10 * shape) / 3
        row[: len(x), 2:-1] = np.arcsinh(x[:, None] / np.array(UNITS, np.float32)) / 5
        row[: len(x), -1] = 1
    return result


#: What all networks have, and what each set changes.
COMMON = {
    "n_dims": 1,
    "conv_layers": [(64, 8), (128, 5), (64, 3)],
    "pooling": 1,
    "global_pooling": "average",
    "hidden_layer_sizes": (),
    "normalization": "batch",
    "dropout": [0.1, 0.2, 0.3],
    "solver": "adamw",
    "alpha": 0.0,
    "weight_decay": 0.01,
    "batch_size": 16,
    "learning_rate_init": 0.003,
    "learning_rate_schedule": "one_cycle",
    "max_iter": 100,
    "n_iter_no_change": np.inf,
}
SETTINGS = {
    "SyntheticControl": {},
    "ItalyPowerDemand": {},
    "GunPoint": {"max_iter": 300},
    "PLAID": {"pooling": [5, 2, 2], "dropout": [0.0, 0.1, 0.3]},
}
PREPARE = {"PLAID": currents}
SETS = [*SETTINGS, "JapaneseVowels"]


def network(name, seed):
    """Return the pipeline from a list of series to labels."""
    prepare = FunctionTransformer(PREPARE.get(name, stacked))
    return make_pipeline(prepare, CNNClassifier(**COMMON | SETTINGS[name], random_state=seed))


def fitted(name, X, y, seed):
    """Return a trained network and the seconds it took, on the clock and of the processor."""
    model = network(name, seed)
    start, cpu = time.perf_counter(), time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the epochs are what was asked
        model.fit(X, y)
    return model, time.perf_counter() - start, time.process_time() - cpu


def validate(name, options):
    """Print the accuracy and loss of cross-validation on the training part."""
    X, y = series(options.archive, name, "TRAIN")
    scores, losses = [], []
    for seed in range(options.seeds):
        folds = StratifiedKFold(options.folds, shuffle=True, random_state=seed)
        for train, test in folds.split(X, y):
            model, *_ = fitted(name, [X[i] for i in train], y[train], seed)
            p = model.predict_proba([X[i] for i in test])
            scores.append(np.mean(model.classes_[p.argmax(axis=1)] == y[test]))
            losses.append(log_loss(y[test], p.astype(float), labels=model.classes_))
    print(
        f"{name}: accuracy {np.mean(scores):.2%}, log loss {np.mean(losses):.4f} in "
        f"{len(scores)} fits of cross-validation",
        flush=True,
    )


def test(name, options):
    """Print the accuracy of every seed on the test part, and their mean."""
    X, y = series(options.archive, name, "TRAIN")
    X_test, y_test = series(options.archive, name, "TEST")
    scores = []
    for seed in range(options.seeds):
        model, seconds, cpu = fitted(name, X, y, seed)
        scores.append(model.score(X_test, y_test))
        print(
            f"{name}, seed {seed}: {model[-1].n_iter_} epochs in {seconds:.0f} s ({cpu:.0f} s of "
            f"CPU), test accuracy {scores[-1]:.2%}",
            flush=True,
        )
    print(
        f"{name}: mean {np.mean(scores):.2%} (standard deviation {np.std(scores):.2%}), worst "
        f"{np.min(scores):.2%} of {options.seeds} seeds",
        flush=True,
    )


# ---------------------------------------------------------------------- one setting for all


def units_of(X):
    """Return units in which to read values, where series differ in size by powers of ten."""
    sizes = np.array([x.std(axis=0) for x in X])
    small, large = np.quantile(sizes.mean(axis=1), [0.05, 0.95])
    return np.quantile(sizes, [0.05, 0.35, 0.65, 0.95], axis=0) if large > 10 * small else None


def described(X, units=None, changes=False):
    """Return of each series its shape, its values and perhaps its changes, as channels."""
    parts = []
    for x in X:
        shape = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9)
        if units is None:
            parts.append([shape, x])
        else:
            parts.append([shape, np.arcsinh(10 * shape), *(np.arcsinh(x / u) for u in units)])
        if changes:
            change = np.diff(x, axis=0, prepend=x[:1])
            parts[-1].append(change / (change.std(axis=0) + 1e-9))
    return [np.hstack(part).astype(np.float32) for part in parts]


#: So many series are seen at least, and each so often.
SEEN, EPOCHS = 15_000, 60
#: So many steps the first pool leaves of a series of median length.
STEPS = 75


def guide(X, seed, recurrent=False):
    """Return the user guide's pipeline from a list of series to labels."""
    epochs, units = max(EPOCHS, SEEN // len(X)), units_of(X)
    pool = max(1, round(np.median([len(x) for x in X]) / STEPS))
    given = {"units": units, "changes": pool > 2 and not recurrent}
    common = {
        "solver": "adamw",
        "weight_decay": 0.01,
        "batch_size": 16,
        "learning_rate_init": 0.003,
        "learning_rate_schedule": "one_cycle",
        "max_iter": epochs,
        "n_iter_no_change": np.inf,
        "random_state": seed,
    }
    if recurrent:
        network = RNNClassifier(
            64, cell="gru", bidirectional=True, pooling="max", dropout=0.3, **common
        )
    else:
        long = pool > 2
        network = CNNClassifier(
            [(64, 8), *([(64, 5)] if long else []), (128, 5), (64, 3)],
            (),
            n_dims=1,
            image_shape=(None, described(X[:1], **given)[0].shape[1]),
            pooling=[pool, 2, 2, 1] if long else [pool, 1, 1],
            normalization="batch",
            dropout=[0.1, 0.1, 0.2, 0.3] if long else [0.1, 0.2, 0.3],
            **common,
        )
    describe = FunctionTransformer(described, kw_args=given)
    return make_pipeline(describe, SequenceScaler(), network)


def guided(name, options):
    """Print the accuracy of the guide's setting on the test part, or on folds of the other."""
    X, y = series(options.archive, name, "TRAIN")
    parts = [(X, y, *series(options.archive, name, "TEST"), seed) for seed in range(options.seeds)]
    if options.part == "guide-validate":
        folds = StratifiedKFold(options.folds, shuffle=True, random_state=0)
        cut = [([X[i] for i in a], y[a], [X[i] for i in b], y[b]) for a, b in folds.split(X, y)]
        parts = [(*part, 0) for part in cut]
    scores = []
    for X_train, y_train, X_test, y_test, seed in parts:
        model, cpu = guide(X_train, seed, options.part == "guide-rnn"), time.process_time()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(X_train, y_train)
        scores.append(model.score(X_test, y_test))
        print(
            f"{name}, {options.part}, seed {seed}: {model[-1].n_iter_} epochs, "
            f"{time.process_time() - cpu:.0f} s of CPU, accuracy {scores[-1]:.2%}",
            flush=True,
        )
    print(
        f"{name}: mean {np.mean(scores):.2%} (sd {np.std(scores):.2%}) of {len(scores)}", flush=True
    )


PARTS = {"validate": validate, "test": test}
PARTS |= dict.fromkeys(("guide", "guide-rnn", "guide-validate"), guided)


def parse(arguments=None):
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--archive", required=True, help="folder with a folder for each set")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=None)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=5)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    options = parse()
    known = SETS if options.part.startswith("guide") else list(SETTINGS)
    for name in options.sets or known:
        PARTS[options.part](name, options)
