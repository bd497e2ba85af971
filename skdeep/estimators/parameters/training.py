"""Parameters of training: how weights move, for how long, and when it stops."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np

from skdeep.data._compat import HasMethods, Interval, Options, StrOptions
from skdeep.estimators.parameters._declaration import parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, FRACTION, NON_NEGATIVE, POSITIVE
from skdeep.metrics import get_scorer_names
from skdeep.optim import SOLVERS
from skdeep.optim.schedules import SCHEDULES

BatchSize: TypeAlias = int | Literal["auto"]
DType: TypeAlias = Literal["float32", "float64"] | None
Schedule: TypeAlias = str | Callable[..., Any] | None


class HasWeights(Protocol):
    """A fitted network."""

    def get_weights(self) -> dict[str, np.ndarray]:
        """Return copies of all parameters by name."""


StartWeights: TypeAlias = Mapping[str, Any] | HasWeights | None
Seed: TypeAlias = int | np.random.RandomState | None

#: The constraint of schedules.
SCHEDULE = [StrOptions(set(SCHEDULES)), callable, None]
#: The constraint of ``solver`` where L-BFGS is none.
MINI_BATCH_SOLVERS = [StrOptions(set(SOLVERS))]


@parameter_group
class Solver:
    """Solver and penalty."""

    solver: str = parameter(
        default="adam",
        constraint=[StrOptions({"lbfgs", *SOLVERS})],
        doc="""
        Solver that optimises the weights, one of {options}. 'lbfgs' uses all samples at once, the
        others mini-batches.
        """,
    )
    alpha: float = parameter(
        default=0.0001,
        constraint=[NON_NEGATIVE],
        doc="""
        Strength of the L2 penalty ``alpha / 2 * sum(W ** 2)``, which is divided by the sum of the
        sample weights of the batch. Biases and scales are not penalised.
        """,
        stack="each",
        used_by=("objective",),
    )


@parameter_group
class Training:
    """Epochs, batches and learning rates, in scikit-learn's order."""

    batch_size: BatchSize = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), COUNT],
        doc="Number of samples in a mini-batch; 'auto' is ``min(200, n_samples)``.",
    )
    learning_rate: Literal["constant", "invscaling", "adaptive"] = parameter(
        default="constant",
        doc="""
        scikit-learn's learning rate schedules, for ``solver='sgd'`` only: 'invscaling' divides
        ``learning_rate_init`` by ``t ** power_t`` after each epoch, 'adaptive' divides it by five
        each time training stops improving. See also `learning_rate_schedule`.
        """,
        stack="each",
    )
    learning_rate_init: float = parameter(
        default=0.001, constraint=[POSITIVE], doc="Initial learning rate.", stack="each"
    )
    power_t: float = parameter(
        default=0.5,
        constraint=[NON_NEGATIVE],
        doc="Exponent of the 'invscaling' learning rate.",
        stack="each",
    )
    max_iter: int = parameter(
        default=200,
        constraint=[COUNT],
        doc="Maximum number of epochs, or of iterations of 'lbfgs'.",
        stack="each",
    )
    shuffle: bool = parameter(
        default=True, doc="Whether to shuffle the samples in each epoch.", stack="each"
    )
    random_state: Seed = parameter(
        default=None,
        constraint=["random_state"],
        doc="""
        Seed of initial weights, validation split, shuffling and dropout masks. Pass an int for
        reproducible results. Draws do not depend on device or dtype, and dropout changes no other
        draw.
        """,
        stack="each",
    )
    tol: float = parameter(
        default=1e-4,
        constraint=[NON_NEGATIVE],
        doc="""
        Tolerance of the optimisation: an epoch counts as no improvement when the loss (or
        validation score) does not improve by more than this. For 'lbfgs', the largest entry of the
        gradient at a solution.
        """,
        stack="each",
    )
    verbose: bool | int = parameter(
        default=False,
        constraint=["verbose"],
        doc="Whether to print the loss of each epoch.",
        stack="each",
    )
    warm_start: bool = parameter(
        default=False,
        doc="Whether ``fit`` continues from the weights of the previous call.",
        stack="each",
    )
    momentum: float = parameter(
        default=0.9,
        constraint=[Interval(Real, 0, 1, closed="both")],
        doc="Momentum of 'sgd'.",
        stack="each",
        used_by=("trainer",),
    )
    nesterovs_momentum: bool = parameter(
        default=True, doc="Whether 'sgd' uses Nesterov's momentum."
    )
    early_stopping: bool = parameter(
        default=False,
        doc="""
        Whether to hold out validation samples, stop when their score stops improving, and keep the
        weights with the best score.
        """,
        stack="each",
    )
    validation_fraction: float = parameter(
        default=0.1,
        constraint=[FRACTION],
        doc="""
        Fraction of the samples that early stopping holds out; stratified by class in
        classification.
        """,
        stack="each",
    )
    beta_1: float = parameter(
        default=0.9,
        constraint=[FRACTION],
        doc="Decay rate of the first moment in 'adam' and related solvers.",
        stack="each",
        used_by=("trainer",),
    )
    beta_2: float = parameter(
        default=0.999,
        constraint=[FRACTION],
        doc="Decay rate of the second moment in 'adam' and related solvers.",
        stack="each",
        used_by=("trainer",),
    )
    epsilon: float = parameter(
        default=1e-8,
        constraint=[POSITIVE],
        doc="Added to denominators in 'adam' and related solvers, for numerical stability.",
        stack="each",
        used_by=("trainer",),
    )
    n_iter_no_change: float = parameter(
        default=10,
        constraint=[COUNT, Options(Real, {np.inf})],
        kind="int or inf",
        doc="Stop after this many epochs in a row without improvement.",
        stack="each",
    )


