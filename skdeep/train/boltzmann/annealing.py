"""Estimates of log Z by annealed importance sampling, from both ends.

Between a base model without weights, whose Z is known, and the RBM lie distributions with
unnormalised probabilities (Salakhutdinov and Murray, 2008, for binary v)::

    f_beta(v) = exp(((1 - beta) a + beta b).v) prod_j (1 + exp(beta (c + v W)_j)),  0 <= beta <= 1

A chain walks through the betas; at each it gains log f_next(v) - log f_now(v) and then takes one
Gibbs step that leaves the next distribution as it is. Let w be the exponential of what it gained.

* **Forward**, from exact draws of the base model: E[w] = Z / Z_base, so that
  log Z_base + log mean w errs low on average (Jensen), and lower where the chains miss modes:
  likelihoods come out too high.
* **Reverse**, from draws of the RBM: E[w] = Z_base / Z, so that log Z_base - log mean w errs
  high: likelihoods come out too low.

Nobody has exact draws of a large RBM. The reverse chains start from rows of data instead and
take Gibbs steps at beta = 1 first. From a start v alone E[w] is Z_base / Z times p_ann(v) / p(v),
where p_ann is what forward chains end in; so from any starts the estimate is right if annealing
works, and otherwise off by the logarithm of the mean of that ratio: up, if forward chains reach the
modes of the data too rarely, which is how annealing fails. It cannot see modes far from the starts
where p_ann is too small too. With starts on the very rows that are scored and no Gibbs steps at
first, ``-free_energy(v) - per_chain`` is an unbiased estimate, in the exponent, of p_ann(v): the
conservative RAISE of Burda, Grosse and Salakhutdinov (2015) with one chain for each row.

References
----------
R. Salakhutdinov and I. Murray, "On the quantitative analysis of deep belief networks", ICML 2008.
Y. Burda, R. Grosse and R. Salakhutdinov, "Accurate and conservative estimates of MRF
log-likelihood using reverse annealing", AISTATS 2015.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend, Random
from skdeep.kernels import partition as kernels
from skdeep.kernels.arithmetic import multiply
from skdeep.train.boltzmann.partition import LogPartition, as_vectors
from skdeep.train.boltzmann.rows import load_rows

#: Which share of the betas lies below which beta. The paper's (3 % below 0.5, 31 % below 0.9) and
#: equal steps left chains of RBMs trained on digits up to three times as far from equilibrium.
SHARES, CORNERS = (0.0, 0.2, 0.5, 1.0), (0.0, 0.5, 0.8, 1.0)
#: How far the means of a binary base model are kept from 0 and 1.
SMOOTHING = 0.01


def annealed_log_partition(
    W: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    *,
    backend: Backend,
    seed: np.random.SeedSequence,
    base_means: np.ndarray | None = None,
    variances: np.ndarray | None = None,
    n_chains: int = 100,
    n_betas: int = 10_000,
    dtype: Any = np.float32,
) -> LogPartition:
    """Estimate log Z by annealed importance sampling from a base model to the RBM.

    Parameters
    ----------
    W, b, c : ndarray of shape (F, H), (F,), (H,)
        Weights, visible and hidden biases.
    backend : Backend
        Where to compute.
    seed : SeedSequence
        Of the chains; draws depend neither on the dtype nor on the device.
    base_means : ndarray of shape (F,), optional
        Means of the visible units in the base model, best those of the training data; means of
        binary units are smoothed. Default: 0.5 for binary units, `b` for real ones.
    variances : ndarray of shape (F,), optional
        Of real visible units. Default: visible units are binary.
    n_chains : int
        Independent chains, at least 2.
    n_betas : int
        Distributions on the way, base model and RBM included, at least 2; the paper took
        14,500. A fifth of them lies below beta = 0.5, half below 0.8.
    dtype : dtype
        Of the chains. Their weights are added up in float64.

    Returns
    -------
    LogPartition
        The standard error is that of log mean w to first order, std(w) / (mean(w) sqrt(n)); it is
        too small where single chains dominate the mean, which shows as errors above about 0.3.

    Raises
    ------
    ValueError
        If there are too few chains or betas, or shapes do not belong together.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.backend import get_backend
    >>> W, b, c = np.ones((3, 2)), np.zeros(3), np.full(2, -1.0)
    >>> Z = annealed_log_partition(
    ...     W, b, c, backend=get_backend("cpu"), seed=np.random.SeedSequence(0), n_betas=200
    ... )
    >>> bool(abs(Z.log_z - 4.834) < 3 * Z.std_error < 0.3)
    True
    """
    if n_chains < 2:
        raise ValueError(f"n_chains must be at least 2 to have a standard error, got {n_chains}")
    betas = schedule(n_betas)
    with backend.session(n_chains * np.size(W)) as held, held, backend.running():
        chains = _Chains(W, b, c, base_means, variances, n_chains, dtype, backend, seed)
        chains.start_from_base()
        return _estimate(chains.base_log_z, chains.walk(betas), 1.0)


def reverse_annealed_log_partition(
    W: np.ndarray,
    b: np.ndarray,
    c: np.ndarray,
    *,
    starts: Any,
    backend: Backend,
    seed: np.random.SeedSequence,
    base_means: np.ndarray | None = None,
    variances: np.ndarray | None = None,
    n_betas: int = 10_000,
    n_gibbs_steps: int = 1000,
    dtype: Any = np.float32,
) -> LogPartition:
    """Estimate log Z by annealing from the RBM, near the data, to the base model.

    See the text of the module for what is estimated, and when it errs upwards. Parameters not
    named here are those of :func:`annealed_log_partition`.

    Parameters
    ----------
    starts : array or sparse matrix of shape (n_chains, F)
        One row for each chain, at least 2: rows of data, or draws of the RBM where there are
        any. Values of binary units between 0 and 1 are drawn as probabilities.
    n_gibbs_steps : int
        Steps of the RBM itself before annealing begins.

    Returns
    -------
    LogPartition
        The standard error is that of log mean w to first order.

    Raises
    ------
    ValueError
        If there are too few starts or betas, or shapes do not belong together.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.backend import get_backend
    >>> W, b, c = np.ones((3, 2)), np.zeros(3), np.full(2, -1.0)
    >>> Z = reverse_annealed_log_partition(
    ...     W,
    ...     b,
    ...     c,
    ...     starts=np.tile(np.eye(3), (40, 1)),
    ...     backend=get_backend("cpu"),
    ...     seed=np.random.SeedSequence(0),
    ...     n_betas=200,
    ... )
    >>> bool(abs(Z.log_z - 4.834) < 3 * Z.std_error < 0.3)
    True
    """
    if starts.shape[0] < 2 or starts.shape[1:] != np.shape(W)[:1]:
        raise ValueError(
            f"starts must have 2 rows or more of {np.shape(W)[0]} features, got {starts.shape}"
        )
    betas = np.concatenate([np.ones(n_gibbs_steps), schedule(n_betas)[::-1]])
    n_chains = starts.shape[0]
    with backend.session(n_chains * np.size(W)) as held, held, backend.running():
        chains = _Chains(W, b, c, base_means, variances, n_chains, dtype, backend, seed)
        chains.start_from_rows(starts)
        return _estimate(chains.base_log_z, chains.walk(betas), -1.0)


def schedule(n_betas: int) -> np.ndarray:
    """Return `n_betas` numbers from 0 to 1, closest together near 1.

    Examples
    --------
    >>> schedule(6)
    array([0.  , 0.5 , 0.7 , 0.84, 0.92, 1.  ])
    """
    if n_betas < 2:
        raise ValueError(f"n_betas must be at least 2, got {n_betas}")
    return np.interp(np.linspace(0, 1, n_betas), SHARES, CORNERS)


def _estimate(base_log_z: float, gains: np.ndarray, sign: float) -> LogPartition:
    """Return log Z from the chains' log weights; `sign` is -1 for chains from the RBM."""
    top = gains.max()
    weights = np.exp(gains - top)
    error = weights.std(ddof=1) / (weights.mean() * np.sqrt(len(gains)))
    log_z = base_log_z + sign * (top + np.log(weights.mean()))
    return LogPartition(float(log_z), float(error), base_log_z + sign * gains)


