"""From an estimator's parameters and samples to a network and the plan of its fit."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import Backend
from skdeep.data.kinds import as_rows
from skdeep.data.training_data import TrainingData
from skdeep.estimators.checks.memory import check_model_size
from skdeep.estimators.fit.epoch_scorer import EpochScorer
from skdeep.estimators.fit.holding_out import stops_early
from skdeep.estimators.fit.schedules import schedule_of
from skdeep.estimators.parameters import stack_rules, switched_on
from skdeep.estimators.transfer import start_from_given
from skdeep.fitting.history import NetworkHistory
from skdeep.fitting.plan import Each, FitPlan, RateRule, Recipe, Stopping
from skdeep.fitting.stack_size import row_numbers
from skdeep.nn.core.stacking import stack_networks
from skdeep.optim import make_optimizer
from skdeep.optim.base import Optimizer


def describe_for(estimator: Any, X: Any, dtype: np.dtype) -> Any:
    """Return the network for new rows; refuse what `dtype` or the memory does not hold."""
    as_rows(X).check_magnitude(dtype)
    network = estimator._make_network(X.shape[1])
    check_model_size(network.layout, dtype)
    return network


def start_network(estimator: Any, X: Any, random: np.random.RandomState, dtype: np.dtype) -> None:
    """Build the network of an estimator and draw its parameters; begin the history."""
    estimator._network = describe_for(estimator, X, dtype)
    estimator._values = estimator._network.initial([random]).astype(dtype)
    start_from_given(estimator)
    frozen_names(estimator)
    estimator._training_state = None
    vars(estimator).update(NetworkHistory().attributes())


def continue_network(estimator: Any) -> None:
    """Describe the network anew; refuse parameters of one in which the weights do not fit."""
    network = estimator._make_network(estimator.n_features_in_)
    now, there = (
        {name: slot.param.shape for name, slot in net.layout.slots.items()}
        for net in (network, estimator._network)
    )
    if now != there:
        raise ValueError(
            "training cannot continue from the weights there: parameters were set that describe "
            f"another network, with weights of shapes {now} instead of {there}. Fit anew, "
            "with warm_start=False."
        )
    estimator._network = network


def network_plan(
    estimator: Any,
    data: TrainingData,
    backend: Backend,
    random: np.random.RandomState,
    noise: np.random.SeedSequence,
    *,
    incremental: bool,
) -> FitPlan:
    """Return what training has to know of the network that an estimator describes."""
    recipe, frozen = estimator._recipe(), frozen_names(estimator)
    kind = estimator.learning_rate if estimator.solver == "sgd" else "constant"
    return FitPlan(
        name=getattr(estimator, "_public_name", type(estimator).__name__),
        network=estimator._network,
        values=estimator._values,
        recipe=recipe,
        data=data,
        backend=backend,
        random=random,
        noise=noise,
        batch_size=estimator._input.samples_per_batch(estimator, len(data.rows)),
        shuffle=estimator.shuffle,
        solver=estimator.solver,
        numbers=_numbers(estimator),
        stopping=_stopping(estimator, data),
        history=NetworkHistory.of(vars(estimator)),
        agreement=agreement(estimator, recipe, data, backend, frozen),
        schedule=schedule_of(estimator, "learning_rate_schedule"),
        decay_schedule=schedule_of(estimator, "weight_decay_schedule"),
        noise_schedule=schedule_of(estimator, "dropout_schedule"),
        smoothing_schedule=schedule_of(estimator, "label_smoothing_schedule"),
        rate_rule=RateRule(kind, estimator.learning_rate_init, estimator.power_t),
        frozen=frozen,
        state=estimator._training_state if incremental else None,
        incremental=incremental,
        verbose=estimator.verbose,
        max_fun=getattr(estimator, "max_fun", 0),
        trains=not estimator._parts.are_all(estimator),
    )


def network_recipe(estimator: Any, **changes: Any) -> Recipe:
    """Return how training is made of a network; a family says what differs."""
    rules, rows = stack_rules(type(estimator)), estimator._input.rows
    given: dict[str, Any] = {
        "stack": stack_networks,
        "objective": rows.objective,
        "optimizer": lambda each: optimizer(estimator, each),
        "evaluator": lambda *given, **numbers: rows.evaluator(*given),
        "step_numbers": lambda network, batch: batch * row_numbers(network),
        "objective_numbers": rules.objective,
        "evaluator_numbers": rules.evaluator,
        "part_numbers": estimator._parts.numbers(estimator),
    }
    return Recipe(**{**given, **changes})


def optimizer(estimator: Any, each: Each) -> Optimizer:
    """Return the optimizer of several models with their numbers."""
    return make_optimizer(
        estimator.solver,
        momentum=each("momentum"),
        nesterovs_momentum=estimator.nesterovs_momentum,
        beta_1=each("beta_1"),
        beta_2=each("beta_2"),
        epsilon=each("epsilon"),
    )


def agreement(
    estimator: Any, recipe: Recipe, data: TrainingData, backend: Backend, frozen: tuple[str, ...]
) -> Any:
    """Return what must agree with other fits to train with them, besides the network.

    None where nothing goes together with this one.
    """
    if estimator.solver == "lbfgs" or not as_rows(data.X).stackable:
        return None
    return (
        type(estimator),
        estimator.solver,
        type(recipe.optimizer(lambda name: getattr(estimator, name))),
        estimator.batch_size,
        estimator._values.dtype,
        backend.device,
        data.target.dtype,
        data.target.shape[1:],
        *data.layouts,
        frozen,
        switched_on(estimator),
        *recipe.agreement,
    )


def frozen_names(estimator: Any) -> tuple[str, ...]:
    """Return the names of the parameters that training must not move."""
    slots = estimator._network.layout.slots
    result: set[str] = set()
    for name in estimator.frozen_layers:
        found = {s for s in slots if f".{name}." in f".{s}."}
        if not found:
            raise ValueError(f"frozen_layers: no layer {name!r}; there are {sorted(slots)}")
        if all(slots[s].param.kind == "state" for s in found):
            raise ValueError(
                f"frozen_layers: {name!r} is a running statistic, which follows the data; "
                "name the layer to hold its scale and shift"
            )
        result |= found
    return tuple(sorted(result))


def _numbers(estimator: Any) -> dict[str, Any]:
    """Return what each model of a stack has for itself, by name."""
    rules = stack_rules(type(estimator))
    names = (*rules.trainer, *rules.objective, *rules.evaluator)
    return {
        "rate": estimator.learning_rate_init,
        "clip_norm": estimator.gradient_clip_norm,
        "clip_value": estimator.gradient_clip_value,
        **{name: getattr(estimator, name) for name in names},
    }


def _stopping(estimator: Any, data: TrainingData) -> Stopping:
    """Return when training ends, and how it is scored until then."""
    scoring = getattr(estimator, "scoring", "loss")
    return Stopping(
        max_iter=estimator.max_iter,
        tol=estimator.tol,
        n_iter_no_change=estimator.n_iter_no_change,
        early=stops_early(estimator, data),
        patience_factor=getattr(estimator, "patience_factor", 0.0),
        last_of_ties=getattr(estimator, "last_of_ties", False),
        standard_errors=getattr(estimator, "n_standard_errors", 0.0),
        scoring=scoring if scoring in (None, "loss") else EpochScorer(estimator),
        score_outputs=estimator._score_outputs,
        by_sample=getattr(estimator, "_score_samples", None),
        warns=estimator._warns_of_too_few_epochs,
    )
