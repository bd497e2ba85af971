"""Outliers by reconstruction error."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skdeep import Autoencoder, AutoencoderOutlierDetector, VariationalAutoencoder

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RANDOM = np.random.default_rng(0)
ON_A_LINE = RANDOM.normal(size=(200, 1)) * [[1.0, 2.0, -1.0]] + 0.01 * RANDOM.normal(size=(200, 3))
OFF_IT = np.array([[3.0, -3.0, 3.0], [0.0, 0.0, 4.0]])
CODER = Autoencoder(1, hidden_layer_sizes=(), solver="lbfgs", random_state=0)


def test_rows_off_the_line_are_outliers():
    X = np.concatenate([ON_A_LINE, OFF_IT])
    detector = AutoencoderOutlierDetector(CODER, contamination=0.01).fit(X)
    assert set(np.flatnonzero(detector.predict(X) == -1)) == {200, 201}


def test_contamination_is_the_share_of_outliers():
    for share in (0.05, 0.2, 0.5):
        detector = AutoencoderOutlierDetector(CODER, contamination=share).fit(ON_A_LINE)
        assert (detector.predict(ON_A_LINE) == -1).sum() == 200 * share
        scores = detector.score_samples(ON_A_LINE)
        np.testing.assert_allclose(detector.decision_function(ON_A_LINE), scores - detector.offset_)
        np.testing.assert_array_equal(scores, detector.estimator_.score_samples(ON_A_LINE))


def test_a_seed_and_other_coders():
    detector = AutoencoderOutlierDetector(Autoencoder(1, max_iter=2), random_state=3)
    first = detector.fit(ON_A_LINE).score_samples(ON_A_LINE)
    np.testing.assert_array_equal(clone(detector).fit(ON_A_LINE).score_samples(ON_A_LINE), first)
    assert detector.estimator.random_state is None
    coder = VariationalAutoencoder(1, max_iter=2, random_state=0)
    pipe = make_pipeline(StandardScaler(), AutoencoderOutlierDetector(coder))
    assert (pipe.fit_predict(ON_A_LINE) == -1).sum() == 20
    assert pipe[-1].n_features_in_ == 3


@pytest.mark.parametrize(
    "options",
    [
        {"estimator": StandardScaler()},
        {"contamination": 0.0},
        {"contamination": 0.6},
        {"contamination": "most"},
    ],
)
def test_what_is_no_parameter(options):
    detector = AutoencoderOutlierDetector(CODER).fit(ON_A_LINE)
    with pytest.raises(ValueError, match=next(iter(options))):
        detector.set_params(**options).fit(ON_A_LINE)
    assert detector.predict(ON_A_LINE).shape == (200,)


class Distance(Autoencoder):
    """Scores samples by minus the square of their first feature, whatever was trained."""

    def score_samples(self, X):
        return -(X[:, 0] ** 2)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_outliers", [0, 20, 40])
def test_auto_finds_how_many_outliers_there_are(n_outliers):
    X = np.random.default_rng(0).normal(size=(200, 2))
    X[:n_outliers, 0] += 20
    detector = AutoencoderOutlierDetector(Distance(1, max_iter=1), contamination="auto")
    found = detector.fit_predict(X) == -1
    assert found[:n_outliers].all()
    assert found[n_outliers:].mean() < 0.08


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_rule_of_auto_and_its_weights():
    X = np.column_stack([np.sqrt(np.arange(101.0)), np.zeros(101)])  # scores 0, -1, ..., -100
    detector = AutoencoderOutlierDetector(Distance(1, max_iter=1), contamination="auto")
    assert detector.fit(X).offset_ == pytest.approx(-50 - 25 * 3 / norm.ppf(0.75))
    weighted = detector.fit(np.vstack([X, X + 100]), sample_weight=np.repeat([1.0, 0.0], 101))
    assert weighted.offset_ == pytest.approx(-50 - 25 * 3 / norm.ppf(0.75))


def test_no_fitted_attributes_before_fit():
    detector = AutoencoderOutlierDetector()
    for name in ("n_features_in_", "feature_names_in_", "offset_"):
        assert not hasattr(detector, name)


def test_rows_too_far_out_for_a_score_are_outliers():
    coder = Autoencoder(1, hidden_layer_sizes=(4,), solver="lbfgs", max_iter=20, random_state=0)
    detector = AutoencoderOutlierDetector(coder).fit(ON_A_LINE)
    rows = np.array([[1e300, -1e300, 1e300], ON_A_LINE[0]])
    with np.errstate(all="ignore"):
        found = detector.decision_function(rows)
        assert list(detector.predict(rows)) == [-1, detector.predict(rows[1:])[0]]
    assert found[0] == -np.inf
    assert np.isfinite(found[1])


def test_training_rows_without_a_score_are_an_error():
    with np.errstate(all="ignore"):
        with pytest.raises(ValueError, match="Scale the features"):
            AutoencoderOutlierDetector(Unscored(1, hidden_layer_sizes=(), max_iter=1)).fit(
                ON_A_LINE
            )


class Unscored(Autoencoder):
    def score_samples(self, X):
        return np.full(len(X), np.nan)
