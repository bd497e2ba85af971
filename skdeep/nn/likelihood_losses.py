"""Losses that are likelihoods of numbers: a network gives all parameters of a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any, ClassVar

from skdeep.backend.base import Array, Backend
from skdeep.backend.kernel import Kernel
from skdeep.kernels import step_likelihoods as bodies
from skdeep.kernels.losses import exponential
from skdeep.nn.losses import Loss


class ParameterLoss(Loss):
    """Minus the log-likelihood of numbers, summed over outputs.

    Logits are the parameters of all outputs, one kind after the other: first the place of each of
    n outputs, then their scales, and so on.
    """

    #: What makes value and slopes, and what makes a parameter of each kind of logits, or None.
    body: ClassVar[Kernel]
    links: ClassVar[tuple[Kernel | None, ...]]

    def n_logits(self, n_outputs):
        return len(self.links) * n_outputs

    def n_targets(self, n_logits):
        return n_logits // len(self.links)

    def _parts(self, array: Array) -> list[Array]:
        """Return the rows (M, n, B) of each kind of parameter."""
        n = array.shape[1] // len(self.links)
        return [array[:, k * n : (k + 1) * n] for k in range(len(self.links))]

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        outs = (*self._parts(value), *self._parts(delta))
        ops.launch(self.body, outs, *self._parts(z), target, w)

    def output(self, ops: Backend, z: Array, out: Array, work: Any) -> None:
        for link, logits, parameters in zip(
            self.links, self._parts(z), self._parts(out), strict=True
        ):
            if link is not None:
                ops.launch(link, parameters, logits)
            elif out is not z:
                ops.copy(logits, parameters)


@dataclass(frozen=True)
class GaussianLikelihood(ParameterLoss):
    """Minus the log-likelihood of a normal distribution, whose mean and scale are learned.

    Of n outputs there are 2 n logits: the means, then those of the standard deviations, which are
    their softplus plus 0.001.

    References
    ----------
    Nix and Weigend (1994). Estimating the mean and variance of the target probability
    distribution. ICNN.

    Examples
    --------
    >>> from skdeep.nn import GaussianLikelihood
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(GaussianLikelihood(), [[1.0, 0.0]], [[1.0]])
    >>> round(value, 3), output.round(3).tolist()
    (0.554, [[1.0, 0.694]])
    """

    body = bodies.gaussian
    links = (None, bodies.scale_of)


@dataclass(frozen=True)
class StudentTLikelihood(ParameterLoss):
    """Minus the log-likelihood of Student's t: location, scale and degrees of freedom are learned.

    Of n outputs there are 3 n logits: the locations, then those of the scales (their softplus plus
    0.001) and those of the degrees of freedom (their softplus plus 2).

    References
    ----------
    Lange, Little and Taylor (1989). Robust statistical modeling using the t distribution. Journal
    of the American Statistical Association 84.

    Examples
    --------
    >>> from skdeep.nn import StudentTLikelihood
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(StudentTLikelihood(), [[1.0, 0.0, 0.0]], [[1.0]])
    >>> round(value, 3), output.round(3).tolist()
    (0.645, [[1.0, 0.694, 2.693]])
    """

    body = bodies.student_t
    links = (None, bodies.scale_of, bodies.freedom_of)


@dataclass(frozen=True)
class NegativeBinomialLikelihood(ParameterLoss):
    """Minus the log-likelihood of counts that vary more than Poisson's.

    Of n outputs there are 2 n logits: logs of the means m, then those of the dispersions a (their
    softplus plus 0.01). The variance is ``m + a * m ** 2``.

    References
    ----------
    Salinas, Flunkert, Gasthaus and Januschowski (2020). DeepAR: Probabilistic forecasting with
    autoregressive recurrent networks. International Journal of Forecasting 36.

    Examples
    --------
    >>> from skdeep.nn import NegativeBinomialLikelihood
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(NegativeBinomialLikelihood(), [[1.0, 0.0]], [[3.0]])
    >>> round(value, 3), output.round(3).tolist()
    (2.107, [[2.718, 0.703]])
    """

    body = bodies.negative_binomial
    links = (exponential, bodies.dispersion_of)
    domain = (0.0, inf)
