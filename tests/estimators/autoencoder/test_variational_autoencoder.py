"""The variational autoencoder as an estimator: what users see of it."""

import pickle
import warnings

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_digits, load_wine
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdeep import VariationalAutoencoder

pytestmark = pytest.mark.filterwarnings(
    "ignore:Stochastic Optimizer. Maximum iterations:sklearn.exceptions.ConvergenceWarning"
)
DIGITS = load_digits().data / 16
KINDS = pytest.mark.parametrize("decoder", ["gaussian", "bernoulli"])


def make(n_components=3, **options):
    """Return a small, quick estimator."""
    options = {"hidden_layer_sizes": (12,), "max_iter": 4, "random_state": 0, **options}
    return VariationalAutoencoder(n_components, **options)


@pytest.fixture(scope="module")
def digits():
    """A model of the digits that is good enough to tell digits from noise."""
    model = VariationalAutoencoder(
        4,
        decoder="bernoulli",
        max_iter=60,
        batch_size=100,
        learning_rate_init=0.005,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(DIGITS)


# ------------------------------------------------------------------ what it computes


def test_a_linear_model_reaches_the_likelihood_of_probabilistic_pca():
    random = np.random.RandomState(0)
    X = random.normal(size=(400, 2)) * [2.0, 1.0] @ random.normal(size=(2, 5))
    X += 0.5 * random.normal(size=X.shape) + 1
    pca = PCA(2).fit(X)
    model = VariationalAutoencoder(
        2,
        hidden_layer_sizes=(),
        activation="identity",
        learning_rate_init=0.05,
        learning_rate_schedule="cosine",
        batch_size=40,
        max_iter=200,
        n_iter_no_change=np.inf,
        n_score_samples=200,
        random_state=0,
    ).fit(X)
    best = pca.score(X)
    assert best - 0.03 < model.score(X) < best + 0.01
    np.testing.assert_allclose(model.noise_variance_, pca.noise_variance_, rtol=0.1)
    # The codes span the same plane.
    codes = np.column_stack([model.transform(X), np.ones(len(X))])
    left = PCA(2).fit_transform(X)
    left -= codes @ np.linalg.lstsq(codes, left)[0]
    assert np.mean(left**2) < 1e-3


def test_digits(digits):
    assert digits.score(DIGITS) > -25
    noise = np.random.RandomState(0).permutation(DIGITS.ravel()).reshape(DIGITS.shape)
    assert digits.score(noise[:200]) < -50
    error = np.mean((digits.reconstruct(DIGITS) - DIGITS) ** 2)
    assert error < 0.6 * np.mean((DIGITS - DIGITS.mean(axis=0)) ** 2)
    np.testing.assert_allclose(
        digits.reconstruct(DIGITS[:5]),
        digits.inverse_transform(digits.transform(DIGITS[:5])),
        atol=1e-12,
    )


def test_which_bound_a_score_is(digits):
    X = DIGITS[:200]
    importance = digits.score_samples(X, n_samples=100)
    np.testing.assert_array_equal(digits.score_samples(X), digits.score_samples(X, n_samples=10))
    model = pickle.loads(pickle.dumps(digits)).set_params(likelihood="elbo", n_score_samples=100)
    elbo = model.score_samples(X)
    assert np.mean(elbo) < np.mean(importance) - 0.1
    assert model.score(X) == pytest.approx(np.mean(elbo), rel=1e-12)


def test_training_with_more_draws_gives_a_better_bound():
    X = DIGITS[:500]
    options = {"decoder": "bernoulli", "max_iter": 30, "learning_rate_init": 0.005}
    options["n_score_samples"] = 50
    one, many = (make(**options, n_importance_samples=k).fit(X).score(X) for k in (1, 8))
    assert many > one


def test_beta_weighs_the_divergence_in_training_and_not_in_scores():
    def sizes(beta):
        model = make(decoder="bernoulli", beta=beta, max_iter=15, learning_rate_init=0.005)
        return np.var(model.fit(DIGITS).transform(DIGITS))

    assert sizes(20.0) < 0.1 * sizes(0.5)
    model = make(decoder="bernoulli").fit(DIGITS)
    before = model.score(DIGITS)
    assert model.set_params(beta=5.0).score(DIGITS) == before


@pytest.mark.parametrize("likelihood", ["importance", "elbo"])
@pytest.mark.parametrize("k", [1, 3])
def test_validation_scores_are_scores(likelihood, k):
    X, X_val = train_test_split(DIGITS, test_size=0.2, random_state=0)
    model = make(
        decoder="bernoulli", early_stopping=True, likelihood=likelihood, n_importance_samples=k
    )
    model.fit(X, X_val=X_val)
    assert model.score(X_val) == pytest.approx(model.best_validation_score_, rel=1e-9)
    assert len(model.validation_scores_) == model.n_iter_ == 4
    bounds = model.set_params(likelihood="elbo" if k == 1 else "importance").score(X_val)
    assert model.validation_loss_curve_[-1] == pytest.approx(-bounds, rel=1e-9)


def test_early_stopping_keeps_the_best_model():
    options = {"early_stopping": True, "n_iter_no_change": 2, "max_iter": 500}
    model = make(hidden_layer_sizes=(50,), learning_rate_init=0.1, **options).fit(DIGITS[:300])
    assert model.n_iter_ < 500
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.validation_scores_[-1] < model.best_validation_score_
    assert model.best_loss_ is None


# ------------------------------------------------------------------ draws


def test_samples_follow_the_decoder():
    model = make(2, hidden_layer_sizes=(), noise_variance=0.25).fit(DIGITS[:50, :4])
    W = np.array([[1.0, 0.0, 2.0, 0.0], [0.0, 3.0, 0.0, 0.0]])
    model.set_weights({"decoder.output.W": W, "decoder.output.b": np.arange(4.0)})
    X = model.sample(20000, random_state=0)
    np.testing.assert_allclose(X.mean(axis=0), np.arange(4), atol=0.06)
    np.testing.assert_allclose(np.cov(X.T), W.T @ W + 0.25 * np.eye(4), atol=0.25)
    means = model.sample(20000, random_state=0, return_means=True)
    np.testing.assert_allclose(np.var(X - means, axis=0), 0.25, rtol=0.05)
    assert np.linalg.matrix_rank(means - np.arange(4)) == 2
    np.testing.assert_array_equal(X[:0], model.sample(20000, random_state=0)[:0])
    np.testing.assert_array_equal(model.sample(3, random_state=1), model.sample(3, random_state=1))
    assert (model.sample(3, random_state=1) != model.sample(3, random_state=2)).all()


def test_samples_of_binary_rows(digits):
    X = digits.sample(2000, random_state=0)
    assert set(np.unique(X)) == {0.0, 1.0}
    means = digits.sample(2000, random_state=0, return_means=True)
    assert abs(np.mean(X - means)) < 0.005
    assert digits.score(X) > -35  # the model finds its own samples likely
    np.testing.assert_allclose(X.mean(axis=0), DIGITS.mean(axis=0), atol=0.15)


def test_a_transform_that_draws(digits):
    model = pickle.loads(pickle.dumps(digits)).set_params(transform_output="sample")
    means, codes = digits.transform(DIGITS), model.transform(DIGITS)
    both = model._predictor(DIGITS, "encoder")[0]
    noise = (codes - means) / np.exp(0.5 * both[:, 4:])
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.1)
    np.testing.assert_allclose(np.cov(noise.T), np.eye(4), atol=0.12)
    np.testing.assert_array_equal(model.transform(DIGITS), codes)
    np.testing.assert_allclose(model.transform(DIGITS[9:4:-1]), codes[9:4:-1], atol=1e-12)
    np.testing.assert_array_equal(model.transform(sparse.csr_matrix(DIGITS)), codes)
    twice = model.transform(DIGITS[[3, 3]])
    np.testing.assert_array_equal(twice[0], twice[1])


