"""Tables as they come, beside trees and other networks: ``python -m benchmarks.tabular --help``.

``errors`` trains each side with its defaults on up to 4,000 rows of each table (``--rows``) and
scores up to 5,000 others: classification error, log loss, area under the ROC curve and expected
calibration error, or RMSE over the standard deviation of y. Each fit adds a line to the file of
``--results``. Fits that the file has already are not repeated, so sides may come one by one.
``report`` prints the tables of that file, mean ranks and relative gains over histogram gradient
boosting. ``tricks`` switches off one part of the recipe at a time, on the development tables.
``times`` fits Skdeep's estimators and a side of ``--beside`` in turns, each in a process of its
own, and prints medians of how their times compare, by the clock and by the processor. All sides
have ``--threads`` threads.

The tables are read by ``load.py`` of the folder that the variable SKDEEP_DATA names. Settings were
chosen on the tables of DEVELOPMENT, by validation, and which epoch is kept by test rows of these;
the others were looked at afterwards.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from scipy.stats import rankdata
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.processes import child_environment
from benchmarks.report import table
from skdeep import TabularMLPClassifier, TabularMLPRegressor

DEVELOPMENT = "phoneme satimage german-credit abalone wine-quality kc-house".split()
OTHERS = (
    "adult bank-marketing credit-default covertype-20k higgs-small pendigits spambase segment "
    "splice sick nursery california-housing cpu.act airfoil ailerons puma32H parkinsons"
).split()
#: One part of the recipe each.
TRICKS = {
    "one network": {"n_members": 1},
    "the best score, without chance, chooses the epoch": {"n_standard_errors": 0.0},
    "batches of 256": {"batch_size": 256},
    "each holds out other samples": {"held_out": "own"},
    "the loss chooses the epoch": {"scoring": "loss"},
    "numbers alone": {"numeric_embedding": None},
    "waves in all networks": {"numeric_embedding": "pbld"},
    "piecewise linear in all networks": {"numeric_embedding": "ple"},
    "no learned scale of features": {"scaling_layer": False},
    "no learned activations": {"parametric_activation": False},
    "no dropout": {"dropout": 0.0},
    "constant dropout": {"dropout_schedule": None},
    "no weight decay": {"weight_decay": 0.0},
    "constant weight decay": {"weight_decay_schedule": None},
    "rate by a cosine": {"learning_rate_schedule": "cosine"},
    "label smoothing of 0.1": {"label_smoothing": 0.1},
    "ReLU": {"activation": "relu"},
}
#: Bins of probability in which confidence is compared with accuracy.
BINS = 15


def read(name, seed, rows=4000):
    """Return training rows and y, test rows and y, and whether y are classes."""
    sys.path.insert(0, os.environ["SKDEEP_DATA"])
    X, y, task = importlib.import_module("load").tabular(name)
    order = np.random.default_rng(seed).permutation(len(X))
    n = min(rows, int(0.8 * len(X)))
    train, test = order[:n], order[n : n + 5000]
    classes = task == "classification"
    y = np.asarray(y.astype(str)) if classes else np.asarray(y, float)
    return X.iloc[train], y[train], X.iloc[test], y[test], classes


def scores(predicted, y, labels):
    """Return what is scored of probabilities in the order of `labels`, or of numbers."""
    if labels is None:
        return {"error": float(np.sqrt(np.mean((predicted - y) ** 2)) / y.std())}
    proba = np.clip(predicted / predicted.sum(axis=1, keepdims=True), 1e-15, 1)
    right = labels[proba.argmax(axis=1)] == y
    found = {
        "error": 1 - float(right.mean()),
        "log_loss": float(log_loss(y, proba, labels=labels)),
        "calibration": calibration_error(proba.max(axis=1), right),
    }
    if len(labels) == 2:
        found["auc"] = float(roc_auc_score(y == labels[1], proba[:, 1]))
    return found


def calibration_error(confidence, right):
    """Return the expected calibration error, over bins of equal width (Naeini et al., 2015)."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, confidence - right, minlength=BINS)
    return float(np.abs(gaps).sum() / len(right))


def text(frame):
    """Return the columns of a frame that are no numbers."""
    return [c for c in frame if frame[c].dtype.kind not in "iuf"]


def as_categories(train, test, most=254):
    """Return frames with categories, those of too many as their numbers, no column all missing."""
    train = train.loc[:, train.notna().any()].copy()
    test = test[train.columns].copy()
    for column in text(train):
        values, known = (f[column].astype("string").astype("object") for f in (train, test))
        values = values.where(values.notna(), np.nan).astype("category")
        known = known.where(known.notna(), np.nan).astype(values.dtype)
        many = len(values.cat.categories) > most
        train[column], test[column] = (v.cat.codes if many else v for v in (values, known))
    return train, test


