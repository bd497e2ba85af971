"""Docstring sections that several estimators share, filled into their class docstrings."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TypeVar

from skdeep.estimators._method_docs import describe_rows

Class = TypeVar("Class", bound=type)

NETWORK_PARAMETERS = """\
    hidden_layer_sizes : int or array-like of int, default=(100,)
        Width of each hidden layer.

    activation : str or list of str, default='relu'
        Activation of the hidden layers, one for all or one per layer: 'identity', 'logistic',
        'tanh', 'relu', 'leaky_relu', 'elu', 'selu', 'gelu', 'silu', 'mish', 'softplus',
        'hard_tanh', 'hard_sigmoid', 'maxout' (the larger of two affine maps), or a name given to
        :func:`skdeep.register_activation`.
"""

SOLVER_PARAMETERS = """\
    solver : str, default='adam'
        How parameters move: 'sgd', 'adam', 'adamw', 'nadam', 'radam', 'rmsprop', 'adagrad',
        'lion' on mini-batches, or 'lbfgs' on all rows at once.

    alpha : float, default=0.0001
        Strength of the L2 penalty ``alpha / 2 * sum(W ** 2)``, which is divided by the sum of the
        row weights of the batch. Biases and scales are not penalised.
"""

TRAINING_PARAMETERS = """\
    batch_size : int, default='auto'
        Rows per step; 'auto' is ``min(200, n_samples)``.

    learning_rate : {'constant', 'invscaling', 'adaptive'}, default='constant'
        scikit-learn's schedules, for ``solver='sgd'`` only: 'invscaling' divides
        ``learning_rate_init`` by ``t ** power_t`` after each epoch, 'adaptive' divides the rate
        by five whenever training stalls. See also `learning_rate_schedule`.

    learning_rate_init : float, default=0.001
        Learning rate.

    power_t : float, default=0.5
        Exponent of 'invscaling'.

    max_iter : int, default=200
        Most epochs, or most iterations of L-BFGS.

    shuffle : bool, default=True
        Whether each epoch visits the rows in a new order.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, validation split, shuffling and masks. An int makes every fit
        repeat. Draws do not depend on device or dtype, and dropout changes no other draw.

    tol : float, default=1e-4
        Training stalls in an epoch that does not improve the loss (or validation score) by more
        than this. For 'lbfgs', the largest entry of the gradient at a solution.

    verbose : bool, default=False
        Whether to print the loss of each epoch.

    warm_start : bool, default=False
        Whether ``fit`` starts from the weights that are there.

    momentum : float, default=0.9
        Share of the velocity that is kept, for 'sgd'.

    nesterovs_momentum : bool, default=True
        Whether 'sgd' looks ahead.

    early_stopping : bool, default=False
        Whether to stop when the validation score stalls, and keep the best weights.

    validation_fraction : float, default=0.1
        Share of the rows held out for early stopping; stratified by class in classification.

    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of the moments in 'adam' and its kin.

    epsilon : float, default=1e-8
        Added to denominators in 'adam' and its kin.

    n_iter_no_change : int, default=10
        Stalled epochs in a row that are borne.
"""

LBFGS_PARAMETERS = """\
    max_fun : int, default=15000
        Most function evaluations of 'lbfgs'.
"""

SKLEARN_PARAMETERS = "\n".join([SOLVER_PARAMETERS, TRAINING_PARAMETERS, LBFGS_PARAMETERS])

LAYER_PARAMETERS = """\
    dropout : float or list of float, default=0.0
        Share of a hidden layer's outputs dropped in training, one for all or one per layer; for
        'selu' alpha-dropout (Klambauer et al., 2017).

    normalization : {'batch', 'layer'} or None, default=None
        Normalisation between a hidden layer's affine map and its activation.

    residual : bool, default=False
        Whether each hidden layer is added to its input (He et al., 2016), through a linear
        projection where widths differ.
"""

INITIALIZER_PARAMETERS = """\
    kernel_initializer : str, default='sklearn'
        Initial weights: 'sklearn' (its Glorot scheme, draw for draw), 'glorot_uniform',
        'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform', 'lecun_normal', 'orthogonal',
        'uniform', 'normal'. Biases start at zero except with 'sklearn'.
