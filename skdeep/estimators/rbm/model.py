"""The common parent of fitted RBMs: weights, features, samples."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import Backend, compute, get_backend
from skdeep.backend.base import Random
from skdeep.data.place import to_host
from skdeep.data.table import check_codes, check_rows
from skdeep.data.whole import is_whole
from skdeep.estimators.checks.memory import check_draws
from skdeep.estimators.checks.parameters import check_seed
from skdeep.estimators.model import FittedNetwork
from skdeep.estimators.outputs import as_features, beside
from skdeep.estimators.weights import Weights
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.core.params import ParamStore
from skdeep.train.boltzmann.gibbs import GibbsChains
from skdeep.train.predictor import Predictor

#: Rows whose chains run at once in ``sample`` and ``gibbs``.
CHAINS = 2048


def column_means(X: Any) -> np.ndarray:
    """Return the mean of each feature on the host, (F,), of an array of any kind."""
    if hasattr(X, "tocsr"):
        return np.asarray(X.mean(axis=0), float).ravel()
    means: np.ndarray = to_host(compute(lambda xp, rows: rows.mean(axis=0), X))
    return means.astype(float)


def check_counts(**counts: Any) -> None:
    """Refuse what is no integer of at least 1, by its name."""
    for name, value in counts.items():
        if not is_whole(value, 1):
            raise ValueError(f"{name} must be at least 1 and an integer, got {value!r}")


class FittedRBM(FittedNetwork):
    """What the estimators of restricted Boltzmann machines can do whatever their visible units.

    State: ``_network`` (the RBM's description), ``_values`` (host array (1, P)), ``_device``
    and ``_predictor``, which computes the upward pass.
    """

    _network: RBM
    random_state_: np.random.RandomState

    def _make_predictor(self, values: np.ndarray, backend: Backend) -> Predictor:
        return Predictor(self._network.upward(), self._network.upward_values(values), backend)

    def _upward_weights(self) -> dict[str, np.ndarray]:
        """Return W (F, H) and b (H,) of the affine map from rows to the hidden units' input."""
        network, values = self._network.upward(), self._network.upward_values(self._values)
        return {name: network.layout.view(values, f"hidden.{name}")[0] for name in ("W", "b")}

    def _shared_weights(self) -> dict[str, np.ndarray]:
        """Return them as those of a first hidden layer."""
        weights = {name: np.array(values) for name, values in self._upward_weights().items()}
        return {"hidden_0.W": weights["W"], "hidden_0.b": weights["b"].ravel()}

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
        try:
            values = np.asarray(values).T
        except ValueError:  # ragged, which is refused below by name
            pass
        Weights(self).assign({"W": values})

    @property
    def intercept_hidden_(self) -> np.ndarray:
        """Biases of the hidden units (n_components,), a view of the model."""
        return self._own("c")

    @intercept_hidden_.setter
    def intercept_hidden_(self, values: Any) -> None:
        Weights(self).assign({"c": values})

    @property
    def intercept_visible_(self) -> np.ndarray:
        """Biases of the visible units (n_features,), a view of the model."""
        return self._own("b")

    @intercept_visible_.setter
    def intercept_visible_(self, values: Any) -> None:
        Weights(self).assign({"b": values})

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
        return Weights(self)[name]

    # ------------------------------------------------------------------ both ways

    def transform(self, X: Any) -> Any:
        """Return the probabilities of the hidden units given each sample, ``P(h=1|v=X)``.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        h : array of shape (n_samples, n_components)
            Probabilities, in the dtype of the model.
        """
        check_is_fitted(self)
        return as_features(self, self._forward(X))

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
        codes = check_codes(self, X, self._device)
        if codes.shape[1] != self._network.n_hidden:
            raise ValueError(
                f"inverse_transform of this {type(self).__name__} expects rows with "
                f"{self._network.n_hidden} hidden units, got {codes.shape[1]}"
            )
        chains = self._chains(codes.shape[0], Random([]))
        chains.start_hidden(codes)
        chains.means()
        return beside(self, X, chains.v[0])

    def reconstruct(self, X: Any) -> Any:
        """Return the reconstructions of samples from the probabilities of their hidden units.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

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
        random = check_seed(random_state)
        words = random.randint(0, 2**32, 4, dtype=np.uint32)
        return np.random.SeedSequence(words.tolist())

    def gibbs(self, v: Any, n_steps: int = 1, random_state: Any = None) -> Any:
        """Take steps of block Gibbs sampling.

        Parameters
        ----------
        v : {array-like, sparse matrix} of shape (n_samples, n_features)
            Visible units to start from.
        n_steps : int, default=1
            How many steps.
        random_state : int, RandomState instance or None, default=None
            Seed; None continues with the generator of the fit.

        Returns
        -------
        v_new : array of shape (n_samples, n_features)
            Visible units after the last step: of bool where they are binary, else in the dtype of
            the model.
        """
        check_is_fitted(self)
        check_counts(n_steps=n_steps)
        X = check_rows(self, v, self._device)
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
        states = beside(self, v, result)
        binary = self._network.visible.binary
        return compute(lambda xp, values: values > 0.5, states) if binary else states

    def sample(
        self, n_samples: int = 1, n_gibbs_steps: int = 1000, random_state: Any = None
    ) -> np.ndarray:
        """Draw samples from the model by block Gibbs sampling.

        Chains start from the persistent particles of the training, as many times as needed, or,
        without these, from hidden units that fire with probability one half.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples to draw, each by a chain of its own.
        n_gibbs_steps : int, default=1000
            Steps of each chain.
        random_state : int, RandomState instance or None, default=None
            Seed; None continues with the generator of the fit.

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
        check_counts(n_samples=n_samples, n_gibbs_steps=n_gibbs_steps)
        check_draws("n_samples", n_samples, self._network.n_visible, self._values.dtype)
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
