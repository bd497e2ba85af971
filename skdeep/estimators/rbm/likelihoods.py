"""Likelihoods of fitted RBMs: free energies, log Z, and what scores are made of."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import get_backend
from skdeep.data.table import check_rows
from skdeep.estimators.checks.finite import refuse_overflow
from skdeep.estimators.checks.parameters import check_seed
from skdeep.estimators.rbm.model import FittedRBM, check_counts
from skdeep.fitting.rbm_loop import DIVERGED
from skdeep.train.boltzmann.annealing import annealed_log_partition, reverse_annealed_log_partition
from skdeep.train.boltzmann.enumeration import exact_log_partition
from skdeep.train.boltzmann.free_energy import free_energy
from skdeep.train.boltzmann.partition import LogPartition


class RBMLikelihoods(FittedRBM):
    """What a fitted RBM of samples without labels says of their probability.

    Besides the fitted state of an RBM it has ``_partition``: what is known of log Z since the last
    fit.
    """

    likelihood: Any
    _partition: LogPartition | None = None
    #: Samples seen, and the means of the features over them, which annealing begins with.
    _means_seen: tuple[int, np.ndarray]

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