def found(model, test, classes):
    """Return probabilities or numbers."""
    return model.predict_proba(test) if classes else model.predict(test)


def boosting(train, y, test, classes, seed, **options):
    """scikit-learn's histogram gradient boosting."""
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    train, test = as_categories(train, test)
    model = kind(categorical_features="from_dtype", random_state=seed).fit(train, y)
    return found(model, test, classes)


def sklearn_mlp(train, y, test, classes, seed, **options):
    """scikit-learn's network behind imputation, scaling and one-hot encoding."""
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    encode = OneHotEncoder(handle_unknown="ignore", min_frequency=2)
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (encode, make_column_selector(dtype_exclude="number")),
        sparse_threshold=0,
    )
    train, test = train.copy(), test.copy()
    for c in text(train):
        train[c], test[c] = (f[c].astype("object").where(f[c].notna(), "") for f in (train, test))
    kind = MLPClassifier if classes else MLPRegressor
    mean, deviation = (0.0, 1.0) if classes else (y.mean(), y.std())
    target = y if classes else (y - mean) / deviation
    model = make_pipeline(columns, kind(random_state=seed)).fit(train, target)
    return found(model, test, classes) * deviation + mean


def pytabkit(name):
    """Return a side of the package pytabkit, with its tuned defaults."""

    def side(train, y, test, classes, seed, threads=1, **options):
        package = importlib.import_module("pytabkit")
        model = getattr(package, f"{name}_{'Classifier' if classes else 'Regressor'}")
        train, test = (f.astype(dict.fromkeys(text(f), "category")) for f in (train, test))
        numbers = [c for c in train if c not in text(train)]
        middle = train[numbers].median().fillna(0.0)
        train[numbers], test[numbers] = (f[numbers].fillna(middle) for f in (train, test))
        fitted = model(random_state=seed, n_threads=threads, device="cpu").fit(train, y)
        predicted = np.asarray(found(fitted, test, classes))
        return predicted if classes else predicted.reshape(len(test))

    return side


def ours(train, y, test, classes, seed, **options):
    """Skdeep's estimators on the frames as they are."""
    kind = TabularMLPClassifier if classes else TabularMLPRegressor
    known = kind().get_params()
    options = {name: value for name, value in options.items() if name in known}
    return found(kind(random_state=seed, **options).fit(train, y), test, classes)


SIDES = {
    "skdeep": ours,
    "RealMLP-TD": pytabkit("RealMLP_TD"),
    "TabM-D": pytabkit("TabM_D"),
    "CatBoost": pytabkit("CatBoost_TD"),
    "LightGBM": pytabkit("LGBM_TD"),
    "HistGradientBoosting": boosting,
    "scikit-learn's MLP": sklearn_mlp,
}


def measured(name, seed, side, rows=4000, threads=1, **given):
    """Return the scores of one fit with its predictions, and its seconds."""
    train, y, test, truth, classes = read(name, seed, rows)
    labels = np.unique(y) if classes else None
    kept = np.isin(truth, labels) if classes else np.full(len(truth), True)
    given["threads"] = threads
    with threadpool_limits(threads):
        begin, busy = time.perf_counter(), time.process_time()
        predicted = np.asarray(SIDES[side](train, y, test[kept], classes, seed, **given), float)
        seconds, processor = time.perf_counter() - begin, time.process_time() - busy
    found = scores(predicted, truth[kept], labels)
    return found | {"seconds": seconds, "processor": processor}


def recorded(path):
    """Return the lines of a file of results by table, seed and side; the last one counts."""
    if path is None or not path.exists():
        return {}
    lines = (json.loads(line) for line in path.read_text().splitlines())
    return {(line["table"], line["seed"], line["side"]): line for line in lines}


def errors(options):
    """Train and score the sides, and add a line to the file of results for each."""
    known = recorded(options.results)
    names = [name for name in options.sides.split(",") if name]
    cells = [(n, s, side) for s in range(options.seeds) for n in options.tables for side in names]
    for name, seed, side in cells:
        label = side + options.label
        if (name, seed, label) in known:
            continue
        given = json.loads(options.given) if side == "skdeep" else {}
        line = {"table": name, "seed": seed, "side": label}
        try:
            line |= measured(name, seed, side, options.rows, options.threads, **given)
        except (TypeError, ValueError, ImportError) as error:
            print(f"{side} on {name}: {error}", file=sys.stderr)
            continue
        print(json.dumps(line), flush=True)
        if options.results is not None:
            with options.results.open("a") as file:
                file.write(json.dumps(line) + "\n")