def test_rows_are_binarised_in_training_alone():
    gray = make(decoder="bernoulli").fit(DIGITS)
    drawn = make(decoder="bernoulli", binarize="dynamic").fit(DIGITS)
    assert (gray.loss_curve_[-1] - drawn.loss_curve_[-1]) != 0
    binary = (DIGITS > 0.5).astype(float)
    losses = [
        make(decoder="bernoulli", binarize=b).fit(binary).loss_curve_ for b in (None, "dynamic")
    ]
    np.testing.assert_array_equal(losses[0], losses[1])  # zeros and ones stay what they are


# ------------------------------------------------------------------ scikit-learn's ways


@KINDS
def test_a_pipeline_in_a_search(decoder):
    pipeline = make_pipeline(
        MinMaxScaler(clip=True), make(decoder=decoder), LogisticRegression(max_iter=500)
    )
    search = GridSearchCV(
        pipeline, {"variationalautoencoder__n_components": [1, 5]}, cv=2, error_score="raise"
    )
    X, y = load_digits(return_X_y=True)
    search.fit(X[:300], y[:300])
    assert search.best_params_ == {"variationalautoencoder__n_components": 5}


def test_a_search_by_its_own_score():
    grid = {"beta": [1.0, 30.0], "likelihood": ["elbo"]}
    search = GridSearchCV(make(decoder="bernoulli", max_iter=15), grid, cv=2).fit(DIGITS[:400])
    assert search.best_params_["beta"] == 1.0
    again = clone(search).fit(DIGITS[:400])
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"]
    )


