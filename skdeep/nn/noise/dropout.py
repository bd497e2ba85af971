"""Dropout: units are dropped at random while training, so that none relies on another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from skdeep.backend.base import Array
from skdeep.backend.kernel import Kernel
from skdeep.kernels.arithmetic import add, subtract
from skdeep.kernels.masks import (
    alpha_masked,
    alpha_masked_at,
    alpha_slope_at,
    mask_bits,
    masked,
    masked_at,
    selected_at,
)
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, Reads, rows_only, steps_only, unit_words
from skdeep.nn.core.layer_fields import by_model
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Constant

#: What a dropped unit becomes under alpha-dropout: the lower limit of SELU, -scale * alpha.
SELU_LIMIT = -1.7580993408473766


class Dropout(Layer):
    """Drop units with probability `rate` and scale the others by ``1 / (1 - rate)``.

    The probability is a multiple of ``2 ** -32``, under a schedule of ``2 ** -24``. Bound without
    noise it is the identity. The mask of a sample is a hash of its key, the step's seed and the
    unit. Noise with one key gives all samples one mask, as Monte-Carlo dropout needs (Gal and
    Ghahramani, 2016).

    Parameters
    ----------
    rate : float or sequence of float
        Probability in [0, 1), one for all models or one each.
    name : str or None
        Name within the parent.

    References
    ----------
    Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014). Dropout: a simple way to
    prevent neural networks from overfitting. JMLR 15.

    Examples
    --------
    >>> from skdeep.nn import Dropout
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dropout(0.5), [[1.0, 1.0]])
    array([[1., 1.]])
    >>> noisy = run_layer(Dropout(0.5), [[1.0] * 8], training=True)
    >>> sorted(set(noisy[0].tolist()))
    [0.0, 2.0]
    """

    per_model: ClassVar[tuple[str, ...]] = ("rate",)
    reads: Reads = "any"
    #: What masks by a rate that a schedule changes.
    _scheduled: ClassVar[Kernel] = masked_at

    def __init__(self, rate: float | Sequence[float], name: str | None = None) -> None:
        self.rate = by_model(self, "in [0, 1)", lambda share: 0 <= share < 1, rate=rate)
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        return Spec(in_shape, in_place=True, traits=frozenset({"noise"}))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        models, inner = binder.store.n_models, self._mask_shape(spec.out_shape)
        rates = binder.store.own(self.rate)
        thresholds = np.minimum(np.rint(rates * 2.0**32), 2**32 - 1)
        column = (models, 1, *(1 for _ in inner))
        if v.noise is not None:
            rows = v.noise.keys.shape[1]
            shape = (models, rows, *inner)
            v.work.keys = v.noise.keys.reshape(models, rows, *column[2:])
            v.work.seed = v.noise.seed.reshape(column)
            v.work.bits = binder.arena.take(f"{binder.scope}:bits", shape, np.dtype(np.uint32))
            v.work.units = binder.constant(unit_words(binder.scope, inner))
            if v.noise.level is not None:
                v.work.level = v.noise.level.reshape(column)
                v.work.rate = binder.constant(rates.astype(binder.dtype).reshape(column))
        v.work.threshold = binder.constant(thresholds.astype(np.uint32).reshape(column))
        for key, values in self._factors(1 - thresholds / 2.0**32).items():
            setattr(v.work, key, binder.constant(values.astype(binder.dtype).reshape(column)))

    def _mask_shape(self, shape: Shape) -> Shape:
        """Return the shape of a row's mask, which broadcasts to the row's own."""
        return shape

    def forward(self, v: Views, training: bool) -> None:
        if v.noise is not None:
            v.ops.launch(mask_bits, v.work.bits, v.work.keys, v.work.seed, v.work.units)
            self._apply(v)
        elif v.y is not v.x:
            v.ops.copy(v.x, v.y)

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        if v.noise is not None:
            self._backward_mask(v)
        elif v.dx is not v.dy:
            v.ops.copy(v.dy, v.dx)

    def _mask(self, v: Views, y: Array, x: Array) -> None:
        """Write what is kept of x, or of a gradient."""
        w = v.work
        if hasattr(w, "level"):
            v.ops.launch(self._scheduled, y, x, w.bits, w.rate, w.level)
        else:
            v.ops.launch(masked, y, x, w.bits, w.threshold, w.scale)

    def _backward_mask(self, v: Views) -> None:
        self._mask(v, v.dx, v.dy)

    @staticmethod
    def _factors(keep: np.ndarray) -> dict[str, np.ndarray]:
        """Return the kernel's per-model numbers for the probabilities of being kept, (M,)."""
        return {"scale": 1 / keep}

    def _apply(self, v: Views) -> None:
        self._mask(v, v.y, v.x)


