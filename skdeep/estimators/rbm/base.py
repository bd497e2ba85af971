"""The common parent of RBMs that learn without labels: how they are fitted and scored."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import get_backend
from skdeep.data.place import resolve_backend
from skdeep.data.table import check_fit_rows, check_rows
from skdeep.data.training_data import TrainingData
from skdeep.estimators.checks.finite import ORDINARY, all_finite, refuse_overflow
from skdeep.estimators.checks.memory import check_memory
from skdeep.estimators.checks.parameters import check_seed
from skdeep.estimators.fit.estimator_fit import EstimatorFit
from skdeep.estimators.fit.planning import describe_for
from skdeep.estimators.rbm.model import FittedRBM, check_counts, column_means
from skdeep.estimators.rbm.planning import rbm_plan, rbm_recipe
from skdeep.estimators.sklearn_bases import (
    BaseEstimator,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from skdeep.fitting.history import RBMHistory
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.plan import Recipe
from skdeep.fitting.rbm_loop import DIVERGED
from skdeep.fitting.result import FitResult
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.boltzmann.annealing import annealed_log_partition, reverse_annealed_log_partition
from skdeep.train.boltzmann.enumeration import exact_log_partition
from skdeep.train.boltzmann.free_energy import free_energy
from skdeep.train.boltzmann.partition import LogPartition


class RBMEstimator(
    FittedRBM,
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    BaseEstimator,
):
    """Base of the RBMs that learn without labels; a subclass says what visible units are.

    Fitted state is the description of the RBM, the flat parameter vector on the host, and
    what continuing needs, as for the networks; besides, ``_partition``, what is known of log Z
    since the last fit.
    """

    likelihood: Any
    _partition: LogPartition | None = None
    #: Samples seen, and the means of the features over them, which annealing begins with.
    _means_seen: tuple[int, np.ndarray]

    _history_of_fit: ClassVar[type[RBMHistory]] = RBMHistory

    transform = FittedRBM.transform  # in a transformer's own class, where set_output wraps it

    @abstractmethod
    def _make_network(self, n_features: int) -> RBM:
        """Describe the RBM for rows of this width."""

    def _check_values(self, X: Any) -> None:
        """Warn of rows, or refuse them, that do not suit the visible units."""

    def _initial_values(self, rbm: RBM, X: Any, values: np.ndarray) -> None:
        """Change the first parameters (1, P) by what the rows are like."""

    @abstractmethod
    def _monitor(self, rows: np.ndarray) -> tuple[str, float]:
        """Return the name and the value of what ``verbose`` prints and the curve holds.

        It is computed from some rows of the fit (n, F), in the model's dtype, after each epoch.
        """

    # ------------------------------------------------------------------ fit

    def _prepare(self, owner: EstimatorFit, X: Any, *, incremental: bool) -> FitJob:
        """Do all of a fit that comes before training."""
        first = not hasattr(self, "_network") or not (self.warm_start or incremental)
        if incremental and not first:
            self._validate_params()  # which scikit-learn leaves out
        resolve_schedule(self.learning_rate_schedule)
        given = X
        X = check_fit_rows(self, X, reset=first)
        self._check_values(X)
        backend = resolve_backend(self.device, X)
        random = owner.random(incremental, "random_state_")
        if first:
            self._start(X, random)
        elif self.n_components != self._network.n_hidden:
            raise ValueError(
                f"training cannot continue with n_components={self.n_components}: the RBM there "
                f"has {self._network.n_hidden} hidden units. Fit anew, with warm_start=False."
            )
        if self.algorithm == "pcd":
            units = int(self.batch_size) * (self._network.n_visible + self._network.n_hidden)
            advice = "there is a chain for each row of a batch, so take a smaller batch_size"
            check_memory("persistent chains", units, self._values.dtype, advice)
        data = TrainingData(X, np.empty((X.shape[0], 0)), None, np.arange(X.shape[0]))
        reporter = None if incremental else owner.report(given, None, None, data)
        self._count_means(X)
        plan = rbm_plan(self, data, backend, random, incremental=incremental)
        return FitJob(plan, owner, reporter)

    def _start(self, X: Any, random: np.random.RandomState) -> None:
        """Describe the RBM, draw its initial parameters, begin the history."""
        dtype = np.dtype(self.dtype or X.dtype)
        self._network = describe_for(self, X, dtype)
        values = self._network.layout.initial(random)[None].astype(dtype)
        self._initial_values(self._network, X, values)
        self._values = values
        self._training_state = None
        self._means_seen = (0, np.zeros(X.shape[1]))
        self.__dict__.update(self._history_of_fit().attributes())

    @property
    def epochs_parameter(self) -> str:
        """Name of the parameter that says how many epochs a fit has at most."""
        return "n_iter"

    def _count_means(self, X: Any) -> None:
        """Set the means of the features over all rows seen, which annealing begins with."""
        seen, means = self._means_seen
        n = X.shape[0]
        means = means + (column_means(X) - means) * (n / (seen + n))
        self._means_seen = (seen + n, means)

    # ------------------------------------------------------------------ training

    def _weights_changed(self) -> None:
        super()._weights_changed()
        self._partition = None  # that of other weights

    def _recipe(self) -> Recipe:
        """Return how training is made of the RBM."""
        return rbm_recipe(self)

    def _frozen(self) -> tuple[str, ...]:
        """Return the names of the parameters that training must not move."""
        return ()

    def _take(self, result: FitResult) -> None:
        self.random_state_ = result.random
        with np.errstate(all="ignore"):  # what overflows is refused
            super()._take(result)
            self._estimate_partition()
            self._check_finite(result.X)

    def _check_finite(self, X: Any) -> None:
        """Refuse an RBM that is finite but not what it makes of rows of its fit."""
        fine = all_finite(self._arrays().values())
        if fine and np.abs(self._values).max() > ORDINARY:
            fine = all_finite(self._fitted_outputs(X))
        if not fine:
            raise ValueError(f"Training diverged. {DIVERGED}")

    def _fitted_outputs(self, X: Any) -> Iterator[Any]:
        """Give what a fitted RBM makes of valid rows."""
        hidden = self._predictor(X)[0]
        yield hidden
        yield free_energy(X, **self._parameters())
        yield self.inverse_transform(hidden)

    def _complete(self) -> None:
        """Set, in an estimator read from a file, what follows from its parameters."""
        self.random_state_ = check_random_state(self.random_state)
        self._estimate_partition()

    # ------------------------------------------------------------------ likelihoods

    def _arrays(self) -> dict[str, np.ndarray]:
        """Return W (F, H), b (F,), c (H,) and, of real visible units, the variances (F,)."""
        p = self._network.views(self._values)
        scale = self._network.visible.scale(p)
        variances = {} if scale is None else {"variances": 1 / scale[0, :, 0]}
        return {"W": p.W[0], "b": p.b[0, 0], "c": p.c[0, 0], **variances}

    def _parameters(self) -> dict[str, Any]:
        """Return what likelihoods are computed from, and where."""
        return {**self._arrays(), "backend": get_backend(self._device)}

    def free_energy(self, X: Any) -> np.ndarray:
        """Return the free energy of each sample, ``-log sum_h exp(-E(v, h))``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        free_energy : ndarray of shape (n_samples,)
            In nats; minus the log-likelihood, up to a constant of the model.

        Raises
        ------
        ValueError
            If a sample lies so far out that its free energy leaves the range of the dtype.
        """
        check_is_fitted(self)
        return self._energies(check_rows(self, X, self._device))

    def _energies(self, X: Any) -> np.ndarray:
        """Return the free energies of valid rows; refuse those that are not finite."""
        found: np.ndarray = refuse_overflow(free_energy(X, **self._parameters()))
        return found

    def log_partition(
        self,
        method: str = "exact",
        *,
        X: Any = None,
        n_chains: int = 100,
        n_betas: int = 10_000,
        random_state: Any = None,
    ) -> tuple[float, float]:
        """Return log Z, the logarithm of what turns ``exp(-free_energy)`` into probabilities.

        Parameters
        ----------
        method : {'exact', 'ais', 'reverse_ais'}, default='exact'
            'exact' sums over all states of the side that has fewer units. 'ais' is annealed
            importance sampling from a model without weights (Salakhutdinov and Murray, 2008),
            which errs low; 'reverse_ais' anneals from the RBM to that model, and errs high
            where annealing fails. Where both agree, both can be trusted.
        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            Samples that the chains of 'reverse_ais' start from, `n_chains` spread evenly over them:
            samples of data, which may lie in modes that annealing never finds. Without them chains
            start from :meth:`sample`, which is weaker evidence.
        n_chains : int, default=100
            Chains of either annealing.
        n_betas : int, default=10000
            Distributions between the two ends.
        random_state : int, RandomState instance or None, default=None
            Seed of the chains; None continues with the generator of the fit.

        Returns
        -------
        log_z : float
            In nats.
        std_error : float
            Standard error of `log_z` by the spread of the chains; 0 for 'exact'.

        Raises
        ------
        ValueError
            If there is no such method, or too many states to enumerate.
        """
        check_is_fitted(self)
        found = self._log_partition(method, X, n_chains, n_betas, random_state)
        return found.log_z, found.std_error

    def _log_partition(
        self,
        method: str,
        X: Any = None,
        n_chains: int = 100,
        n_betas: int = 10_000,
        random_state: Any = None,
    ) -> LogPartition:
        if method == "exact":
            return exact_log_partition(**self._parameters())
        check_counts(n_chains=n_chains, n_betas=n_betas)
        options = {"base_means": self._means_seen[1], "n_betas": n_betas, **self._parameters()}
        if method == "ais":
            seed = self._seed(random_state)
            return annealed_log_partition(seed=seed, n_chains=n_chains, **options)
        if method != "reverse_ais":
            raise ValueError(f"method must be 'exact', 'ais' or 'reverse_ais', got {method!r}")
        random = check_seed(random_state)
        if X is None:
            starts = self.sample(n_chains, random_state=random)
        else:
            rows = check_rows(self, X, self._device)
            starts = rows[:: max(1, rows.shape[0] // n_chains)][:n_chains]
        seed = self._seed(random)
        return reverse_annealed_log_partition(starts=starts, seed=seed, **options)

    def log_likelihood(
        self,
        X: Any,
        method: str = "exact",
        *,
        n_chains: int = 100,
        n_betas: int = 10_000,
        random_state: Any = None,
        return_std: bool = False,
    ) -> Any:
        """Return the log-likelihood of each sample, ``-free_energy - log Z``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples; the chains of 'reverse_ais' start from some of them.
        method : {'exact', 'ais', 'reverse_ais'}, default='exact'
            How log Z is found; see :meth:`log_partition`. 'ais' tends to give too high a
            likelihood, 'reverse_ais' too low a one.
        n_chains, n_betas : int, default=100 and 10000
            Chains and intermediate distributions of the annealing.
        random_state : int, RandomState instance or None, default=None
            Seed of the chains; None continues with the generator of the fit.
        return_std : bool, default=False
            Whether to return the standard error of log Z too, which all samples share.

        Returns
        -------
        log_likelihood : ndarray of shape (n_samples,)
            In nats.
        std_error : float
            With ``return_std=True`` only; 0 for 'exact'.

        Raises
        ------
        ValueError
            If there is no such method, or too many states to enumerate, or a sample lies so far
            out that its free energy leaves the range of the dtype.
        """
        check_is_fitted(self)
        X = check_rows(self, X, self._device)
        found = self._log_partition(method, X, n_chains, n_betas, random_state)
        rows = -self._energies(X) - found.log_z
        return (rows, found.std_error) if return_std else rows

    def _estimate_partition(self) -> None:
        """Find log Z once a fit, where scores need it; chains have a seed of their own."""
        self._partition = None
        if self.likelihood in ("exact", "ais"):
            self._partition = self._log_partition(self.likelihood, random_state=0)
            if not np.isfinite(self._partition.log_z):
                raise ValueError(
                    f"likelihood={self.likelihood!r} finds no finite log Z. {DIVERGED}"
                )

    @abstractmethod
    def _pseudo_score_samples(self, X: Any) -> np.ndarray:
        """Return the scores of valid rows that need no log Z."""

    def score_samples(self, X: Any) -> np.ndarray:
        """Return the score of each sample, by the parameter `likelihood`.

        A sample's score depends on no draw and on no other sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            'pseudo': the log pseudo-likelihood; 'exact' and 'ais': the log-likelihood, in nats;
            'score_matching': minus the score of Hyvarinen (2005), in units of 1 / feature^2.

        Raises
        ------
        ValueError
            If a sample lies so far out that its score leaves the range of the dtype.
        """
        check_is_fitted(self)
        X = check_rows(self, X, self._device)
        if self.likelihood not in ("exact", "ais"):
            scores: np.ndarray = refuse_overflow(self._pseudo_score_samples(X))
            return scores
        if self._partition is None:
            raise ValueError(
                f"likelihood={self.likelihood!r} needs log Z, which is found in fit: it was fitted "
                "with another likelihood, or its weights were set since. Use log_likelihood(X)."
            )
        return -self._energies(X) - self._partition.log_z

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of :meth:`score_samples`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        y : Ignored
            Not used, present for API consistency by convention.

        Returns
        -------
        score : float
            In nats per sample; the higher the better.
        """
        return float(np.mean(self.score_samples(X)))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
