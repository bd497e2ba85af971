"""Every warning of the package has a case here, which shows that it names the user's line."""

import ast
import io
import linecache
import pickle
import sys
import warnings
from pathlib import Path
from unittest.mock import patch

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline

import skdeep
from skdeep import (
    Autoencoder,
    BernoulliRBM,
    CNNClassifier,
    CNNRegressor,
    ConvAutoencoder,
    DBNClassifier,
    MLPClassifier,
    MLPEnsembleClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkTransformer,
    RBMClassifier,
    RNNClassifier,
    Seq2SeqTranslator,
    TabularMLPClassifier,
    VariationalAutoencoder,
)
from skdeep.model_selection import GridSearchCV as StackedSearch
from skdeep.nn import Activation, Conv, Dense
from skdeep.optim.schedules import WarmupSchedule
from tests.callbacks.fits import Recorder

PACKAGE = Path(skdeep.__file__).parent
HELPER = PACKAGE / "backend" / "user_warnings.py"
RNG = np.random.RandomState(0)
X = RNG.uniform(size=(24, 4))
WIDE = 3 * X - 1
Y = np.arange(24) % 2
ONE_OF_A_CLASS = np.r_[2, Y[1:]]


def small(cls=MLPClassifier, **params):
    sized = (MLPClassifier, MLPRegressor, DBNClassifier)
    sizes = {"hidden_layer_sizes": (2,)} if cls in sized else {}
    return cls(**{"max_iter": 1, "random_state": 0, **sizes, **params})


def interrupted():
    def press_ctrl_c(epoch, fitted):
        raise KeyboardInterrupt

    return small(max_iter=2).set_callbacks(Recorder(press_ctrl_c))


def diverging():
    """Return a network whose first epoch is good, and whose second has no finite loss."""

    def schedule(progress):
        return 1.0 if progress < 0.25 else 1e200

    options = {"solver": "sgd", "early_stopping": True, "learning_rate_init": 1e-3}
    return small(max_iter=4, learning_rate_schedule=schedule, n_iter_no_change=9, **options)


PAIRS = (["a b", "b a"] * 3, ["x y", "y x"] * 3)


def translator(**params):
    return Seq2SeqTranslator(
        "transformer", units=4, n_heads=1, n_hidden_layers=1, max_iter=1, **params
    )


def translator_that_continues():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return translator(warm_start=True).fit(*PAIRS)


TABULAR = {"hidden_layer_sizes": (2,), "max_iter": 1, "random_state": 0}
FRAME = pd.DataFrame(X, columns=list("abcd"))
LBFGS = {"solver": "lbfgs"}
VALIDATION = {"X_val": X[:9], "y_val": Y[:9]}

