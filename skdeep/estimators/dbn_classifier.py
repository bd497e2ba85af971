"""The deep belief network that classifies."""

from __future__ import annotations

from typing import ClassVar

from skdeep.estimators import _dbn
from skdeep.estimators._classifier import CLASSIFIER_CONSTRAINTS, BaseNetworkClassifier
from skdeep.estimators._docs import documented
from skdeep.estimators.dbn.architecture import DBNArchitecture


@documented
class DBNClassifier(BaseNetworkClassifier):
    """Deep belief network classifier: a network of logistic units that begins without labels.

    Restricted Boltzmann machines are trained one on top of the other, on rows with and without
    labels. Their hidden units become the hidden layers of a multilayer perceptron, which is then
    trained as a whole on the rows with labels.

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

    loss : {'log_loss', 'focal'}, default='log_loss'
        What is minimised; 'focal' counts easy rows less (Lin et al., 2017).

    focal_gamma : float, default=2.0
        Exponent of the focal loss.

    label_smoothing : float, default=0.0
        Share of the target spread evenly over the classes (Szegedy et al., 2016).

    class_weight : dict, list of dict, 'balanced' or None, default=None
        Factors of the row weights by class, as in :class:`MLPClassifier`.

    Attributes
    ----------
    %(DBN_ATTRIBUTES)s

    classes_ : ndarray of shape (n_classes,) or list of such
        Classes; a list with one entry per output where y has several multiclass columns.

    %(NETWORK_ATTRIBUTES)s

    See Also
    --------
    MLPClassifier : The network without pre-training, with other activations.
    DBNTransformer : Features and reconstructions, without labels.

    Notes
    -----
    %(DBN_NOTES)s

    References
    ----------
    %(DBN_REFERENCES)s

    Examples
    --------
    Nearly all labels are missing:

    >>> from sklearn.datasets import load_digits
    >>> from skdeep import DBNClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> X = X / 16
    >>> model = DBNClassifier((100,), learning_rate_init=0.01, tol=1e-3, random_state=0)
    >>> model = model.fit(X[:100], y[:100], X_unlabeled=X[100:1500])
    >>> bool(model.score(X[1500:], y[1500:]) > 0.75)
    True
    >>> model.sample(2, random_state=0).shape
    (2, 64)
    """

    _parameter_constraints: ClassVar[dict] = _dbn.dbn_constraints(CLASSIFIER_CONSTRAINTS)

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
        loss="log_loss",
        focal_gamma=2.0,
        label_smoothing=0.0,
        class_weight=None,
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
        self.focal_gamma = focal_gamma
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    _parts = _dbn.Machines()
    _free = _dbn.FREE

    fit = _dbn.fit
    inverse_transform = _dbn.inverse_transform
    sample = _dbn.sample

    def _architecture(self) -> DBNArchitecture:
        return DBNArchitecture.of(self)
