"""Docstring sections that several estimators share, filled into their class docstrings."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import TypeVar

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

SKLEARN_PARAMETERS = """\
    solver : str, default='adam'
        How parameters move: 'sgd', 'adam', 'adamw', 'nadam', 'radam', 'rmsprop', 'adagrad',
        'lion' on mini-batches, or 'lbfgs' on all rows at once.

    alpha : float, default=0.0001
        Strength of the L2 penalty ``alpha / 2 * sum(W ** 2)``, which is divided by the sum of the
        row weights of the batch. Biases and scales are not penalised.

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

    max_fun : int, default=15000
        Most function evaluations of 'lbfgs'.
"""

MORE_PARAMETERS = """\
    dropout : float or list of float, default=0.0
        Share of a hidden layer's outputs dropped in training, one for all or one per layer; for
        'selu' alpha-dropout (Klambauer et al., 2017).

    normalization : {'batch', 'layer'} or None, default=None
        Normalisation between a hidden layer's affine map and its activation.

    residual : bool, default=False
        Whether each hidden layer is added to its input (He et al., 2016), through a linear
        projection where widths differ.

    kernel_initializer : str, default='sklearn'
        Initial weights: 'sklearn' (its Glorot scheme, draw for draw), 'glorot_uniform',
        'glorot_normal', 'he_uniform', 'he_normal', 'lecun_uniform', 'lecun_normal', 'orthogonal',
        'uniform', 'normal'. Biases start at zero except with 'sklearn'.

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

    transform_layer : int, default=-1
        Which hidden layer ``transform`` gives.

    mc_samples : int, default=50
        Dropout masks behind ``return_std=True`` (Gal and Ghahramani, 2016); each is shared by
        all rows.

    device : {'auto', 'cpu', 'cuda', 'cuda:N'}, default='auto'
        Where to train and predict. 'auto' follows the data: CuPy arrays on their card, all else
        on the CPU.

    dtype : {'float32', 'float64'} or None, default=None
        What to compute in; None follows X.
"""

NETWORK_ATTRIBUTES = """\
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

    coefs_, intercepts_ : list of ndarray
        Weights (n_in, n_out) and biases (n_out,) of each layer, as views of the model. Absent in
        networks that are no chain of dense layers; see ``get_weights``.

    n_iter_ : int
        Epochs or L-BFGS iterations run.

    t_ : int
        Training rows seen.

    n_layers_ : int
        Number of layers, input and output included.

    n_outputs_ : int
        Number of outputs.

    out_activation_ : str
        Name of the output activation.

    n_features_in_ : int
        Number of features.

    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the features, where all are strings.
"""


def documented(cls: Class) -> Class:
    """Fill ``%(section)s`` in a class docstring with the shared sections of this module."""
    sections = {k: v for k, v in globals().items() if k.isupper()}
    filled = {name: indent(dedent(text), "    ").strip() for name, text in sections.items()}
    cls.__doc__ = (cls.__doc__ or "") % filled
    return cls