# ------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": 2.0, "n_importance_samples": 5}, "beta=2.0 needs n_importance_samples=1"),
        ({"binarize": "dynamic"}, "binarize='dynamic' .* needs decoder='bernoulli'"),
        ({"decoder": "bernoulli", "noise_variance": 1.0}, "noise_variance=1.0 is the variance"),
        ({"hidden_layer_sizes": (3, 0)}, "hidden_layer_sizes must be > 0"),
        ({"decoder_layer_sizes": (2.5,)}, "decoder_layer_sizes must be integers, got"),
        ({"n_components": 0}, "'n_components' parameter"),
        ({"noise_variance": 0.0}, "'noise_variance' parameter"),
        ({"beta": -1.0}, "'beta' parameter"),
        ({"solver": "lbfgs"}, "'solver' parameter"),
        ({"activation": "maxout"}, "activation must be among"),
        ({"n_score_samples": 0}, "'n_score_samples' parameter"),
    ],
)
def test_parameters_that_cannot_be(options, message):
    model = VariationalAutoencoder(**options)
    with pytest.raises(ValueError, match=message):
        model.fit(DIGITS[:20])
    assert not hasattr(model, "n_features_in_")


@pytest.mark.parametrize("X", [DIGITS[:30] * 2, DIGITS[:30] - 0.5, sparse.csr_matrix(-DIGITS[:30])])
def test_values_that_no_probability_has(X):
    with pytest.warns(UserWarning, match=r"MinMaxScaler\(clip=True\)"):
        model = make(decoder="bernoulli").fit(X)
    model.transform(X)  # says nothing
    model.score_samples(X)


def test_calls_that_cannot_be_answered():
    model = make()
    with pytest.raises(ValueError, match="not fitted"):
        model.sample()
    model.fit(DIGITS[:30])
    with pytest.raises(ValueError, match="3 columns, got 2"):
        model.inverse_transform(np.zeros((4, 2)))
    for n in (0, 1.5, "3"):
        with pytest.raises(ValueError, match="n_samples must be an integer >= 1"):
            model.sample(n)
        with pytest.raises(ValueError, match="n_samples must be an integer >= 1"):
            model.score_samples(DIGITS[:3], n_samples=n)
    with pytest.raises(ValueError, match="64 features"):
        model.partial_fit(DIGITS[:30, :5])


