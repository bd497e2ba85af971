"""class_weight in every form equals sample_weight of the same values."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from skdeep import MLPClassifier, TabularMLPClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
THREE = np.array(["a", "b", "c"])[np.digitize(X[:, 0], [-1.0, 1.0])]
BINARY = (X[:, 0] > 0.8).astype(int)
LABELS = (X > [0.5, 0, -0.5]).astype(int)
COLUMNS = np.c_[np.digitize(X[:, 0], [-1.0, 1.0]), BINARY + 5]

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(**params):
    return MLPClassifier((4,), max_iter=5, random_state=0, **params)


CASES = {
    "dict": ({"a": 3.0, "b": 0.5}, THREE),
    "balanced": ("balanced", THREE),
    "binary": ({1: 7.0}, BINARY),
    "balanced-binary": ("balanced", BINARY),
    "balanced-labels": ("balanced", LABELS),
    "list-labels": ([{1: 2.0}, {0: 3.0}, {0: 1.0, 1: 4.0}], LABELS),
    "balanced-columns": ("balanced", COLUMNS),
    "list-columns": ([{0: 2.0}, {6: 9.0}], COLUMNS),
}


@pytest.mark.parametrize("own", [False, True], ids=["", "sample_weight"])
@pytest.mark.parametrize("name", CASES)
def test_equals_sample_weight(name, own):
    class_weight, y = CASES[name]
    factor = compute_sample_weight(class_weight, y)
    weight = RNG.uniform(0.5, 2, len(X)) if own and class_weight != "balanced" else None
    model = classifier(class_weight=class_weight).fit(X, y, weight)
    expected = classifier().fit(X, y, factor if weight is None else factor * weight)
    assert model.loss_curve_ == expected.loss_curve_
    assert model.loss_curve_ != classifier().fit(X, y, weight).loss_curve_


def test_balanced_counts_a_row_of_weight_two_twice():
    weight = RNG.integers(0, 3, len(X)).astype(float)
    repeat = np.repeat(np.arange(len(X)), weight.astype(int))
    params = {"class_weight": "balanced", "solver": "lbfgs"}
    weighted = classifier(**params).fit(X, THREE, weight)
    repeated = classifier(**params).fit(X[repeat], THREE[repeat])
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-5)


def test_balanced_counts_training_rows_alone():
    train, test = np.arange(40), np.arange(40, 60)
    y = np.where((np.arange(60) % 10 == 0) | (np.arange(60) >= 45), "rare", "often")
    y[50] = "none"  # a class of which nothing trains counts once
    counts = {c: 40 / (2 * (y[train] == c).sum()) for c in ("often", "rare")} | {"none": 1.0}
    params = {"early_stopping": True, "validation_split": [(train, test)]}
    model = classifier(class_weight="balanced", **params).fit(X, y)
    expected = classifier(**params).fit(X, y, np.array([counts[c] for c in y]))
    assert model.loss_curve_ == expected.loss_curve_
    assert model.validation_scores_ == expected.validation_scores_


def test_validation_rows_get_the_weights_of_the_training_classes():
    X_val, y_val = X[:20], THREE[:20]
    counts = {c: len(X) / (3 * (THREE == c).sum()) for c in "abc"}
    model = classifier(class_weight="balanced").fit(X, THREE, X_val=X_val, y_val=y_val)
    val = np.array([counts[c] for c in y_val])
    expected = classifier().fit(
        X,
        THREE,
        np.array([counts[c] for c in THREE]),
        X_val=X_val,
        y_val=y_val,
        sample_weight_val=val,
    )
    np.testing.assert_allclose(model.validation_loss_curve_, expected.validation_loss_curve_)


@pytest.mark.parametrize("name", CASES)
def test_partial_fit_knows_classes_that_a_call_lacks(name):
    class_weight, y = CASES[name]
    if name.endswith("columns"):
        classes = [np.unique(column) for column in y.T]
    else:
        classes = np.arange(3) if y.ndim == 2 else np.unique(y)
    model, expected = classifier(class_weight=class_weight), classifier()
    few = (THREE == "b") & (X[:, 1] > 0)
    rows = [np.flatnonzero(few), np.arange(len(X))]
    seen = np.array([], int)
    for chunk in rows:
        model.partial_fit(X[chunk], y[chunk], classes=classes)
        seen = np.r_[seen, chunk]  # "balanced" counts the rows of all calls so far
        if class_weight == "balanced":
            factor = compute_sample_weight("balanced", y[seen])[-len(chunk) :]
        else:
            factor = compute_sample_weight(class_weight, y)[chunk]
        expected.partial_fit(X[chunk], y[chunk], factor, classes=classes)
        np.testing.assert_allclose(model.loss_, expected.loss_)


def test_a_new_fit_counts_anew_and_partial_fit_goes_on_from_it():
    model = classifier(class_weight="balanced").fit(X, THREE)
    model.fit(X[:30], THREE[:30])
    model.partial_fit(X[30:], THREE[30:])
    expected = classifier().fit(X[:30], THREE[:30], compute_sample_weight("balanced", THREE[:30]))
    expected.partial_fit(X[30:], THREE[30:], compute_sample_weight("balanced", THREE)[30:])
    np.testing.assert_allclose(model.loss_, expected.loss_)


@pytest.mark.parametrize(
    ("class_weight", "y"),
    [
        ({0: 1.0}, LABELS),
        ([{0: 1.0}], LABELS),
        ([{0: 1.0}] * 3, THREE),
        ({"a": 1.0, "d": 2.0}, THREE),
        ("wrong", THREE),
    ],
    ids=["dict-for-labels", "short-list", "list-for-one", "unknown-class", "word"],
)
def test_what_does_not_fit_is_refused(class_weight, y):
    with pytest.raises(ValueError, match="class_weight"):
        classifier(class_weight=class_weight).fit(X, y)


@pytest.mark.parametrize(
    ("class_weight", "y", "message"),
    [
        ({"a": -1.0}, THREE, "class_weight must be finite and >= 0, got -1 for class a"),
        ({1: np.nan}, BINARY, "class_weight must be finite and >= 0, got nan for class 1"),
        ([{}, {6: np.inf}], COLUMNS, "class_weight must be finite and >= 0, got inf for class 6"),
        ({0: 0, 1: 0.0}, BINARY, "class_weight is zero for all classes"),
    ],
)
def test_weights_that_nothing_can_be_trained_with(class_weight, y, message):
    with pytest.raises(ValueError, match=message):
        classifier(class_weight=class_weight).fit(X, y)
    if y is BINARY:
        with pytest.raises(ValueError, match=message):
            classifier(class_weight=class_weight).partial_fit(X, y, classes=[0, 1])


@pytest.mark.parametrize("make", [MLPClassifier, TabularMLPClassifier])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_samples_of_which_no_class_counts_are_refused(make, early_stopping):
    model = make(max_iter=1, early_stopping=early_stopping, class_weight={0: 0.0})
    model.set_params(hidden_layer_sizes=(4,), random_state=0)
    idle = BINARY == 0
    with pytest.raises(ValueError, match="zero for all validation samples"):
        model.fit(X, BINARY, X_val=X[idle], y_val=BINARY[idle])
    with pytest.raises(ValueError, match="class_weight is zero for all training samples"):
        model.fit(X, BINARY, sample_weight=idle.astype(float), X_val=X, y_val=BINARY)
    model.set_params(early_stopping=False).partial_fit(X, BINARY, classes=[0, 1])
    model.partial_fit(X[idle], BINARY[idle])  # others come with later calls
