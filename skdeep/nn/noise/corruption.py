"""Corruption of a network's inputs, which a denoising autoencoder learns to undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skdeep.kernels.masks import mask_bits, salted
from skdeep.kernels.normal_noise import normal_noise, scaled_sum
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, unit_words
from skdeep.nn.core.layer_fields import by_model
from skdeep.nn.core.spec import Shape, Spec, Views
from skdeep.nn.noise.dropout import Dropout


class MaskingNoise(Dropout):
    """Set features to zero with probability `rate`; unlike dropout the others stay as they are.

    Parameters
    ----------
    rate : float or sequence of float
        Probability in [0, 1), one for all models or one each.
    name : str or None
        Name within the parent.

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio and Manzagol (2010). Stacked denoising autoencoders. JMLR
    11.

    Examples
    --------
    >>> from skdeep.nn import MaskingNoise
    >>> from skdeep.testing import run_layer
    >>> run_layer(MaskingNoise(0.5), [[1.0] * 8], training=True)
    array([[1., 0., 0., 0., 1., 1., 0., 1.]])
    """

    @staticmethod
    def _numbers(xp: Any, dropped: Any) -> tuple[Any, ...]:
        return (0 * dropped + 1,)


class SaltAndPepper(MaskingNoise):
    """Set features to their lowest or highest value, with probability ``rate / 2`` each.

    Parameters
    ----------
    rate : float or sequence of float
        Probability in [0, 1), one for all models or one each.
    low, high : float or sequence of float
        What a feature is set to, one value for all features or one each. In a stack each model
        may have its own.
    name : str or None
        Name within the parent.
    """

    per_model = ("rate", "low", "high")

    def __init__(
        self,
        rate: float | Sequence[float],
        low: float | Sequence[float] = 0.0,
        high: float | Sequence[float] = 1.0,
        name: str | None = None,
    ) -> None:
        super().__init__(rate, name)
        # Tuples, since layers compare by their fields.
        self.low, self.high = (tuple(np.ravel(value).tolist()) for value in (low, high))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        super().bind(spec, v, binder)
        if v.noise is not None:
            shape = v.work.kept.shape
            v.work.bits = binder.arena.take(f"{binder.scope}:bits", shape, np.dtype(np.uint32))
        for name in ("low", "high"):
            values = np.array(getattr(self, name))
            own = binder.store.own(values) if values.ndim == 2 else values[None]
            own = own.reshape(len(own), *(1,) * len(spec.out_shape), -1)  # (1 or M, 1, ..., F)
            setattr(v.work, name, binder.constant(own.astype(binder.dtype)))

    def _draw(self, v: Views) -> None:
        w = v.work
        v.ops.launch(mask_bits, w.bits, w.keys, w.seed, w.units)
        super()._draw(v)

    def _apply(self, v: Views) -> None:
        w = v.work
        v.ops.launch(salted, v.y, v.x, w.bits, w.threshold, w.low, w.high)


class GaussianNoise(Layer):
    """Add normal noise to each feature in training.

    In prediction it is the identity. The noise is a hash of the sample's key, the step's seed and
    the feature, so that it does not depend on the other samples of the batch.

    Parameters
    ----------
    scale : float or sequence of float
        Standard deviation, not negative, one for all models or one each.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import GaussianNoise
    >>> from skdeep.testing import run_layer
    >>> run_layer(GaussianNoise(0.1), [[1.0, 2.0]])
    array([[1., 2.]])
    """

    per_model = ("scale",)
    reads = "any"

    def __init__(self, scale: float | Sequence[float], name: str | None = None) -> None:
        self.scale = by_model(
            self, "finite and >= 0", lambda deviation: 0 <= deviation < np.inf, scale=scale
        )
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        return Spec(in_shape, in_place=True, traits=frozenset({"noise"}))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        if v.noise is None:
            return
        inner = spec.out_shape
        column = (1,) * len(inner)
        models, rows, _ = v.noise.keys.shape
        v.work.keys = v.noise.keys.reshape(models, rows, *column)
        v.work.seed = v.noise.seed.reshape(models, 1, *column)
        # Two for each number, side by side: those of a step depend on no number of steps.
        words = unit_words(binder.scope, (*inner, 2))
        v.work.first, v.work.second = (
            binder.constant(np.ascontiguousarray(words[..., k])) for k in (0, 1)
        )
        shape = (models, rows, *inner)
        v.work.noise = binder.arena.take(f"{binder.scope}:noise", shape, binder.dtype)
        scales = binder.store.own(self.scale).astype(binder.dtype)
        v.work.scale = binder.constant(scales.reshape(-1, 1, *column))

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        if v.noise is not None:
            v.ops.launch(normal_noise, w.noise, w.keys, w.seed, w.first, w.second)
            v.ops.launch(scaled_sum, v.y, v.x, w.noise, w.scale)
        elif v.y is not v.x:
            v.ops.copy(v.x, v.y)

    def backward(self, v: Views) -> None:
        if v.dx is not None and v.dx is not v.dy:
            v.ops.copy(v.dy, v.dx)