def report(options):
    """Print the results of a file: errors by table, ranks, gains and probabilities."""
    lines = recorded(options.results)
    names = [name for name in options.sides.split(",") if name]
    rows, values = [], []
    for name in options.tables:
        by_side = [
            [v["error"] for (t, _, s), v in lines.items() if (t, s) == (name, side)]
            for side in names
        ]
        rows.append([name, *(f"{np.mean(v):.4f}" if v else "-" for v in by_side)])
        n = min(map(len, by_side))
        values += [np.array([v[:n] for v in by_side])] if n else []
    print(table(["table", *names], rows))
    errors = np.hstack(values)
    ranks = np.array([rankdata(column) for column in errors.T])
    means = np.array([v.mean(axis=1) for v in values])
    base = means[:, names.index("HistGradientBoosting")]
    rows = [["mean rank", *(f"{r:.2f}" for r in ranks.mean(axis=0))]]
    gains = [100 * (1 - column / base) for column in means.T]
    rows.append(["first on", *(str(np.sum(c == means.min(axis=1))) for c in means.T)])
    rows.append(["gain, mean, %", *(f"{g.mean():+.1f}" for g in gains)])
    rows.append(["gain, median, %", *(f"{np.median(g):+.1f}" for g in gains)])
    for key in ("log_loss", "auc", "calibration", "seconds"):
        shared = [
            {(t, k) for (t, k, s), v in lines.items() if s == side and key in v} for side in names
        ]
        cells = sorted(set.intersection(*shared))
        found = [[lines[(*cell, side)][key] for cell in cells] for side in names]
        centre = np.median if key == "seconds" else np.mean
        rows.append([f"{key} ({len(cells)})", *(f"{centre(f):.4f}" for f in found)])
    print(table(["", *names], rows))


def tricks(options):
    """Print what switching off each part of the recipe costs, on the development tables."""
    rows = []
    whole = _ours_everywhere(options, {})
    for what, given in TRICKS.items():
        loss = 100 * (_ours_everywhere(options, given) / whole - 1)
        row = [what, f"{loss.mean():+.1f}", f"{np.median(loss):+.1f}", f"{np.mean(loss > 0):.0%}"]
        rows.append(row)
        print(row, flush=True)
    print(table(["switched off", "mean, %", "median, %", "worse on"], rows))


def _ours_everywhere(options, given):
    cells = [(name, seed) for name in options.tables for seed in range(options.seeds)]
    found = [measured(*c, "skdeep", options.rows, options.threads, **given) for c in cells]
    return np.array([one["error"] for one in found])


def times(options):
    """Print how the times of fits in turns compare, medians over the seeds of each table."""
    rows = []
    for name in options.tables:
        ratios = []
        for seed in range(options.seeds):
            ours, other = (_apart(options, name, seed, s) for s in ("skdeep", options.beside))
            ratios.append([ours[key] / other[key] for key in ("seconds", "processor")])
        rows.append([name, *(f"{ratio:.2f}" for ratio in np.median(ratios, axis=0))])
        print(rows[-1], flush=True)
    print(table(["table", f"clock, ours / {options.beside}", "processor"], rows))
    middle = np.median([[float(cell) for cell in row[1:]] for row in rows], axis=0)
    print(f"median of tables: {middle[0]:.2f}, processor {middle[1]:.2f}")


def _apart(options, name, seed, side):
    """Return what a fit in a process of its own measures."""
    code = (
        "import json, sys, warnings; warnings.simplefilter('ignore')\n"
        "from benchmarks.tabular import measured\n"
        "print(json.dumps(measured(**json.loads(sys.argv[1]))))"
    )
    given = {"name": name, "seed": seed, "side": side}
    given |= {"rows": options.rows, "threads": options.threads}
    command = [sys.executable, "-c", code, json.dumps(given)]
    environment = child_environment(options.threads)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["errors", "report", "tricks", "times"])
    parser.add_argument("--tables", nargs="+", default=DEVELOPMENT)
    parser.add_argument("--others", action="store_true", help="the tables of OTHERS instead")
    parser.add_argument("--all", action="store_true", help="all tables")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--rows", type=int, default=4000, help="training rows, at most")
    parser.add_argument("--sides", default="skdeep,HistGradientBoosting,scikit-learn's MLP")
    parser.add_argument("--beside", default="RealMLP-TD", help="the other side of times")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="of each side")
    parser.add_argument("--given", default="{}", help="parameters of ours, as JSON")
    parser.add_argument("--label", default="", help="what is added to the names of sides")
    parser.add_argument("--results", type=Path, help="file of results, a line for each fit")
    options = parser.parse_args()
    options.tables = OTHERS if options.others else options.tables
    options.tables = DEVELOPMENT + OTHERS if options.all else options.tables
    warnings.simplefilter("ignore")
    commands = {"errors": errors, "report": report, "tricks": tricks, "times": times}
    commands[options.what](options)


if __name__ == "__main__":
    main()