@KINDS
@pytest.mark.parametrize(
    "X",
    [
        DIGITS[:1],
        DIGITS[:30, 20:21],
        np.zeros((20, 3)),
        np.ones((20, 3)),
        sparse.csr_matrix((20, 3)),
    ],
    ids=["one row", "one feature", "zeros", "ones", "nothing stored"],
)
def test_rows_with_little_in_them(decoder, X):
    model = make(decoder=decoder, max_iter=30).fit(X)
    assert np.isfinite(model.score_samples(X)).all()
    assert np.isfinite(model.loss_curve_).all()
    if decoder == "gaussian":
        assert model.noise_variance_ >= 1e-6
    else:
        with pytest.raises(AttributeError, match="no Gaussian decoder"):
            _ = model.noise_variance_


UNSCALED = pytest.mark.filterwarnings("ignore:the features have a root mean square:UserWarning")


@UNSCALED
@pytest.mark.parametrize("scale", [1e3, 1e8, 1e15])
@pytest.mark.parametrize("dtype", [None, "float32"])
def test_large_values_are_met_by_the_learned_variance(scale, dtype):
    X = scale * np.random.RandomState(0).normal(size=(100, 4))
    model = make(kernel_initializer="normal", dtype=dtype).fit(X)
    assert np.isfinite(model.score_samples(X)).all()
    np.testing.assert_allclose(model.noise_variance_, scale**2, rtol=0.5)


@UNSCALED
def test_huge_values_say_that_they_are():
    with pytest.raises(ValueError, match="large values"):
        make().fit(1e160 * DIGITS[:50])


@UNSCALED
@pytest.mark.parametrize("X", [load_wine().data, 256 * DIGITS], ids=["wine", "digits"])
def test_features_in_units_of_their_own_train(X):
    """Not far from one normal density for all features, where overflowing codes gave -1e147."""
    model = VariationalAutoencoder(random_state=0).fit(X)
    normal = -0.5 * X.shape[1] * (np.log(2 * np.pi * X.var(axis=0).mean()) + 1)
    assert model.score(X) > normal - 20
    assert max(model.loss_curve_) < 1e5


@UNSCALED
def test_a_gaussian_decoder_starts_from_the_mean_of_the_samples():
    options = {"max_iter": 1, "learning_rate_init": 1e-12}
    for X in (DIGITS, sparse.csr_array(DIGITS)):
        drawn = make(**options).fit(X - 0).get_weights()["decoder.output.b"]
        moved = make(**options).fit(DIGITS + 500).get_weights()["decoder.output.b"]
        np.testing.assert_allclose(moved - drawn, 500, rtol=1e-8)
    weight = np.arange(len(DIGITS)) < 90
    counted = make(**options).fit(DIGITS, sample_weight=weight).get_weights()["decoder.output.b"]
    expected = DIGITS[:90].mean(axis=0) - DIGITS.mean(axis=0)
    np.testing.assert_allclose(counted - drawn, expected, atol=1e-8)
    given = make(**options, initial_weights={"decoder.output.b": np.ones(64)}).fit(DIGITS)
    np.testing.assert_allclose(given.get_weights()["decoder.output.b"], 1)


@pytest.mark.parametrize("likelihood", ["importance", "elbo"])
@KINDS
def test_scores_far_out_are_no_nan(likelihood, decoder):
    model = make(decoder=decoder, likelihood=likelihood).fit(DIGITS)
    for size in 10.0 ** np.arange(2, 308, 15):
        found = model.score_samples(size * (DIGITS[:5] - 0.3))
        assert not np.isnan(found).any()
        # Numbers that are no probabilities have a likelihood without bound.
        assert decoder == "bernoulli" or (found < -1e3).all()
    assert decoder == "bernoulli" or (found == -np.inf).all()


def test_a_start_from_given_weights():
    given = {"decoder.output.log_variance": np.array([-3.0]), "encoder.hidden_0.b": np.ones(12)}
    model = make(initial_weights=given, frozen_layers=["log_variance", "encoder.hidden_0"]).fit(
        DIGITS[:50]
    )
    for name, values in given.items():
        np.testing.assert_array_equal(model.get_weights()[name], values)
    assert model.noise_variance_ == pytest.approx(np.exp(-3) + 1e-6)
