"""BernoulliRBM as its users meet it; that its gradients are right is shown in tests/train."""

import inspect
import warnings
from typing import ClassVar

import numpy as np
import pytest
import sklearn.neural_network
from scipy.special import expit, logsumexp
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from skdeep import BernoulliRBM

DIGITS, LABELS = load_digits(return_X_y=True)
BITS = (DIGITS > 7).astype(float)


def states(n_units):
    """Return all rows of bits, (2 ** n_units, n_units)."""
    return (np.arange(2**n_units)[:, None] >> np.arange(n_units) & 1).astype(float)


def small_machine(scale=1.5, n_features=4, n_components=3, seed=0, **parameters):
    """Return a fitted machine with random weights and the probabilities of all its rows."""
    random = np.random.RandomState(seed)
    parameters = {"n_iter": 0, "random_state": seed, **parameters}
    rbm = BernoulliRBM(n_components, **parameters).fit(states(n_features))
    for name in ("W", "b", "c"):
        rbm.set_weights({name: random.normal(0, scale, rbm.get_weights()[name].shape)})
    h = states(n_components)
    energies = -states(n_features) @ (rbm.components_.T @ h.T + rbm.intercept_visible_[:, None])
    joint = -energies + rbm.intercept_hidden_ @ h.T
    rows = logsumexp(joint, axis=1)
    return rbm, np.exp(rows - logsumexp(rows))


class TestDropIn:
    def test_parameters_begin_with_those_of_scikit_learn(self):
        theirs = inspect.signature(sklearn.neural_network.BernoulliRBM).parameters
        ours = inspect.signature(BernoulliRBM).parameters
        assert [(p.name, p.default, p.kind) for p in theirs.values()] == [
            (p.name, p.default, p.kind) for p in list(ours.values())[: len(theirs)]
        ]

    def test_initial_weights_are_their_draws(self):
        ours = BernoulliRBM(7, n_iter=0, random_state=3).fit(BITS)
        theirs = sklearn.neural_network.BernoulliRBM(7, n_iter=0, random_state=3).fit(BITS)
        np.testing.assert_array_equal(ours.components_, theirs.components_)
        for name in ("components_", "intercept_hidden_", "intercept_visible_", "h_samples_"):
            assert getattr(ours, name).shape == getattr(theirs, name).shape
        assert ours.components_.flags.f_contiguous

    def test_learns_as_well_as_theirs_over_seeds(self):
        def scores(kind):
            fits = [kind(32, n_iter=5, random_state=seed).fit(BITS) for seed in range(4)]
            return [BernoulliRBM.score(as_ours(fit), BITS) for fit in fits]

        def as_ours(fit):
            ours = BernoulliRBM(32, n_iter=0).fit(BITS)
            ours.components_, ours.intercept_hidden_, ours.intercept_visible_ = (
                fit.components_,
                fit.intercept_hidden_,
                fit.intercept_visible_,
            )
            return ours

        ours, theirs = scores(BernoulliRBM), scores(sklearn.neural_network.BernoulliRBM)
        # Four fits each differ by some 0.2 nats; a wrong gradient costs several.
        assert abs(np.mean(ours) - np.mean(theirs)) < 0.6

    def test_features_are_probabilities(self):
        rbm = BernoulliRBM(5, n_iter=2, random_state=0).fit(BITS)
        expected = expit(BITS @ rbm.components_.T + rbm.intercept_hidden_)
        np.testing.assert_allclose(rbm.transform(BITS), expected, rtol=1e-10)

    def test_verbose_is_their_line(self, capsys):
        BernoulliRBM(2, n_iter=2, verbose=1, random_state=0).fit(BITS[:20])
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2
        assert lines[1].startswith("[BernoulliRBM] Iteration 2, pseudo-likelihood = -")

    def test_score_is_the_mean_of_theirs_over_flips(self):
        ours = BernoulliRBM(4, n_iter=3, random_state=0).fit(BITS)
        theirs = sklearn.neural_network.BernoulliRBM(4, n_iter=0).fit(BITS)
        for name in ("components_", "intercept_hidden_", "intercept_visible_"):
            setattr(theirs, name, getattr(ours, name))
        row = np.repeat(BITS[:1], 20_000, axis=0)
        theirs.random_state = 0
        draws = theirs.score_samples(row)
        error = draws.std() / np.sqrt(len(draws))
        assert abs(ours.score_samples(BITS[:1])[0] - draws.mean()) < 4 * error


