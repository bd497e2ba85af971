"""The variational autoencoder."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data.weighted_mean import weighted_mean
from skdeep.data.whole import is_whole
from skdeep.estimators.autoencoder.initial_moments import InitialMoments
from skdeep.estimators.autoencoder.variational_architecture import (
    ConvVAEArchitecture,
    VAEArchitecture,
    VariationalArchitecture,
)
from skdeep.estimators.checks.memory import check_draws
from skdeep.estimators.checks.parameters import check_seed
from skdeep.estimators.fit.planning import network_recipe
from skdeep.estimators.images import ImagesOrTable
from skdeep.estimators.outputs import as_features, beside
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.variational import VariationalAutoencoderParameters
from skdeep.estimators.reconstruction import ReconstructionEstimator
from skdeep.estimators.weights import Weights
from skdeep.fitting.plan import Recipe
from skdeep.fitting.stack_size import row_numbers, widths
from skdeep.nn.losses import Loss
from skdeep.nn.variational.likelihoods import (
    BernoulliDecoder,
    GaussianDecoder,
    Likelihood,
    noise_variance,
)
from skdeep.train.variational.codes import draw_codes
from skdeep.train.variational.elbo import BoundEstimator, BoundEvaluator, Bounds
from skdeep.train.variational.objective import Variational


@estimator_parameters(attributes=[texts.HISTORY, texts.COUNTS, texts.FEATURES], notes=texts.TABLE)
class VariationalAutoencoder(VariationalAutoencoderParameters, ReconstructionEstimator):
    """Variational autoencoder: codes with a density, new samples, a bound on the likelihood.

    An encoder gives each sample a normal distribution of codes, a decoder gives each code a
    distribution of samples, and the prior of the codes is standard normal. Both are trained
    together to raise a lower bound on the log likelihood of the samples. With `conv_layers` it is
    one of images: convolutions and pooling come before the encoder's dense layers, and the
    decoder mirrors them.

    Attributes
    ----------
    image_shape_ : tuple of int
        Shape of an image, (H, W, C) or (T, C); absent where X is a table and there are no
        convolutions.

    noise_variance_ : float
        Variance of the Gaussian decoder; absent with ``decoder='bernoulli'``.

    See Also
    --------
    ConvAutoencoder : Codes of images without a density.
    sklearn.decomposition.PCA : The linear model with Gaussian noise, in closed form.

    Notes
    -----
    X may also be images (n, H, W) or (n, H, W, C), signals (n, T, C) with ``n_dims=1``, or a table
    of what `image_shape` says, channels last; dense layers take their pixels as they take columns.
    ``reconstruct`` returns the form that it was given, and ``sample``, ``inverse_transform`` and
    ``interpolate`` return tables: ``Z.reshape(-1, *model.image_shape_)`` are the images.
    Convolutions are called "encoder.conv_0.W" and so on, and ``initial_weights=`` hands them to
    those of a :class:`CNNClassifier`. Behind the last one of the decoder each pixel has a bias of
    its own, "decoder.output.b".

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

    Odena, Dumoulin and Olah (2016). Deconvolution and checkerboard artifacts. Distill.

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

    With convolutions:

    >>> images = X.reshape(-1, 8, 8)
    >>> model = VariationalAutoencoder(
    ...     conv_layers=[(8, 3)], activation="tanh", early_stopping=True, tol=1.0, random_state=0
    ... ).fit(images)
    >>> model.reconstruct(images[:2]).shape, model.sample(3).reshape(-1, *model.image_shape_).shape
    ((2, 8, 8), (3, 8, 8, 1))
    """

    # ------------------------------------------------------------- what is trained

    _input = ImagesOrTable()
    _parts = InitialMoments()
    _of_probabilities = ("decoder", "bernoulli")

    def _shared_name(self, name: str) -> str:
        return re.sub(r"^encoder\.(hidden|norm|conv)_", r"\1_", name)

    def _architecture(self) -> VariationalArchitecture:
        kind = ConvVAEArchitecture if len(self.conv_layers) else VAEArchitecture
        return kind.of(self)

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
        _, decoder = network.spec.children["decoder"]
        numbers = 2 * (widths(decoder) + 2 * network.n_logits)
        return batch * (row_numbers(network) + (int(self.n_importance_samples) - 1) * numbers)

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
        X : array-like of shape (n_samples, n_features), or images
            Samples, in a form that the notes of the class name.

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

    def interpolate(self, X_from, X_to, n_steps=8):
        """Return what lies between samples: decoded codes on the line from one to the other.

        Parameters
        ----------
        X_from, X_to : array-like of shape (n_samples, n_features), or images
            Equally many samples, in a form that the notes of the class name.
        n_steps : int, default=8
            Number of codes on each line, both ends among them.

        Returns
        -------
        X : array of shape (n_samples, n_steps, n_features)
            What the means of the codes and those between them are decoded to, without the decoder's
            noise, in the dtype of the model.

        Raises
        ------
        ValueError
            If there are not equally many samples, or `n_steps` is not an integer of at least 2.
        """
        if not is_whole(n_steps, 2):
            raise ValueError(f"n_steps must be an integer >= 2, got {n_steps!r}")
        ends = [self._forward(X, self._code_layer()) for X in (X_from, X_to)]
        if ends[0].shape != ends[1].shape:
            raise ValueError(
                f"X_from has {ends[0].shape[0]} samples, but X_to has {ends[1].shape[0]}"
            )
        steps = int(n_steps)
        codes = compute(lambda xp, one, other: _between(xp, one, other, steps), *ends)
        rows = self.inverse_transform(codes)
        return rows.reshape(ends[0].shape[0], steps, -1)

    def score_samples(self, X, *, n_samples=None):
        """Return a lower bound on the log likelihood of each sample.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), or images
            Samples, in a form that the notes of the class name.
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
        X : array-like of shape (n_samples, n_features), or images
            Samples, in a form that the notes of the class name.
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


def _between(xp: Any, one: Any, other: Any, n_steps: int) -> Any:
    """Return codes on the lines between codes, those of a line one after the other."""
    share = xp.linspace(0, 1, n_steps).astype(one.dtype)[:, None]
    lines = one[:, None] + share * (other - one)[:, None]
    return lines.reshape(-1, one.shape[1])
