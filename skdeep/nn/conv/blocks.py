"""Blocks of layers that see images: a convolution, and what follows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.nn.blocks import after, initializers
from skdeep.nn.conv.conv import Conv
from skdeep.nn.conv.images import PerAxis
from skdeep.nn.conv.per_pixel import PerPixel
from skdeep.nn.conv.pooling import AveragePool, MaxPool
from skdeep.nn.core.layer import Layer
from skdeep.nn.dense.activation import Activation

POOLS = {"max": MaxPool, "average": AveragePool}
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
    **geometry: Any,
) -> list[Layer]:
    """Return a convolution, its normalisation and its activation, as ``dense_block`` does."""
    inits = initializers(scheme, activation)
    conv = Conv(filters, kernel, bias=norm != "batch", name=name, **inits, **geometry)
    return [conv, *after(names, activation, norm, wrap=PerPixel)]


def pooled(block: list[Layer], kind: str, window: PerAxis, name: str) -> list[Layer]:
    """Return a block of images with pooling, which a window of one is without."""
    if not np.any(np.array(window) > 1):
        return block
    pool, last = POOLS[kind](window, name=name), block[-1]
    if kind == "max" and isinstance(last, Activation) and last.function in RISING:
        # Where it makes no difference, pooling comes first and leaves less to activate.
        return [*block[:-1], pool, last]
    return [*block, pool]
