"""Networks of images bound to samples of other sizes than those of training."""

from __future__ import annotations

from typing import Any

from skdeep.inspection._bound import BoundNetwork, fitted_network


def bound_to(estimator: Any, shape: tuple[int, ...], upto: str | None) -> BoundNetwork:
    """Return the network of an estimator, as far as a layer, bound to one sample of this shape."""
    predictor = estimator._predictor
    values = predictor.backend.to_host(predictor.store.values)
    network = predictor.network
    own = getattr(estimator, "image_shape_", None)
    image_shape = tuple(shape) if own is not None and tuple(shape) != tuple(own) else None
    if own is None and len(network.in_shape) == 2:  # sequences
        network = network.of_length(shape[0])
    return BoundNetwork(network, values, predictor.backend, 1, upto=upto, image_shape=image_shape)


def layer_names(network: Any) -> list[str]:
    """Return the names of the outermost layers."""
    return list(network.spec.children)


def image_shape(estimator: Any) -> tuple[int, ...]:
    """Return the shape of an estimator's images, or refuse others than these."""
    fitted_network(estimator)
    shape = getattr(estimator, "image_shape_", None)
    if shape is None or len(shape) != 3:
        raise TypeError(f"{type(estimator).__name__} is no network of images (height, width)")
    return tuple(shape)


def image_layers(estimator: Any) -> list[str]:
    """Return the layers whose outputs are images, in their order."""
    children = fitted_network(estimator).spec.children
    return [name for name, (_, spec) in children.items() if len(spec.out_shape) == 3]