"""

RULE_PARAMETERS = """\
    weight_decay : float, default=0.0
        Decoupled weight decay (Loshchilov and Hutter, 2019): weights shrink by ``learning rate *
        weight_decay`` a step, whatever the solver.

    learning_rate_schedule : str, callable or None, default=None
        Factor of the learning rate by training progress, for every mini-batch solver: 'step',
        'exponential', 'cosine', 'one_cycle', 'warmup', a schedule of
        :mod:`skdeep.optim.schedules`, or a function of progress in [0, 1).

    gradient_clip_norm, gradient_clip_value : float or None, default=None
        Limits of the gradient's norm and of its entries in each step.

    ema_decay : float or None, default=None
        Predict with an exponential moving average of the weights with this decay.

    scoring : str, callable or None, default=None
        What ``validation_scores_`` holds and early stopping watches: a scikit-learn scorer, 'loss'
        (its negative), or None for the estimator's own score. Row weights of the validation data
        go to scorers that take ``sample_weight``.

    validation_split : splitter, iterable or None, default=None
        Splitter whose first split gives the validation rows, for groups or time order, instead
        of `validation_fraction` of random ones; needs ``early_stopping=True``.

    initial_weights : mapping of str to array or None, default=None
        Parameters to start from, by the names of ``get_weights``; others are drawn.

    frozen_layers : sequence of str, default=()
        Layers ('hidden_0', 'output') or parameters ('hidden_0.W') that training does not move, by
        the names of ``get_weights`` or parts of them. The running statistics of a batch
        normalisation follow the data all the same.
"""

FEATURE_PARAMETERS = """\
    transform_layer : int, default=-1
        Which hidden layer ``transform`` gives.

    mc_samples : int, default=50
        Dropout masks behind ``return_std=True`` (Gal and Ghahramani, 2016); each is shared by
        all rows.
"""

DEVICE_PARAMETERS = """\
    device : {'auto', 'cpu', 'cuda', 'cuda:N'}, default='auto'
        Where to train and predict. 'auto' follows the data: CuPy arrays on their card, all else
        on the CPU.

    dtype : {'float32', 'float64'} or None, default=None
        What to compute in; None follows X.
"""

MORE_PARAMETERS = "\n".join(
    [
        LAYER_PARAMETERS,
        INITIALIZER_PARAMETERS,
        RULE_PARAMETERS,
        FEATURE_PARAMETERS,
        DEVICE_PARAMETERS,
    ]
)

HISTORY_ATTRIBUTES = """\
    loss_ : float
        Loss of the last epoch, with the penalty.

    loss_curve_ : list of float
        Loss of each epoch or L-BFGS iteration.

    best_loss_ : float or None
        Lowest loss; None with early stopping.

    validation_scores_, validation_loss_curve_ : list of float or None
        Score and mean loss (without penalty) of the validation rows after each epoch.

    best_validation_score_ : float or None
        Highest validation score; None without early stopping.

    learning_rate_curve_, gradient_norm_curve_ : list of float
        Learning rate and norm of the clipped gradient in the last step of each epoch.
"""

COEFFICIENT_ATTRIBUTES = """\
    coefs_, intercepts_ : list of ndarray
        Weights (n_in, n_out) and biases (n_out,) of each layer, as views of the model. Absent in
        networks that are no chain of dense layers; see ``get_weights``.
"""

COUNT_ATTRIBUTES = """\
    n_iter_ : int
        Epochs or L-BFGS iterations run.

    t_ : int
        Training rows seen.
"""

OUTPUT_ATTRIBUTES = """\
    n_layers_ : int
        Number of layers, input and output included.

    n_outputs_ : int
        Number of outputs.

    out_activation_ : str
        Name of the output activation.
"""

FEATURE_ATTRIBUTES = """\
    n_features_in_ : int
        Number of features.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where all are strings.
