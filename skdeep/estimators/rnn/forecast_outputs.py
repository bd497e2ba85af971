"""What a forecaster's network says of the next step: a number, quantiles, or a distribution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.special import ndtri

from skdeep.data.whole import is_whole
from skdeep.nn.likelihood_losses import (
    GaussianLikelihood,
    NegativeBinomialLikelihood,
    StudentTLikelihood,
)
from skdeep.nn.losses import AbsoluteError, Huber, Loss, Pinball, SquaredError

#: No forecast is further from the mean than so many deviations, or times what was there.
FURTHEST = 1e3


#: Paths that are drawn for quantiles.
USUAL_PATHS = 200


class ForecastOutput(ABC):
    """How outputs of a network are read: parameters (B, K) of the next step of F channels."""

    #: Whether there is a distribution to draw from.
    draws: ClassVar[bool] = True
    #: Whether values are counts, which stay as they are.
    counts: ClassVar[bool] = False
    #: How often each channel stands in the targets.
    repeats: int = 1

    @property
    def read_as(self) -> tuple[str, tuple[float, ...]]:
        """The kind of output by its name, and the levels of quantiles."""
        return next(name for name, cls in OUTPUTS.items() if cls is type(self)), ()

    @abstractmethod
    def loss(self, n_channels: int) -> Loss:
        """Return the loss of F channels."""

    @abstractmethod
    def bias(self, mean: np.ndarray, left: np.ndarray) -> np.ndarray:
        """Return logits (K,) that give these means and deviations (F,) of what is left."""

    def lift(self, weights: np.ndarray) -> np.ndarray:
        """Return weights (W, K) of logits by those of means (W, F)."""
        empty = np.zeros((len(weights), self.loss(weights.shape[1]).n_logits(weights.shape[1])))
        empty[:, : weights.shape[1]] = weights
        return empty

    def place(self, parameters: np.ndarray, n_channels: int) -> np.ndarray:
        """Return the forecast (B, F) that a point forecast goes on with."""
        return parameters[..., :n_channels]

    def draw(self, parameters: np.ndarray, n_channels: int, random: Any) -> np.ndarray:
        """Return a step (B, F) that is drawn."""
        raise NotImplementedError


@dataclass(frozen=True)
class PointOutput(ForecastOutput):
    """One number for each channel."""

    kind: str = "squared_error"
    huber_delta: float = 1.0
    draws = False

    def loss(self, n_channels):
        if self.kind == "huber":
            return Huber(n_channels, self.huber_delta)
        return {"squared_error": SquaredError, "absolute_error": AbsoluteError}[self.kind](
            n_channels
        )

    def bias(self, mean, left):
        return mean


@dataclass(frozen=True)
class QuantileOutput(ForecastOutput):
    """Quantiles at some levels; between them lines, beyond them tails of normal distributions."""

    levels: tuple[float, ...]

    @property
    def read_as(self):
        return "quantiles", self.levels

    @property
    def draws(self) -> bool:  # type: ignore[override]
        """Whether there is a distribution to draw from."""
        return len(self.levels) > 1

    @property
    def repeats(self) -> int:  # type: ignore[override]
        """How often each channel stands in the targets."""
        return len(self.levels)

    def loss(self, n_channels):
        return Pinball(self.levels, n_channels * len(self.levels))

    def bias(self, mean, left):
        return (mean[:, None] + left[:, None] * ndtri(np.array(self.levels))).ravel()

    def lift(self, weights):
        return np.repeat(weights, len(self.levels), axis=1)

    def place(self, parameters, n_channels):
        return self._at(parameters, n_channels, np.array(0.5))

    def draw(self, parameters, n_channels, random):
        u = random.random_sample((len(parameters), n_channels))
        return self._at(parameters, n_channels, np.clip(u, 1e-12, 1 - 1e-12))

    def _at(self, parameters: np.ndarray, n_channels: int, u: np.ndarray) -> np.ndarray:
        """Return the quantiles of levels `u`, which broadcasts to (..., F)."""
        shape = (*parameters.shape[:-1], n_channels, len(self.levels))
        found = np.sort(parameters.reshape(shape), axis=-1)  # where quantiles cross
        levels = np.array(self.levels)
        u = np.broadcast_to(u, shape[:-1])
        if len(levels) == 1:
            return found[..., 0]
        k = np.clip(np.searchsorted(levels, u) - 1, 0, len(levels) - 2)
        low, high = (np.take_along_axis(found, (k + j)[..., None], axis=-1)[..., 0] for j in (0, 1))
        inside = low + (u - levels[k]) / (levels[k + 1] - levels[k]) * (high - low)
        scores = ndtri(levels)
        tail = (found[..., -1] - found[..., 0]) / (scores[-1] - scores[0])
        below = found[..., 0] + tail * (ndtri(u) - scores[0])
        beyond = found[..., -1] + tail * (ndtri(u) - scores[-1])
        return np.where(u < levels[0], below, np.where(u > levels[-1], beyond, inside))


def _unlinked(scale: np.ndarray, least: float) -> np.ndarray:
    """Return what softplus makes `scale` of, above the least one."""
    above = np.maximum(scale - least, 1e-3)
    return above + np.log(-np.expm1(-above))


@dataclass(frozen=True)
class GaussianOutput(ForecastOutput):
    """A normal distribution."""

    def loss(self, n_channels):
        return GaussianLikelihood()

    def bias(self, mean, left):
        return np.concatenate([mean, _unlinked(left, 1e-3)])

    def draw(self, parameters, n_channels, random):
        place, scale = np.split(parameters, 2, axis=1)
        return place + scale * random.standard_normal(place.shape)


@dataclass(frozen=True)
class StudentTOutput(ForecastOutput):
    """Student's t distribution."""

    def loss(self, n_channels):
        return StudentTLikelihood()

    def bias(self, mean, left):
        freedom = np.full(len(mean), 8.0)
        scale = left * np.sqrt((freedom - 2) / freedom)
        return np.concatenate([mean, _unlinked(scale, 1e-3), _unlinked(freedom, 2.0)])

    def draw(self, parameters, n_channels, random):
        place, scale, freedom = np.split(parameters, 3, axis=1)
        return place + scale * random.standard_t(freedom)


