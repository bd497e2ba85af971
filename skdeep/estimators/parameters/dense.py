"""Parameters of dense layers and what goes with each."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Literal, TypeAlias

import numpy as np

from skdeep.data._compat import Interval, StrOptions
from skdeep.estimators.parameters._declaration import parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, FRACTION
from skdeep.estimators.parameters.training import SCHEDULE, Schedule
from skdeep.kernels.activations import ACTIVATIONS
from skdeep.nn.initializers import INITIALIZERS

ACTIVATION_NAMES = ", ".join(map(repr, ACTIVATIONS))
#: One width, or one for each layer.
Widths: TypeAlias = int | Sequence[int] | np.ndarray
Activations: TypeAlias = str | Sequence[str]
Rates: TypeAlias = float | Sequence[float]
Normalization: TypeAlias = Literal["batch", "layer"] | None


@parameter_group
class DenseLayers:
    """Width and activation of dense hidden layers."""

    hidden_layer_sizes: Widths = parameter(
        default=(100,),
        constraint=["array-like", COUNT],
        kind="int or array-like of int",
        doc="Number of units of each hidden layer.",
        kw_only=False,
    )
    activation: Activations = parameter(
        default="relu",
        constraint=[str, list, tuple],
        doc=f"""
        Activation of the hidden layers, one for all or one for each layer: {ACTIVATION_NAMES},
        'maxout' (the larger of two affine maps), or a name given to
        :func:`skdeep.register_activation`.
        """,
        kw_only=False,
    )


@parameter_group
class LayerDropout:
    """Dropout of hidden layers."""

    dropout: Rates = parameter(
        default=0.0,
        constraint=[FRACTION, "array-like"],
        doc="""
        Fraction of a hidden layer's outputs that is dropped in training, one for all or one for
        each layer; for 'selu' alpha-dropout (Klambauer et al., 2017).
        """,
        stack="switch",
    )
    dropout_schedule: Schedule = parameter(
        default=None,
        constraint=SCHEDULE,
        doc="""
        Factor of `dropout`, from 0 to 1, by training progress: a name, a schedule or a function,
        like `learning_rate_schedule`.
        """,
        stack="switch",
    )


@parameter_group
class LayerNormalization:
    """Normalisation of hidden layers."""

    normalization: Normalization = parameter(
        default=None,
        doc="Normalisation between a hidden layer's affine map and its activation.",
    )


@parameter_group
class ResidualLayers:
    """Shortcuts past hidden layers."""

    residual: bool = parameter(
        default=False,
        doc="""
        Whether each hidden layer is added to its input (He et al., 2016), through a linear
        projection where widths differ.
        """,
    )


@parameter_group
class KernelInitializer:
    """Initial weights."""

    kernel_initializer: str = parameter(
        default="sklearn",
        constraint=[StrOptions(set(INITIALIZERS))],
        doc="""
        Distribution of the initial weights, one of {options}. 'sklearn' is scikit-learn's Glorot
        scheme, draw for draw. Biases start at zero except with 'sklearn'.
        """,
        stack="each",
    )


@parameter_group
class HiddenFeatures:
    """What ``transform`` gives."""

    transform_layer: int = parameter(
        default=-1,
        constraint=[Integral],
        doc="Index of the hidden layer whose outputs ``transform`` returns.",
        stack="each",
    )


@parameter_group
class DropoutSamples:
    """Uncertainty by dropout."""

    mc_samples: int = parameter(
        default=50,
        constraint=[Interval(Integral, 2, None, closed="left")],
        doc="""
        Number of dropout masks behind ``return_std=True`` (Gal and Ghahramani, 2016); each is
        shared by all samples.
        """,
        stack="each",
    )