@parameter_group
class LBFGS:
    """Limit of L-BFGS."""

    max_fun: int = parameter(
        default=15000,
        constraint=[COUNT],
        doc="Maximum number of evaluations of the loss by 'lbfgs'.",
        stack="each",
    )


@parameter_group
class UpdateRules:
    """What is done to gradients and weights whatever the mini-batch solver."""

    weight_decay: float = parameter(
        default=0.0,
        constraint=[NON_NEGATIVE],
        doc="""
        Decoupled weight decay (Loshchilov and Hutter, 2019): each step shrinks the weights by
        ``learning rate * weight_decay``, whatever the solver.
        """,
        stack="each",
        used_by=("trainer",),
    )
    weight_decay_schedule: Schedule = parameter(
        default=None,
        constraint=SCHEDULE,
        doc="Factor of `weight_decay` by training progress, like `learning_rate_schedule`.",
        stack="each",
    )
    learning_rate_schedule: Schedule = parameter(
        default=None,
        constraint=SCHEDULE,
        doc="""
        Factor of the learning rate by training progress, for every mini-batch solver: {options}, a
        schedule of :mod:`skdeep.optim.schedules`, or a function of progress in [0, 1). It spans
        `max_iter` epochs; `n_iter_no_change` counts from its last rise.
        """,
        stack="each",
    )
    gradient_clip_norm: float | None = parameter(
        default=None,
        constraint=[POSITIVE, None],
        doc="Maximum norm of the gradient in each step.",
        stack="switch",
    )
    gradient_clip_value: float | None = parameter(
        default=None,
        constraint=[POSITIVE, None],
        doc="Maximum absolute value of the gradient's entries in each step.",
        stack="switch",
    )
    ema_decay: float | None = parameter(
        default=None,
        constraint=[FRACTION, None],
        doc="Predict with an exponential moving average of the weights with this decay.",
        stack="switch",
        used_by=("trainer",),
    )


@parameter_group
class ValidationScore:
    """What validation samples are scored by."""

    scoring: str | Callable[..., Any] | None = parameter(
        default=None,
        constraint=[StrOptions({"loss", *get_scorer_names()}), callable, None],
        doc="""
        Score that ``validation_scores_`` holds and early stopping watches: a scikit-learn scorer,
        'loss' (its negative), or None for the estimator's own ``score``. Weights of the validation
        samples go to scorers that take ``sample_weight``.
        """,
        stack="each",
    )


@parameter_group
class ValidationSplit:
    """Which samples are held out."""

    validation_split: Any = parameter(
        default=None,
        constraint=["cv_object"],
        kind="splitter, iterable or None",
        doc="""
        Splitter whose first split gives the validation samples, for groups or time order, in place
        of a random `validation_fraction`; needs ``early_stopping=True``.
        """,
        stack="each",
    )


@parameter_group
class GivenWeights:
    """Weights to start from and weights to keep."""

    initial_weights: StartWeights = parameter(
        default=None,
        constraint=[Mapping, HasMethods(["get_weights"]), None],
        kind="mapping of str to array, fitted estimator or None",
        doc="""
        Weights to start from; all others are drawn. A mapping has them by the names of
        ``get_weights``. Of a fitted network, each layer is taken whose name and shapes are the
        same here; ``transferred_weights_`` then names them. Outputs are taken where they mean the
        same: numbers, or the same classes. Give ``sklearn.frozen.FrozenEstimator(model)`` to
        searches and pipelines, which clone what they fit.
        """,
        stack="each",
    )
    frozen_layers: Sequence[str] = parameter(
        default=(),
        constraint=["array-like"],
        doc="""
        Layers ('hidden_0', 'output') or weights ('hidden_0.W') that training does not change, by
        the names of ``get_weights`` or parts of them. The running statistics of a batch
        normalisation follow the data all the same.
        """,
    )


@parameter_group
class Device:
    """Where and in what to compute."""

    device: str = parameter(
        default="auto",
        constraint=[str],
        kind="{'auto', 'cpu', 'cuda', 'cuda:N'}",
        doc="""
        Where to train and predict. 'auto' follows the data: CuPy arrays on their GPU, all else on
        the CPU.
        """,
    )
    dtype: DType = parameter(default=None, doc="Floating-point type to compute in; None follows X.")