"""

NETWORK_ATTRIBUTES = "\n".join(
    [
        HISTORY_ATTRIBUTES,
        COEFFICIENT_ATTRIBUTES,
        COUNT_ATTRIBUTES,
        OUTPUT_ATTRIBUTES,
        FEATURE_ATTRIBUTES,
    ]
)


CNN_PARAMETERS = """\
    conv_layers : sequence of (int, int or tuple of int), default=((32, 3), (64, 3))
        Number of filters and size of the kernel of each convolution, (height, width) for a pair.
        What follows in each is normalisation, activation, pooling, dropout.

    hidden_layer_sizes : int or array-like of int, default=(100,)
        Width of each dense hidden layer behind the convolutions.

    activation : str or list of str, default='relu'
        Activation of the hidden layers, one for all, or one per layer: those of the convolutions,
        then the dense ones. Names are those of :class:`MLPClassifier`; 'maxout' is for dense
        layers only.

    pooling : int, tuple of int, list of such or None, default=2
        Size of the windows behind each convolution, one for all or a list with one per
        convolution; a tuple is (height, width). 1 or None: no pooling. A window longer than an
        axis takes all of it.

    pooling_type : {'max', 'average'}, default='max'
        What is taken of each window.

    strides : int, tuple of int or list of such, default=1
        Steps of the convolutions, given like `pooling`.

    dilation : int, tuple of int or list of such, default=1
        Steps between neighbouring pixels of the kernels, given like `pooling`.

    padding : {'same', 'valid'}, default='same'
        'same': zeros around the image, so that a convolution gives ``ceil(n / stride)`` outputs
        along an axis of n pixels. 'valid': no zeros, so that each makes the image smaller.

    global_pooling : {'max', 'average'} or None, default=None
        What the dense layers get: the largest or mean value of each channel of the last
        convolution, or its whole image.

    n_dims : {1, 2}, default=2
        What X with three axes is: images (n, H, W) or signals of several channels (n, T, C).

    image_shape : tuple of int or None, default=None
        What each row of a flat X (n, n_features) holds: (H, W), (H, W, C) or, with one number, a
        signal; with ``n_dims=1`` (T,) or (T, C). None: a signal of one channel.

    random_shift : int or tuple of int, default=0
        Most pixels by which each image is shifted along each axis in a training step, at random,
        with zeros coming in: random crops of the image in a frame of zeros.

    random_flip : {'horizontal', 'vertical', 'both'} or None, default=None
        Axes along which half of the images are turned round in a training step, at random.
"""

CNN_LAYER_PARAMETERS = (
    LAYER_PARAMETERS.replace("Share of a hidden layer's outputs", "Share of a layer's outputs")
    .replace("one for all or one per layer; for", "given like `activation`; for")
    .replace(
        "affine map and its activation.",
        "affine map and its activation; over\n        the channels, for convolutions.",
    )
)

CNN_FEATURE_PARAMETERS = FEATURE_PARAMETERS.replace(
    "Which hidden layer ``transform`` gives.",
    "Which hidden layer ``transform`` gives: convolutions come first, each with what follows it.",
)

CNN_ATTRIBUTES = "\n".join(
    [HISTORY_ATTRIBUTES, COUNT_ATTRIBUTES, OUTPUT_ATTRIBUTES, FEATURE_ATTRIBUTES]
)

CNN_INPUT = """\
    X may be images (n, H, W) or (n, H, W, C), signals (n, T, C) with ``n_dims=1``, or flat rows
    (n, n_features) of what `image_shape` says, in the order of C: channels last. Whatever its form,
    a row is ``n_features_in_`` numbers; ``fit`` sets ``image_shape_``, and images of another shape
    are refused later. A convolution is called 'conv_0' in ``get_weights``, with kernels 'conv_0.W'
    (height, width, channels, filters). Shifts, flips and dropout masks are hashes of a row's
    content and the step, so that they do not depend on the order of rows or on the device.