#: What warns: the first words, an estimator, and what ``fit`` takes.
CASES = {
    "max_iter": ("Stochastic Optimizer", small, (X, Y), {}),
    "max_iter, L-BFGS": ("lbfgs failed", lambda: small(**LBFGS), (X, Y), {}),
    "Ctrl-C": ("Training interrupted", interrupted, (X, Y), {}),
    "diverging": ("Training diverged", diverging, (X, Y), {}),
    "batch_size": ("Got `batch_size`", lambda: small(batch_size=99), (X, Y), {}),
    "early_stopping": ("early_stopping", lambda: small(**LBFGS, early_stopping=True), (X, Y), {}),
    "X_val": ("X_val has no", lambda: small(**LBFGS), (X, Y), VALIDATION),
    "X_val cut": (
        "X_val has as many",
        lambda: small(RNNClassifier),
        (X[:, :, None], Y),
        {"X_val": X[:, :, None] + 1, "y_val": Y},
    ),
    "X_unlabeled cut": (
        "X_unlabeled has",
        lambda: small(DBNClassifier),
        (X, Y),
        {"X_unlabeled": X / 2},
    ),
    "groups": ("groups has", lambda: small(early_stopping=True), (X, Y), {"groups": Y}),
    "validation_split": ("validation_split", lambda: small(validation_split=3), (X, Y), {}),
    "learning_rate": ("learning_rate=", lambda: small(learning_rate="adaptive"), (X, Y), {}),
    "one of a class": (
        "A class has 1 row",
        lambda: small(early_stopping=True),
        (X, ONE_OF_A_CLASS),
        {},
    ),
    "focal loss": (
        "label_smoothing",
        lambda: small(loss="focal", label_smoothing=0.1),
        (X, Y),
        {},
    ),
    "range, RBM": ("BernoulliRBM expects", lambda: BernoulliRBM(2, n_iter=1), (WIDE,), {}),
    "range, RBM classifier": (
        "RBMClassifier expects",
        lambda: small(RBMClassifier, training="generative"),
        (WIDE, Y),
        {},
    ),
    "range, DBN": ("DBNClassifier expects", lambda: small(DBNClassifier), (WIDE, Y), {}),
    "range, autoencoder": (
        "loss='log_loss'",
        lambda: small(Autoencoder, loss="log_loss"),
        (WIDE,),
        {},
    ),
    "range, variational autoencoder": (
        "decoder='bernoulli'",
        lambda: small(VariationalAutoencoder, decoder="bernoulli"),
        (WIDE,),
        {},
    ),
    "scale, variational autoencoder": (
        "the features have a root mean square",
        lambda: small(VariationalAutoencoder),
        (40 * X,),
        {},
    ),
    "scale, autoencoder": (
        "the features have a root mean square",
        lambda: small(Autoencoder, hidden_layer_sizes=(3, 3), activation="tanh"),
        (40 * X,),
        {},
    ),
    "scale, convolutional autoencoder": (
        "the features have a root mean square",
        lambda: small(ConvAutoencoder, conv_layers=[(2, 2)], activation="sigmoid"),
        (RNG.uniform(size=(24, 4, 4)) * 255,),
        {},
    ),
    "scale, listed layers": (
        "the features have a root mean square",
        lambda: small(NetworkTransformer, layers=[Dense(3), Activation("tanh"), Dense(2)]),
        (40 * X,),
        {},
    ),
    "channels first": (
        "images of shape",
        lambda: small(CNNClassifier, conv_layers=[(2, 2)]),
        (RNG.uniform(size=(24, 3, 8, 8)), Y),
        {},
    ),
    "dark pixels": (
        "the largest number in X is 16, and uint8 is divided by 255",
        lambda: small(CNNClassifier, conv_layers=[(2, 2)]),
        (np.full((24, 4, 4), 16, np.uint8), Y),
        {},
    ),
    "channels first, listed layers": (
        "images of shape",
        lambda: small(NetworkClassifier, layers=[Conv(2, 2)]),
        (RNG.uniform(size=(24, 3, 8, 8)), Y),
        {},
    ),
    "integers": (
        "Integers are read as tokens, 0 to 5000, but X has only 2",
        lambda: RNNClassifier(2, max_iter=1),
        ([[5000, 7]] * 24, Y),
        {},
    ),
    "flips of a regressor": (
        "random_flip turns",
        lambda: small(CNNRegressor, conv_layers=[(2, 2)], random_flip="horizontal"),
        (RNG.uniform(size=(24, 4, 4)), Y),
        {},
    ),
    "attention of a Transformer": (
        "attention='additive' has no effect",
        lambda: translator(attention="additive"),
        PAIRS,
        {},
    ),
    "new tokens": (
        "X has 1 tokens",
        translator_that_continues,
        (["a b", "b c"] * 3, PAIRS[1]),
        {},
    ),
    "scale of y": ("y has mean", lambda: small(MLPRegressor), (X, 1000 * X[:, 0]), {}),
    "a schedule that is 0": (
        "MLPClassifier learned nothing",
        lambda: small(max_iter=2, learning_rate_schedule=lambda progress: 0.0),
        (X, Y),
        {},
    ),
    "one step of a schedule that begins at 0": (
        "MLPClassifier learned nothing",
        lambda: small(learning_rate_schedule=WarmupSchedule(start=0.0)),
        (X, Y),
        {},
    ),
    "in an ensemble": (
        "validation_split",
        lambda: MLPEnsembleClassifier(small(validation_split=3), n_estimators=2),
        (X, Y),
        {},
    ),
    "numbers as text": (
        "column 'e' of X holds numbers as text",
        lambda: TabularMLPClassifier(**TABULAR),
        (FRAME.assign(e=FRAME["a"].astype(str)), Y),
        {},
    ),
    "groups without samples held out": (
        "groups has no effect",
        lambda: TabularMLPClassifier(early_stopping=False, **TABULAR),
        (FRAME, Y),
        {"groups": Y},
    ),
    "names of columns, which validation samples lack": (
        "X_val does not have valid feature names",
        lambda: TabularMLPClassifier(**TABULAR),
        (FRAME, Y),
        {"X_val": X[:9], "y_val": Y[:9]},
    ),
    "names of columns, which X lacks": (
        "X_val has feature names",
        lambda: TabularMLPClassifier(**TABULAR),
        (X, Y),
        {"X_val": FRAME[:9], "y_val": Y[:9]},
    ),
}
for name, value in {
    "gradient_clip_norm": 1.0,
    "gradient_clip_value": 1.0,
    "ema_decay": 0.9,
    "learning_rate_schedule": "cosine",
    "weight_decay_schedule": "cosine",
    "dropout_schedule": "cosine",
    "label_smoothing_schedule": "cosine",
    "weight_decay": 0.1,
}.items():
    CASES[f"{name}, L-BFGS"] = (
        name,
        lambda name=name, value=value: small(**LBFGS, **{name: value}),
        (X, Y),
        {},
    )


