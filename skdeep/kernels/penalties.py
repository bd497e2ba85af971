"""Bodies of the terms that layers add to an objective; w are row weights that add to one."""

from __future__ import annotations

from functools import cache
from typing import Any

from skdeep.backend.kernel import Kernel, kernel
from skdeep.kernels.activations import ActivationPair
from skdeep.kernels.derivatives import value_and_slope

#: Mean activities are kept this far from 0 and 1, where the divergence is infinite.
MARGIN = 1e-6


@kernel
def weighted_magnitude(xp: Any, y: Any, w: Any, strength: Any) -> Any:
    """Size of what a unit gives, as it counts."""
    return xp.abs(y) * (w * strength)


@kernel
def add_magnitude_slope(xp: Any, dy: Any, y: Any, w: Any, strength: Any) -> Any:
    """Add its slope."""
    return dy + xp.sign(y) * (w * strength)


@kernel
def divergence_from_target(xp: Any, mean: Any, target: Any, strength: Any) -> Any:
    """KL divergence of a mean activity from its target, and the slope."""
    q = xp.maximum(xp.minimum(mean, 1 - MARGIN), MARGIN)
    value = target * xp.log(target / q) + (1 - target) * xp.log((1 - target) / (1 - q))
    return strength * value, strength * ((1 - target) / (1 - q) - target / q)


@kernel
def add_weighted(xp: Any, dy: Any, w: Any, slope: Any) -> Any:
    """Add a slope that rows share by weight."""
    return dy + w * slope


@cache
def squared_slope(activation: ActivationPair) -> Kernel:
    """Return the body of ``w * h'(a) ** 2``, from what `activation` reads."""

    def body(xp: Any, s: Any, w: Any) -> Any:
        slope = activation.derivative(xp, s)
        return w * slope * slope

    return Kernel(body, f"{activation.name}_squared_slope")


@cache
def add_contraction_slope(activation: ActivationPair) -> Kernel:
    """Return the body that adds the slope of ``w * h'(a) ** 2 * size / 2`` along a."""

    def body(xp: Any, da: Any, s: Any, w: Any, size: Any) -> Any:
        slope, change = value_and_slope(activation.derivative, xp, s)
        curvature = change * slope if activation.reads == "y" else change
        return da + w * size * (slope * curvature)

    return Kernel(body, f"{activation.name}_contraction_slope")


@kernel
def contraction(xp: Any, slopes: Any, size: Any, strength: Any) -> Any:
    """Return a unit's share of the penalty, and what its slopes are multiplied by."""
    scaled = strength * size
    return 0.5 * slopes * scaled, scaled


@kernel
def add_scaled_columns(xp: Any, g: Any, weight: Any, column: Any, strength: Any) -> Any:
    """Add the slope of ``strength * column * weight ** 2 / 2``."""
    return g + weight * (column * strength)
