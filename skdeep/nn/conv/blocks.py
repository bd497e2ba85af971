"""Blocks of layers that see images or sequences: a convolution, and what follows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from skdeep.nn.blocks import after, initializers
from skdeep.nn.conv.conv import Conv
from skdeep.nn.conv.images import PerAxis
from skdeep.nn.conv.per_pixel import PerPixel
from skdeep.nn.conv.pooling import AveragePool, MaxPool, Pool
from skdeep.nn.conv.step_conv import StepConv
from skdeep.nn.conv.step_pools import StepAveragePool, StepMaxPool
from skdeep.nn.core.layer import Layer
from skdeep.nn.dense.activation import Activation
from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.nn.normalization.step_batch_norm import StepBatchNorm


def norm_of_steps(norm: Layer, name: str) -> Layer:
    """Return what a normalisation of rows is for the steps of sequences of any length."""
    if isinstance(norm, BatchNorm):
        return StepBatchNorm(norm.momentum, norm.epsilon, name=name)
    return PerPixel(norm, name=name)  # of each step for itself, padding or not


class Layers(NamedTuple):
    """The layers that blocks of one kind of samples are made of."""

    conv: type[Conv]
    norm: Callable[..., Layer]
    pools: dict[str, type[Pool]]


OF_IMAGES = Layers(Conv, PerPixel, {"max": MaxPool, "average": AveragePool})
OF_STEPS = Layers(StepConv, norm_of_steps, {"max": StepMaxPool, "average": StepAveragePool})
#: Activations that never fall: the largest output is that of the largest input.
RISING = frozenset(
    {"logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "hard_tanh"}
    | {"hard_sigmoid"}
)


def conv_block(
    filters: int,
    kernel: PerAxis,
    name: str,
    names: str,
    activation: str,
    scheme: str,
    norm: str | None = None,
    made_of: Layers = OF_IMAGES,
    **geometry: Any,
) -> list[Layer]:
    """Return a convolution, its normalisation and its activation, as ``dense_block`` does."""
    inits = initializers(scheme, activation)
    conv = made_of.conv(filters, kernel, bias=norm != "batch", name=name, **inits, **geometry)
    return [conv, *after(names, activation, norm, wrap=made_of.norm)]


def pooled(
    block: list[Layer], kind: str, window: PerAxis, name: str, made_of: Layers = OF_IMAGES
) -> list[Layer]:
    """Return a block of images with pooling, which a window of one is without."""
    if not np.any(np.array(window) > 1):
        return block
    pool, last = made_of.pools[kind](window, name=name), block[-1]
    if kind == "max" and isinstance(last, Activation) and last.function in RISING:
        # Where it makes no difference, pooling comes first and leaves less to activate.
        return [*block[:-1], pool, last]
    return [*block, pool]
