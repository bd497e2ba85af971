"""Dropout: units are dropped at random while training, so that none relies on another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skdeep.kernels.masks import alpha_masked, masked
from skdeep.nn.binder import Binder
from skdeep.nn.layer import Layer, Shape, Spec, Views

#: What a dropped unit becomes under alpha-dropout: the lower limit of SELU, -scale * alpha.
SELU_LIMIT = -1.7580993408473766


class Dropout(Layer):
    """Drop units with probability `rate` and scale the others by ``1 / (1 - rate)``.

    The probability is rounded to a multiple of 1/65536, the scale follows the rounded one, so
    the mean is kept exactly. Outside training it is the identity. Where the binder asks for
    shared noise all rows of a batch get one mask, as Monte-Carlo dropout does (Gal and
    Ghahramani, 2016); such a forward pass needs no backward.

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
    """

    def __init__(self, rate: float | Sequence[float], name: str | None = None) -> None:
        rates = np.asarray(rate, float)
        if rates.ndim > 1 or not np.all((rates >= 0) & (rates < 1)):
            raise ValueError(f"the rate of {type(self).__name__} must be in [0, 1), got {rate!r}")
        # A tuple, since layers compare by their fields.
        self.rate = float(rates) if rates.ndim == 0 else tuple(rates.tolist())
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        return Spec(in_shape, in_place=True, traits=frozenset({"noise"}))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        models, inner = binder.store.n_models, spec.out_shape
        rates = np.broadcast_to(np.asarray(self.rate), (models,))
        thresholds = np.minimum(np.rint(rates * 65536), 65535)  # the largest that 16 bits hold
        column = (models, 1, *(1 for _ in inner))
        rows = 1 if binder.shared_noise else binder.batch
        name = f"{binder.scope}:bits"
        v.work.bits = binder.arena.take(name, (models, rows, *inner), np.dtype(np.uint16))
        v.work.threshold = binder.constant(thresholds.astype(np.uint16).reshape(column))
        for key, values in self._factors(1 - thresholds / 65536).items():
            setattr(v.work, key, binder.constant(values.astype(binder.dtype).reshape(column)))

    def forward(self, v: Views, training: bool) -> None:
        if training:
            if v.random is None:
                raise ValueError(f"{self!r} was bound without random streams")
            v.ops.draw(v.random, v.work.bits, "bits")
            self._apply(v)
        elif v.y is not v.x:
            v.ops.copy(v.x, v.y)

    def backward(self, v: Views) -> None:
        if v.dx is not None:
            v.ops.launch(masked, v.dx, v.dy, v.work.bits, v.work.threshold, v.work.scale)

    @staticmethod
    def _factors(keep: np.ndarray) -> dict[str, np.ndarray]:
        """Return the kernel's per-model numbers for the probabilities of being kept, (M,)."""
        return {"scale": 1 / keep}

    def _apply(self, v: Views) -> None:
        v.ops.launch(masked, v.y, v.x, v.work.bits, v.work.threshold, v.work.scale)


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
    """

    @staticmethod
    def _factors(keep: np.ndarray) -> dict[str, np.ndarray]:
        scale = 1 / np.sqrt(keep + SELU_LIMIT**2 * keep * (1 - keep))
        shift = -scale * (1 - keep) * SELU_LIMIT
        return {"scale": scale, "shift": shift, "low": scale * SELU_LIMIT + shift}

    def _apply(self, v: Views) -> None:
        w = v.work
        inputs = (w.bits, w.threshold, w.scale, w.shift, w.low)
        v.ops.launch(alpha_masked, v.y, v.x, *inputs)
