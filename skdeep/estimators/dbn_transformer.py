"""Deep belief networks as transformers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from skdeep.estimators import _dbn
from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._docs import documented
from skdeep.estimators._greedy import downward_weights
from skdeep.estimators._reconstruction import ReconstructionEstimator
from skdeep.estimators._supervised import describe_hidden
from skdeep.estimators.dbn.architecture import UnrolledArchitecture
from skdeep.nn.losses import LogisticLogLoss, Loss, SquaredError


class UnrolledMachines(_dbn.Machines):
    """Machines as whose way up and down the layers start."""

    def learned_weights(self, estimator: Any) -> dict[str, np.ndarray]:
        """Return parameters of the network by name, as the machines have them."""
        learned = super().learned_weights(estimator)
        for k, machine in enumerate(estimator.rbms_):
            name = f"decoder_{k - 1}" if k else "output"
            for part, weights in downward_weights(machine).items():
                learned[f"{name}.{part}"] = weights
        return learned


@documented
class DBNTransformer(ReconstructionEstimator):
    """Deep belief network: features in layers, the rows behind features, and new rows.

    Restricted Boltzmann machines are trained one on top of the other. Unrolled they are an
    autoencoder: their way up encodes rows, their way down decodes features. Fine-tuning then
    trains it as a whole to give rows back.

    Parameters
    ----------
    %(DBN_PARAMETERS)s

    fine_tune : bool, default=True
        Whether to train the unrolled network after the machines.

    %(PRETRAINING_PARAMETERS)s

    %(DBN_TRAINING_PARAMETERS)s

    %(DBN_DROPOUT)s

    %(INITIALIZER_PARAMETERS)s

    %(RULE_PARAMETERS)s

    transform_layer : int, default=-1
        Which hidden layer ``transform`` gives and ``inverse_transform`` takes, 0 for the lowest;
        may be changed after ``fit``.

    %(DEVICE_PARAMETERS)s

    Attributes
    ----------
    %(DBN_ATTRIBUTES)s

    %(HISTORY_ATTRIBUTES)s

    %(COEFFICIENT_ATTRIBUTES)s

    %(COUNT_ATTRIBUTES)s

    n_layers_ : int
        Number of layers of the unrolled network, input and output included.

    %(FEATURE_ATTRIBUTES)s

    See Also
    --------
    BernoulliRBM : One machine.
    Autoencoder : The network without machines, with other activations.
    DBNClassifier : Fine-tuned to predict classes.

    Notes
    -----
    %(DBN_NOTES)s

    Fine-tuning minimises the cross-entropy between rows and what comes back of them, or half the
    squared error with Gaussian visible units, summed over features.

    References
    ----------
    %(DBN_REFERENCES)s

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import DBNTransformer
    >>> X = load_digits().data / 16
    >>> dbn = DBNTransformer((100, 30), tol=0.1, n_iter_no_change=2, random_state=0)
    >>> codes = dbn.fit_transform(X)
    >>> codes.shape
    (1797, 30)
    >>> dbn.inverse_transform(codes).shape
    (1797, 64)
    >>> dbn.sample(2, random_state=0).shape
    (2, 64)
    >>> dbn.set_params(transform_layer=0).transform(X).shape
    (1797, 100)
    """

    _parameter_constraints: ClassVar[dict] = {
        **_dbn.dbn_constraints(NETWORK_CONSTRAINTS),
        "fine_tune": ["boolean"],
    }
    del _parameter_constraints["mc_samples"]  # there is no noise to average over

    def __init__(
        self,
        hidden_layer_sizes=(100, 100),
        *,
        visible="bernoulli",
        fine_tune=True,
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
        device="auto",
        dtype=None,
    ):
        self.hidden_layer_sizes = hidden_layer_sizes
        self.visible = visible
        self.fine_tune = fine_tune
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
        self.device = device
        self.dtype = dtype

    _parts = UnrolledMachines()
    _free = _dbn.FREE
    _of_probabilities = None  # machines say it with words of their own

    sample = _dbn.sample

    def _architecture(self) -> UnrolledArchitecture:
        return UnrolledArchitecture.of(self)

    def _describe_network(self) -> None:
        describe_hidden(self)

    def _loss(self) -> Loss:
        if self.visible == "gaussian":
            return SquaredError(1)
        return LogisticLogLoss()

    def _trains(self):
        return self.fine_tune
