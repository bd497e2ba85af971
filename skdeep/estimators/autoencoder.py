"""The autoencoder."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._docs import documented
from skdeep.estimators._pretraining import Layerwise
from skdeep.estimators._reconstruction import LOSSES, ReconstructionEstimator
from skdeep.estimators.autoencoders.architecture import AutoencoderArchitecture

#: Parameters of the multilayer perceptrons that have no meaning here.
_ABSENT = {"residual", "transform_layer", "mc_samples"}


@documented
class Autoencoder(ReconstructionEstimator):
    """Autoencoder: features that a network can restore the rows from, as a transformer.

    An encoder maps each row to a code of `n_components` numbers and a decoder maps codes to rows;
    both are trained together so that rows come back. Without hidden layers and with squared
    error it finds the subspace of :class:`sklearn.decomposition.PCA`.

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

    code_activation : str, default='identity'
        Activation of the code.

    loss : {'squared_error', 'log_loss', 'poisson'}, default='squared_error'
        What is minimised, summed over the features: half the squared error for real numbers, the
        cross-entropy for zeros and ones or probabilities, half the Poisson deviance (with a log
        link) for counts.

    tied_weights : bool, default=False
        Whether the weights of the decoder are those of the encoder, transposed.

    corruption : {'gaussian', 'masking', 'salt_and_pepper'} or None, default=None
        What is done to rows on their way in while training, to be undone (Vincent et al., 2010):
        normal noise is added, features are set to zero, or to the smallest or largest value that
        the feature has in the training rows.

    corruption_level : float, default=0.3
        Standard deviation of the noise, or share of the features that are set.

    sparsity_penalty : {'l1', 'kl'}, default='l1'
        How codes are made sparse where `sparsity_cost` is not zero: by the mean of their absolute
        values, or by the divergence of each unit's mean activity from `sparsity_target`. 'kl'
        needs a `code_activation` with values in [0, 1], such as 'logistic'.

    sparsity_cost : float, default=0.0
        Factor of the penalty, which is summed over the units.

    sparsity_target : float, default=0.05
        Wanted mean activity of each unit, for 'kl'.

    contraction_cost : float, default=0.0
        Strength of the penalty ``contraction_cost / 2 * |dh / dx|^2``, all slopes of an encoder
        layer's outputs along its inputs squared and summed up; a mean over the rows, and the sum
        over the layers (Rifai et al., 2011).

    pretrain : {'layerwise', 'rbm'} or None, default=None
        How the layers start: as drawn (None), each with its counterpart as an autoencoder of what
        the layers below give ('layerwise'), or as restricted Boltzmann machines, for
        ``activation='logistic'`` (Hinton and Salakhutdinov, 2006). With 'rbm' the code layer
        starts as with 'layerwise' unless it is logistic too.

    pretrain_max_iter : int, default=10
        Epochs of each layer.

    pretrain_learning_rate_init : float or None, default=None
        Learning rate meanwhile; None takes `learning_rate_init`; for machines
        0.1, and 0.01 where the first has normal visible units (``loss='squared_error'``).

    %(SOLVER_PARAMETERS)s

    %(TRAINING_PARAMETERS)s

    %(LBFGS_PARAMETERS)s

    dropout : float, default=0.0
        Share of each hidden layer's outputs dropped in training; for 'selu' alpha-dropout
        (Klambauer et al., 2017).

    normalization : {'batch', 'layer'} or None, default=None
        Normalisation between a hidden layer's affine map and its activation.

    %(INITIALIZER_PARAMETERS)s

    %(RULE_PARAMETERS)s

    %(DEVICE_PARAMETERS)s

    Attributes
    ----------
    %(HISTORY_ATTRIBUTES)s

    %(COEFFICIENT_ATTRIBUTES)s

    %(COUNT_ATTRIBUTES)s

    %(FEATURE_ATTRIBUTES)s

    See Also
    --------
    VariationalAutoencoder : Codes with a density, to sample rows from.
    AutoencoderOutlierDetector : Rows that come back badly are outliers.
    sklearn.decomposition.PCA : The linear autoencoder in closed form.

    Notes
    -----
    Losses are sums over the features, so that `tol`, `alpha` and the penalties act on that scale.
    Parameters are called "encoder_0.W" and so on, "code.W", "decoder_0.W" and so on, "output.W".

    References
    ----------
    Hinton and Salakhutdinov (2006). Reducing the dimensionality of data with neural networks.
    Science 313.

    Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010). Stacked denoising autoencoders. JMLR
    11.

    Rifai, Vincent, Muller, Glorot and Bengio (2011). Contractive auto-encoders. ICML.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skdeep import Autoencoder
    >>> X = load_digits().data / 16
    >>> model = Autoencoder(n_components=4, learning_rate_init=0.01, tol=0.01, random_state=0)
    >>> _ = model.fit(X)
    >>> model.transform(X[:3]).shape
    (3, 4)
    >>> pca = PCA(n_components=4).fit(X)
    >>> error = ((pca.inverse_transform(pca.transform(X)) - X) ** 2).mean()
    >>> bool(-model.score(X) < 0.8 * error)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **{name: kinds for name, kinds in NETWORK_CONSTRAINTS.items() if name not in _ABSENT},
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "decoder_layer_sizes": [*NETWORK_CONSTRAINTS["hidden_layer_sizes"], None],
        "activation": [str],
        "code_activation": [str],
        "loss": [StrOptions(set(LOSSES))],
        "tied_weights": ["boolean"],
        "corruption": [StrOptions({"gaussian", "masking", "salt_and_pepper"}), None],
        "corruption_level": [Interval(Real, 0, None, closed="left")],
        "sparsity_penalty": [StrOptions({"l1", "kl"})],
        "sparsity_cost": [Interval(Real, 0, None, closed="left")],
        "sparsity_target": [Interval(Real, 0, 1, closed="neither")],
        "contraction_cost": [Interval(Real, 0, None, closed="left")],
        "pretrain": [StrOptions({"layerwise", "rbm"}), None],
        "pretrain_max_iter": [Interval(Integral, 1, None, closed="left")],
        "pretrain_learning_rate_init": [Interval(Real, 0, None, closed="neither"), None],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        n_components=2,
        *,
        hidden_layer_sizes=(100,),
        decoder_layer_sizes=None,
        activation="relu",
        code_activation="identity",
        loss="squared_error",
        tied_weights=False,
        corruption=None,
        corruption_level=0.3,
        sparsity_penalty="l1",
        sparsity_cost=0.0,
        sparsity_target=0.05,
        contraction_cost=0.0,
        pretrain=None,
        pretrain_max_iter=10,
        pretrain_learning_rate_init=None,
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
        self.code_activation = code_activation
        self.loss = loss
        self.tied_weights = tied_weights
        self.corruption = corruption
        self.corruption_level = corruption_level
        self.sparsity_penalty = sparsity_penalty
        self.sparsity_cost = sparsity_cost
        self.sparsity_target = sparsity_target
        self.contraction_cost = contraction_cost
        self.pretrain = pretrain
        self.pretrain_max_iter = pretrain_max_iter
        self.pretrain_learning_rate_init = pretrain_learning_rate_init
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

    _parts = Layerwise()
    _free = frozenset({"pretrain_learning_rate_init", "pretrain_max_iter", "sparsity_target"})
    _on_or_off = frozenset({"corruption_level", "sparsity_cost", "contraction_cost"})

    def _architecture(self) -> AutoencoderArchitecture:
        return AutoencoderArchitecture.of(self)
