"""The recurrent network that predicts numbers."""

from __future__ import annotations

from typing import ClassVar

from skdeep.estimators._docs import documented
from skdeep.estimators._regressor import REGRESSOR_CONSTRAINTS, BaseNetworkRegressor
from skdeep.estimators._rnn import RNN_CONSTRAINTS
from skdeep.estimators._sequence_input import SequenceInput
from skdeep.estimators.rnn.architecture import RNNArchitecture


@documented
class RNNRegressor(BaseNetworkRegressor):
    """Recurrent network regressor, for sequences of any length.

    Parameters
    ----------
    %(RNN_PARAMETERS)s

    %(RNN_TRAINING_PARAMETERS)s

    %(RNN_LAYER_PARAMETERS)s

    %(RNN_INITIALIZER_PARAMETERS)s

    %(RNN_RULE_PARAMETERS)s

    %(RNN_FEATURE_PARAMETERS)s

    %(RNN_DEVICE_PARAMETERS)s

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
    %(RNN_ATTRIBUTES)s

    See Also
    --------
    RNNClassifier : The same for classes.
    MLPRegressor : Dense layers alone, for tables.

    Notes
    -----
    %(RNN_INPUT)s

    References
    ----------
    %(RNN_REFERENCES)s

    Examples
    --------
    The mean frequency of a noisy tone, however long it lasts:

    >>> import numpy as np
    >>> from skdeep import RNNRegressor
    >>> random = np.random.default_rng(0)
    >>> y = random.uniform(0.2, 1.5, 400)
    >>> X = [np.sin(f * np.arange(n)) for f, n in zip(y, random.integers(10, 30, 400))]
    >>> X = [x + 0.1 * random.normal(size=len(x)) for x in X]
    >>> model = RNNRegressor(
    ...     32, pooling="mean", batch_size=20, learning_rate_init=0.01, tol=0.001, random_state=0
    ... )
    >>> model = model.fit(X[:300], y[:300])
    >>> bool(model.score(X[300:], y[300:]) > 0.9)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **REGRESSOR_CONSTRAINTS,
        **RNN_CONSTRAINTS,
    }

    def __init__(
        self,
        recurrent_layer_sizes=(64,),
        cell="lstm",
        *,
        bidirectional=False,
        pooling="last",
        hidden_layer_sizes=(),
        activation="relu",
        recurrent_dropout=0.0,
        embedding_dim=None,
        n_tokens=None,
        tbptt_steps=None,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.005,
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
        kernel_initializer="glorot_uniform",
        weight_decay=0.0,
        learning_rate_schedule=None,
        gradient_clip_norm=1.0,
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
        self.recurrent_layer_sizes = recurrent_layer_sizes
        self.cell = cell
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.recurrent_dropout = recurrent_dropout
        self.embedding_dim = embedding_dim
        self.n_tokens = n_tokens
        self.tbptt_steps = tbptt_steps
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

    _input = SequenceInput()

    def _architecture(self) -> RNNArchitecture:
        return RNNArchitecture.of(self)
