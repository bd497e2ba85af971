"""Dropout: units are dropped at random while training, so that none relies on another."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.base import Array
from skdeep.backend.kernel import Kernel
from skdeep.kernels.arithmetic import add, multiply, subtract
from skdeep.kernels.masks import alpha_masked, kept, row_stream, word_and_level
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, Reads, rows_only, steps_only, unit_words
from skdeep.nn.core.layer_fields import by_model
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Constant

#: What a dropped unit becomes under alpha-dropout: the lower limit of SELU, -scale * alpha.
SELU_LIMIT = -1.7580993408473766


class Dropout(Layer):
    """Drop units with probability `rate` and scale the others by ``1 / (1 - rate)``.

    The probability is a multiple of ``2 ** -32``. In prediction it is the identity. The mask of a
    sample is a hash of its key, the step's seed and the unit. With one key all samples have one
    mask, as Monte-Carlo dropout needs (Gal and Ghahramani, 2016).

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
    #: Names of the numbers that `_numbers` returns.
    _names: ClassVar[tuple[str, ...]] = ("scale",)

    def __init__(self, rate: float | Sequence[float], name: str | None = None) -> None:
        self.rate = by_model(self, "in [0, 1)", lambda share: 0 <= share < 1, rate=rate)
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        return Spec(in_shape, in_place=True, traits=frozenset({"noise"}))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, noise, models = v.work, v.noise, binder.store.n_models
        inner, dtype = self._mask_shape(spec.out_shape), binder.dtype
        rates = binder.store.own(self.rate)
        column = (models, 1, *(1 for _ in inner))
        if noise is not None:
            rows = noise.keys.shape[1]
            w.keys = noise.keys.reshape(models, rows, *column[2:])
            w.seed = noise.seed.reshape(column)
            w.units = binder.constant(unit_words(binder.scope, inner))
            self._bind_streams(v, binder)
            #: Factors of units: zero where they are dropped.
            w.kept = binder.arena.take(f"{binder.scope}:kept", (models, rows, *inner), dtype)
        w.level = None if noise is None else noise.level
        if noise is not None and noise.level is not None:
            self._bind_level(v, binder, rates)
            return
        thresholds = np.minimum(np.rint(rates * 2.0**32), 2**32 - 1)
        w.threshold = binder.constant(thresholds.astype(np.uint32).reshape(column))
        numbers = self._numbers(np, thresholds / 2.0**32)
        for key, values in zip(self._names, numbers, strict=True):
            setattr(w, key, binder.constant(values.astype(dtype).reshape(column)))

    @staticmethod
    def _bind_streams(v: Views, binder: Binder) -> None:
        """Take the streams of rows, which all layers hash on to bits of their units."""
        noise, w = v.noise, v.work
        assert noise is not None
        name, dtype = f"{binder.scope}:streams", np.dtype(np.uint32)
        w.all_streams, w.draws_streams = noise.once(
            "streams", lambda: binder.arena.take(name, noise.keys.shape, dtype)
        )
        w.streams = w.all_streams.reshape(w.keys.shape)

    def _bind_level(self, v: Views, binder: Binder, rates: np.ndarray) -> None:
        """Take the numbers of models that follow a schedule; equal layers have the same."""
        noise, w, models = v.noise, v.work, binder.store.n_models
        assert noise is not None

        def make() -> dict[str, Array]:
            empty, shape = binder.backend.empty, (models, 1)
            names = ("word", "dropped", *self._names)
            held = {key: empty(shape, binder.dtype) for key in names}
            held["threshold"] = empty(shape, np.dtype(np.uint32))
            return held | {"rate": binder.constant(rates.astype(binder.dtype).reshape(shape))}

        held, w.draws_level = noise.once((type(self)._numbers, tuple(rates.ravel())), make)
        column = (models, *(1 for _ in w.keys.shape[1:]))
        for key, array in (held | {"level": noise.level}).items():
            setattr(w, key, array.reshape(column))

    def _mask_shape(self, shape: Shape) -> Shape:
        """Return the shape of a row's mask, which broadcasts to the row's own."""
        return shape

    def forward(self, v: Views, training: bool) -> None:
        w = v.work
        if v.noise is not None:
            if w.draws_streams:
                v.ops.launch(row_stream, w.all_streams, v.noise.keys, v.noise.seed)
            if w.level is not None and w.draws_level:
                self._take_level(v)
            self._draw(v)
            self._apply(v)
        elif v.y is not v.x:
            v.ops.copy(v.x, v.y)

    def _take_level(self, v: Views) -> None:
        """Compute the numbers of a step from the level of its schedule."""
        w = v.work
        v.ops.launch(word_and_level, (w.word, w.dropped), w.rate, w.level)
        v.ops.truncate(w.word, w.threshold)
        outs = tuple(getattr(w, name) for name in self._names)
        v.ops.launch(_numbers_kernel(type(self)), outs, w.dropped)

    def _draw(self, v: Views) -> None:
        """Write which units are kept, as factors."""
        w = v.work
        v.ops.launch(kept, w.kept, w.streams, w.units, w.threshold, w.scale)

    def backward(self, v: Views) -> None:
        if v.dx is None:
            return
        if v.noise is not None:
            v.ops.launch(multiply, v.dx, v.dy, v.work.kept)
        elif v.dx is not v.dy:
            v.ops.copy(v.dy, v.dx)

    @staticmethod
    def _numbers(xp: Any, dropped: Any) -> tuple[Any, ...]:
        """Body of the numbers of models, from their probabilities of dropping a unit."""
        return (1 / (1 - dropped),)

    def _apply(self, v: Views) -> None:
        """Write y with the factors that were drawn."""
        v.ops.launch(multiply, v.y, v.x, v.work.kept)


@lru_cache(maxsize=64)
def _numbers_kernel(kind: type[Dropout]) -> Kernel:
    return Kernel(kind._numbers, f"{kind.__name__}_numbers")


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

    def build(self, in_shape: Shape) -> Spec:
        mean = Param((1, rows_only(self, in_shape)), "state", Constant(0.0))
        return Spec(in_shape, {"mean": mean}, traits=frozenset({"noise"}))

    def _mask_shape(self, shape: Shape) -> Shape:
        return (1,)

    @staticmethod
    def _numbers(xp: Any, dropped: Any) -> tuple[Any, ...]:
        return (0 * dropped + 1,)  # the mean stands in, so nothing is scaled

    def _apply(self, v: Views) -> None:
        v.ops.launch(subtract, v.y, v.x, v.params.mean)
        v.ops.launch(multiply, v.y, v.y, v.work.kept)
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

    _names = ("scale", "shift", "low")

    @staticmethod
    def _numbers(xp: Any, dropped: Any) -> tuple[Any, ...]:
        keep = 1 - dropped
        scale = 1 / xp.sqrt(keep + SELU_LIMIT**2 * keep * dropped)
        shift = -scale * dropped * SELU_LIMIT
        return scale, shift, scale * SELU_LIMIT + shift

    def _apply(self, v: Views) -> None:
        w = v.work
        v.ops.launch(alpha_masked, v.y, v.x, w.kept, w.shift, w.low)
