"""A parameter of an estimator: all that is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from skdeep.estimators.parameters._docstrings import entry

#: How models of one stack may differ in a parameter. "each": every model has its own. "switch": it
#: is on in all of them or in none, with a value for each. "agree": it is the same in all.
Stacking = Literal["each", "switch", "agree"]


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of an estimator.

    Attributes
    ----------
    name : str
        Its name.
    annotation : type
        Its type.
    default : object
        Its default.
    doc : str
        What it means, a paragraph.
    constraint : list
        What values it may have, as scikit-learn's ``_parameter_constraints`` say it.
    kind : str or None
        How the documentation names the type; None derives it.
    stack : {"each", "switch", "agree"}
        How it behaves in a stack.
    used_by : tuple of {"objective", "evaluator", "trainer"}
        What of training wants its number for each model, by its name.
    kw_only : bool
        Whether it is given by name only.
    """

    name: str
    annotation: Any
    default: Any
    doc: str
    constraint: list[Any]
    kind: str | None = None
    stack: Stacking = "agree"
    used_by: tuple[str, ...] = ()
    kw_only: bool = True

    @cached_property
    def entry(self) -> str:
        """The parameter's entry in the documentation of a class."""
        return entry(self.name, self.annotation, self.constraint, self.default, self.doc, self.kind)

    def is_on(self, value: Any) -> bool:
        """Say whether a value switches on what the parameter is for."""
        if None in self.constraint:
            return value is not None
        several = isinstance(value, Iterable) and getattr(value, "shape", None) != ()
        return any(value) if several else bool(value)


def parameters_of(cls: type) -> Mapping[str, Parameter]:
    """Return the parameters of an estimator class or a group, by name, in order.

    A user's subclass has those of its base here, whatever its constructor takes.
    """
    table: Mapping[str, Parameter] = getattr(cls, "_declared_parameters", {})
    return table
