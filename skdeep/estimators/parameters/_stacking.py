"""Rules of stacking, derived from the parameters that an estimator declares."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from skdeep.estimators.parameters._parameter import Parameter, parameters_of


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
    objective, evaluator, trainer : tuple of str
        Parameters of which each of these wants one number for each model. The trainer's are also
        the optimizer's.
    """

    each: tuple[str, ...]
    switch: tuple[str, ...]
    agree: tuple[str, ...]
    objective: tuple[str, ...]
    evaluator: tuple[str, ...]
    trainer: tuple[str, ...]

    @classmethod
    def of(cls, parameters: Collection[Parameter]) -> StackRules:
        """Return the rules that parameters say of themselves."""
        each, switch, agree = (
            tuple(p.name for p in parameters if p.stack == stack)
            for stack in ("each", "switch", "agree")
        )
        objective, evaluator, trainer = (
            tuple(p.name for p in parameters if part in p.used_by)
            for part in ("objective", "evaluator", "trainer")
        )
        return cls(each, switch, agree, objective, evaluator, trainer)


def stack_rules(cls: Any) -> StackRules:
    """Return the rules of an estimator class; a user's subclass has those of its base."""
    rules: StackRules = cls._stack_rules
    return rules


def switched_on(estimator: Any) -> dict[str, bool]:
    """Return of each parameter that is a switch whether this estimator has it on."""
    declared = parameters_of(type(estimator))
    names = stack_rules(type(estimator)).switch
    return {name: declared[name].is_on(getattr(estimator, name)) for name in names}
