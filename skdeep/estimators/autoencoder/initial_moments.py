"""What a Gaussian decoder knows of its samples before training."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.sparsefuncs import mean_variance_axis

from skdeep.backend import compute
from skdeep.data.place import to_host
from skdeep.estimators.fit.parts import Parts
from skdeep.estimators.transfer import given_weights
from skdeep.estimators.weights import Weights
from skdeep.kernels.variational import VARIANCE_FLOOR
from skdeep.nn.variational.likelihoods import GaussianDecoder, log_variance


class InitialMoments(Parts):
    """What a Gaussian decoder knows before training."""

    def train(self, estimator, data, backend, random):
        """Begin with mean and variance of the samples, as if nothing of them were explained."""
        held = estimator._likelihood
        if not isinstance(held, GaussianDecoder):
            return iter(())
        weight = np.zeros(data.X.shape[0])
        weight[data.rows] = 1.0 if data.weight is None else data.weight[data.rows]
        means, variance = _moments(data.X, weight / (weight.sum() or 1.0))
        given, weights = given_weights(estimator), Weights(estimator)
        if (bias := f"{held.name}.b") not in given:
            weights[bias][:] += means
        if held.variance is None and held.slot not in given:
            weights[held.slot][:] = log_variance(max(variance, VARIANCE_FLOOR))
        return iter(())


def _moments(X: Any, weight: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the features' means and their mean variance; the weights of the rows add to one."""
    if hasattr(X, "tocsr"):
        weight = weight.astype(X.dtype)
        means, variances = mean_variance_axis(X.tocsr(), axis=0, weights=weight)
        return means, float(variances.mean())

    def body(xp: Any, X: Any) -> Any:
        w = xp.asarray(weight.astype(X.dtype))
        mean = w @ X
        variances = xp.einsum("i,ij,ij->j", w, X, X) - mean * mean
        return xp.concatenate([mean, variances.mean()[None]])

    with np.errstate(over="ignore", invalid="ignore"):  # the fit says that they are too large
        *means, variance = to_host(compute(body, X))
    return np.array(means), float(variance)