@dataclass(frozen=True)
class NegativeBinomialOutput(ForecastOutput):
    """Counts whose variance is ``m + a * m ** 2``."""

    counts = True

    def loss(self, n_channels):
        return NegativeBinomialLikelihood()

    def bias(self, mean, left):
        return np.concatenate([mean, _unlinked(np.maximum(left**2, 0.02), 1e-2)])

    def draw(self, parameters, n_channels, random):
        mean, dispersion = np.split(parameters.astype(float), 2, axis=1)
        r = 1 / dispersion
        return random.negative_binomial(r, r / (r + np.minimum(mean, 1e9))).astype(float)


OUTPUTS: dict[str, Any] = {
    "point": PointOutput,
    "quantiles": QuantileOutput,
    "gaussian": GaussianOutput,
    "student_t": StudentTOutput,
    "negative_binomial": NegativeBinomialOutput,
}


def output_of(estimator: Any) -> ForecastOutput:
    """Return what a forecaster's parameters say of its outputs."""
    if estimator.quantiles is not None:
        return QuantileOutput(tuple(float(level) for level in estimator.quantiles))
    if estimator.output == "point":
        return PointOutput(estimator.loss, estimator.huber_delta)
    found: ForecastOutput = OUTPUTS[estimator.output]()
    return found


def output_from(read_as: Any) -> ForecastOutput:
    """Return the outputs of a fitted forecaster by their name and levels."""
    name, levels = read_as
    found: ForecastOutput = OUTPUTS[name](*([tuple(levels)] if name == "quantiles" else []))
    return found


def check_forecaster(estimator: Any) -> None:
    """Refuse parameters of a forecaster that do not go together."""
    if estimator.quantiles is not None:
        check_levels("quantiles", estimator.quantiles)
        if estimator.output != "point":
            raise ValueError(
                f"quantiles and output={estimator.output!r} do not go together: a distribution has "
                "all quantiles, see forecast(horizon, quantiles=...)"
            )
    auto = isinstance(estimator.lags, str) and estimator.lags == "auto"
    lags = np.atleast_1d(np.asarray(estimator.lags, object))
    whole = [lag for lag in lags if is_whole(lag, 1)]
    if not auto and (len(whole) < len(lags) or not len(lags)):
        raise ValueError(f"lags must be 'auto' or positive integers, got {estimator.lags!r}")
    if estimator.output == "negative_binomial":
        if estimator.log not in ("auto", False):
            raise ValueError("log=True does not work with output='negative_binomial': set 'auto'")
        if estimator.differencing not in ("auto", 0):
            raise ValueError(
                "differencing=1 does not work with output='negative_binomial': counts stay counts"
            )


def check_levels(name: str, levels: Any) -> list[float]:
    """Return levels of quantiles, in order; refuse what are none."""
    found = np.asarray(levels)
    fine = found.ndim == 1 and len(found) > 0 and found.dtype.kind in "fiu"
    if not fine or not ((found > 0) & (found < 1)).all() or (np.diff(found) <= 0).any():
        raise ValueError(f"{name} must be numbers between 0 and 1 that increase, got {levels!r}")
    return [float(level) for level in found]


def check_drawn(
    output: ForecastOutput, quantiles: Any, n_samples: Any
) -> tuple[list[float] | None, int | None]:
    """Return the levels that are asked for, and how many paths to draw, None for none."""
    if quantiles is None and n_samples is None:
        return None, None
    levels = None if quantiles is None else check_levels("quantiles", quantiles)
    if n_samples is not None and not is_whole(n_samples, 1):
        raise ValueError(f"n_samples must be a positive integer or None, got {n_samples!r}")
    if not output.draws:
        raise ValueError(
            "this model has no distribution to draw from: fit it with output='gaussian', "
            "'student_t' or 'negative_binomial', or with two quantiles or more"
        )
    return levels, int(n_samples) if n_samples is not None else USUAL_PATHS
