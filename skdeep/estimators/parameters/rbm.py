"""Parameters of restricted Boltzmann machines."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral
from typing import Any, Literal

from skdeep.data._compat import Interval, StrOptions
from skdeep.estimators.parameters._declaration import like, parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, NON_NEGATIVE, POSITIVE, WITHIN_0_AND_1
from skdeep.estimators.parameters.networks import FineControl, Optimization
from skdeep.estimators.parameters.targets import ClassWeight, LabelSmoothing
from skdeep.estimators.parameters.training import (
    MINI_BATCH_SOLVERS,
    Device,
    Schedule,
    Seed,
    Solver,
    Training,
    UpdateRules,
)


@parameter_group
class HiddenUnits:
    """Size of an RBM."""

    n_components: int = parameter(
        default=256, constraint=[COUNT], doc="Number of hidden units.", kw_only=False
    )


@parameter_group
class GibbsSteps:
    """Length of Gibbs chains."""

    n_gibbs_steps: int = parameter(
        default=1, constraint=[COUNT], doc="Number of Gibbs steps in each training step."
    )


@parameter_group
class RBMTraining:
    """Training of an RBM, in scikit-learn's order."""

    learning_rate: float = parameter(
        default=0.1, constraint=[POSITIVE], doc="Learning rate.", stack="each"
    )
    batch_size: int = parameter(
        default=10,
        constraint=[COUNT],
        doc="Number of samples in a mini-batch, and of persistent chains.",
    )
    n_iter: int = parameter(
        default=10,
        constraint=[Interval(Integral, 0, None, closed="left")],
        doc="Number of epochs.",
        stack="each",
    )
    verbose: int = like(Training, default=0, doc="Whether to print a line after each epoch.")
    random_state: Seed = like(
        Training,
        doc="""
        Seed of initial weights, Gibbs chains and shuffling. Pass an int for reproducible results.
        Draws do not depend on device or dtype.
        """,
    )
    algorithm: Literal["pcd", "cd"] = parameter(
        default="pcd",
        doc="""
        Where Gibbs chains start: 'pcd' continues those of the step before (persistent contrastive
        divergence, Tieleman, 2008), 'cd' starts at the samples of each batch (Hinton, 2002).
        """,
    )
    n_gibbs_steps: int = like(GibbsSteps)
    centering: bool = parameter(
        default=False,
        doc="""
        Whether to take gradients about the mean activities of the data (Melchior et al., 2016),
        and to start biases at the data. It makes learning indifferent to flipped features, and
        mostly better.
        """,
    )
    mean_field: bool = parameter(
        default=False,
        doc="Whether visible units of the chains take their means instead of samples.",
    )
    solver: str = like(
        Solver,
        default="sgd",
        constraint=MINI_BATCH_SOLVERS,
        doc="Solver that optimises the weights, one of {options}.",
    )
    momentum: float = like(Training, default=0.0)
    nesterovs_momentum: bool = like(Training)
    beta_1: float = like(Training)
    beta_2: float = like(Training)
    epsilon: float = like(Training)
    learning_rate_schedule: Schedule = like(
        UpdateRules,
        doc="""
        Factor of the learning rate by training progress: {options}, a schedule of
        :mod:`skdeep.optim.schedules`, or a function of progress in [0, 1).
        """,
    )
    weight_decay: float = like(UpdateRules)
    sparsity_target: float = parameter(
        default=0.1,
        constraint=[WITHIN_0_AND_1],
        doc="Mean activity that hidden units are drawn to where `sparsity_cost` is not zero.",
        stack="each",
        used_by=("objective",),
    )
    sparsity_cost: float = parameter(
        default=0.0,
        constraint=[NON_NEGATIVE],
        doc="How strongly they are drawn there (Lee, Ekanadham and Ng, 2008).",
        stack="switch",
        used_by=("objective",),
    )
    ema_decay: float | None = like(UpdateRules)
    shuffle: bool = like(Training, default=False)
    warm_start: bool = like(Training)


@parameter_group
class BinaryLikelihood:
    """What scores samples of binary visible units."""

    likelihood: Literal["pseudo", "exact", "ais"] = parameter(
        default="pseudo",
        doc="""
        What ``score_samples`` and ``score`` return: the log pseudo-likelihood, or the
        log-likelihood with log Z by enumeration or by annealed importance sampling, found once in
        each fit.
        """,
        stack="each",
    )


@parameter_group
class RangeCheck:
    """Values outside [0, 1]."""

    check_range: bool = parameter(
        default=False,
        doc="""
        Whether ``fit`` refuses values outside [0, 1] instead of warning. Up to 1e-5 outside counts
        as rounding, and is taken as it is.
        """,
        stack="each",
    )


@parameter_group
class Variances:
    """Variances of normal visible units."""

    learn_variance: bool = parameter(
        default=True, doc="Whether variances are learned; otherwise they keep their initial values."
    )
    initial_variance: float | None = parameter(
        default=None,
        constraint=[POSITIVE, None],
        doc="Initial variances; None takes those of the features in the first samples.",
        stack="each",
    )
    min_variance: float = parameter(
        default=0.001,
        constraint=[POSITIVE],
        doc="Lower bound of the variances, in squared units of the features.",
    )


@parameter_group
class GaussianRBMTraining(RBMTraining):
    """Training of an RBM with normal visible units."""

    learning_rate: float = like(RBMTraining, default=0.01)
    centering: bool = like(RBMTraining, default=True)
    shuffle: bool = like(RBMTraining, default=True)


@parameter_group
class NormalLikelihood:
    """What scores samples of normal visible units."""

    likelihood: Literal["score_matching", "exact", "ais"] = parameter(
        default="score_matching",
        doc="""
        What ``score_samples`` and ``score`` return: minus the score of Hyvarinen (2005), or the
        log-likelihood with log Z by enumeration or by annealed importance sampling, found once in
        each fit.
        """,
        stack="each",
    )


@parameter_group
class Hybrid:
    """What an RBM with classes learns."""

    training: Literal["hybrid", "discriminative", "generative"] = parameter(
        default="hybrid",
        doc="""
        What is learned: the classes given the samples ('discriminative'), samples and classes
        jointly ('generative'), or the first with some of the second, which often generalises best.
        """,
    )
    generative_weight: float = parameter(
        default=0.01,
        constraint=[NON_NEGATIVE],
        doc="Weight of the joint part with ``training='hybrid'``.",
        stack="each",
        used_by=("objective",),
    )


@parameter_group
class BernoulliRBMParameters(Device, RangeCheck, BinaryLikelihood, RBMTraining, HiddenUnits):
    """All of an RBM with binary visible units."""


@parameter_group
class GaussianRBMParameters(Device, NormalLikelihood, GaussianRBMTraining, Variances, HiddenUnits):
    """All of an RBM with normal visible units."""


@parameter_group
class RBMClassifierParameters(
    ClassWeight,
    LabelSmoothing,
    Device,
    FineControl,
    Optimization,
    GibbsSteps,
    Hybrid,
    HiddenUnits,
):
    """All of an RBM with classes."""

    label_smoothing: float = like(
        LabelSmoothing,
        doc="""
        Fraction of the target spread evenly over the classes (Szegedy et al., 2016), in what is
        learned of the classes given the samples.
        """,
    )
    class_weight: Mapping[Any, float] | Literal["balanced"] | None = like(
        ClassWeight,
        constraint=[dict, StrOptions({"balanced"}), None],
        kind="dict, 'balanced' or None",
        doc="Factors of the sample weights by class, as everywhere in scikit-learn.",
    )
