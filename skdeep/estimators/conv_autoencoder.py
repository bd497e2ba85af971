"""The convolutional autoencoder."""

from __future__ import annotations

from numbers import Integral, Real
from typing import ClassVar

from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.estimators._constraints import NETWORK_CONSTRAINTS
from skdeep.estimators._docs import documented
from skdeep.estimators._images import IMAGE_CONSTRAINTS, ImageInput
from skdeep.estimators._reconstruction import LOSSES, ReconstructionEstimator
from skdeep.estimators.autoencoders.conv_architecture import ConvAutoencoderArchitecture
from skdeep.nn.conv_blocks import POOLS

#: Parameters of the multilayer perceptrons that have no meaning here.
_ABSENT = {"hidden_layer_sizes", "residual", "transform_layer", "mc_samples"}


@documented
class ConvAutoencoder(ReconstructionEstimator):
    """Convolutional autoencoder: codes of images and signals, as a transformer.

    Convolutions and pooling make each image small, and a dense layer makes a code of
    `n_components` numbers of it. The decoder mirrors that: a dense layer, then for each
    convolution pixels that are repeated as often as pooling took one, and a convolution.

    Parameters
    ----------
    n_components : int, default=2
        Width of the code.

    conv_layers : sequence of (int, int or tuple of int), default=((32, 3), (64, 3))
        Number of filters and size of the kernel of each convolution, (height, width) for a pair.
        What follows in each is normalisation, activation, pooling, dropout. Zeros around the image
        keep its size.

    activation : str, default='relu'
        Activation of all layers but the code and the output; names are those of
        :class:`Autoencoder`.

    code_activation : str, default='identity'
        Activation of the code.

    loss : {'squared_error', 'log_loss', 'poisson'}, default='squared_error'
        What is minimised, summed over the features: half the squared error for real numbers, the
        cross-entropy for zeros and ones or probabilities, half the Poisson deviance (with a log
        link) for counts.

    pooling : int, tuple of int, list of such or None, default=2
        Size of the windows behind each convolution, one for all or a list with one per
        convolution; a tuple is (height, width). 1 or None: no pooling. A window longer than an
        axis takes all of it.

    pooling_type : {'max', 'average'}, default='max'
        What is taken of each window.

    n_dims : {1, 2}, default=2
        What X with three axes is: images (n, H, W) or signals of several channels (n, T, C).

    image_shape : tuple of int or None, default=None
        What each row of a flat X (n, n_features) holds: (H, W), (H, W, C) or, with one number, a
        signal; with ``n_dims=1`` (T,) or (T, C). None: a signal of one channel.

    corruption : {'gaussian', 'masking', 'salt_and_pepper'} or None, default=None
        What is done to rows on their way in while training, to be undone (Vincent et al., 2010):
        normal noise is added, features are set to zero, or to the smallest or largest value that
        the feature has in the training rows.

    corruption_level : float, default=0.3
        Standard deviation of the noise, or share of the features that are set.

    %(SOLVER_PARAMETERS)s

    %(TRAINING_PARAMETERS)s

    %(LBFGS_PARAMETERS)s

    dropout : float, default=0.0
        Share of each convolution's outputs dropped in training; for 'selu' alpha-dropout
        (Klambauer et al., 2017).

    normalization : {'batch', 'layer'} or None, default=None
        Normalisation over the channels between a convolution and its activation.

    %(INITIALIZER_PARAMETERS)s

    %(RULE_PARAMETERS)s

    %(DEVICE_PARAMETERS)s

    Attributes
    ----------
    image_shape_ : tuple of int
        What a row holds: (H, W, C) or (T, C).

    %(HISTORY_ATTRIBUTES)s

    %(COUNT_ATTRIBUTES)s

    %(FEATURE_ATTRIBUTES)s

    See Also
    --------
    Autoencoder : Dense layers alone, for tables.
    CNNClassifier : The same convolutions, with classes.

    Notes
    -----
    X may be images (n, H, W) or (n, H, W, C), signals (n, T, C) with ``n_dims=1``, or flat rows
    (n, n_features) of what `image_shape` says, in the order of C: channels last. ``transform``
    and ``score`` take any of these; ``reconstruct`` returns the form that it was given, and
    ``inverse_transform`` flat rows: ``rows.reshape(-1, *model.image_shape_)`` are the images.

    Losses are sums over the features, so that `tol` and `alpha` act on that scale. Parameters are
    called "conv_0.W" and so on, "code.W", "decoder.W", "decoder_conv_0.W" and so on.

    References
    ----------
    Masci, Meier, Ciresan and Schmidhuber (2011). Stacked convolutional auto-encoders for
    hierarchical feature extraction. ICANN.

    Odena, Dumoulin and Olah (2016). Deconvolution and checkerboard artifacts. Distill.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.decomposition import PCA
    >>> from skdeep import ConvAutoencoder
    >>> digits = load_digits()
    >>> images, X = digits.images / 16, digits.data / 16
    >>> model = ConvAutoencoder(
    ...     n_components=4,
    ...     conv_layers=[(8, 3), (16, 3)],
    ...     pooling=[2, None],
    ...     activation="gelu",
    ...     batch_size=100,
    ...     learning_rate_init=0.01,
    ...     tol=0.02,
    ...     n_iter_no_change=2,
    ...     random_state=0,
    ... )
    >>> _ = model.fit(images)
    >>> model.transform(images[:3]).shape, model.reconstruct(images[:3]).shape
    ((3, 4), (3, 8, 8))
    >>> pca = PCA(n_components=4).fit(X)
    >>> error = ((pca.inverse_transform(pca.transform(X)) - X) ** 2).mean()
    >>> bool(-model.score(images) < 0.9 * error)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **{name: kinds for name, kinds in NETWORK_CONSTRAINTS.items() if name not in _ABSENT},
        **IMAGE_CONSTRAINTS,
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "activation": [str],
        "code_activation": [str],
        "loss": [StrOptions(set(LOSSES))],
        "pooling_type": [StrOptions(set(POOLS))],
        "corruption": [StrOptions({"gaussian", "masking", "salt_and_pepper"}), None],
        "corruption_level": [Interval(Real, 0, None, closed="left")],
        "dropout": [Interval(Real, 0, 1, closed="left")],
    }

    def __init__(
        self,
        n_components=2,
        conv_layers=((32, 3), (64, 3)),
        *,
        activation="relu",
        code_activation="identity",
        loss="squared_error",
        pooling=2,
        pooling_type="max",
        n_dims=2,
        image_shape=None,
        corruption=None,
        corruption_level=0.3,
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
        self.conv_layers = conv_layers
        self.activation = activation
        self.code_activation = code_activation
        self.loss = loss
        self.pooling = pooling
        self.pooling_type = pooling_type
        self.n_dims = n_dims
        self.image_shape = image_shape
        self.corruption = corruption
        self.corruption_level = corruption_level
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

    _input = ImageInput()
    _on_or_off = frozenset({"corruption_level"})

    def _architecture(self) -> ConvAutoencoderArchitecture:
        return ConvAutoencoderArchitecture.of(self)