"""

RNN_PARAMETERS = """\
    recurrent_layer_sizes : int or array-like of int, default=(64,)
        Number of units of each recurrent layer; with `bidirectional`, in each direction.

    cell : {'lstm', 'gru', 'rnn'}, default='lstm'
        Long short-term memory with forget gates that start open (Hochreiter and Schmidhuber,
        1997), gated recurrent unit (Cho et al., 2014), or plain tanh (Elman, 1990).

    bidirectional : bool, default=False
        Whether each recurrent layer also has units that read from the end to the beginning
        (Schuster and Paliwal, 1997).

    pooling : {'last', 'mean', 'max', 'attention'}, default='last'
        What the dense layers get of the last recurrent layer's outputs: those of each sequence's
        last step (the first, of units that read backwards), the mean or largest over its steps,
        or a mean with learned weights (Yang et al., 2016).

    hidden_layer_sizes : int or array-like of int, default=()
        Width of each dense hidden layer behind the recurrent ones.

    activation : str or list of str, default='relu'
        Activation of the dense hidden layers, one for all or one per layer; names are those of
        :class:`MLPClassifier`.

    recurrent_dropout : float, default=0.0
        Share of a recurrent layer's state that is hidden from its gates in training, the same units
        in all steps of a sequence (Gal and Ghahramani, 2016).

    embedding_dim : int or None, default=None
        None: steps are numbers. Otherwise they are tokens, non-negative integers, and each gets a
        learned row of so many numbers.

    n_tokens : int or None, default=None
        Number of tokens, which are 0 to ``n_tokens - 1``; None: one more than the largest of the
        training data. Later tokens beyond it are refused.

    tbptt_steps : int or None, default=None
        Length of the stretches of steps between which no gradient passes, for long sequences
        (truncated back-propagation through time); states do. None: gradients go all the way.
"""

RNN_TRAINING_PARAMETERS = SKLEARN_PARAMETERS.replace(
    "learning_rate_init : float, default=0.001", "learning_rate_init : float, default=0.005"
)

RNN_LAYER_PARAMETERS = (
    LAYER_PARAMETERS.replace("Share of a hidden layer's outputs", "Share of a layer's outputs")
    .replace(
        "one for all or one per layer; for",
        "one for all, or a list: of the\n        recurrent layers, then the dense ones. A feature "
        "of a recurrent layer is dropped in all\n        steps of a sequence or in none. For",
    )
    .replace("between a hidden layer's", "between a dense hidden layer's")
    .replace("each hidden layer is", "each dense hidden layer is")
)

RNN_INITIALIZER_PARAMETERS = INITIALIZER_PARAMETERS.replace(
    "default='sklearn'\n        Initial weights:",
    "default='glorot_uniform'\n        Initial weights of inputs and dense layers, those of states "
    "being orthogonal:",
)

RNN_RULE_PARAMETERS = RULE_PARAMETERS.replace(
    """    gradient_clip_norm, gradient_clip_value : float or None, default=None
        Limits of the gradient's norm and of its entries in each step.
""",
    """    gradient_clip_norm : float or None, default=1.0
        Limit of the gradient's norm in each step; gradients through many steps may explode
        (Pascanu, Mikolov and Bengio, 2013).

    gradient_clip_value : float or None, default=None
        Limit of the gradient's entries in each step.
""",
).replace("Layers ('hidden_0', 'output')", "Layers ('recurrent_0', 'output')")

RNN_FEATURE_PARAMETERS = FEATURE_PARAMETERS.replace(
    "Which hidden layer ``transform`` gives.",
    "Which hidden layer ``transform`` gives: the first is what a sequence's steps are pooled to,\n"
    "        the dense ones follow.",
)

RNN_DEVICE_PARAMETERS = DEVICE_PARAMETERS.replace(
    "None follows X.", "None follows X, and is float32 for tokens."
)

RNN_ATTRIBUTES = "\n".join(
    [
        """    n_tokens_ : int or None
        Number of tokens; None where steps are numbers.
""",
        HISTORY_ATTRIBUTES,
        COUNT_ATTRIBUTES,
        OUTPUT_ATTRIBUTES,
        FEATURE_ATTRIBUTES.replace(
            "Number of features.",
            "Number F of features of a step; 1 for tokens; T for a table (n, T), each column of\n"
            "        which is a step.",
        ),
    ]
)

RNN_INPUT = """\
    X may be an array (n, T, F); a list of arrays (T_i, F) or, with one channel, (T_i,), of any
    lengths; or a table (n, T), whose columns are the steps of one channel. With `embedding_dim`, it
    is an array (n, T) or a list of (T_i,) of integers. Sequences of any length may be predicted,
    save for tables, which must have the columns of the fit. Nested lists of numbers that all have
    one length are a table in a first fit, and sequences for a network that was fitted on
    sequences. Sparse data is refused.

    Sequences of like length are trained and predicted together, so that little is wasted on
    padding, and no result depends on it: that of a sequence is the same in any company. A layer is
    called 'recurrent_0' in ``get_weights``, with 'recurrent_0.W' for inputs, 'recurrent_0.U' for
    states and 'recurrent_0.b'; with `bidirectional`, 'recurrent_0.forward.W' and so on.
