"""Parameters of what is predicted: losses, and weights of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from skdeep.data._compat import StrOptions
from skdeep.estimators.parameters._declaration import parameter, parameter_group
from skdeep.estimators.parameters._ranges import FRACTION, NON_NEGATIVE, POSITIVE
from skdeep.estimators.parameters.training import SCHEDULE, Schedule

ClassWeights: TypeAlias = (
    Mapping[Any, float] | Sequence[Mapping[Any, float]] | Literal["balanced"] | None
)

RegressionLosses: TypeAlias = Literal[
    "squared_error", "poisson", "absolute_error", "huber", "quantile"
]


@parameter_group
class ClassificationLoss:
    """Loss of a classifier."""

    loss: Literal["log_loss", "focal"] = parameter(
        default="log_loss",
        doc="Loss to minimise; 'focal' gives easy samples less weight (Lin et al., 2017).",
    )
    focal_gamma: float = parameter(
        default=2.0, constraint=[NON_NEGATIVE], doc="Exponent of the focal loss."
    )


@parameter_group
class LabelSmoothing:
    """Soft targets."""

    label_smoothing: float = parameter(
        default=0.0,
        constraint=[FRACTION],
        doc="Fraction of the target spread evenly over the classes (Szegedy et al., 2016).",
        stack="each",
    )
    label_smoothing_schedule: Schedule = parameter(
        default=None,
        constraint=SCHEDULE,
        doc="""
        Factor of `label_smoothing`, from 0 to 1, by training progress, like
        `learning_rate_schedule`; validation losses have all of it.
        """,
        stack="switch",
    )


@parameter_group
class ClassWeight:
    """Weights of classes."""

    class_weight: ClassWeights = parameter(
        default=None,
        constraint=[dict, list, StrOptions({"balanced"}), None],
        kind="dict, list of dict, 'balanced' or None",
        doc="""
        Factors of the sample weights by class: a dict of class to factor, or a list of dicts, one
        for each column of y. 'balanced' stands for ``n / (n_classes * count of the class)``, where
        samples count by their weights; in ``partial_fit`` the samples of all calls so far count.
        Only samples that train are counted, and validation samples get their factors.
        """,
        stack="each",
    )


@parameter_group
class RegressionLoss:
    """Loss of a regressor."""

    loss: RegressionLosses = parameter(
        default="squared_error",
        doc="""
        Loss to minimise: 'squared_error' (half of it), 'poisson' (half the deviance, with a log
        link, for y >= 0), 'absolute_error', 'huber' or 'quantile' (pinball loss).
        """,
    )


OutputActivations: TypeAlias = Literal["identity", "logistic", "tanh", "softplus"] | Sequence[float]


@parameter_group
class RegressionTarget:
    """What losses of a regressor refer to, and the scale of y."""

    huber_delta: float = parameter(
        default=1.0,
        constraint=[POSITIVE],
        doc="Residual up to which 'huber' is quadratic, in the units of the training target.",
    )
    quantiles: Sequence[float] = parameter(
        default=(0.5,),
        constraint=["array-like"],
        doc="Levels in (0, 1) that 'quantile' predicts, each an output of its own.",
    )
    standardize_target: bool = parameter(
        default=False,
        doc="""
        Whether to train on y with mean 0 and variance 1 per output; predictions come in the units
        of y, losses in those of the standardised y. Networks predict a y far from that badly, and
        `fit` warns where it is much larger or smaller.
        """,
    )
    missing_targets: Literal["error", "mask"] = parameter(
        default="error",
        doc="""
        What becomes of NaN in y. 'error': it is refused. 'mask': the loss, scores and the mean and
        variance of `standardize_target` are over the numbers that are there. A sample of which all
        are missing teaches nothing, and each number counts the same.
        """,
    )
    output_activation: OutputActivations = parameter(
        default="identity",
        constraint=[str, "array-like"],
        kind="{'identity', 'logistic', 'tanh', 'softplus'} or (low, high)",
        doc="""
        What keeps predictions within bounds: 'logistic' in [0, 1], 'tanh' in [-1, 1], 'softplus'
        at or above 0, a pair of numbers between these. Bounds are in the units of y, standardised
        or not; y outside of them is refused. Where they are far from 0 and 1, training wants
        ``standardize_target=True``. Not with ``loss='poisson'``.
        """,
    )
