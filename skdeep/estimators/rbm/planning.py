"""From the parameters of an RBM and samples to the plan of its fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import Backend
from skdeep.data.training_data import TrainingData
from skdeep.estimators.fit.estimator_fit import copy_with
from skdeep.estimators.fit.planning import agreement, optimizer
from skdeep.estimators.parameters import stack_rules
from skdeep.estimators.rbm.model import column_means
from skdeep.fitting.plan import FitPlan, Recipe, Stopping
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.stacking import stack_rbms
from skdeep.optim.schedules import resolve_schedule
from skdeep.train.boltzmann.contrastive import ContrastiveDivergence
from skdeep.train.dataset import Dataset
from skdeep.train.streams import noise_seed


def rbm_plan(
    estimator: Any, data: TrainingData, backend: Backend, random: Any, *, incremental: bool
) -> FitPlan:
    """Return what training has to know of the RBM that an estimator describes."""
    recipe, frozen = estimator._recipe(), estimator._frozen()
    begins = estimator.centering and estimator._training_state is None
    return FitPlan(
        name=type(estimator).__name__,
        network=estimator._network,
        values=estimator._values,
        recipe=recipe,
        data=data,
        backend=backend,
        random=random,
        noise=noise_seed(random),
        batch_size=min(int(estimator.batch_size), len(data.rows)),
        shuffle=estimator.shuffle,
        solver=estimator.solver,
        numbers=_numbers(estimator, column_means(data.X) if begins else None),
        stopping=Stopping(max_iter=estimator.n_iter),
        history=estimator._history_of_fit.of(vars(estimator)),
        agreement=agreement(estimator, recipe, data, backend, frozen),
        schedule=resolve_schedule(estimator.learning_rate_schedule),
        frozen=frozen,
        state=estimator._training_state,
        incremental=incremental,
        verbose=estimator.verbose,
        monitor=lambda values, rows: _monitored(estimator, values, rows),
    )


def rbm_recipe(estimator: Any) -> Recipe:
    """Return how training is made of an RBM."""

    def step_numbers(network: RBM, batch: int) -> int:
        # Both sides of samples and particles, the states, and the random numbers.
        particles = int(estimator.batch_size) if estimator.algorithm == "pcd" else batch
        return (batch + 3 * particles) * (network.n_visible + network.n_hidden)

    return Recipe(
        stack=stack_rbms,
        objective=lambda *given, **options: _objective(estimator, *given, **options),
        optimizer=lambda each: optimizer(estimator, each),
        step_numbers=step_numbers,
        objective_numbers=(*stack_rules(type(estimator)).objective, "offsets"),
        agreement=(
            estimator.algorithm,
            estimator.n_gibbs_steps,
            estimator.centering,
            estimator.mean_field,
        ),
    )


def _objective(
    estimator: Any, network: RBM, store: ParamStore, table: Dataset, offsets: Any, **options: Any
) -> ContrastiveDivergence:
    """Return what is minimised; with `offsets` (M, F) centering begins there."""
    store.allocate_grads()
    objective = ContrastiveDivergence(
        network,
        store,
        table,
        n_particles=int(estimator.batch_size),
        n_steps=estimator.n_gibbs_steps,
        persistent=estimator.algorithm == "pcd",
        centering=estimator.centering,
        mean_field=estimator.mean_field,
        **options,
    )
    if offsets is not None:
        objective.start_offsets(offsets)
    return objective


def _numbers(estimator: Any, offsets: np.ndarray | None) -> dict[str, Any]:
    """Return what each model of a stack has for itself, by name."""
    rules = stack_rules(type(estimator))
    return {
        "rate": estimator.learning_rate,
        "clip_norm": None,
        "clip_value": None,
        "offsets": offsets,
        **{name: getattr(estimator, name) for name in (*rules.trainer, *rules.objective)},
    }


def _monitored(estimator: Any, values: np.ndarray, rows: np.ndarray) -> tuple[str, float]:
    """Return name and value of the curve for the RBM with these parameters."""
    copy = copy_with(estimator, {"_values": values})
    found: tuple[str, float] = copy._monitor(rows)
    return found