"""

RNN_REFERENCES = """\
    Hochreiter and Schmidhuber (1997). Long short-term memory. Neural Computation 9.

    Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio (2014). Learning phrase
    representations using RNN encoder-decoder for statistical machine translation. EMNLP.

    Gal and Ghahramani (2016). A theoretically grounded application of dropout in recurrent neural
    networks. NIPS.
"""


STEP_ATTRIBUTES = RNN_ATTRIBUTES.split("\n\n", 1)[1]


def _entries(text: str, *names: str) -> str:
    """Return those entries of a section that begin with one of these names."""
    entries = text.strip("\n").split("\n\n")
    return "\n\n".join(e for e in entries if e.split()[0].rstrip(",") in names) + "\n"


STEP_PARAMETERS = _entries(
    RNN_PARAMETERS,
    "recurrent_layer_sizes",
    "cell",
    "hidden_layer_sizes",
    "activation",
    "recurrent_dropout",
).replace("; with `bidirectional`, in each direction", "")

STEP_TRAINING_PARAMETERS = (
    "\n".join([SOLVER_PARAMETERS, TRAINING_PARAMETERS])
    .replace(
        "'lion' on mini-batches, or 'lbfgs' on all rows at once.",
        "'lion'.",
    )
    .replace(
        "sum of the\n        row weights of the batch", "sum of the\n        weights of its steps"
    )
    .replace("default=0.001", "default=0.005")
    .replace(
        "Rows per step; 'auto' is ``min(200, n_samples)``.",
        "Chunks per update, of as many sequences or parts of sequences; 'auto' is 32, or fewer\n"
        "        where an epoch would have less than 16 updates.",
    )
    .replace(", or most iterations of L-BFGS", "")
    .replace(" For 'lbfgs', the largest entry of the gradient at a solution.", "")
    .replace("visits the rows in a new order", "visits the sequences in a new order")
    .replace(
        "Share of the rows held out for early stopping; stratified by class in classification.",
        "Share that is held out for early stopping.",
    )
)

TAGGER_TRAINING_PARAMETERS = STEP_TRAINING_PARAMETERS.replace(
    "Chunks per update, of as many sequences or parts of sequences; 'auto' is 32, or fewer\n"
    "        where an epoch would have less than 16 updates.",
    "Sequences per update; 'auto' is 32, or fewer where an epoch would have less than 16\n"
    "        updates.",
)

STEP_TOKEN_PARAMETERS = _entries(RNN_PARAMETERS, "embedding_dim", "n_tokens", "tbptt_steps")

STEP_LAYER_PARAMETERS = _entries(RNN_LAYER_PARAMETERS, "dropout")

CHUNK_PARAMETERS, CHUNK_LAYER_PARAMETERS = (
    text.replace("steps of a sequence", "steps of a chunk of `tbptt_steps`")
    for text in (STEP_PARAMETERS, STEP_LAYER_PARAMETERS)
)

STEP_RULE_PARAMETERS = _entries(
    RNN_RULE_PARAMETERS,
    "weight_decay",
    "learning_rate_schedule",
    "gradient_clip_norm",
    "gradient_clip_value",
    "ema_decay",
    "initial_weights",
    "frozen_layers",
)

RBM_PARAMETERS = """\
    learning_rate : float, default=0.1
        Learning rate.

    batch_size : int, default=10
        Rows per step, and number of persistent chains.

    n_iter : int, default=10
        Number of epochs.

    verbose : int, default=0
        Whether to print a line after each epoch.

    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, samples and shuffling. An int makes every fit repeat; draws do not
        depend on device or dtype.

    algorithm : {'pcd', 'cd'}, default='pcd'
        Where Gibbs chains start: 'pcd' goes on from step to step (persistent contrastive
        divergence, Tieleman, 2008), 'cd' starts at the rows of each batch (Hinton, 2002).

    n_gibbs_steps : int, default=1
        Gibbs steps in each training step.

    centering : bool, default=False
        Whether to take gradients about the mean activities of the data (Melchior et al., 2016),
        and to start biases at the data. It makes learning indifferent to flipped features, and
        mostly better.

    mean_field : bool, default=False
        Whether visible units of the chains take their means instead of samples.

    solver : str, default='sgd'
        How parameters move: 'sgd', 'adam', 'adamw', 'nadam', 'radam', 'rmsprop', 'adagrad', 'lion'.

    momentum : float, default=0.0
        Share of the velocity that is kept, for 'sgd'.

    nesterovs_momentum : bool, default=True
        Whether 'sgd' looks ahead, where there is momentum.

    beta_1, beta_2 : float, default=0.9 and 0.999
        Decay rates of the moments in 'adam' and its kin.

    epsilon : float, default=1e-8
        Added to denominators in 'adam' and its kin.

    learning_rate_schedule : str, callable or None, default=None
        Factor of the learning rate by training progress: 'step', 'exponential', 'cosine',
        'one_cycle', 'warmup', a schedule of :mod:`skdeep.optim.schedules`, or a function of
        progress in [0, 1).

    weight_decay : float, default=0.0
        Weights shrink by ``learning rate * weight_decay`` a step.

    sparsity_target : float, default=0.1
        Mean activity that hidden units are drawn to where `sparsity_cost` is not zero.

    sparsity_cost : float, default=0.0
        How strongly they are drawn there (Lee, Ekanadham and Ng, 2008).

    ema_decay : float or None, default=None
        Keep an exponential moving average of the parameters with this decay as the model.

    shuffle : bool, default=False
        Whether each epoch visits the rows in a new order.

    warm_start : bool, default=False
        Whether ``fit`` starts from the parameters that are there.

    likelihood : {'pseudo', 'exact', 'ais'}, default='pseudo'
        What ``score_samples`` and ``score`` give: the log pseudo-likelihood, or the log-likelihood
        with log Z by enumeration or by annealed importance sampling, found once in each fit.

    device : {'auto', 'cpu', 'cuda', 'cuda:N'}, default='auto'
        Where to train and predict. 'auto' follows the data: CuPy arrays on their card, all else
        on the CPU.

    dtype : {'float32', 'float64'} or None, default=None
        What to compute in; None follows X.
