"""Small tables of all kinds of columns, and estimators that train on them in no time."""

import numpy as np
import pandas as pd
import pytest

from skdeep import TabularMLPClassifier, TabularMLPRegressor

SMALL = {"hidden_layer_sizes": (16,), "max_iter": 8, "n_members": 1, "random_state": 0}


def classifier(**params):
    return TabularMLPClassifier(**{**SMALL, **params})


def regressor(**params):
    return TabularMLPRegressor(**{**SMALL, **params})


def table(n=120, seed=0):
    """Return a frame with all kinds of columns and missing values, classes and numbers."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(
        {
            "size": rng.normal(size=n),
            "count": pd.array(rng.integers(0, 9, n), "Int64"),
            "colour": rng.choice(["red", "green", "blue"], n),
            "place": pd.Categorical(rng.choice(list("abcdefghijklmno"), n)),
            "old": rng.random(n) < 0.5,
            "day": pd.date_range("2024-01-01", periods=n, freq="7h"),
            "took": pd.to_timedelta(rng.integers(1, 99, n), "h"),
        }
    )
    score = X["size"] + (X["colour"] == "red") + 0.3 * X["old"]
    for name in ("size", "count", "colour", "place", "day"):
        X[name] = X[name].mask(rng.random(n) < 0.1)
    y = np.where(score > 0.5, "yes", "no")
    return X, y, score.to_numpy() + 0.1 * rng.normal(size=n)


X, Y, T = table()
#: Other classes of the same samples: two labels, two columns, and three classes.
LABELS = np.column_stack([Y == "yes", X["old"]]).astype(int)
COLUMNS = np.column_stack([Y, np.where(X["old"], "old", "new")])
THREE = np.digitize(T, [0.0, 1.0])

#: Both estimators, and what they learn.
BOTH = pytest.mark.parametrize(("make", "y"), [(classifier, Y), (regressor, T)])


def outputs(model, rows=X):
    """Return what each member gives."""
    return np.stack(model._member_outputs(rows))
