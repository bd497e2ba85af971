"""Forecasts of several steps: what comes out is read in the next step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skdeep.data.series import TOO_LARGE
from skdeep.data.series_transform import Transformed
from skdeep.estimators.rnn.forecast_outputs import FURTHEST, ForecastOutput
from skdeep.estimators.rnn.series_model import SeriesModel
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.train.sequences.generation import Stepper


class Rollout:
    """Reads series to their ends, then goes on step by step.

    Parameters
    ----------
    network : Network
        Of one step.
    store : ParamStore
        Its parameters.
    model : SeriesModel
        How series are read.
    output : ForecastOutput
        How outputs are read.
    """

    def __init__(
        self, network: Network, store: ParamStore, model: SeriesModel, output: ForecastOutput
    ) -> None:
        self.network, self.store, self.model, self.output = network, store, model, output

    def __call__(
        self,
        found: Sequence[Transformed],
        mean: np.ndarray,
        scale: np.ndarray,
        known: list[np.ndarray] | None,
        horizon: int,
        *,
        n_paths: int = 1,
        random: Any = None,
    ) -> np.ndarray:
        """Return forecasts (n, paths, horizon, F).

        Parameters
        ----------
        found, mean, scale
            Series, transformed, and their moments.
        known : list of ndarray or None
            Known inputs of each series and of the steps to come, (T + horizon, E).
        horizon : int
            Steps to forecast.
        n_paths : int
            Paths that are drawn for each series.
        random : RandomState or None
            None: the one path of point forecasts.
        """
        model, backend = self.model, self.store.backend
        rows = model.rows(found, mean, scale, known)
        if max(np.abs(one).max() for one in rows) > np.finfo(self.store.values.dtype).max:
            raise ValueError(TOO_LARGE)
        n, width = len(rows), mean.shape[1]
        with backend.session(n * n_paths * self.network.layout.largest_weight) as held, held:
            reader = Stepper(self.network, self.store, n, outputs=True)
            _read(reader, rows)
            stepper = reader
            if n_paths > 1:
                stepper = Stepper(self.network, self.store, n * n_paths, outputs=True)
                stepper.take_states(reader, n_paths)
            paths = self._continued(
                stepper, found, mean, scale, known, horizon, n_paths=n_paths, random=random
            )
        return paths.reshape(n, n_paths, horizon, width)

    def _continued(
        self,
        stepper: Stepper,
        found: Sequence[Transformed],
        mean: np.ndarray,
        scale: np.ndarray,
        known: list[np.ndarray] | None,
        horizon: int,
        *,
        n_paths: int,
        random: Any,
    ) -> np.ndarray:
        """Return the steps (B, horizon, F) behind series, of whose state the stepper knows."""
        model, width, depth = self.model, mean.shape[1], self.model.inputs.depth
        state = model.state(found, n_paths)
        tails = [
            _tail((one.z - m) / s, depth) for one, m, s in zip(found, mean, scale, strict=True)
        ]
        recent = np.repeat(np.stack(tails), n_paths, axis=0)  # (B, depth, F)
        last = np.stack([one.z[-1] for one in found])
        gone = np.repeat(np.isnan(last).astype(float), n_paths, axis=0)
        mean, scale = np.repeat(mean, n_paths, axis=0), np.repeat(scale, n_paths, axis=0)
        z = np.concatenate([recent, np.zeros((len(recent), horizon, width))], axis=1)
        result = np.empty((len(recent), horizon, width))
        furthest = FURTHEST * max(1.0, float(np.abs(recent).max()))
        for h in range(horizon):
            step = None
            if known is not None:
                ahead = [one[len(t.z) + h] for one, t in zip(known, found, strict=True)]
                step = np.repeat(np.stack(ahead), n_paths, axis=0)
            parameters = stepper(model.inputs.next(z[:, h : h + depth], gone, step))
            place = (
                self.output.place(parameters, width)
                if random is None
                else self.output.draw(parameters, width, random)
            )
            if not self.output.counts:
                place = np.clip(np.asarray(place, float), -furthest, furthest)
            logs = model.logs(place, state.center(), mean, scale)
            result[:, h] = place if self.output.counts else model.transform.values(logs)
            state.push(logs)
            z[:, depth + h], gone = model.scaled(place, mean, scale), np.zeros_like(gone)
        return result


def _tail(z: np.ndarray, depth: int) -> np.ndarray:
    """Return the last `depth` steps, zeros where there are none."""
    filled = np.nan_to_num(z[-depth:])
    return np.concatenate([np.zeros((depth - len(filled), z.shape[1])), filled])


def _read(stepper: Stepper, rows: Sequence[np.ndarray]) -> None:
    """Let a stepper read the steps of series, which end together."""
    lengths = np.array([len(one) for one in rows])
    longest = int(lengths.max())
    begins = longest - lengths
    steps = np.zeros((len(rows), longest, rows[0].shape[1]))
    for place, one, begin in zip(steps, rows, begins, strict=True):
        place[begin:] = one
    for t in range(longest):
        if t <= begins.max() + 1:
            stepper.start_anew(begins < t)
        stepper(steps[:, t])