"""

GAUSSIAN_RBM_PARAMETERS = RBM_PARAMETERS
for _theirs, _ours in (
    ("learning_rate : float, default=0.1", "learning_rate : float, default=0.01"),
    ("centering : bool, default=False", "centering : bool, default=True"),
    ("shuffle : bool, default=False", "shuffle : bool, default=True"),
    ("'pseudo', 'exact', 'ais'}", "'score_matching', 'exact', 'ais'}"),
    ("default='pseudo'", "default='score_matching'"),
    ("the log pseudo-likelihood, or the", "minus the score of Hyvarinen (2005), or the"),
):
    assert _theirs in GAUSSIAN_RBM_PARAMETERS, _theirs
    GAUSSIAN_RBM_PARAMETERS = GAUSSIAN_RBM_PARAMETERS.replace(_theirs, _ours)

RBM_ATTRIBUTES = """\
    components_ : ndarray of shape (n_components, n_features)
        Weights, a view of the model.

    intercept_hidden_ : ndarray of shape (n_components,)
        Biases of the hidden units, a view of the model.

    intercept_visible_ : ndarray of shape (n_features,)
        Biases of the visible units, a view of the model.

    h_samples_ : ndarray of shape (batch_size, n_components)
        States of the persistent chains' hidden units; absent with ``algorithm='cd'``.

    random_state_ : RandomState
        What samples without a seed are drawn from.

    n_iter_ : int
        Epochs run.

    t_ : int
        Training rows seen.

    n_features_in_ : int
        Number of features.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where all are strings.
"""

RBM_REFERENCES = """\
    Hinton (2002). Training products of experts by minimizing contrastive divergence. Neural
    Computation 14.

    Tieleman (2008). Training restricted Boltzmann machines using approximations to the likelihood
    gradient. ICML.

    Salakhutdinov and Murray (2008). On the quantitative analysis of deep belief networks. ICML.

    Melchior, Fischer and Wiskott (2016). How to center deep Boltzmann machines. JMLR 17.
