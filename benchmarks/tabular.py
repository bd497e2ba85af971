"""Tables as they come, beside trees and other networks: ``python -m benchmarks.tabular --help``.

``errors`` trains each side with its defaults on up to 4,000 rows of each table and scores up to
5,000 others, by classification error, or by RMSE over the standard deviation of y. It prints a line
for each table as it is done, then mean ranks, and relative gains over histogram gradient boosting.
Sides that are not installed are left out and named. ``tricks`` switches off one part of the recipe
at a time, on the development tables, beside the whole.

The tables are read by ``load.py`` of the folder that the variable SKDEEP_DATA names. Settings were
chosen on the tables of DEVELOPMENT; the others were looked at afterwards.
"""

import argparse
import importlib
import os
import sys
import time
import warnings

import numpy as np
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from benchmarks.report import table
from skdeep import TabularMLPClassifier, TabularMLPRegressor

DEVELOPMENT = (
    "adult phoneme satimage credit-default california-housing abalone wine-quality segment "
    "spambase kc-house higgs-small"
).split()
OTHERS = (
    "bank-marketing covertype-20k german-credit pendigits splice sick nursery cpu.act airfoil "
    "ailerons puma32H parkinsons"
).split()
#: One part of the recipe each.
TRICKS = {
    "no waves of numbers": {"numeric_embedding": None},
    "no learned scale of features": {"scaling_layer": False},
    "no learned activations": {"parametric_activation": False},
    "no dropout": {"dropout": 0.0},
    "constant dropout": {"dropout_schedule": None},
    "no weight decay": {"weight_decay": 0.0},
    "constant weight decay": {"weight_decay_schedule": None},
    "rate by a cosine": {"learning_rate_schedule": "cosine"},
    "embeddings of all categories": {"max_one_hot": 1},
    "ReLU": {"activation": "relu"},
    "SELU": {"activation": "selu"},
}


def read(name, seed):
    """Return training rows and y, test rows and y, and whether y are classes."""
    sys.path.insert(0, os.environ["SKDEEP_DATA"])
    X, y, task = importlib.import_module("load").tabular(name)
    order = np.random.default_rng(seed).permutation(len(X))
    n = min(4000, int(0.8 * len(X)))
    train, test = order[:n], order[n : n + 5000]
    classes = task == "classification"
    y = np.asarray(y.astype(str)) if classes else np.asarray(y, float)
    return X.iloc[train], y[train], X.iloc[test], y[test], classes


def error(predicted, y, classes):
    """Return the share of wrong classes, or RMSE over the standard deviation of y."""
    if classes:
        return float(np.mean(predicted != y))
    return float(np.sqrt(np.mean((predicted - y) ** 2)) / y.std())


def text(frame):
    """Return the columns of a frame that are no numbers."""
    return [c for c in frame if frame[c].dtype.kind not in "iuf"]


def as_categories(train, test, most=254):
    """Return frames with categories, those of too many as their numbers."""
    train, test = train.copy(), test.copy()
    for column in text(train):
        values = train[column].astype("string").astype("category")
        known = test[column].astype("string").astype(values.dtype)
        many = len(values.cat.categories) > most
        train[column], test[column] = (v.cat.codes if many else v for v in (values, known))
    return train, test


def boosting(train, y, test, classes, seed, **options):
    """scikit-learn's histogram gradient boosting."""
    kind = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    train, test = as_categories(train, test)
    return kind(categorical_features="from_dtype", random_state=seed).fit(train, y).predict(test)


def sklearn_mlp(train, y, test, classes, seed, **options):
    """scikit-learn's network behind imputation, scaling and one-hot encoding."""
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    encode = OneHotEncoder(handle_unknown="ignore", min_frequency=2)
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (encode, make_column_selector(dtype_exclude="number")),
        sparse_threshold=0,
    )
    train, test = (f.astype(dict.fromkeys(text(f), "object")) for f in (train, test))
    kind = MLPClassifier if classes else MLPRegressor
    mean, deviation = (0.0, 1.0) if classes else (y.mean(), y.std())
    target = y if classes else (y - mean) / deviation
    model = make_pipeline(columns, kind(random_state=seed)).fit(train, target)
    found = model.predict(test)
    return found if classes else found * deviation + mean


