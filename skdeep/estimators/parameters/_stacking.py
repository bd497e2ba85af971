"""Rules of stacking, derived from the parameters that an estimator declares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from skdeep.estimators.parameters._declaration import parameters_of


@dataclass(frozen=True)
class StackRules:
    """How the models of one stack may differ in their parameters.

    Attributes
    ----------
    each : tuple of str
        Parameters of which every model may have its own.
    switch : tuple of str
        Parameters that are on in all models or in none, with a value for each.
    agree : tuple of str
        Parameters that must be the same in all models.
    objective, evaluator : tuple of str
        Parameters of which the objective, and the evaluator, want one number for each model.
    """

    each: tuple[str, ...]
    switch: tuple[str, ...]
    agree: tuple[str, ...]
    objective: tuple[str, ...]
    evaluator: tuple[str, ...]


@cache
def stack_rules(cls: type) -> StackRules:
    """Return the rules of an estimator class; a subclass of the user's has those of its base."""
    declared = parameters_of(cls).values()

    def behaving(stack: str) -> tuple[str, ...]:
        return tuple(p.name for p in declared if p.stack == stack)

    def used_by(part: str) -> tuple[str, ...]:
        return tuple(p.name for p in declared if part in p.used_by)

    return StackRules(
        behaving("each"),
        behaving("switch"),
        behaving("agree"),
        used_by("objective"),
        used_by("evaluator"),
    )


def switched_on(estimator: Any) -> dict[str, bool]:
    """Return of each parameter that is a switch whether this estimator has it on."""
    declared = parameters_of(type(estimator))
    names = stack_rules(type(estimator)).switch
    return {name: declared[name].is_on(getattr(estimator, name)) for name in names}
