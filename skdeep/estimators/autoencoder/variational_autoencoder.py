"""The variational autoencoder."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from sklearn.utils.sparsefuncs import mean_variance_axis
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data.place import to_host
from skdeep.data.weighted_mean import weighted_mean
from skdeep.data.whole import is_whole
from skdeep.estimators.autoencoder.architecture import decoder_widths
from skdeep.estimators.autoencoder.variational_architecture import VAEArchitecture
from skdeep.estimators.checks.memory import check_draws
from skdeep.estimators.checks.parameters import check_seed
from skdeep.estimators.fit.parts import Parts
from skdeep.estimators.fit.planning import network_recipe
from skdeep.estimators.outputs import as_features, beside
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.variational import VariationalAutoencoderParameters
from skdeep.estimators.reconstruction import ReconstructionEstimator
from skdeep.estimators.transfer import given_weights
from skdeep.estimators.weights import Weights
from skdeep.fitting.plan import Recipe
from skdeep.fitting.stack_size import row_numbers
from skdeep.kernels.variational import VARIANCE_FLOOR
from skdeep.nn.losses import Loss
from skdeep.nn.variational.likelihoods import (
    BernoulliDecoder,
    GaussianDecoder,
    Likelihood,
    log_variance,
    noise_variance,
)
from skdeep.train.variational.codes import draw_codes
from skdeep.train.variational.elbo import BoundEstimator, BoundEvaluator, Bounds
from skdeep.train.variational.objective import Variational


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


@estimator_parameters(attributes=[texts.HISTORY, texts.COUNTS, texts.FEATURES], notes=texts.TABLE)
class VariationalAutoencoder(VariationalAutoencoderParameters, ReconstructionEstimator):
    """Variational autoencoder: codes with a density, new samples, a bound on the likelihood.

    An encoder gives each sample a normal distribution of codes, a decoder gives each code a
    distribution of samples, and the prior of the codes is standard normal. Both are trained
    together to raise a lower bound on the log likelihood of the samples.

    Attributes
    ----------
    noise_variance_ : float
        Variance of the Gaussian decoder; absent with ``decoder='bernoulli'``.

    See Also
    --------
    sklearn.decomposition.PCA : The linear model with Gaussian noise, in closed form.

    Notes
    -----
    Losses and scores are in nats per sample; losses are minus the bound that is trained by.
    ``validation_loss_curve_`` is the same with ``n_score_samples`` draws. The noise behind scores
    is one draw for all samples: the score of a sample is the same in
    every call, and does not depend on the other samples.

    Log variances of codes are what the encoder gives between -10 and 5. Beyond, a variance changes
    linearly with the encoder's output, not exponentially, so that nothing overflows: of
    standardised features codes stay far within. A Gaussian decoder starts from the mean and the
    variance of the samples. Features of a root mean square above 10 train badly all the same, which
    `fit` warns of.

    References
    ----------
    Kingma and Welling (2014). Auto-encoding variational Bayes. ICLR.

    Burda, Grosse and Salakhutdinov (2016). Importance weighted autoencoders. ICLR.

    Higgins et al. (2017). beta-VAE: learning basic visual concepts with a constrained variational
    framework. ICLR.

    Rybkin, Daniilidis and Levine (2021). Simple and effective VAE training with calibrated
    decoders. ICML.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import VariationalAutoencoder
    >>> X = load_digits().data / 16
    >>> model = VariationalAutoencoder(
    ...     n_components=4, learning_rate_init=0.005, early_stopping=True, random_state=0
    ... ).fit(X)
    >>> model.transform(X[:3]).shape
    (3, 4)
    >>> model.sample(5, random_state=0).shape
    (5, 64)
    >>> model.score(X) > model.score(X[:, ::-1])
    True
    """

    # ------------------------------------------------------------- what is trained

    _parts = InitialMoments()
    _of_probabilities = ("decoder", "bernoulli")

    def _shared_name(self, name: str) -> str:
        return re.sub(r"^encoder\.(hidden|norm)_", r"\1_", name)

    def _architecture(self) -> VAEArchitecture:
        return VAEArchitecture.of(self)

    def _check_parameters(self, incremental: bool) -> None:
        super()._check_parameters(incremental)
        if self.n_importance_samples > 1 and self.beta != 1:
            raise ValueError(
                f"beta={self.beta} needs n_importance_samples=1: the importance-weighted bound of "
                f"{self.n_importance_samples} draws has no divergence to weigh"
            )
        if self.binarize and self.decoder != "bernoulli":
            raise ValueError(
                f"binarize={self.binarize!r} draws zeros and ones, which needs decoder='bernoulli',"
                f" got decoder={self.decoder!r}"
            )

    def _wants_unit_scale(self) -> str | None:
        return "decoder='gaussian'" if self.decoder == "gaussian" else None

    def _describe_network(self) -> None:
        self._likelihood = self._architecture().likelihood()

    def _loss(self) -> Loss:
        return self._architecture().likelihood().loss(self._target.n_columns)

    def _recipe(self) -> Recipe:
        draws = int(self.n_importance_samples), self.binarize, int(self.n_score_samples)
        return network_recipe(
            self,
            objective=self._objective,
            evaluator=self._evaluator,
            step_numbers=self._step_numbers,
            cache_factor=1.5,
            agreement=(*draws, self.likelihood, self._likelihood),
        )

    def _step_numbers(self, network, batch):
        """Count the decoder's rows as often as there are draws."""
        sizes = [*decoder_widths(self), 3 * self._network.n_logits]
        more = (int(self.n_importance_samples) - 1) * 2 * sum(sizes)
        return batch * (row_numbers(network) + more)

    def _objective(self, network, store, table, **options):
        return Variational(
            network,
            store,
            table,
            likelihood=self._likelihood,
            n_samples=int(self.n_importance_samples),
            beta=options.pop("beta", self.beta),
            binarize=self.binarize is not None,
            **options,
        )

    def _evaluator(self, network, store, table, rows, **numbers):
        return BoundEvaluator(
            network,
            self._likelihood,
            store,
            table,
            rows,
            n_samples=self.n_score_samples,
            loss=lambda bounds: self._bound_loss(bounds, numbers["beta"]),
            score=self._bound_score,
        )

    def _bound_loss(self, bounds: Bounds, beta: np.ndarray) -> np.ndarray:
        """Return minus the bound that is trained by."""
        if self.n_importance_samples > 1:
            return -bounds.importance
        return -bounds.elbo(beta[:, None])

    def _bound_score(self, bounds: Bounds) -> np.ndarray:
        """Return the bound that scores are."""
        found = bounds.importance if self.likelihood == "importance" else bounds.elbo()
        return np.where(np.isnan(found), -np.inf, found)  # so far out that infinities met

    def _score_outputs(self, target, output, weight):
        return float(weighted_mean(output[:, 0], weight))

    # ------------------------------------------------------------- what was learned

    @property
    def noise_variance_(self) -> float:
        """Variance of the Gaussian decoder."""
        held: Likelihood | None = getattr(self, "_likelihood", None)
        if not isinstance(held, GaussianDecoder):
            raise AttributeError(f"{type(self).__name__!r} has no Gaussian decoder")
        if held.variance is not None:
            return held.variance
        return float(noise_variance(float(Weights(self)[held.slot][0])))

    def transform(self, X):
        """Return the code of each sample: its mean, or a draw where ``transform_output`` says so.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.

        Returns
        -------
        X_new : array of shape (n_samples, n_components)
            Codes, in the dtype of the model. A sample's draw is the same in every
            call, whatever the others; equal samples get equal draws.
        """
        if self.transform_output == "mean":
            return super().transform(X)
        check_is_fitted(self)
        X = self._input.check(self, X)
        both = self._predictor(X, "encoder")
        codes = draw_codes(self._predictor.backend, X, both)[0]
        return as_features(self, beside(self, X, codes))

    def sample(self, n_samples=1, random_state=None, *, return_means=False):
        """Draw samples from the model: codes from the prior, samples from the decoder.

        Parameters
        ----------
        n_samples : int, default=1
            Number of samples.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.
        return_means : bool, default=False
            Whether to return what was decoded without the decoder's noise: gray instead of
            binary images, say.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Samples, in the dtype of the model.

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer.
        """
        check_is_fitted(self)
        if not is_whole(n_samples, 1):
            raise ValueError(f"n_samples must be an integer >= 1, got {n_samples!r}")
        check_draws("n_samples", n_samples, self.n_features_in_, self._values.dtype)
        random = check_seed(random_state)
        codes = random.normal(size=(int(n_samples), self._n_features_out))
        means = self.inverse_transform(codes.astype(self._values.dtype))
        if return_means:
            return means
        if isinstance(self._likelihood, BernoulliDecoder):
            return (random.uniform(size=means.shape) < means).astype(means.dtype)
        noise = np.sqrt(self.noise_variance_) * random.normal(size=means.shape)
        return (means + noise).astype(means.dtype)

    def score_samples(self, X, *, n_samples=None):
        """Return a lower bound on the log likelihood of each sample.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        n_samples : int or None, default=None
            Draws of each sample's code; None is the parameter ``n_score_samples``. Time grows with
            it, memory does not.

        Returns
        -------
        scores : array of shape (n_samples,)
            The bound that the parameter ``likelihood`` names, in nats; the same in
            every call.

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer or `X` has another width.
        """
        check_is_fitted(self)
        n_samples = self.n_score_samples if n_samples is None else n_samples
        if not is_whole(n_samples, 1):
            raise ValueError(f"n_samples must be an integer >= 1, got {n_samples!r}")
        X = self._input.check(self, X)
        estimate = BoundEstimator(self._network, self._likelihood, self._predictor.store)
        scores = self._bound_score(estimate(X, int(n_samples)))[0]
        return beside(self, X, self._predictor.backend.to_device(scores))

    def score(self, X, y=None, sample_weight=None):
        """Return the mean of :meth:`score_samples`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples.
        y : Ignored
            Not used, present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        score : float
            Nats per sample, the higher the better. Compares models of the same samples and the same
            kind of decoder.
        """
        return super().score(X, y, sample_weight)


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