class _Chains:
    """Chains of one RBM side by side, their states and what they have gained.

    Arrays have shapes (1, C chains, units). `seen` is v for binary and v / s for real units: what
    the weights see, and all of v that the betas do not share.
    """

    def __init__(
        self,
        W: np.ndarray,
        b: np.ndarray,
        c: np.ndarray,
        base_means: np.ndarray | None,
        variances: np.ndarray | None,
        n_chains: int,
        dtype: Any,
        backend: Backend,
        seed: np.random.SeedSequence,
    ) -> None:
        W, b, c, s = as_vectors(W, b, c, variances, np.float64)
        base, self.base_log_z = _base_model(b, s, base_means)
        self.base_log_z += len(c) * np.log(2)
        self.ops, self.dtype = backend, np.dtype(dtype)
        self.random = Random([seed])
        self.W = self._on_device(W)
        self.b, self.c, self.base = map(self._on_device, (b[None], c[None], base[None]))
        self.shift = self._on_device((b - base)[:, None])
        self.precision = None if s is None else self._on_device((1 / s)[None])
        self.seen, self.visible = (self._empty(n_chains, len(b)) for _ in range(2))
        self.hidden, self.gain = (self._empty(n_chains, len(c)) for _ in range(2))
        self.hidden_words = backend.empty(self.hidden.shape, np.uint32)
        kind = np.uint32 if s is None else self.dtype
        self.visible_draws: Array = backend.empty(self.seen.shape, kind)
        self.tilt, self.gained = self._empty(n_chains, 1), self._empty(n_chains, 1)
        self.previous, self.beta = self._empty(1, 1), self._empty(1, 1)
        self.total = backend.zeros((1, n_chains, 1), np.float64)

    def _on_device(self, matrix: np.ndarray) -> Array:
        return self.ops.to_device(matrix[None].astype(self.dtype))

    def _empty(self, *shape: int) -> Array:
        return self.ops.empty((1, *shape), self.dtype)

    def start_from_base(self) -> None:
        """Draw v from the base model."""
        self.ops.copy(self._on_device(np.zeros((1, 1))), self.beta)
        self.ops.copy(self.ops.zeros(self.visible.shape, self.dtype), self.visible)
        self._draw_visible()

    def start_from_rows(self, rows: Any) -> None:
        """Set v to rows of data, drawing bits where they hold probabilities."""
        ops = self.ops
        load_rows(ops, rows, self.seen)
        if self.precision is None:
            ops.draw(self.random, self.visible_draws, "words")
            ops.launch(kernels.binarised, self.seen, self.seen, self.visible_draws)
        else:
            ops.launch(multiply, self.seen, self.seen, self.precision)

    def walk(self, betas: np.ndarray) -> np.ndarray:
        """Take the chains from the first beta to the last; return their log weights (C,)."""
        ops = self.ops
        # Rounded once, so that each step begins at the very beta where the last one ended.
        table = ops.to_device(betas.astype(self.dtype)[:, None, None, None])
        step = ops.record(self._step)
        for k in range(1, len(betas)):
            ops.copy(table[k - 1], self.previous)
            ops.copy(table[k], self.beta)
            step()
        return ops.to_host(self.total)[0, :, 0]

    def _step(self) -> None:
        """Move to the next beta at the same v, then draw h and v there."""
        ops, betas = self.ops, (self.previous, self.beta)
        ops.gemm(self.seen, self.W, self.hidden)
        ops.gemm(self.seen, self.shift, self.tilt)
        ops.draw(self.random, self.hidden_words, "words")
        outs = (self.gain, self.hidden)
        ops.launch(kernels.anneal_hidden, outs, self.hidden, self.c, self.hidden_words, *betas)
        ops.reduce(self.gain, self.gained, axis=2)
        ops.launch(kernels.add_gain, self.total, self.total, self.gained, self.tilt, *betas)
        ops.gemm(self.hidden, self.W, self.visible, trans_b=True)
        self._draw_visible()

    def _draw_visible(self) -> None:
        """Draw v from the input that `visible` holds."""
        ops, inputs = self.ops, (self.visible, self.b, self.base, self.visible_draws)
        if self.precision is None:
            ops.draw(self.random, self.visible_draws, "words")
            ops.launch(kernels.anneal_binary, self.seen, *inputs, self.beta)
        else:
            ops.draw(self.random, self.visible_draws, "normal")
            ops.launch(kernels.anneal_real, self.seen, *inputs, self.precision, self.beta)


def _base_model(
    b: np.ndarray, s: np.ndarray | None, means: np.ndarray | None
) -> tuple[np.ndarray, float]:
    """Return the visible biases of the base model and log of its sum over v."""
    if means is not None and np.shape(means) != b.shape:
        raise ValueError(f"base_means must have shape {b.shape}, got {np.shape(means)}")
    if s is None:
        p = np.full(b.shape, 0.5) if means is None else np.asarray(means, float)
        p = (np.clip(p, 0, 1) + SMOOTHING) / (1 + 2 * SMOOTHING)
        return np.log(p / (1 - p)), float(-np.log(1 - p).sum())
    base = b if means is None else np.asarray(means, float)
    return base, float((0.5 * np.log(2 * np.pi * s) + base**2 / (2 * s) - b**2 / (2 * s)).sum())