class TestPartialFit:
    @pytest.mark.parametrize("length", [3, 10, 17, 500])
    def test_chunks_of_any_length_have_no_bias(self, length):
        # scikit-learn's drifts to +15 on such data.
        random = np.random.RandomState(0)
        rbm = BernoulliRBM(4, learning_rate=0.02, random_state=0)
        for _ in range(3000 // length):
            rbm.partial_fit((random.rand(length, 8) < 0.5).astype(float))
        assert np.abs(rbm.intercept_visible_).max() < 0.6

    def test_another_batch_size_takes_up_the_chains(self):
        rbm = BernoulliRBM(5, random_state=0, batch_size=10).partial_fit(BITS[:100])
        rbm.set_params(batch_size=25).partial_fit(BITS[:100])
        assert rbm.h_samples_.shape == (25, 5)

    def test_another_number_of_units_is_refused(self):
        rbm = BernoulliRBM(5, random_state=0).partial_fit(BITS[:10])
        with pytest.raises(ValueError, match="n_components=6"):
            rbm.set_params(n_components=6).partial_fit(BITS[:10])
        assert rbm.components_.shape == (5, 64)

    def test_another_number_of_features_is_refused(self):
        rbm = BernoulliRBM(5, random_state=0).partial_fit(BITS[:10])
        with pytest.raises(ValueError, match="63 features"):
            rbm.partial_fit(BITS[:10, 1:])


class TestLikelihood:
    def test_exact_likelihood_is_the_sum_over_states(self):
        rbm, probabilities = small_machine()
        np.testing.assert_allclose(rbm.log_likelihood(states(4)), np.log(probabilities), rtol=1e-9)

    @pytest.mark.parametrize("method", ["ais", "reverse_ais"])
    def test_annealing_agrees_within_its_error(self, method):
        rbm, probabilities = small_machine()
        rows, error = rbm.log_likelihood(
            states(4), method, n_betas=1000, random_state=0, return_std=True
        )
        assert 0 < error < 0.2
        assert np.abs(rows - np.log(probabilities)).max() < 4 * error + 1e-3

    @pytest.mark.parametrize("likelihood", ["exact", "ais"])
    def test_scores_are_likelihoods_where_asked(self, likelihood):
        rbm = BernoulliRBM(6, n_iter=2, random_state=0, likelihood=likelihood).fit(BITS)
        difference = rbm.score_samples(BITS[:50]) - rbm.log_likelihood(BITS[:50])
        assert np.ptp(difference) < 1e-5
        assert abs(difference[0]) < (1e-9 if likelihood == "exact" else 0.1)
        assert rbm.score(BITS) == pytest.approx(rbm.score_samples(BITS).mean())

    def test_scores_need_the_log_z_of_these_weights(self):
        rbm = BernoulliRBM(6, n_iter=1, random_state=0, likelihood="exact").fit(BITS)
        rbm.components_ = rbm.components_ * 2
        with pytest.raises(ValueError, match="log Z, which is found in fit"):
            rbm.score(BITS)

    def test_too_many_states_name_the_way_out(self):
        rbm = BernoulliRBM(64, n_iter=1, random_state=0).fit(BITS)
        with pytest.raises(ValueError, match="ais"):
            rbm.log_likelihood(BITS)

    def test_a_search_over_likelihoods_repeats(self):
        search = GridSearchCV(
            BernoulliRBM(n_iter=2, random_state=0, likelihood="exact"),
            {"n_components": [2, 8], "learning_rate": [1e-4, 0.02]},
            cv=3,
        )
        first, second = (search.fit(BITS).cv_results_["mean_test_score"] for _ in range(2))
        np.testing.assert_array_equal(first, second)
        assert search.best_params_ == {"n_components": 8, "learning_rate": 0.02}

    def test_centering_is_indifferent_to_flips_and_better(self):
        def exact(X, centering):
            rbm = BernoulliRBM(8, n_iter=15, random_state=0, centering=centering, shuffle=True)
            return rbm.fit(X).log_likelihood(X).mean()

        plain, flipped = exact(BITS, True), exact(1 - BITS, True)
        assert abs(plain - flipped) < 0.7
        assert plain > exact(BITS, False) + 0.5
        assert flipped > exact(1 - BITS, False) + 5


class TestSampling:
    def test_samples_follow_the_model(self):
        rbm, probabilities = small_machine(scale=0.8)
        rows = rbm.sample(20_000, n_gibbs_steps=30, random_state=0)
        assert set(np.unique(rows)) == {0.0, 1.0}
        counts = np.bincount((rows @ (1 << np.arange(4))).astype(int), minlength=16)
        chi2 = ((counts - 20_000 * probabilities) ** 2 / (20_000 * probabilities)).sum()
        assert chi2 < 37.7  # 15 degrees of freedom, once in a thousand

    def test_one_step_of_gibbs_has_the_right_conditional(self):
        rbm, _ = small_machine()
        row = np.array([[1.0, 0.0, 1.0, 1.0]])
        p = rbm.transform(row)[0]
        h = states(3)
        weight = np.prod(np.where(h == 1, p, 1 - p), axis=1)
        expected = weight @ expit(h @ rbm.components_ + rbm.intercept_visible_)
        drawn = rbm.gibbs(np.repeat(row, 20_000, axis=0), random_state=0)
        assert drawn.dtype == bool
        assert np.abs(drawn.mean(axis=0) - expected).max() < 0.015

    def test_two_rows_come_back(self):
        # What scikit-learn's test_fit_gibbs asks for, with weights that tell the rows apart.
        X = np.array([[0.0], [1.0]])
        rbm = BernoulliRBM(2, n_iter=0, random_state=0).fit(X)
        rbm.set_weights({"W": [[40.0, 40.0]], "c": [-20.0, -20.0], "b": [-40.0]})
        np.testing.assert_array_equal(rbm.gibbs(X), X)

    def test_seeds_repeat_and_no_seed_goes_on(self):
        rbm = BernoulliRBM(8, n_iter=1, random_state=0).fit(BITS)
        np.testing.assert_array_equal(*(rbm.sample(5, 3, random_state=7) for _ in range(2)))
        assert (rbm.sample(5, 3) != rbm.sample(5, 3)).any()

    def test_back_and_forth(self):
        rbm = BernoulliRBM(8, n_iter=1, random_state=0).fit(BITS)
        codes = rbm.transform(BITS)
        expected = expit(codes @ rbm.components_ + rbm.intercept_visible_)
        np.testing.assert_allclose(rbm.inverse_transform(codes), expected, rtol=1e-10)
        np.testing.assert_allclose(rbm.reconstruct(BITS), expected, rtol=1e-10)


class TestHostile:
    def test_values_outside_the_range_warn_once_and_only_in_fit(self):
        with pytest.warns(UserWarning, match=r"MinMaxScaler\(clip=True\)") as caught:
            rbm = BernoulliRBM(3, n_iter=2, random_state=0).fit(DIGITS[:50])
        assert len(caught) == 1
        assert caught[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            rbm.transform(DIGITS)
            assert np.isfinite(rbm.score_samples(DIGITS)).all()

    def test_check_range_refuses_them(self):
        with pytest.raises(ValueError, match=r"\[0, 1\], got values from 0 to 16"):
            BernoulliRBM(check_range=True).fit(DIGITS)

    def test_codes_of_another_width(self):
        rbm = BernoulliRBM(3, n_iter=1, random_state=0).fit(BITS)
        with pytest.raises(ValueError, match="3 hidden units, got 4"):
            rbm.inverse_transform(np.ones((2, 4)))

    @pytest.mark.parametrize("call", [{"n_samples": 0}, {"n_gibbs_steps": 0}])
    def test_samples_of_nothing(self, call):
        rbm = BernoulliRBM(3, n_iter=1, random_state=0).fit(BITS)
        with pytest.raises(ValueError, match=next(iter(call))):
            rbm.sample(**call)

    def test_a_fit_that_diverges_leaves_the_model(self):
        rbm = BernoulliRBM(3, n_iter=2, random_state=0).fit(BITS)
        before = rbm.components_.copy()
        with pytest.raises(ValueError, match="learning_rate"):
            rbm.set_params(learning_rate=1e308).fit(BITS)
        np.testing.assert_array_equal(rbm.components_, before)
        assert rbm.n_iter_ == 2

    def test_gibbs_takes_steps(self):
        rbm = BernoulliRBM(3, n_iter=1, random_state=0).fit(BITS)
        with pytest.raises(ValueError, match="n_steps must be at least 1 and an integer, got -1"):
            rbm.gibbs(BITS, -1)

    def test_momentum_may_begin_later(self):
        rbm = BernoulliRBM(3, random_state=0).partial_fit(BITS)
        rbm.set_params(momentum=0.5).partial_fit(BITS)
        assert rbm.t_ == 2 * len(BITS)

    def test_what_float32_cannot_hold_is_refused(self):
        rbm = BernoulliRBM(3, n_iter=1, dtype="float32", random_state=0).fit(BITS)
        with pytest.raises(ValueError, match="too large for dtype"):
            rbm.transform(np.full((1, 64), 1e300))


class TestContract:
    def test_the_pipeline_of_the_issue_tunes(self):
        pipeline = make_pipeline(
            MinMaxScaler(),
            BernoulliRBM(n_iter=2, random_state=0),
            LogisticRegression(max_iter=500, C=100),
        )
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "BernoulliRBM expects values")
            search = GridSearchCV(pipeline, {"bernoullirbm__n_components": [10, 40]}, cv=3)
            search.fit(DIGITS[:600], LABELS[:600])
            scores = cross_val_score(search.best_estimator_, DIGITS[:300], LABELS[:300], cv=2)
        assert search.best_params_ == {"bernoullirbm__n_components": 40}
        assert scores.mean() > 0.5


class TestCheckpoints:
    OPTIONS: ClassVar[dict] = {
        "random_state": 0,
        "shuffle": True,
        "momentum": 0.5,
        "centering": True,
        "likelihood": "exact",
    }

    def test_the_history_is_logged(self, tmp_path):
        from skdeep.callbacks import HistoryLogger

        log = HistoryLogger(tmp_path / "log.csv")
        rbm = BernoulliRBM(4, n_iter=2, random_state=0).set_callbacks(log).fit(BITS)
        lines = (tmp_path / "log.csv").read_text().splitlines()
        assert len(lines) == 3
        assert float(lines[2].split(",")[4]) == -rbm.pseudo_likelihood_curve_[-1]


@pytest.mark.parametrize("name", ["n_chains", "n_betas"])
@pytest.mark.parametrize("value", ["many", 2.5, 0, None, True])
@pytest.mark.parametrize("method", ["ais", "reverse_ais"])
def test_numbers_of_chains_and_of_temperatures_are_integers(name, value, method):
    rbm = BernoulliRBM(2, n_iter=1, random_state=0).fit(np.eye(4))
    with pytest.raises(ValueError, match=f"{name} must be at least 1 and an integer, got"):
        rbm.log_partition(method, **{name: value})
    with pytest.raises(ValueError, match=f"{name} must be at least 1 and an integer"):
        rbm.log_likelihood(np.eye(4), method, **{name: value})
