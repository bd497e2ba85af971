"""RBMClassifier: its three ways of training, exact probabilities, samples, and bad input."""

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdeep import RBMClassifier
from tests.reference.contrastive import SlowRBM

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
TRAININGS = ["hybrid", "discriminative", "generative"]

DIGITS = load_digits()
X, Y = DIGITS.data / 16, DIGITS.target
NAMES = np.array([f"digit {k}" for k in range(10)])


def fit(training="hybrid", n=400, y=None, **options):
    options = {"learning_rate_init": 0.02, "max_iter": 15, "random_state": 0} | options
    model = RBMClassifier(30, training=training, batch_size=50, **options)
    return model.fit(X[:n], NAMES[Y[:n]] if y is None else y)


@pytest.mark.parametrize(
    ("training", "score"), [("hybrid", 0.85), ("discriminative", 0.85), ("generative", 0.6)]
)
def test_it_learns_the_digits(training, score):
    model = fit(training, 1000)
    assert model.score(X[1000:], NAMES[Y[1000:]]) > score
    assert model.loss_curve_[-1] < model.loss_curve_[0]


def machine(model):
    weights = {name[-1]: w for name, w in model.get_weights().items()}
    return SlowRBM(weights["W"], weights["b"], weights["c"])


@pytest.mark.parametrize("training", TRAININGS)
def test_numbers_are_those_of_the_machine(training):
    model, rows = fit(training), X[:5]
    slow, classes = machine(model), np.eye(10)
    energies = np.array([[slow.free_energy(np.r_[x, k]) for k in classes] for x in rows])
    logs = -energies - np.logaddexp.reduce(-energies, axis=1)[:, None]
    np.testing.assert_allclose(model.predict_log_proba(rows), logs, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(model.predict_proba(rows), np.exp(logs), rtol=1e-7, atol=1e-12)
    free = -np.logaddexp.reduce(-energies, axis=1)
    np.testing.assert_allclose(model.free_energy(rows), free, rtol=1e-9)
    given = model.free_energy(rows, NAMES[Y[:5]])
    np.testing.assert_allclose(given, energies[np.arange(5), Y[:5]], rtol=1e-9)
    hidden = np.array([[slow.hidden_mean(np.r_[x, k]) for k in classes] for x in rows])
    expected = np.einsum("nk,nkh->nh", np.exp(logs), hidden)
    np.testing.assert_allclose(model.transform(rows), expected, rtol=1e-7, atol=1e-9)


def test_samples_are_of_the_class_that_is_asked_for():
    model = fit("generative", 1000, max_iter=60)
    rows, names = model.sample(200, y="digit 0", n_gibbs_steps=200, random_state=0)
    assert set(names) == {"digit 0"}
    assert set(np.unique(rows)) <= {0.0, 1.0}
    assert np.mean(model.predict(rows) == "digit 0") > 0.5
    several = model.sample(3, y=NAMES[[4, 5, 4]], n_gibbs_steps=2, random_state=0)[1]
    assert list(several) == ["digit 4", "digit 5", "digit 4"]
    free = model.sample(300, n_gibbs_steps=200, random_state=0)[1]
    assert len(set(free)) > 5
    again = model.sample(300, n_gibbs_steps=200, random_state=0)[1]
    np.testing.assert_array_equal(free, again)


@pytest.mark.parametrize("training", TRAININGS)
def test_two_classes_and_one(training):
    y = np.where(Y[:400] < 5, "low", "high")
    model = fit(training, y=y)
    scores = model.decision_function(X[:50])
    assert scores.shape == (50,)
    np.testing.assert_array_equal(model.predict(X[:50]), model.classes_[(scores > 0).astype(int)])
    assert model.predict_proba(X[:50]).shape == (50, 2)
    one = fit(training, n=60, y=np.zeros(60, int), max_iter=2)
    assert set(one.predict(X[:5])) == {0}


@pytest.mark.parametrize("training", TRAININGS)
def test_parts_of_rows(training):
    model = RBMClassifier(30, training=training, learning_rate_init=0.02, random_state=0)
    for _ in range(10):
        for start in range(0, 400, 100):
            part = slice(start, start + 100)
            model.partial_fit(X[part], NAMES[Y[part]], classes=NAMES)
    assert model.score(X[400:], NAMES[Y[400:]]) > 0.4
    whole = fit(training, max_iter=2, shuffle=False)
    parts = RBMClassifier(**whole.get_params())
    for _ in range(2):
        parts.partial_fit(X[:400], NAMES[Y[:400]], classes=NAMES)
    np.testing.assert_allclose(parts.predict_proba(X[:9]), whole.predict_proba(X[:9]), rtol=1e-9)


def test_class_weights_count_in_both_parts():
    y = (Y[:400] == 3).astype(int)
    for training in TRAININGS:
        shares = [
            fit(training, y=y, class_weight=weight).predict_proba(X[400:])[:, 1].mean()
            for weight in (None, {0: 1, 1: 10})
        ]
        assert shares[1] > shares[0], training


def test_searches_and_pipelines():
    pipe = make_pipeline(MinMaxScaler(clip=True), RBMClassifier(10, max_iter=3, random_state=0))
    grid = {"rbmclassifier__training": TRAININGS}
    search = GridSearchCV(pipe, grid, cv=2).fit(X[:200], Y[:200])
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    with pytest.warns(ConvergenceWarning):
        early = fit(early_stopping=True, max_iter=4)
    assert len(early.validation_scores_) == 4


def test_bad_input():
    with pytest.raises(ValueError, match="does not work with solver='lbfgs'"):
        fit(solver="lbfgs")
    assert fit("discriminative", solver="lbfgs").score(X, NAMES[Y]) > 0.8
    with pytest.raises(ValueError, match="one column of classes, got a multilabel y"):
        fit(y=np.eye(10, dtype=int)[Y[:400]])
    with pytest.warns(UserWarning, match=r"expects values in \[0, 1\], got values from 0 to 16"):
        RBMClassifier(4, max_iter=2).fit(16 * X[:50], Y[:50])
    model = fit(max_iter=2)
    with pytest.raises(ValueError, match="classes not in"):
        model.sample(2, y="digit 10")
    with pytest.raises(ValueError, match="one class for each of 2 rows"):
        model.free_energy(X[:2], NAMES[:3])
    with pytest.raises(ValueError, match="n_samples must be at least 1"):
        model.sample(0)
    before = model.predict_proba(X[:3])
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.full((3, 4), np.nan), [0, 1, 2])
    np.testing.assert_array_equal(model.predict_proba(X[:3]), before)
