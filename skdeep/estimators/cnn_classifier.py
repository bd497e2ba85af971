"""The convolutional network that classifies."""

from __future__ import annotations

from typing import ClassVar

from skdeep.estimators._classifier import CLASSIFIER_CONSTRAINTS, BaseNetworkClassifier
from skdeep.estimators._cnn import CNN_CONSTRAINTS
from skdeep.estimators._docs import documented
from skdeep.estimators._images import ImageInput
from skdeep.estimators.cnn.architecture import CNNArchitecture


@documented
class CNNClassifier(BaseNetworkClassifier):
    """Convolutional network classifier, for images and signals.

    Parameters
    ----------
    %(CNN_PARAMETERS)s

    %(SKLEARN_PARAMETERS)s

    %(CNN_LAYER_PARAMETERS)s

    %(INITIALIZER_PARAMETERS)s

    %(RULE_PARAMETERS)s

    %(CNN_FEATURE_PARAMETERS)s

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
    image_shape_ : tuple of int
        What a row holds: (H, W, C) or (T, C).

    classes_ : ndarray of shape (n_classes,) or list of such
        Classes; a list with one entry per output where y has several multiclass columns.

    %(CNN_ATTRIBUTES)s

    See Also
    --------
    CNNRegressor : The same for numbers.
    MLPClassifier : Dense layers alone, for tables.

    Notes
    -----
    %(CNN_INPUT)s

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998). Gradient-based learning applied to document
    recognition. Proceedings of the IEEE 86.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import CNNClassifier
    >>> digits = load_digits()
    >>> X, y = digits.images / 16, digits.target
    >>> model = CNNClassifier(
    ...     conv_layers=[(8, 3), (16, 3)],
    ...     hidden_layer_sizes=(),
    ...     learning_rate_init=0.01,
    ...     tol=0.01,
    ...     n_iter_no_change=3,
    ...     random_state=0,
    ... )
    >>> model = model.fit(X[:1000], y[:1000])
    >>> bool(model.score(X[1000:], y[1000:]) > 0.9)
    True
    >>> model.image_shape_, model.transform(X[:2]).shape
    ((8, 8, 1), (2, 64))
    """

    _parameter_constraints: ClassVar[dict] = {
        **CLASSIFIER_CONSTRAINTS,
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
        loss="log_loss",
        focal_gamma=2.0,
        label_smoothing=0.0,
        class_weight=None,
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
        self.focal_gamma = focal_gamma
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    _input = ImageInput()

    def _architecture(self) -> CNNArchitecture:
        return CNNArchitecture.of(self)
