"""Bodies that batch and layer normalisation share.

``share`` is what each value counts in the mean; ``inverse`` one over a standard deviation.
"""

from __future__ import annotations

from typing import Any

from skdeep.backend.kernel import kernel


@kernel
def centred(xp: Any, x: Any, mean: Any) -> Any:
    """Subtract a mean."""
    return x - mean


@kernel
def centred_and_squared(xp: Any, x: Any, mean: Any) -> Any:
    """Subtract a mean; the square beside."""
    d = x - mean
    return d, d * d


@kernel
def unit_and_scaled(xp: Any, deviation: Any, inverse: Any, scale: Any, shift: Any) -> Any:
    """Divide deviations by their size; beside, scaled and shifted."""
    unit = deviation * inverse
    return unit, unit * scale + shift


def _unit_slope(dy: Any, unit: Any, inverse: Any, scale: Any, mean: Any, product: Any) -> Any:
    return inverse * (dy * scale - mean - unit * product)


@kernel
def unit_backward(
    xp: Any, dy: Any, unit: Any, inverse: Any, scale: Any, mean: Any, product: Any
) -> Any:
    """Follow x itself, its mean and its size; means of dy * scale, and of that times unit."""
    return _unit_slope(dy, unit, inverse, scale, mean, product)


@kernel
def unit_backward_plus(
    xp: Any, dy: Any, unit: Any, inverse: Any, scale: Any, mean: Any, product: Any, more: Any
) -> Any:
    """Do the same, and add what comes along a shortcut."""
    return _unit_slope(dy, unit, inverse, scale, mean, product) + more


@kernel
def squared_deviation(xp: Any, x: Any, mean: Any) -> Any:
    """Square the deviation from a mean."""
    d = x - mean
    return d * d


@kernel
def inverse_deviation(xp: Any, variance: Any, epsilon: Any) -> Any:
    """Invert the deviation: 1 / sqrt(variance + epsilon)."""
    return 1 / xp.sqrt(variance + epsilon)


@kernel
def inverse_from_squares(xp: Any, squares: Any, share: Any, epsilon: Any) -> Any:
    """Invert the deviation that a sum of squares implies."""
    return 1 / xp.sqrt(squares * share + epsilon)


@kernel
def normalised(xp: Any, x: Any, mean: Any, inverse: Any, scale: Any, shift: Any) -> Any:
    """Normalise x, then scale and shift it."""
    return (x - mean) * (inverse * scale) + shift


@kernel
def rescaled(xp: Any, deviation: Any, inverse: Any, scale: Any, shift: Any) -> Any:
    """Scale and shift deviations from the mean."""
    return deviation * inverse * scale + shift


@kernel
def normalised_by_variance(
    xp: Any, x: Any, mean: Any, variance: Any, scale: Any, shift: Any, epsilon: Any
) -> Any:
    """Do the same with a variance that is known already."""
    return (x - mean) * (scale / xp.sqrt(variance + epsilon)) + shift


@kernel
def scale_terms(xp: Any, dy: Any, x: Any, mean: Any, inverse: Any) -> Any:
    """Multiply dy by the normalised x: the gradient of the scale sums this up."""
    return dy * ((x - mean) * inverse)


@kernel
def running(
    xp: Any, mean: Any, variance: Any, new_mean: Any, new_variance: Any, momentum: Any, total: Any
) -> Any:
    """Move running statistics towards a batch's, unless its weights' total is zero."""
    step = momentum * xp.sign(total)
    return mean + step * (new_mean - mean), variance + step * (new_variance - variance)


@kernel
def batch_norm_backward(
    xp: Any,
    dy: Any,
    x: Any,
    mean: Any,
    inverse: Any,
    scale: Any,
    shift_grad: Any,
    scale_grad: Any,
    share: Any,
) -> Any:
    """Follow x itself, its batch's mean and its batch's variance."""
    rest = dy - share * shift_grad - (x - mean) * (inverse * share * scale_grad)
    return rest * (inverse * scale)


@kernel
def layer_norm_backward(
    xp: Any,
    dy: Any,
    x: Any,
    mean: Any,
    inverse: Any,
    scale: Any,
    sum_g: Any,
    sum_gx: Any,
    share: Any,
) -> Any:
    """Do the same for a row's; sum_g sums up g = dy * scale, sum_gx g times normalised x."""
    return inverse * (dy * scale - share * sum_g - (x - mean) * (inverse * share * sum_gx))
