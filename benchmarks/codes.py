"""What codes of series are worth: ``python -m benchmarks.codes --help``.

Series of an archive set become a table in several ways, without labels, and logistic regression
learns their classes. Beside the codes of RNNAutoencoder, with its defaults but early stopping,
stand the series themselves, padded with zeros behind their ends, the principal components of that,
as many as codes have numbers, and means and deviations of each channel. The strength of the
regression is chosen by cross-validation on the training part, for each side alike. With
``--labelled k`` the regression gets the labels of k series of a class; what needs none still
learns from all of them.
"""

import argparse
import time
import warnings

import numpy as np
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from benchmarks.archive import series
from skdeep import RNNAutoencoder, SequenceScaler


def padded(X, steps):
    """Return series as rows of one length, with zeros behind."""
    table = np.zeros((len(X), steps, X[0].shape[1]))
    for row, x in zip(table, X, strict=True):
        row[: len(x)] = x[:steps]
    return table.reshape(len(X), -1)


def moments(X):
    """Return the means and deviations of channels, and the number of steps."""
    return np.array([np.r_[x.mean(axis=0), x.std(axis=0), len(x)] for x in X])


def features(X, options):
    """Return ways to a table, fitted on series, by their names."""
    longest = max(map(len, X))
    rows = FunctionTransformer(padded, kw_args={"steps": longest})
    coder = RNNAutoencoder(
        options.components, early_stopping=True, bidirectional=options.bidirectional, random_state=0
    )
    table = make_pipeline(SequenceScaler(), rows)
    return {
        "padded series": table,
        "principal components": make_pipeline(*table, PCA(options.components, random_state=0)),
        "moments": FunctionTransformer(moments),
        "codes": make_pipeline(SequenceScaler(), coder),
    }


def accuracy(train, y, test, y_test):
    """Return the accuracy of logistic regression, its strength chosen by cross-validation."""
    folds = int(min(5, np.unique(y, return_counts=True)[1].min()))
    grid = {"logisticregression__C": np.logspace(-4, 3, 8)}
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return GridSearchCV(model, grid, cv=max(folds, 2)).fit(train, y).score(test, y_test)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--archive", required=True, help="folder with a folder for each set")
    parser.add_argument("--name", default="JapaneseVowels")
    parser.add_argument("--components", type=int, default=32)
    parser.add_argument("--bidirectional", action="store_true")
    parser.add_argument("--labelled", type=int, nargs="*", default=[], help="series of a class")
    options = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    (X, y), (X_test, y_test) = (
        series(options.archive, options.name, part) for part in ("TRAIN", "TEST")
    )
    X, X_test = ([x.astype(np.float32) for x in part] for part in (X, X_test))
    random = np.random.default_rng(0)
    for name, way in features(X, options).items():
        started = time.process_time()
        train, test = way.fit_transform(X), way.transform(X_test)
        found = [accuracy(train, y, test, y_test)]
        for count in options.labelled:
            drawn = np.concatenate(
                [random.permutation(np.flatnonzero(y == label))[:count] for label in np.unique(y)]
            )
            found.append(accuracy(train[drawn], y[drawn], test, y_test))
        shown = ", ".join(f"{100 * one:.2f} %" for one in found)
        print(f"{name}: {train.shape[1]} columns, {shown}, {time.process_time() - started:.0f} s")


if __name__ == "__main__":
    main()
