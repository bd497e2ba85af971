"""Blocks of layers: an affine map or a convolution, and what follows it."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.nn.activation import Activation
from skdeep.nn.batch_norm import BatchNorm
from skdeep.nn.conv import Conv
from skdeep.nn.dense import Dense
from skdeep.nn.dropout import AlphaDropout, Dropout
from skdeep.nn.images import PerAxis
from skdeep.nn.initializers import get_initializers
from skdeep.nn.layer import Layer
from skdeep.nn.layer_norm import LayerNorm
from skdeep.nn.maxout import Maxout
from skdeep.nn.pooling import AveragePool, MaxPool
from skdeep.nn.positions import Positions

NORMS = {"batch": BatchNorm, "layer": LayerNorm}
POOLS = {"max": MaxPool, "average": AveragePool}
#: Linear pieces of a maxout unit.
MAXOUT_PIECES = 2
#: Activations that never fall: the largest output is that of the largest input.
RISING = frozenset(
    {"logistic", "tanh", "relu", "leaky_relu", "elu", "selu", "softplus", "hard_tanh"}
    | {"hard_sigmoid"}
)


def initializers(scheme: str, activation: str) -> dict[str, Any]:
    """Return the arguments of a layer that say how its weights and biases start."""
    weight, bias = get_initializers(scheme, activation)
    return {"weight_init": weight, "bias_init": bias}


def dense_block(
    width: int, name: str, names: str, activation: str, scheme: str, norm: str | None = None
) -> list[Layer]:
    """Return a dense layer, its normalisation and its activation.

    Parameters
    ----------
    width : int
        Units.
    name : str
        Name of the dense layer.
    names : str
        Names of the others, with ``{}`` in place of "norm" and "activation".
    activation : str
        A registered name, or "maxout".
    scheme : str
        How parameters start, one of :data:`skdeep.nn.initializers.INITIALIZERS`.
    norm : {"batch", "layer"} or None
        Normalisation.
    """
    inits = initializers(scheme, activation)
    if activation == "maxout":
        return [Maxout(width, MAXOUT_PIECES, name=name, **inits), *after(names, activation, norm)]
    # Batch normalisation takes the mean away, and any bias with it.
    dense = Dense(width, bias=norm != "batch", name=name, **inits)
    return [dense, *after(names, activation, norm)]


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
    """Return a convolution, its normalisation and its activation, as :func:`dense_block` does."""
    inits = initializers(scheme, activation)
    conv = Conv(filters, kernel, bias=norm != "batch", name=name, **inits, **geometry)
    return [conv, *after(names, activation, norm, of_images=True)]


def after(
    names: str, activation: str, norm: str | None = None, *, of_images: bool = False
) -> list[Layer]:
    """Return the normalisation and the activation that follow an affine map."""
    layers: list[Layer] = []
    if norm is not None:
        name = names.format("norm")
        layers.append(Positions(NORMS[norm](), name=name) if of_images else NORMS[norm](name=name))
    if activation not in ("identity", "maxout"):
        layers.append(Activation(activation, name=names.format("activation")))
    return layers


def pooled(block: list[Layer], kind: str, window: PerAxis, name: str) -> list[Layer]:
    """Return a block of images with pooling, which a window of one is without."""
    if not np.any(np.array(window) > 1):
        return block
    pool, last = POOLS[kind](window, name=name), block[-1]
    if kind == "max" and isinstance(last, Activation) and last.function in RISING:
        # Where it makes no difference, pooling comes first and leaves less to activate.
        return [*block[:-1], pool, last]
    return [*block, pool]


def dropout(rate: float, activation: str, name: str) -> list[Layer]:
    """Return what drops units with this activation; nothing where none are dropped."""
    if not rate:
        return []
    return [(AlphaDropout if activation == "selu" else Dropout)(rate, name=name)]
