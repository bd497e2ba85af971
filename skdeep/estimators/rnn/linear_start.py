"""First weights of a forecaster: its linear part is fitted, the others add nothing yet."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import get_backend
from skdeep.data.training_data import TrainingData
from skdeep.estimators.rnn.forecast_outputs import ForecastOutput

#: Penalty of the squares of weights, of standardised inputs, beside a sum over steps.
PENALTY = 1.0

#: Inputs up to which there is a fit in closed form.
MOST_INPUTS = 3000

LINEAR, OUTPUT = "network.shortcut.linear.{}", "network.body.steps.output.{}"


def start_from_ridge(estimator: Any, data: TrainingData, output: ForecastOutput) -> None:
    """Fit the linear part of a forecaster to its training steps by ridge regression.

    Parameters
    ----------
    estimator : RNNForecaster
        Whose initial values are written.
    data : TrainingData
        The chunks that train.
    output : ForecastOutput
        What the network says of a step.
    """
    places = np.unique(data.X.places[data.X.places >= 0])
    steps = data.X.sequences.steps
    inputs = np.asarray(get_backend(data.X.sequences.device).to_host(steps), float)[places]
    n = estimator._target.n_columns
    columns = slice(0, n * output.repeats, output.repeats)
    target = np.asarray(data.target, float)[places][:, columns]
    target = np.log1p(target) if output.counts else target
    weight = np.ones(len(places)) if data.weight is None else np.asarray(data.weight)[places]
    there = np.broadcast_to(weight[:, None], target.shape)
    if estimator._target.masked:
        begin = n * output.repeats
        there = there * np.asarray(data.target)[places][:, begin :: output.repeats]
    values, layout = estimator._values, estimator._network.layout
    for part in "Wb":
        layout.view(values, OUTPUT.format(part))[...] = 0.0
    if inputs.shape[1] > MOST_INPUTS or not there.any():
        return
    weights, mean, left = _ridge(inputs, target, there)
    if output.counts:
        mean = mean + _of_counts(inputs @ weights + mean, np.expm1(target), there)
    layout.view(values, LINEAR.format("W"))[0] = output.lift(weights)
    layout.view(values, LINEAR.format("b"))[0] = output.bias(mean, left)


def _ridge(
    inputs: np.ndarray, target: np.ndarray, weight: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return weights (W, F), intercepts (F,), and the deviations (F,) that are left."""
    width = inputs.shape[1]
    found = np.zeros((width, target.shape[1]))
    mean, left = np.zeros(target.shape[1]), np.ones(target.shape[1])
    for k, own in enumerate(weight.T):
        total = own.sum()
        if not total > 0:
            continue
        centre, goal = own @ inputs / total, own @ target[:, k] / total
        centred = inputs - centre
        square = centred.T @ (centred * own[:, None])
        square[np.diag_indices(width)] += PENALTY
        found[:, k] = np.linalg.solve(square, centred.T @ (own * (target[:, k] - goal)))
        mean[k] = goal - centre @ found[:, k]
        residual = target[:, k] - goal - centred @ found[:, k]
        left[k] = max(np.sqrt(own @ residual**2 / total), 1e-3)
    return found, mean, left


def _of_counts(logs: np.ndarray, counts: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return what to add to logs (n, F) so that their powers have the mean of the counts."""
    total = weight.sum(axis=0)
    there = np.maximum((weight * np.exp(logs)).sum(axis=0), 1e-12)
    result: np.ndarray = np.log(((weight * counts).sum(axis=0) + 0.5) / (total + 1)) - np.log(
        there / np.maximum(total, 1e-12)
    )
    return result
