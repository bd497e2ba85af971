"""What a fitted machine can do: features, samples, likelihoods."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute, get_backend, is_device_array
from skdeep.backend.base import Random
from skdeep.estimators import _inputs
from skdeep.estimators._model import FittedNetwork
from skdeep.nn.params import ParamStore
from skdeep.nn.rbm import RBM
from skdeep.train.annealing import annealed_log_partition, reverse_annealed_log_partition
from skdeep.train.enumeration import exact_log_partition
from skdeep.train.free_energy import free_energy
from skdeep.train.gibbs import GibbsChains
from skdeep.train.partition import LogPartition
from skdeep.train.predictor import Predictor

#: Rows whose chains run at once in ``sample`` and ``gibbs``.
CHAINS = 2048


def column_means(X: Any) -> np.ndarray:
    """Return the mean of each feature on the host, (F,), of an array of any kind."""
    if hasattr(X, "tocsr"):
        return np.asarray(X.mean(axis=0), float).ravel()
    means: np.ndarray = _inputs.to_host(compute(lambda xp, rows: rows.mean(axis=0), X))
    return means.astype(float)


class FittedRBM(FittedNetwork):
    """What the estimators of restricted Boltzmann machines can do whatever their visible units.

    State: ``_network`` (the machine's description), ``_values`` (host array (1, P)), ``_device``
    and ``_predictor``, which computes the upward pass.
    """

    _network: RBM  # type: ignore[assignment]
    #: What is known of log Z since the last fit; None with ``likelihood='pseudo'``.
    _partition: LogPartition | None
    #: Rows seen, and the means of the features over them.
    _means_seen: tuple[int, np.ndarray]

    def _use(self, device: str) -> None:
        self._device = device
        self._predictor = Predictor(
            self._network.upward(), self._network.upward_values(self._values), get_backend(device)
        )

    def _write_weights(self, weights: Any) -> None:
        super()._write_weights(weights)
        self._partition = None  # that of other weights

    @property
    def _n_features_out(self) -> int:
        check_is_fitted(self)
        return self._network.n_hidden

    @property
    def components_(self) -> np.ndarray:
        """Weights (n_components, n_features), a view of the model."""
        return self._own("W").T

    @components_.setter
    def components_(self, values: Any) -> None:
        self._assign({"W": np.asarray(values).T})

    @property
    def intercept_hidden_(self) -> np.ndarray:
        """Biases of the hidden units (n_components,), a view of the model."""
        return self._own("c")

    @intercept_hidden_.setter
    def intercept_hidden_(self, values: Any) -> None:
        self._assign({"c": np.asarray(values)})

    @property
    def intercept_visible_(self) -> np.ndarray:
        """Biases of the visible units (n_features,), a view of the model."""
        return self._own("b")

    @intercept_visible_.setter
    def intercept_visible_(self, values: Any) -> None:
        self._assign({"b": np.asarray(values)})

    @property
    def h_samples_(self) -> np.ndarray:
        """States of the persistent chains' hidden units (batch_size, n_components)."""
        particles = (self.__dict__.get("_training_state") or {}).get("objective", {})
        if "particles" not in particles:
            name = type(self).__name__
            raise AttributeError(f"{name!r} object has no attribute 'h_samples_'")
        states: np.ndarray = particles["particles"][0]
        return states

    def _own(self, name: str) -> np.ndarray:
        if "_values" not in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has not been fitted")
        return self._slot(name)

    # ------------------------------------------------------------------ both ways

    def transform(self, X: Any) -> Any:
        """Return the probabilities of the hidden units given each row, ``P(h=1|v=X)``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        h : array of shape (n_samples, n_components)
            Probabilities, in the dtype of the model.
        """
        check_is_fitted(self)
        return self._as_features(self._forward(X))

    def inverse_transform(self, X: Any) -> Any:
        """Return the means of the visible units given hidden ones.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            States or probabilities of the hidden units.

        Returns
        -------
        v : array of shape (n_samples, n_features)
            Means, in the dtype of the model.

        Raises
        ------
        ValueError
            If `X` does not have `n_components` columns.
        """
        check_is_fitted(self)
        codes = _inputs.check_codes(self, X, self._device)
        if codes.shape[1] != self._network.n_hidden:
            raise ValueError(
                f"inverse_transform of this {type(self).__name__} expects rows with "
                f"{self._network.n_hidden} hidden units, got {codes.shape[1]}"
            )
        chains = self._chains(codes.shape[0], Random([]))
        chains.start_hidden(codes)
        chains.means()
        return self._beside(X, chains.v[0])

    def reconstruct(self, X: Any) -> Any:
        """Return rows as they come back from the probabilities of their hidden units.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        v : array of shape (n_samples, n_features)
            Means of the visible units, in the dtype of the model.
        """
        return self.inverse_transform(self._forward(X))

    # ------------------------------------------------------------------ samples

    def _chains(self, n_chains: int, random: Random) -> GibbsChains:
        backend = get_backend(self._device)
        store = ParamStore(backend, self._network.layout, self._values, adopt=True)
        return GibbsChains(self._network, store, n_chains, random)

    def _seed(self, random_state: Any) -> np.random.SeedSequence:
        """Return the seed of a call's draws; without a seed, from the fit's generator."""
        if random_state is None and "random_state_" in self.__dict__:
            random_state = self.random_state_
        random = check_random_state(random_state)
        words = random.randint(0, 2**32, 4, dtype=np.uint32)
        return np.random.SeedSequence(words.tolist())

    def _gibbs(self, v: Any, n_steps: int, random_state: Any) -> Any:
        """Return visible units after steps of block Gibbs sampling from the rows `v`."""
        check_is_fitted(self)
        X = _inputs.check_rows(self, v, self._device)
        rows = X.toarray() if hasattr(X, "tocsr") else X
        random, backend = Random([self._seed(random_state)]), get_backend(self._device)
        result = backend.empty(rows.shape, self._values.dtype)
        for start in range(0, rows.shape[0], CHAINS):
            part = rows[start : start + CHAINS]
            chains = self._chains(part.shape[0], random)
            chains.start(part)
            for _ in range(n_steps):
                chains.up()
                chains.down()
            backend.copy(chains.v[0], result[start : start + CHAINS])
        return self._beside(v, result)

    def sample(
        self, n_samples: int = 1, n_gibbs_steps: int = 1000, random_state: Any = None
    ) -> np.ndarray:
        """Draw rows from the model by block Gibbs sampling.

        Chains start from the persistent particles of the training, as many times as needed, or,
        without these, from hidden units that fire with probability one half.

        Parameters
        ----------
        n_samples : int, default=1
            How many rows to draw, each by a chain of its own.
        n_gibbs_steps : int, default=1000
            Steps of each chain.
        random_state : int, RandomState instance or None, default=None
            Seed; None goes on with the generator of the fit.

        Returns
        -------
        v : ndarray of shape (n_samples, n_features)
            States of the visible units, in the dtype of the model.

        Raises
        ------
        ValueError
            If `n_samples` or `n_gibbs_steps` is less than one.
        """
        check_is_fitted(self)
        for name, value in (("n_samples", n_samples), ("n_gibbs_steps", n_gibbs_steps)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, got {value}")
        random = Random([self._seed(random_state)])
        parts = []
        for start in range(0, n_samples, CHAINS):
            chains = self._chains(min(CHAINS, n_samples - start), random)
            chains.start_hidden(self._first_hidden(chains, random, start))
            for step in range(n_gibbs_steps):
                if step:
                    chains.up()
                chains.down()
            parts.append(chains.ops.to_host(chains.v[0]))
        return np.concatenate(parts)

    def _first_hidden(self, chains: GibbsChains, random: Random, start: int) -> np.ndarray:
        shape = chains.h.shape[1:]
        particles = getattr(self, "h_samples_", None)
        if particles is not None:
            states: np.ndarray = particles[np.arange(start, start + shape[0]) % len(particles)]
            return states
        draws = np.empty((1, *shape))
        random.fill(draws, "uniform")
        return (draws[0] < 0.5).astype(float)

    # ------------------------------------------------------------------ likelihoods

    def _machine(self) -> dict[str, np.ndarray]:
        """Return W (F, H), b (F,), c (H,) and, of real visible units, the variances (F,)."""
        p = self._network.views(self._values)
        scale = self._network.visible.scale(p)
        variances = {} if scale is None else {"variances": 1 / scale[0, :, 0]}
        return {"W": p.W[0], "b": p.b[0, 0], "c": p.c[0, 0], **variances}

    def _parameters(self) -> dict[str, Any]:
        """Return what likelihoods are computed from, and where."""
        return {**self._machine(), "backend": get_backend(self._device)}

    def free_energy(self, X: Any) -> np.ndarray:
        """Return the free energy of each row, ``-log sum_h exp(-E(v, h))``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        free_energy : ndarray of shape (n_samples,)
            In nats; minus the log-likelihood, up to a constant of the model.
        """
        check_is_fitted(self)
        X = _inputs.check_rows(self, X, self._device)
        return free_energy(X, **self._parameters())

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
            which errs low; 'reverse_ais' anneals from the machine to that model, and errs high
            where annealing fails. Where both agree, both can be trusted.
        X : {array-like, sparse matrix} of shape (n_samples, n_features), default=None
            Rows that the chains of 'reverse_ais' start from, `n_chains` spread evenly over them:
            rows of data, which may lie in modes that annealing never finds. Without them chains
            start from :meth:`sample`, which is weaker evidence.
        n_chains : int, default=100
            Chains of either annealing.
        n_betas : int, default=10000
            Distributions between the two ends.
        random_state : int, RandomState instance or None, default=None
            Seed of the chains; None goes on with the generator of the fit.

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
        options = {"base_means": self._means_seen[1], "n_betas": n_betas, **self._parameters()}
        if method == "ais":
            seed = self._seed(random_state)
            return annealed_log_partition(seed=seed, n_chains=n_chains, **options)
        if method != "reverse_ais":
            raise ValueError(
                f"method must be 'exact', 'ais' or 'reverse_ais', got {method!r}"
            )
        random = check_random_state(random_state)
        if X is None:
            starts = self.sample(n_chains, random_state=random)
        else:
            rows = _inputs.check_rows(self, X, self._device)
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
        """Return the log-likelihood of each row, ``-free_energy - log Z``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows; the chains of 'reverse_ais' start from some of them.
        method : {'exact', 'ais', 'reverse_ais'}, default='exact'
            How log Z is found; see :meth:`log_partition`. 'ais' tends to give too high a
            likelihood, 'reverse_ais' too low a one.
        n_chains, n_betas : int, default=100 and 10000
            Chains and intermediate distributions of the annealing.
        random_state : int, RandomState instance or None, default=None
            Seed of the chains; None goes on with the generator of the fit.
        return_std : bool, default=False
            Whether to return the standard error of log Z too, which all rows share.

        Returns
        -------
        log_likelihood : ndarray of shape (n_samples,)
            In nats.
        std_error : float
            With ``return_std=True`` only; 0 for 'exact'.

        Raises
        ------
        ValueError
            If there is no such method, or too many states to enumerate.
        """
        check_is_fitted(self)
        X = _inputs.check_rows(self, X, self._device)
        found = self._log_partition(method, X, n_chains, n_betas, random_state)
        rows = -free_energy(X, **self._parameters()) - found.log_z
        return (rows, found.std_error) if return_std else rows

    def _estimate_partition(self) -> None:
        """Find log Z once a fit, where scores need it; chains have a seed of their own."""
        self._partition = None
        if self.likelihood in ("exact", "ais"):
            self._partition = self._log_partition(self.likelihood, random_state=0)

    def _pseudo_score_samples(self, X: Any) -> np.ndarray:
        """Return the scores of valid rows that need no log Z."""
        raise NotImplementedError

    def score_samples(self, X: Any) -> np.ndarray:
        """Return the score of each row, by the parameter `likelihood`.

        A row's score depends on no draw and on no other row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            'pseudo': the log pseudo-likelihood; 'exact' and 'ais': the log-likelihood, in nats;
            'score_matching': minus the score of Hyvarinen (2005), in units of 1 / feature^2.
        """
        check_is_fitted(self)
        X = _inputs.check_rows(self, X, self._device)
        if self.likelihood not in ("exact", "ais"):
            return self._pseudo_score_samples(X)
        if self._partition is None:
            raise ValueError(
                f"likelihood={self.likelihood!r} needs log Z, which is found in fit: it was fitted "
                "with another likelihood, or its weights were set since. Use log_likelihood(X)."
            )
        return -free_energy(X, **self._parameters()) - self._partition.log_z

    def score(self, X: Any, y: Any = None) -> float:
        """Return the mean of :meth:`score_samples`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : Ignored
            There for scikit-learn's convention.

        Returns
        -------
        score : float
            In nats a row; the higher the better.
        """
        return float(np.mean(self.score_samples(X)))
