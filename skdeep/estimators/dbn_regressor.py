"""The deep belief network that predicts numbers."""

from __future__ import annotations

from typing import ClassVar

from skdeep.estimators import _dbn
from skdeep.estimators._docs import documented
from skdeep.estimators._regressor import REGRESSOR_CONSTRAINTS, BaseNetworkRegressor
from skdeep.estimators.dbn.architecture import DBNArchitecture


@documented
class DBNRegressor(BaseNetworkRegressor):
    """Deep belief network regressor: a network of logistic units that begins without y.

    Restricted Boltzmann machines are trained one on top of the other, on rows with and without
    known y. Their hidden units become the hidden layers of a multilayer perceptron, which is then
    trained as a whole on the rows with y.

    Parameters
    ----------
    %(DBN_PARAMETERS)s

    %(PRETRAINING_PARAMETERS)s

    %(DBN_TRAINING_PARAMETERS)s

    %(DBN_DROPOUT)s

    %(INITIALIZER_PARAMETERS)s

    %(RULE_PARAMETERS)s

    %(FEATURE_PARAMETERS)s

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
    %(DBN_ATTRIBUTES)s

    %(NETWORK_ATTRIBUTES)s

    See Also
    --------
    MLPRegressor : The network without pre-training, with other activations.
    DBNTransformer : Features and reconstructions, without y.

    Notes
    -----
    %(DBN_NOTES)s

    References
    ----------
    %(DBN_REFERENCES)s

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from skdeep import DBNRegressor
    >>> X, y = make_friedman1(300, random_state=0)
    >>> model = DBNRegressor(
    ...     (50,), learning_rate_init=0.03, tol=1e-3, standardize_target=True, random_state=0
    ... )
    >>> bool(model.fit(X, y).score(X, y) > 0.7)
    True
    """

    _parameter_constraints: ClassVar[dict] = _dbn.dbn_constraints(REGRESSOR_CONSTRAINTS)

    def __init__(
        self,
        hidden_layer_sizes=(100, 100),
        *,
        visible="bernoulli",
        pretrain_learning_rate=None,
        pretrain_batch_size=10,
        pretrain_n_iter=10,
        pretrain_algorithm="pcd",
        pretrain_n_gibbs_steps=1,
        pretrain_centering=False,
        pretrain_solver="sgd",
        pretrain_momentum=0.0,
        pretrain_weight_decay=0.0,
        pretrain_learning_rate_schedule=None,
        pretrain_mean_field=False,
        pretrain_sparsity_target=0.1,
        pretrain_sparsity_cost=0.0,
        solver="adam",
        alpha=0.0001,
        batch_size="auto",
        learning_rate="constant",
        learning_rate_init=0.003,
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
        self.hidden_layer_sizes = hidden_layer_sizes
        self.visible = visible
        self.pretrain_learning_rate = pretrain_learning_rate
        self.pretrain_batch_size = pretrain_batch_size
        self.pretrain_n_iter = pretrain_n_iter
        self.pretrain_algorithm = pretrain_algorithm
        self.pretrain_n_gibbs_steps = pretrain_n_gibbs_steps
        self.pretrain_centering = pretrain_centering
        self.pretrain_solver = pretrain_solver
        self.pretrain_momentum = pretrain_momentum
        self.pretrain_weight_decay = pretrain_weight_decay
        self.pretrain_learning_rate_schedule = pretrain_learning_rate_schedule
        self.pretrain_mean_field = pretrain_mean_field
        self.pretrain_sparsity_target = pretrain_sparsity_target
        self.pretrain_sparsity_cost = pretrain_sparsity_cost
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

    _parts = _dbn.Machines()
    _free = _dbn.FREE

    fit = _dbn.fit
    inverse_transform = _dbn.inverse_transform
    sample = _dbn.sample

    def _architecture(self) -> DBNArchitecture:
        return DBNArchitecture.of(self)
