"""Ascent on the input, on several sizes of an image."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from scipy import ndimage
from sklearn.utils import check_random_state

from skdeep.nn.core.layer import is_count

#: slope(image): the gradient of what is wanted.
Slope = Callable[[np.ndarray], np.ndarray]


class Ascent:
    """Steps up the gradient of an image, on several sizes of it.

    Parameters as of :func:`skdeep.inspection.activation_maximization`.
    """

    def __init__(
        self,
        bounds: Any,
        n_steps: int,
        step_size: float,
        octaves: int,
        octave_scale: float,
        jitter: int,
        random_state: Any,
        *,
        blur: float = 0.0,
        decay: float = 0.0,
        background: float | None = None,
    ) -> None:
        _check(n_steps, step_size, octaves, octave_scale, jitter, blur, decay)
        self.low, self.high, middle, self.width = _scale(bounds)
        self.background = middle if background is None else _background(background, bounds)
        self.n_steps, self.step_size, self.octaves = n_steps, float(step_size), octaves
        self.octave_scale, self.jitter = float(octave_scale), int(jitter)
        self.blur, self.decay = float(blur), float(decay)
        self.random = check_random_state(random_state)

    def run(
        self,
        slope_of: Callable[[tuple[int, ...]], Slope],
        shape: tuple[int, ...],
        start: np.ndarray | None,
        *,
        resizable: bool,
    ) -> np.ndarray:
        """Return what ascent makes of `start`, or of noise, of this shape."""
        if self.octaves > 1 and not resizable:
            raise ValueError(
                f"octaves={self.octaves} needs a layer that takes images of any size: name one "
                "before the dense layers"
            )
        if start is None:
            start = self.background + 0.1 * self.width * self.random.normal(size=shape)
        sizes = [self._size(shape, k) for k in range(self.octaves)][::-1]
        detail = np.zeros(sizes[0])
        for size in sizes:
            base = resized(start, size)
            image = self._climb(base + resized(detail, size), slope_of(size))
            detail = image - base
        return image

    def _size(self, shape: tuple[int, ...], octave: int) -> tuple[int, ...]:
        """Return the shape of an octave, counted from the full size on."""
        factor = self.octave_scale**octave
        return (*(max(1, round(n / factor)) for n in shape[:-1]), shape[-1])

    def _climb(self, image: np.ndarray, slope: Slope) -> np.ndarray:
        """Take the steps of one octave."""
        axes = tuple(range(image.ndim - 1))
        for k in range(self.n_steps):
            shift = self.random.randint(-self.jitter, self.jitter + 1, len(axes))
            moved = np.roll(image, shift, axes)
            step = np.roll(slope(moved), -shift, axes)
            image = image + self.step_size * self.width * step / (np.abs(step).mean() + 1e-12)
            image = image - self.decay * (image - self.background)
            width = self.blur * (1 - k / self.n_steps)
            if width:
                image = ndimage.gaussian_filter(image, (*(width for _ in axes), 0))
            image = np.clip(image, self.low, self.high)
        return image


def resized(image: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Return an image (..., C) in another size, by splines of first order."""
    if image.shape == shape:
        return image
    factors = [new / old for new, old in zip(shape, image.shape, strict=True)]
    return np.asarray(ndimage.zoom(image, factors, order=1, grid_mode=True, mode="nearest"))


def _scale(bounds: Any) -> tuple[float, float, float, float]:
    """Return the smallest and largest number of a sample, the middle and the width."""
    if bounds is None:
        return -np.inf, np.inf, 0.0, 1.0
    ends = np.asarray(bounds, float)
    if ends.shape != (2,) or not np.isfinite(ends).all() or not ends[0] < ends[1]:
        raise ValueError(f"bounds must be two numbers, low < high, got {bounds!r}")
    low, high = ends.tolist()
    return low, high, (low + high) / 2, high - low


def _background(background: Any, bounds: Any) -> float:
    """Return a valid number within the bounds."""
    low, high, _, _ = _scale(bounds)
    if not isinstance(background, Real) or not low <= float(background) <= high:
        within = "a number" if bounds is None else f"a number within {bounds!r}"
        raise ValueError(f"background must be {within} or None, got {background!r}")
    return float(background)


def _check(
    n_steps: Any,
    step_size: Any,
    octaves: Any,
    octave_scale: Any,
    jitter: Any,
    blur: Any,
    decay: Any,
) -> None:
    """Refuse options that are no such numbers."""
    for name, count in (("n_steps", n_steps), ("octaves", octaves)):
        if not is_count(count):
            raise ValueError(f"{name} must be a positive integer, got {count!r}")
    if not isinstance(jitter, int | np.integer) or jitter < 0:
        raise ValueError(f"jitter must be an integer >= 0, got {jitter!r}")
    if not isinstance(decay, Real) or not 0 <= float(decay) <= 1:
        raise ValueError(f"decay must be a fraction in [0, 1], got {decay!r}")
    for name, value in (("blur", blur), ("step_size", step_size)):
        if not isinstance(value, Real) or not 0 <= float(value) < np.inf:
            raise ValueError(f"{name} must be a number >= 0, got {value!r}")
    if not isinstance(octave_scale, Real) or not 1 < float(octave_scale) < np.inf:
        raise ValueError(f"octave_scale must be a number > 1, got {octave_scale!r}")
