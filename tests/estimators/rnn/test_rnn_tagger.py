"""Labels of steps: what they depend on, how they are weighed, and what is refused."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score
from sklearn.utils.class_weight import compute_class_weight

from skdeep import RNNTagger
from skdeep.model_selection import step_scorer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

rng = np.random.default_rng(0)
LENGTHS = rng.integers(3, 15, 200)
X = [rng.integers(0, 2, n).astype(float) for n in LENGTHS]
#: Whether there are more ones behind a step than before it: both directions are needed.
BOTH_WAYS = [np.where(x[::-1].cumsum()[::-1] - x > x.cumsum() - x, "behind", "before") for x in X]
THREE = [np.array(["zero", "one", "many"])[np.minimum(x.cumsum(), 2).astype(int)] for x in X]
QUICK = {"batch_size": 10, "learning_rate_init": 0.02, "tol": 0.01, "n_iter_no_change": 5}


def flat(parts):
    return np.concatenate(list(parts))


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_labels_that_need_both_directions(cell):
    model = RNNTagger(12, cell, random_state=0, **QUICK).fit(X[:150], BOTH_WAYS[:150])
    score = model.score(X[150:], BOTH_WAYS[150:])
    assert score > 0.89
    forward = clone(model).set_params(bidirectional=False).fit(X[:150], BOTH_WAYS[:150])
    assert forward.score(X[150:], BOTH_WAYS[150:]) < score - 0.03


@pytest.fixture(scope="module")
def three():
    return RNNTagger((8, 6), random_state=0, dtype="float64", **QUICK).fit(X[:150], THREE[:150])


def test_several_labels(three):
    assert three.classes_.tolist() == ["many", "one", "zero"]
    assert three.score(X[150:], THREE[150:]) > 0.97
    labels = three.predict(X)
    assert [len(part) for part in labels] == LENGTHS.tolist()
    proba, log_proba = three.predict_proba(X), three.predict_log_proba(X)
    scores = three.decision_function(X)
    for k, x in enumerate(X):
        assert proba[k].shape == scores[k].shape == (len(x), 3)
        np.testing.assert_allclose(proba[k].sum(axis=1), 1)
        np.testing.assert_allclose(np.log(proba[k]), log_proba[k], rtol=1e-6, atol=1e-9)
        np.testing.assert_array_equal(three.classes_[proba[k].argmax(axis=1)], labels[k])
    accuracy = np.mean(flat(labels) == flat(THREE))
    assert three.score(X, THREE) == accuracy


def test_two_labels():
    model = RNNTagger(4, max_iter=2, random_state=0).fit(X, BOTH_WAYS)
    proba, scores = model.predict_proba(X), model.decision_function(X)
    assert proba[0].shape == (LENGTHS[0], 2)
    assert scores[0].shape == (LENGTHS[0],)
    np.testing.assert_array_equal(flat(scores) > 0, flat(model.predict(X)) == "behind")
    np.testing.assert_allclose(flat(model.predict_log_proba(X)), np.log(flat(proba)), rtol=1e-4)


def test_weights_of_scores_are_those_of_sequences():
    weight = 2.0 * (np.arange(len(X)) < 100)
    model = RNNTagger(4, max_iter=2, random_state=0).fit(X, BOTH_WAYS)
    weighted = model.score(X, BOTH_WAYS, sample_weight=weight)
    assert weighted == model.score(X[:100], BOTH_WAYS[:100]) != model.score(X, BOTH_WAYS)


def test_class_weights_are_weights_of_steps():
    model = RNNTagger(4, max_iter=3, random_state=0, shuffle=False, batch_size=200)
    balanced = clone(model).set_params(class_weight="balanced").fit(X, THREE)
    factors = compute_class_weight("balanced", classes=balanced.classes_, y=flat(THREE))
    given = dict(zip(balanced.classes_, factors, strict=True))
    by_hand = clone(model).set_params(class_weight=given).fit(X, THREE)
    np.testing.assert_allclose(by_hand.loss_curve_, balanced.loss_curve_, rtol=1e-12)
    assert clone(model).fit(X, THREE).loss_curve_ != balanced.loss_curve_
    only = clone(model).set_params(class_weight={"many": 0.0}, max_iter=60)
    only.set_params(learning_rate_init=0.05).fit(X, THREE)
    assert "many" not in flat(only.predict(X))


def test_forms_of_labels():
    table = np.array([x[:3] for x in X])
    codes = table.cumsum(axis=1) % 2
    expected = None
    objects = np.empty(len(codes), dtype=object)
    objects[:] = [row.tolist() for row in codes]
    for y in (codes, codes.tolist(), [tuple(row) for row in codes], list(codes), objects):
        model = RNNTagger(3, max_iter=2, random_state=0).fit(table, y)
        expected = expected or model.loss_curve_
        assert model.loss_curve_ == expected
        assert model.score(table, y) == model.score(table, codes)


def test_held_out_sequences_are_scored():
    model = RNNTagger(4, max_iter=3, early_stopping=True, validation_fraction=0.3, random_state=0)
    first = clone(model).fit(X, THREE)
    assert len(first.validation_scores_) == 3
    loss = clone(model).set_params(scoring="loss").fit(X, THREE)
    np.testing.assert_allclose(loss.validation_scores_, -np.array(loss.validation_loss_curve_))
    called = clone(model).set_params(scoring=lambda est, X, y: est.score(X, y)).fit(X, THREE)
    np.testing.assert_allclose(called.validation_scores_, first.validation_scores_)
    weighted = clone(model).fit(X, THREE, sample_weight=np.arange(1.0, len(X) + 1))
    assert weighted.validation_scores_ != first.validation_scores_


def test_the_loss_is_minus_the_mean_log_probability():
    model = RNNTagger(
        4,
        max_iter=3,
        solver="sgd",
        learning_rate_init=1e-9,
        alpha=0.0,
        dtype="float64",
        random_state=0,
    ).fit(X, THREE)
    codes = np.searchsorted(model.classes_, flat(THREE))
    expected = -flat(model.predict_log_proba(X))[np.arange(len(codes)), codes].mean()
    np.testing.assert_allclose(model.loss_curve_[-1], expected, rtol=1e-6)


@pytest.mark.parametrize("options", [{"loss": "focal"}, {"label_smoothing": 0.2}])
def test_other_losses(options):
    model = RNNTagger(8, random_state=0, **options, **QUICK).fit(X, THREE)
    assert model.score(X, THREE) > 0.9


def test_hidden_layers_with_dropout():
    model = RNNTagger(
        (8, 8),
        hidden_layer_sizes=(10,),
        activation="tanh",
        dropout=[0.1, 0.1, 0.1],
        recurrent_dropout=0.1,
        random_state=0,
        **QUICK,
    ).fit(X, THREE)
    assert model.score(X, THREE) > 0.9
    assert "steps.hidden_0.W" in model.get_weights()


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (THREE[:-1], "y has labels for 199 sequences, but X has 200"),
        (
            [*THREE[:3], THREE[3][:-1], *THREE[4:]],
            r"y\[3\] has \d+ labels, but X\[3\] has \d+ steps",
        ),
        ([*THREE[:3], "labels", *THREE[4:]], r"y\[3\] must be a sequence of labels.*a string"),
        (
            [*THREE[:3], np.ones((2, 2)), *THREE[4:]],
            r"y\[3\] must be a sequence of labels.*\(2, 2\)",
        ),
        ([np.arange(n) / 3 for n in LENGTHS], "Unknown label type"),
        ("labels", "y must be a list of sequences of labels, got str"),
    ],
)
def test_labels_that_do_not_fit(y, message):
    with pytest.raises(ValueError, match=message):
        RNNTagger(max_iter=1).fit(X, y)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        ([["a", 1], ["b"]], r"strings, in y\[0\], with others, in y\[0\]"),
        ([[1, 2], ("b",)], r"strings, in y\[1\], with others, in y\[0\]"),
        ([np.array([True, False]), np.array(["b"])], r"strings, in y\[1\], with others"),
        ([np.array(["a", 1], object), ["b"]], r"strings, in y\[0\], with others, in y\[0\]"),
        ([["a", None], ["b"]], r"strings, in y\[0\], with others, in y\[0\]"),
    ],
)
def test_labels_are_of_one_kind(y, message):
    two = [np.zeros(2), np.zeros(1)]
    with pytest.raises(ValueError, match=message):
        RNNTagger(3, max_iter=1).fit(two, y)
    with pytest.raises(ValueError, match=message):
        RNNTagger(3, max_iter=1, random_state=0).fit(two, [["a", "b"], ["b"]]).score(two, y)
    named = [np.array(["a", "b"], object), np.array(["b"])]
    assert RNNTagger(3, max_iter=1).fit(two, named).classes_.tolist() == ["a", "b"]


def test_folds_of_nested_labels_need_a_splitter_or_arrays():
    names = [["one" if x > 0 else "zero" for x in one] for one in X[:12]]
    model = RNNTagger(3, max_iter=1, random_state=0)
    scores = cross_val_score(model, X[:12], names, cv=KFold(2))
    arrays = [np.array(labels) for labels in names]
    np.testing.assert_array_equal(cross_val_score(model, X[:12], arrays, cv=2), scores)


def test_labels_that_were_not_there():
    with pytest.raises(ValueError, match=r"X_val, y_val: .*classes not in"):
        RNNTagger(3, max_iter=1).fit(X, THREE, X_val=[X[0]] * 2, y_val=[["x"] * LENGTHS[0]] * 2)
    model = RNNTagger(3, max_iter=1)
    with pytest.raises(ValueError, match="classes must be passed"):
        model.partial_fit(X, THREE)
    with pytest.raises(ValueError, match="Invalid parameter"):
        model.set_params(normalization="batch")


@pytest.mark.parametrize("data", [X[:30], [x[:3] for x in X[:30]]])
def test_predictions_are_arrays_of_sequences_that_folds_can_join(data):
    y = [np.where(x > 0, "one", "zero") for x in data]
    model = RNNTagger(3, max_iter=2, random_state=0)
    joined = cross_val_predict(model, data, y, cv=3)
    assert [labels.shape for labels in joined] == [x.shape for x in data]
    model.fit(data, y)
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        found = getattr(model, method)(data)
        assert (found.dtype, found.shape) == (object, (30,))


def test_smoothing_that_the_focal_loss_ignores_is_told():
    with pytest.warns(UserWarning, match="label_smoothing has no effect with loss='focal'"):
        RNNTagger(2, loss="focal", label_smoothing=0.1, max_iter=1).fit(X[:10], THREE[:10])


def test_scores_of_sequences_with_missing_numbers_and_padding():
    steps = np.stack([np.sin(np.arange(5.0) + k) for k in range(12)])[:, :, None].repeat(2, axis=2)
    labels = np.where(steps[:, :, 0] > 0, "up", "down")
    steps[0, 3:] = np.nan  # padding
    steps[1, 1, 0] = np.nan
    model = RNNTagger(3, max_iter=2, missing="mask", random_state=0).fit(steps, labels)
    there = [labels[0, :3], *labels[1:]]
    expected = (flat(model.predict(steps)) == flat(there)).mean()
    for y in (labels, there):
        assert model.score(steps, y) == pytest.approx(expected)
        assert step_scorer("accuracy")(model, steps, y) == pytest.approx(expected)
