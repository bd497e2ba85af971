"""Parameters of deep belief networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from skdeep.estimators.parameters._declaration import (
    like,
    parameter,
    parameter_group,
    redeclared,
)
from skdeep.estimators.parameters._parameter import parameters_of
from skdeep.estimators.parameters.dense import (
    DenseLayers,
    HiddenFeatures,
    KernelInitializer,
    LayerDropout,
    Rates,
    Widths,
)
from skdeep.estimators.parameters.networks import Features, FineControl, Optimization
from skdeep.estimators.parameters.rbm import RBMTraining
from skdeep.estimators.parameters.training import Device, Training


def per_layer(name: str, *also: None) -> list[Any]:
    """Return the constraint of an RBM's parameter that may be given for each layer."""
    return [*parameters_of(RBMTraining)[name].constraint, "array-like", *also]


@parameter_group
class StackOfRBMs:
    """RBMs that become hidden layers."""

    hidden_layer_sizes: Widths = redeclared(
        DenseLayers,
        default=(100, 100),
        kw_only=False,
        doc="""
        Number of units of each hidden layer, from the input upwards: the hidden units of one RBM
        each.
        """,
    )
    visible: Literal["bernoulli", "gaussian"] = parameter(
        default="bernoulli",
        doc="""
        Visible units of the lowest RBM: 'bernoulli' for zeros and ones, or numbers between;
        'gaussian' for real numbers, which should be standardised.
        """,
    )


@parameter_group
class FineTuning:
    """Training after pre-training."""

    fine_tune: bool = parameter(
        default=True, doc="Whether to train the unrolled network after the RBMs."
    )


@parameter_group
class Pretraining:
    """Training of the RBMs, each parameter one for all layers or one for each."""

    pretrain_learning_rate: float | Sequence[float | None] | None = parameter(
        default=None,
        constraint=per_layer("learning_rate", None),
        kind="float, list or None",
        doc="""
        Learning rate of the RBMs, one for all or one for each layer, like everything that is
        called ``pretrain_``; None is 0.1, and 0.01 for Gaussian visible units.
        """,
        stack="each",
    )
    pretrain_batch_size: int | Sequence[int] = parameter(
        default=10,
        constraint=per_layer("batch_size"),
        kind="int or list",
        doc="Number of samples in a mini-batch of pre-training.",
        stack="each",
    )
    pretrain_n_iter: int | Sequence[int] = parameter(
        default=10,
        constraint=per_layer("n_iter"),
        kind="int or list",
        doc="""
        Number of epochs of pre-training. With 0 a layer starts at random like any network's; zeros
        come last in a list.
        """,
        stack="each",
    )
    pretrain_algorithm: Literal["pcd", "cd"] | Sequence[str] = parameter(
        default="pcd",
        constraint=per_layer("algorithm"),
        kind="{'pcd', 'cd'} or list",
        doc="""
        Whether the chains behind the gradient persist (Tieleman, 2008) or start at the data
        (Hinton, 2002).
        """,
        stack="each",
    )
    pretrain_n_gibbs_steps: int | Sequence[int] = parameter(
        default=1,
        constraint=per_layer("n_gibbs_steps"),
        kind="int or list",
        doc="Number of Gibbs steps for each gradient.",
        stack="each",
    )
    pretrain_centering: bool | Sequence[bool] = parameter(
        default=False,
        constraint=per_layer("centering"),
        kind="bool or list",
        doc="""
        Whether gradients are taken about the mean activities of the data (Melchior, Fischer and
        Wiskott, 2016).
        """,
        stack="each",
    )
    pretrain_solver: str | Sequence[str] = parameter(
        default="sgd",
        constraint=per_layer("solver"),
        kind="str or list",
        doc="Solver of pre-training, one of {options}.",
        stack="each",
    )
    pretrain_momentum: float | Sequence[float] = parameter(
        default=0.0,
        constraint=per_layer("momentum"),
        kind="float or list",
        doc="Momentum of 'sgd' in pre-training.",
        stack="each",
    )
    pretrain_weight_decay: float | Sequence[float] = parameter(
        default=0.0,
        constraint=per_layer("weight_decay"),
        kind="float or list",
        doc="Decoupled weight decay in pre-training.",
        stack="each",
    )
    pretrain_learning_rate_schedule: str | Callable[..., Any] | Sequence[Any] | None = parameter(
        default=None,
        constraint=per_layer("learning_rate_schedule"),
        kind="str, callable, None or list",
        doc="Factor of `pretrain_learning_rate` by progress, like `learning_rate_schedule`.",
        stack="each",
    )
    pretrain_mean_field: bool | Sequence[bool] = parameter(
        default=False,
        constraint=per_layer("mean_field"),
        kind="bool or list",
        doc="Whether visible units of the chains take their means instead of samples.",
        stack="each",
    )
    pretrain_sparsity_target: float | Sequence[float] = parameter(
        default=0.1,
        constraint=per_layer("sparsity_target"),
        kind="float or list",
        doc="Mean activity that hidden units are drawn to.",
        stack="each",
    )
    pretrain_sparsity_cost: float | Sequence[float] = parameter(
        default=0.0,
        constraint=per_layer("sparsity_cost"),
        kind="float or list",
        doc="How strongly they are drawn to it.",
        stack="each",
    )


#: What is told to the RBMs, by the names of their own parameters.
PRETRAINING = tuple(name.removeprefix("pretrain_") for name in parameters_of(Pretraining))


@parameter_group
class FineTuningOptimization(Optimization):
    """Optimisation with another learning rate."""

    learning_rate_init: float = like(Training, default=0.003)


@parameter_group
class FineTuningDropout(LayerDropout):
    """Dropout after pre-training."""

    dropout: Rates = like(
        LayerDropout,
        doc="""
        Fraction of a hidden layer's outputs that is dropped in fine-tuning, one for all or one for
        each layer.
        """,
    )


@parameter_group
class UnrolledFeatures(HiddenFeatures):
    """Features of an unrolled network."""

    transform_layer: int = like(
        HiddenFeatures,
        doc="""
        Index of the hidden layer that ``transform`` gives and ``inverse_transform`` takes, 0 for
        the lowest; may be changed after ``fit``.
        """,
    )


@parameter_group
class DeepBeliefNetworkParameters(
    Device,
    Features,
    FineControl,
    KernelInitializer,
    FineTuningDropout,
    FineTuningOptimization,
    Pretraining,
    StackOfRBMs,
):
    """All of a supervised deep belief network but its targets."""


@parameter_group
class DeepBeliefTransformerParameters(
    Device,
    UnrolledFeatures,
    FineControl,
    KernelInitializer,
    FineTuningDropout,
    FineTuningOptimization,
    Pretraining,
    FineTuning,
    StackOfRBMs,
):
    """All of a deep belief network without targets."""