"""


DBN_PARAMETERS = """\
    hidden_layer_sizes : int or array-like of int, default=(100, 100)
        Width of each hidden layer, from the rows upwards: the hidden units of one machine each.

    visible : {'bernoulli', 'gaussian'}, default='bernoulli'
        Visible units of the lowest machine: 'bernoulli' for zeros and ones, or numbers between;
        'gaussian' for real numbers, which want to be standardised.
"""

PRETRAINING_PARAMETERS = """\
    pretrain_learning_rate : float, list or None, default=None
        Learning rate of the machines, one for all or one a layer, as everything that is called
        ``pretrain_``; None is 0.1, and 0.01 for Gaussian visible units.

    pretrain_batch_size : int or list, default=10
        Rows per step.

    pretrain_n_iter : int or list, default=10
        Epochs. With 0 a layer starts at random like any network's; zeros come last in a list.

    pretrain_algorithm : {'pcd', 'cd'} or list, default='pcd'
        Whether the chains behind the gradient persist (Tieleman, 2008) or start at the data
        (Hinton, 2002).

    pretrain_n_gibbs_steps : int or list, default=1
        Steps of the chains for each gradient.

    pretrain_centering : bool or list, default=False
        Whether gradients are taken about the mean activities of the data (Melchior, Fischer and
        Wiskott, 2016).

    pretrain_solver : str or list, default='sgd'
        How parameters move: a mini-batch solver of the list at `solver`.

    pretrain_momentum : float or list, default=0.0
        Share of the velocity that is kept, for 'sgd'.

    pretrain_weight_decay : float or list, default=0.0
        Decoupled weight decay.

    pretrain_learning_rate_schedule : str, callable, None or list, default=None
        Factor of the learning rate by progress, as `learning_rate_schedule`.

    pretrain_mean_field : bool or list, default=False
        Whether the visible units of the chains take their means instead of samples.

    pretrain_sparsity_target : float or list, default=0.1
        Mean activity that hidden units are drawn to.

    pretrain_sparsity_cost : float or list, default=0.0
        How strongly they are drawn to it.
"""

DBN_TRAINING_PARAMETERS = SKLEARN_PARAMETERS.replace(
    "learning_rate_init : float, default=0.001", "learning_rate_init : float, default=0.003"
)

DBN_DROPOUT = """\
    dropout : float or list of float, default=0.0
        Share of a hidden layer's outputs dropped in fine-tuning, one for all or one per layer.
"""

DBN_ATTRIBUTES = """\
    rbms_ : list of BernoulliRBM or GaussianRBM
        The machines as pre-training left them, from the rows upwards; empty without pre-training.

    pretrain_curves_ : list of list of float
        What each machine's curve holds after each of its epochs: the log pseudo-likelihood of a
        :class:`BernoulliRBM`, the mean squared reconstruction error of a :class:`GaussianRBM`.
"""

DBN_NOTES = """\
    ``fit`` pre-trains and then fine-tunes; so does the first ``partial_fit``, with all epochs of
    pre-training on its rows. What goes on from there, later calls of ``partial_fit`` or
    ``warm_start=True``, fine-tunes. In pre-training a row of weight two is two rows, and rows that
    are held out take no part. Ctrl-C, or a callback that asks to stop, in pre-training ends the
    fit: the machines so far are kept, and layers without one
    stay at their random start. The machines' random numbers come from streams of their own:
    pre-training changes neither other initial weights nor shuffles.
"""

DBN_REFERENCES = """\
    Hinton, Osindero and Teh (2006). A fast learning algorithm for deep belief nets. Neural
    Computation 18.

    Hinton and Salakhutdinov (2006). Reducing the dimensionality of data with neural networks.
    Science 313.
"""


def documented(cls: Class) -> Class:
    """Fill a class docstring with shared sections, and those of methods with what X is.

    ``%(section)s`` stands for a text of this module. Methods that are inherited get docstrings of
    their own where the class takes other samples than rows.
    """
    sections = {k: v for k, v in globals().items() if k.isupper()}
    filled = {name: indent(dedent(text), "    ").strip() for name, text in sections.items()}
    cls.__doc__ = (cls.__doc__ or "") % filled
    describe_rows(cls)
    return cls