class StepDropout(Dropout):
    """Dropout of sequences (T, F): a feature is dropped in all steps of a sequence, or in none.

    So a mask does not depend on the number of steps.

    Parameters
    ----------
    rate : float or sequence of float
        Probability in [0, 1), one for all models or one each.
    name : str or None
        Name within the parent.

    References
    ----------
    Gal and Ghahramani (2016). A theoretically grounded application of dropout in recurrent neural
    networks. NIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import StepDropout
    >>> from skdeep.testing import run_layer
    >>> run_layer(StepDropout(0.1), np.ones((4, 7, 3))).shape
    (4, 7, 3)
    """

    reads: Reads = "sequences"

    def build(self, in_shape: Shape) -> Spec:
        steps_only(self, in_shape)
        return Spec(in_shape, in_place=True, traits=frozenset({"noise"}), step_major=True)

    def _mask_shape(self, shape: Shape) -> Shape:
        return (1, shape[1])


class TokenDropout(StepDropout):
    """Dropout of whole steps of sequences (T, F): words that a network must do without.

    Parameters
    ----------
    rate : float or sequence of float
        Probability in [0, 1), one for all models or one each.
    name : str or None
        Name within the parent.

    References
    ----------
    Iyyer, Manjunatha, Boyd-Graber and Daume (2015). Deep unordered composition rivals syntactic
    methods for text classification. ACL.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import TokenDropout
    >>> from skdeep.testing import run_layer
    >>> noisy = run_layer(TokenDropout(0.5), np.ones((1, 8, 3)), training=True)
    >>> sorted(set(noisy.sum(axis=2)[0].tolist()))
    [0.0, 6.0]
    """

    def _mask_shape(self, shape: Shape) -> Shape:
        return (shape[0], 1)


class BranchDropout(Dropout):
    """Put the mean in the place of all features of a sample, or of none.

    So what stands beside them must learn to do without.

    Parameters
    ----------
    rate : float or sequence of float
        Probability in [0, 1), one for all models or one each. The mean, a state (1, F), starts at
        zero.
    name : str or None
        Name within the parent.
    """

    reads: Reads = "arrays"
    _scheduled = selected_at

    def build(self, in_shape: Shape) -> Spec:
        mean = Param((1, rows_only(self, in_shape)), "state", Constant(0.0))
        return Spec(in_shape, {"mean": mean}, traits=frozenset({"noise"}))

    def _mask_shape(self, shape: Shape) -> Shape:
        return (1,)

    @staticmethod
    def _factors(keep: np.ndarray) -> dict[str, np.ndarray]:
        return {"scale": np.ones_like(keep)}  # the mean stands in, so nothing is scaled

    def _apply(self, v: Views) -> None:
        v.ops.launch(subtract, v.y, v.x, v.params.mean)
        self._mask(v, v.y, v.y)
        v.ops.launch(add, v.y, v.y, v.params.mean)


class AlphaDropout(Dropout):
    """Dropout that keeps zero mean and unit variance, for networks of SELU units.

    Dropped units take SELU's lower limit, and an affine map then restores mean and variance.

    Parameters
    ----------
    rate : float or sequence of float
        Probability in [0, 1), one for all models or one each.
    name : str or None
        Name within the parent.

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter (2017). Self-normalizing neural networks. NIPS.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import AlphaDropout
    >>> from skdeep.testing import run_layer
    >>> run_layer(AlphaDropout(0.1), np.ones((4, 3))).shape
    (4, 3)
    """

    @staticmethod
    def _factors(keep: np.ndarray) -> dict[str, np.ndarray]:
        scale = 1 / np.sqrt(keep + SELU_LIMIT**2 * keep * (1 - keep))
        shift, limit = -scale * (1 - keep) * SELU_LIMIT, np.full(keep.shape, SELU_LIMIT)
        low = scale * SELU_LIMIT + shift
        return {"scale": scale, "shift": shift, "low": low, "limit": limit}

    def _apply(self, v: Views) -> None:
        w = v.work
        if hasattr(w, "level"):
            v.ops.launch(alpha_masked_at, v.y, v.x, w.bits, w.rate, w.level, w.limit)
        else:
            inputs = (w.bits, w.threshold, w.scale, w.shift, w.low)
            v.ops.launch(alpha_masked, v.y, v.x, *inputs)

    def _backward_mask(self, v: Views) -> None:
        w = v.work
        if hasattr(w, "level"):
            v.ops.launch(alpha_slope_at, v.dx, v.dy, w.bits, w.rate, w.level, w.limit)
        else:
            super()._backward_mask(v)