def fit_here(model, rows, more):
    model.fit(*rows, **more)


def warned(begin, model, rows, more=()):
    """Fit and return the warnings that begin with these words."""
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        fit_here(model, rows, dict(more))
    return [record for record in records if str(record.message).startswith(begin)]


def assert_at_fit(records):
    assert records
    for record in records:
        assert record.filename == __file__
        assert "model.fit(" in linecache.getline(record.filename, record.lineno)


@pytest.mark.parametrize("case", CASES)
def test_warnings_name_the_users_line(case):
    begin, make, rows, more = CASES[case]
    assert_at_fit(warned(begin, make(), rows, more))


@pytest.mark.parametrize("case", CASES)
def test_warnings_in_a_pipeline_name_the_users_line(case):
    begin, make, rows, more = CASES[case]
    pipeline = Pipeline([("as_is", "passthrough"), ("net", make())])
    more = {f"net__{name}": value for name, value in more.items()}
    assert_at_fit(warned(begin, pipeline, rows, more))


@pytest.mark.parametrize("search", [GridSearchCV, StackedSearch])
def test_warnings_in_a_search_name_the_users_line(search):
    model = search(small(validation_split=3), {"alpha": [0.1, 1.0]}, cv=2)
    assert_at_fit(warned("validation_split", model, (X, Y)))
    assert_at_fit(warned("Stochastic Optimizer", model, (X, Y)))


def read_old():
    """Read the pickle of a model that has neither a version nor the parameter alpha."""
    state = small().__getstate__()
    old = {name: value for name, value in state.items() if name not in ("_skdeep_version", "alpha")}
    file = io.BytesIO()
    with patch.object(MLPClassifier, "__getstate__", lambda self: old):
        joblib.dump(small(), file)
    file.seek(0)
    with warnings.catch_warnings(record=True) as records:
        warnings.simplefilter("always")
        joblib.load(file)  # which unpickles in Python
        pickle.loads(pickle.dumps(small()))  # says nothing
    return records


def test_the_warning_of_an_old_pickle_names_the_users_line():
    (record,) = read_old()
    assert issubclass(record.category, InconsistentVersionWarning)
    assert record.filename == __file__
    assert "joblib.load(file)" in linecache.getline(record.filename, record.lineno)


# ---------------------------------------------------------------- no warning without a case


def calls(path):
    """Return the calls of a file's code, each with what it calls, as text."""
    tree = ast.parse(path.read_text())
    return [(n, ast.unparse(n.func)) for n in ast.walk(tree) if isinstance(n, ast.Call)]


def sites():
    """Return where the package warns: path, first and last line of each call."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node, name in calls(path):
            if name in ("warn", "user_warnings.warn"):
                found.add((str(path), node.lineno, node.end_lineno))
    return found


def test_every_warning_has_a_case(monkeypatch):
    seen = set()
    original = warnings.warn

    def spy(message, category=None, stacklevel=1):
        if sys._getframe(1).f_code.co_filename == str(HELPER):
            caller = sys._getframe(2)
            seen.add((caller.f_code.co_filename, caller.f_lineno))
        original(message, category, stacklevel + 1)

    monkeypatch.setattr(warnings, "warn", spy)
    for begin, make, rows, more in CASES.values():
        warned(begin, make(), rows, more)
    read_old()
    without = {
        (path, first)
        for path, first, last in sites()
        if not any(path == file and first <= line <= last for file, line in seen)
    }
    assert seen
    assert not without


def test_nothing_warns_but_by_the_helper():
    ways = {"warnings.warn", "warnings.warn_explicit"}
    assert not [p for p in PACKAGE.rglob("*.py") if "from warnings import" in p.read_text()]
    found = {str(path) for path in PACKAGE.rglob("*.py") for _, name in calls(path) if name in ways}
    assert found == {str(HELPER)}
