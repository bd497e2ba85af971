"""Blocks of layers: an affine map, and what follows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skdeep.nn.core.layer import Layer
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.dense.maxout import Maxout
from skdeep.nn.initializers import get_initializers
from skdeep.nn.noise.dropout import AlphaDropout, Dropout
from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.nn.normalization.layer_norm import LayerNorm

NORMS = {"batch": BatchNorm, "layer": LayerNorm}
#: Linear pieces of a maxout unit.
MAXOUT_PIECES = 2


def initializers(scheme: str, activation: str) -> dict[str, Any]:
    """Return the arguments of a layer that say how its weights and biases start.

    Those of "ntk", which dense layers alone have, say how fast they learn, too.
    """
    if scheme == "ntk":
        return {**initializers("lecun_normal", activation), "weight_rate": "ntk", "bias_rate": 0.1}
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


def after(
    names: str,
    activation: str,
    norm: str | None = None,
    *,
    wrap: Callable[..., Layer] | None = None,
) -> list[Layer]:
    """Return the normalisation and the activation that follow an affine map.

    With `wrap` normalisation is ``wrap(layer, name=...)``.
    """
    layers: list[Layer] = []
    if norm is not None:
        name = names.format("norm")
        layers.append(NORMS[norm](name=name) if wrap is None else wrap(NORMS[norm](), name=name))
    if activation not in ("identity", "maxout"):
        layers.append(Activation(activation, name=names.format("activation")))
    return layers


def dropout(rate: float, activation: str, name: str) -> list[Layer]:
    """Return what drops units with this activation; nothing where none are dropped."""
    if not rate:
        return []
    return [(AlphaDropout if activation == "selu" else Dropout)(rate, name=name)]
