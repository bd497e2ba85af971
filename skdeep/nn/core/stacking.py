"""One description for several networks that differ in numbers only."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skdeep.nn.core.layer import Layer
from skdeep.nn.core.network import Network
from skdeep.nn.initializers import Initializer
from skdeep.nn.losses import Loss

if TYPE_CHECKING:
    from skdeep.nn.boltzmann.rbm import RBM


class NotStackable(ValueError):
    """The descriptions differ in more than numbers that may differ between models."""


def stack_networks(networks: Sequence[Network]) -> Network:
    """Return the network of M models, one for each of the given ones.

    Fields that a layer or a loss declares as ``per_model`` become tuples where they differ. How
    parameters start is not looked at: they are drawn already.

    Raises
    ------
    NotStackable
        If anything else differs.
    """
    first = networks[0]
    if len(networks) == 1:
        return first
    if any(network.in_shape != first.in_shape for network in networks):
        raise NotStackable("the networks read rows of different shapes")
    root = _stacked([network.root for network in networks])
    return Network(root.layers, first.in_shape, _stacked([net.loss for net in networks]))


def stack_rbms(networks: Sequence[RBM]) -> RBM:
    """Return the description of M models, which all have in common.

    Raises
    ------
    NotStackable
        If anything but how weights start differs.
    """
    first = networks[0]
    for other in networks:
        sizes = (other.n_visible, other.n_hidden) == (first.n_visible, first.n_hidden)
        if not (sizes and other.visible == first.visible):
            raise NotStackable(f"{first!r} does not stack with {other!r}")
    return first


def _stacked(values: Sequence[Any]) -> Any:
    """Return one value for several that agree, or layers and losses of such."""
    first = values[0]
    if all(isinstance(value, Initializer) for value in values):
        return first
    if any(type(value) is not type(first) for value in values):
        raise NotStackable(f"{first!r} does not stack with {values[1:]!r}")
    if isinstance(first, Layer | Loss):
        fields = {name: _field(first, name, values) for name in vars(first)}
        stacked = copy.copy(first)
        vars(stacked).update(fields)
        return stacked
    if isinstance(first, tuple) and first and isinstance(first[0], Layer | Loss):
        if any(len(value) != len(first) for value in values):
            raise NotStackable(f"{first!r} does not stack with {values[1:]!r}")
        return tuple(_stacked(parts) for parts in zip(*values, strict=True))
    if all(value == first for value in values):
        return first
    raise NotStackable(f"{first!r} does not stack with {values[1:]!r}")


def _field(owner: Layer | Loss, name: str, owners: Sequence[Any]) -> Any:
    values = [vars(one)[name] for one in owners]
    if name in owner.per_model and any(value != values[0] for value in values):
        return tuple(value if isinstance(value, tuple) else float(value) for value in values)
    return _stacked(values)
