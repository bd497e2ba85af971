"""The convolutional network that predicts numbers."""

from __future__ import annotations

from typing import ClassVar

from skdeep.estimators._cnn import CNN_CONSTRAINTS
from skdeep.estimators._docs import documented
from skdeep.estimators._images import ImageInput
from skdeep.estimators._regressor import REGRESSOR_CONSTRAINTS, BaseNetworkRegressor
from skdeep.estimators.cnn.architecture import CNNArchitecture


@documented
class CNNRegressor(BaseNetworkRegressor):
    """Convolutional network regressor, for images and signals.

    Parameters
    ----------
    %(CNN_PARAMETERS)s

    %(SKLEARN_PARAMETERS)s

    %(CNN_LAYER_PARAMETERS)s

    %(INITIALIZER_PARAMETERS)s

    %(RULE_PARAMETERS)s

    %(CNN_FEATURE_PARAMETERS)s

    %(DEVICE_PARAMETERS)s

    loss : str, default='squared_error'
        What is minimised: 'squared_error' (half of it), 'poisson' (half the deviance, with a log
        link, for y >= 0), 'absolute_error', 'huber' or 'quantile' (pinball loss).

    huber_delta : float, default=1.0
        Residual up to which 'huber' is quadratic, in the units of the training target.

    quantiles : sequence of float, default=(0.5,)
        Levels in (0, 1) that 'quantile' predicts, each an output of its own.

    standardize_target : bool, default=False
        Whether to train on y with mean 0 and variance 1 per output; predictions come in the
        units of y, losses in those of the standardised y.

    Attributes
    ----------
    image_shape_ : tuple of int
        What a row holds: (H, W, C) or (T, C).

    %(CNN_ATTRIBUTES)s

    See Also
    --------
    CNNClassifier : The same for classes.
    MLPRegressor : Dense layers alone, for tables.

    Notes
    -----
    %(CNN_INPUT)s

    Examples
    --------
    The frequency of a noisy tone:

    >>> import numpy as np
    >>> from skdeep import CNNRegressor
    >>> random = np.random.default_rng(0)
    >>> y = random.uniform(1, 5, 400)
    >>> phase = random.uniform(0, 6, (400, 1))
    >>> X = np.sin(y[:, None] * np.arange(30) / 5 + phase) + 0.1 * random.normal(size=(400, 30))
    >>> model = CNNRegressor(
    ...     conv_layers=[(16, 5), (16, 5)],
    ...     hidden_layer_sizes=(),
    ...     pooling=None,
    ...     global_pooling="average",
    ...     learning_rate_init=0.01,
    ...     batch_size=50,
    ...     random_state=0,
    ... )
    >>> model = model.fit(X[:300], y[:300])
    >>> bool(model.score(X[300:], y[300:]) > 0.9)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **REGRESSOR_CONSTRAINTS,
        **CNN_CONSTRAINTS,
    }

    def __init__(
        self,
        conv_layers=((32, 3), (64, 3)),
        hidden_layer_sizes=(100,),
        activation="relu",
        *,
        pooling=2,
        pooling_type="max",
        strides=1,
        dilation=1,
        padding="same",
        global_pooling=None,
        n_dims=2,
        image_shape=None,
        random_shift=0,
        random_flip=None,
        solver="adam",
        alpha=0.0001,
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
        max_fun=15000,
        dropout=0.0,
        normalization=None,
        residual=False,
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
        transform_layer=-1,
        mc_samples=50,
        device="auto",
        dtype=None,
        loss="squared_error",
        huber_delta=1.0,
        quantiles=(0.5,),
        standardize_target=False,
    ):
        self.conv_layers = conv_layers
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.pooling = pooling
        self.pooling_type = pooling_type
        self.strides = strides
        self.dilation = dilation
        self.padding = padding
        self.global_pooling = global_pooling
        self.n_dims = n_dims
        self.image_shape = image_shape
        self.random_shift = random_shift
        self.random_flip = random_flip
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
        self.max_fun = max_fun
        self.dropout = dropout
        self.normalization = normalization
        self.residual = residual
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
        self.transform_layer = transform_layer
        self.mc_samples = mc_samples
        self.device = device
        self.dtype = dtype
        self.loss = loss
        self.huber_delta = huber_delta
        self.quantiles = quantiles
        self.standardize_target = standardize_target

    _input = ImageInput()

    def _architecture(self) -> CNNArchitecture:
        return CNNArchitecture.of(self)