def pytabkit(name):
    """Return a side of the package pytabkit, with its tuned defaults."""

    def side(train, y, test, classes, seed, threads=2, **options):
        package = importlib.import_module("pytabkit")
        model = getattr(package, f"{name}_{'Classifier' if classes else 'Regressor'}")
        train, test = (f.astype(dict.fromkeys(text(f), "category")) for f in (train, test))
        numbers = [c for c in train if c not in text(train)]
        middle = train[numbers].median()
        train[numbers], test[numbers] = (f[numbers].fillna(middle) for f in (train, test))
        fitted = model(random_state=seed, n_threads=threads, device="cpu").fit(train, y)
        return np.asarray(fitted.predict(test)).reshape(len(test))

    return side


def ours(train, y, test, classes, seed, **options):
    """Skdeep's estimators on the frames as they are."""
    kind = TabularMLPClassifier if classes else TabularMLPRegressor
    return kind(random_state=seed, **options).fit(train, y).predict(test)


SIDES = {
    "skdeep": ours,
    "RealMLP-TD": pytabkit("RealMLP_TD"),
    "CatBoost": pytabkit("CatBoost_TD"),
    "LightGBM": pytabkit("LGBM_TD"),
    "HistGradientBoosting": boosting,
    "scikit-learn's MLP": sklearn_mlp,
}


def errors(options):
    """Print the errors of all sides on all tables, ranks and gains."""
    names = [name for name in options.sides.split(",") if name]
    found = {name: [] for name in names}
    seconds = {name: [] for name in names}
    print(table(["table", "seed", *names], []), flush=True)
    for name in options.tables:
        for seed in range(options.seeds):
            train, y, test, truth, classes = read(name, seed)
            row = []
            for side in names:
                begin = time.perf_counter()
                predicted = SIDES[side](train, y, test, classes, seed)
                seconds[side].append(time.perf_counter() - begin)
                found[side].append(error(predicted, truth, classes))
                row.append(f"{found[side][-1]:.4f}")
            print("| " + " | ".join([name, str(seed), *row]) + " |", flush=True)
    values = np.array([found[name] for name in names])
    ranks = np.array([[np.mean(c < v) + np.mean(c == v) / 2 for v in c] for c in values.T])
    ranks = ranks * len(names) + 0.5
    print("\nmean rank:", dict(zip(names, ranks.mean(axis=0).round(2).tolist(), strict=True)))
    print("median seconds:", {name: round(float(np.median(s)), 1) for name, s in seconds.items()})
    if "HistGradientBoosting" in names:
        base = np.array(found["HistGradientBoosting"])
        for name in names:
            gain = 100 * (1 - np.array(found[name]) / base)
            print(f"gain of {name}: mean {gain.mean():+.1f} %, median {np.median(gain):+.1f} %")


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
    found = []
    for name in options.tables:
        for seed in range(options.seeds):
            train, y, test, truth, classes = read(name, seed)
            found.append(error(ours(train, y, test, classes, seed, **given), truth, classes))
    return np.maximum(found, 1e-4)


def main():
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["errors", "tricks"])
    parser.add_argument("--tables", nargs="+", default=DEVELOPMENT)
    parser.add_argument("--others", action="store_true", help="the tables of OTHERS instead")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--sides", default="skdeep,HistGradientBoosting,scikit-learn's MLP")
    options = parser.parse_args()
    options.tables = OTHERS if options.others else options.tables
    warnings.simplefilter("ignore")
    (errors if options.what == "errors" else tricks)(options)


if __name__ == "__main__":
    main()
