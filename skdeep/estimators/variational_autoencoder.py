"""The variational autoencoder."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.sparsefuncs import mean_variance_axis
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data.place import to_host
from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._docs import documented
from skdeep.estimators._parameters import check_seed
from skdeep.estimators._parts import Parts
from skdeep.estimators._reconstruction import ReconstructionEstimator
from skdeep.estimators.autoencoders.architecture import decoder_widths
from skdeep.estimators.autoencoders.variational_architecture import VAEArchitecture
from skdeep.kernels.variational import VARIANCE_FLOOR
from skdeep.nn.likelihoods import Bernoulli, Gaussian, Likelihood, noise_variance
from skdeep.nn.losses import Loss
from skdeep.optim import SOLVERS
from skdeep.train.bound import BoundEstimator, BoundEvaluator, Bounds
from skdeep.train.codes import draw_codes
from skdeep.train.variational import Variational

#: Parameters of the multilayer perceptrons that have no meaning here.
_ABSENT = {"max_fun", "dropout", "normalization", "residual", "transform_layer", "mc_samples"}


class InitialVariance(Parts):
    """What a Gaussian decoder knows before training."""

    def train(self, estimator, data, backend, random):
        """Begin with the variance of the rows, as if nothing of them were explained."""
        held = estimator._likelihood
        if not isinstance(held, Gaussian) or held.variance is not None:
            return iter(())
        if held.slot not in (estimator.initial_weights or {}):
            weight = np.zeros(data.X.shape[0])
            weight[data.rows] = 1.0 if data.weight is None else data.weight[data.rows]
            variance = _mean_variance(data.X, weight / (weight.sum() or 1.0))
            estimator._slot(held.slot)[:] = np.log(max(variance, VARIANCE_FLOOR))
        return iter(())


@documented
class VariationalAutoencoder(ReconstructionEstimator):
    """Variational autoencoder: codes with a density, a generator of rows, a bound on likelihood.

    An encoder gives each row a normal distribution of codes, a decoder gives each code a
    distribution of rows, and the prior of the codes is standard normal. Both are trained together
    to raise a lower bound on the log likelihood of the rows.

    Parameters
    ----------
    n_components : int, default=2
        Width of the code.

    hidden_layer_sizes : int or array-like of int, default=(100,)
        Width of each hidden layer of the encoder; none where empty.

    decoder_layer_sizes : int, array-like of int or None, default=None
        Width of each hidden layer of the decoder; None mirrors the encoder.

    activation : str, default='relu'
        Activation of all hidden layers: 'identity', 'logistic', 'tanh', 'relu', 'leaky_relu',
        'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus', 'hard_tanh', 'hard_sigmoid', or a name
        given to :func:`skdeep.register_activation`.

    decoder : {'gaussian', 'bernoulli'}, default='gaussian'
        How rows are distributed around what is decoded: 'gaussian' for real numbers, which want
        to be standardised, 'bernoulli' for zeros and ones, or probabilities of ones.

    noise_variance : float or None, default=None
        Variance of the Gaussian decoder, one for all features; None learns it (Rybkin et al.,
        2021), beginning with that of the rows.

    beta : float, default=1.0
        Factor of the divergence in training (Higgins et al., 2017). More than one makes codes
        simpler and reconstructions worse. Scores do not use it, so that candidates compare.

    n_importance_samples : int, default=1
        Draws of each row's code in training. One trains by the evidence lower bound; more train
        by the tighter importance-weighted bound (Burda et al., 2016), at as many times the cost.

    binarize : {'dynamic'} or None, default=None
        With 'dynamic' each step of training draws zeros and ones anew, by the features as
        probabilities; for ``decoder='bernoulli'``. Scores take rows as they are: binarise them
        once before, to get the likelihood of binary rows.

    transform_output : {'mean', 'sample'}, default='mean'
        Whether ``transform`` gives the means of the codes or a draw, the same in every call.

    likelihood : {'importance', 'elbo'}, default='importance'
        What ``score_samples`` and ``score`` give: the importance-weighted bound, or the evidence
        lower bound.

    n_score_samples : int, default=10
        Draws of each row's code behind ``score_samples``, ``score`` and validation scores. More
        make the importance-weighted bound tighter, and the evidence lower bound less noisy.

    solver : str, default='adam'
        How parameters move: 'sgd', 'adam', 'adamw', 'nadam', 'radam', 'rmsprop', 'adagrad' or
        'lion'.

    alpha : float, default=0.0
        Strength of the L2 penalty ``alpha / 2 * sum(W ** 2)``, which is divided by the sum of the
        row weights of the batch. Biases and the variance are not penalised.

    %(TRAINING_PARAMETERS)s

    %(INITIALIZER_PARAMETERS)s

    %(RULE_PARAMETERS)s

    %(DEVICE_PARAMETERS)s

    Attributes
    ----------
    noise_variance_ : float
        Variance of the Gaussian decoder; absent with ``decoder='bernoulli'``.

    %(HISTORY_ATTRIBUTES)s

    %(COUNT_ATTRIBUTES)s

    %(FEATURE_ATTRIBUTES)s

    See Also
    --------
    sklearn.decomposition.PCA : The linear model with Gaussian noise, in closed form.

    Notes
    -----
    Losses and scores are in nats per row; losses are minus the bound that is trained by.
    ``validation_loss_curve_`` is the same with ``n_score_samples`` draws. The noise behind scores
    is one draw for all rows: a row's score repeats and does not depend on its company.

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
    ...     n_components=4, learning_rate_init=0.005, tol=0.5, n_iter_no_change=2, random_state=0
    ... ).fit(X)
    >>> model.transform(X[:3]).shape
    (3, 4)
    >>> model.sample(5, random_state=0).shape
    (5, 64)
    >>> model.score(X) > model.score(X[:, ::-1])
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **{name: kinds for name, kinds in NETWORK_CONSTRAINTS.items() if name not in _ABSENT},
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "decoder_layer_sizes": [*NETWORK_CONSTRAINTS["hidden_layer_sizes"], None],
        "activation": [str],
        "decoder": [StrOptions({"gaussian", "bernoulli"})],
        "noise_variance": [Interval(Real, VARIANCE_FLOOR, None, closed="neither"), None],
        "beta": [Interval(Real, 0, None, closed="left")],
        "n_importance_samples": [Interval(Integral, 1, None, closed="left")],
        "binarize": [StrOptions({"dynamic"}), None],
        "transform_output": [StrOptions({"mean", "sample"})],
        "likelihood": [StrOptions({"importance", "elbo"})],
        "n_score_samples": [Interval(Integral, 1, None, closed="left")],
        "solver": [StrOptions(set(SOLVERS))],
    }

    def __init__(
        self,
        n_components=2,
        *,
        hidden_layer_sizes=(100,),
        decoder_layer_sizes=None,
        activation="relu",
        decoder="gaussian",
        noise_variance=None,
        beta=1.0,
        n_importance_samples=1,
        binarize=None,
        transform_output="mean",
        likelihood="importance",
        n_score_samples=10,
        solver="adam",
        alpha=0.0,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.001,
        power_t=0.5,
        max_iter=200,
        shuffle=True,
        random_state=None,
        tol=1e-4,
        verbose=False,
        warm_start=False,
        momentum=0.9,
        nesterovs_momentum=True,
        early_stopping=False,
        validation_fraction=0.1,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-8,
        n_iter_no_change=10,
        kernel_initializer="sklearn",
        weight_decay=0.0,
        learning_rate_schedule=None,
        gradient_clip_norm=None,
        gradient_clip_value=None,
        ema_decay=None,
        scoring=None,
        validation_split=None,
        initial_weights=None,
        frozen_layers=(),
        device="auto",
        dtype=None,
    ):
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.decoder_layer_sizes = decoder_layer_sizes
        self.activation = activation
        self.decoder = decoder
        self.noise_variance = noise_variance
        self.beta = beta
        self.n_importance_samples = n_importance_samples
        self.binarize = binarize
        self.transform_output = transform_output
        self.likelihood = likelihood
        self.n_score_samples = n_score_samples
        self.solver = solver
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_init = learning_rate_init
        self.power_t = power_t
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.verbose = verbose
        self.warm_start = warm_start
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.n_iter_no_change = n_iter_no_change
        self.kernel_initializer = kernel_initializer
        self.weight_decay = weight_decay
        self.learning_rate_schedule = learning_rate_schedule
        self.gradient_clip_norm = gradient_clip_norm
        self.gradient_clip_value = gradient_clip_value
        self.ema_decay = ema_decay
        self.scoring = scoring
        self.validation_split = validation_split
        self.initial_weights = initial_weights
        self.frozen_layers = frozen_layers
        self.device = device
        self.dtype = dtype

    # ------------------------------------------------------------- what is trained

    _parts = InitialVariance()
    _cache_factor = 1.5
    _objective_numbers = ("alpha", "beta")
    _evaluator_numbers = ("beta",)
    _free = frozenset({"beta", "transform_output"})
    _of_probabilities = ("decoder", "bernoulli")

    def _architecture(self) -> VAEArchitecture:
        return VAEArchitecture.of(self)

    def _check_layers(self) -> None:
        super()._check_layers()
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

    def _make_network(self, n_features):
        self._likelihood = self._architecture().likelihood()
        return super()._make_network(n_features)

    def _loss(self) -> Loss:
        return self._architecture().likelihood().loss(self._target.n_columns)

    def _agreement(self):
        draws = int(self.n_importance_samples), self.binarize, int(self.n_score_samples)
        return (*draws, self.likelihood, self._likelihood)

    def _step_numbers(self, network, batch):
        """Count the decoder's rows as often as there are draws."""
        sizes = [*decoder_widths(self), 3 * self._network.n_logits]
        more = (int(self.n_importance_samples) - 1) * 2 * sum(sizes)
        return super()._step_numbers(network, batch) + batch * more

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
        return bounds.importance if self.likelihood == "importance" else bounds.elbo()

    def _score_outputs(self, target, output, weight):
        return float(np.average(output[:, 0], weights=weight))

    # ------------------------------------------------------------- what was learned

    @property
    def noise_variance_(self) -> float:
        """Variance of the Gaussian decoder."""
        held: Likelihood | None = getattr(self, "_likelihood", None)
        if not isinstance(held, Gaussian):
            raise AttributeError(f"{type(self).__name__!r} has no Gaussian decoder")
        if held.variance is not None:
            return held.variance
        return float(noise_variance(float(self._slot(held.slot)[0])))

    def transform(self, X):
        """Return the code of each row: its mean, or a draw where ``transform_output`` says so.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        X_new : array of shape (n_samples, n_components)
            Codes, in the dtype of the model. A row's draw repeats and does not depend on its
            company; equal rows get equal draws.
        """
        if self.transform_output == "mean":
            return super().transform(X)
        check_is_fitted(self)
        X = self._check_rows(X)
        both = self._predictor(X, "encoder")
        codes = draw_codes(self._predictor.backend, X, both)[0]
        return self._as_features(self._beside(X, codes))

    def sample(self, n_samples=1, random_state=None, *, return_means=False):
        """Draw rows from the model: codes from the prior, rows from the decoder.

        Parameters
        ----------
        n_samples : int, default=1
            Number of rows.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.
        return_means : bool, default=False
            Whether to return what was decoded without the decoder's noise: gray instead of
            binary images, say.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            Rows, in the dtype of the model.

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer.
        """
        check_is_fitted(self)
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"n_samples must be an integer >= 1, got {n_samples!r}")
        random = check_seed(random_state)
        codes = random.normal(size=(int(n_samples), self._n_features_out))
        means = self.inverse_transform(codes.astype(self._values.dtype))
        if return_means:
            return means
        if isinstance(self._likelihood, Bernoulli):
            return (random.uniform(size=means.shape) < means).astype(means.dtype)
        noise = np.sqrt(self.noise_variance_) * random.normal(size=means.shape)
        return (means + noise).astype(means.dtype)

    def score_samples(self, X, *, n_samples=None):
        """Return a lower bound on the log likelihood of each row.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        n_samples : int or None, default=None
            Draws of each row's code; None is the parameter ``n_score_samples``. Time grows with
            it, memory does not.

        Returns
        -------
        scores : array of shape (n_samples,)
            The bound that the parameter ``likelihood`` names, in nats. Calls repeat.

        Raises
        ------
        ValueError
            If `n_samples` is not a positive integer or `X` has another width.
        """
        check_is_fitted(self)
        n_samples = self.n_score_samples if n_samples is None else n_samples
        if not isinstance(n_samples, Integral) or n_samples < 1:
            raise ValueError(f"n_samples must be an integer >= 1, got {n_samples!r}")
        X = self._check_rows(X)
        estimate = BoundEstimator(self._network, self._likelihood, self._predictor.store)
        scores = self._bound_score(estimate(X, int(n_samples)))[0]
        return self._beside(X, self._predictor.backend.to_device(scores))

    def score(self, X, y=None, sample_weight=None):
        """Return the mean of :meth:`score_samples`.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Rows.
        y : Ignored
            There for scikit-learn's convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Row weights.

        Returns
        -------
        score : float
            Nats per row, the higher the better. Compares models of the same rows and the same
            kind of decoder.
        """
        return super().score(X, y, sample_weight)


def _mean_variance(X: Any, weight: np.ndarray) -> float:
    """Return the mean of the features' variances; the weights of the rows add to one."""
    if hasattr(X, "tocsr"):
        return float(
            mean_variance_axis(X.tocsr(), axis=0, weights=weight.astype(X.dtype))[1].mean()
        )

    def body(xp: Any, X: Any) -> Any:
        w = xp.asarray(weight.astype(X.dtype))
        mean = w @ X
        return (xp.einsum("i,ij,ij->j", w, X, X) - mean * mean).mean()[None]

    return float(to_host(compute(body, X))[0])
