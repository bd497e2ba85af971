"""Declare a parameter once: from its field come constructor, constraint, documentation, stacking.

A *group* is a class of annotated fields, each with :func:`parameter` or :func:`like`. An estimator
lists groups among its bases and has the parameters of all of them. Groups that stand further right
come first in the signature, as with the fields of dataclasses, and a field that is declared again
keeps its place. Only classes decorated here take part: an annotated attribute in a user's subclass
is no parameter.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from inspect import get_annotations
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, dataclass_transform, get_args, get_origin, overload

from skdeep.data._compat import StrOptions
from skdeep.estimators.one_fit import of_one_fit
from skdeep.estimators.parameters._docstrings import complete
from skdeep.estimators.parameters._parameter import Parameter, Stacking, parameters_of
from skdeep.estimators.parameters._stacking import StackRules

T = TypeVar("T")
Class = TypeVar("Class", bound=type)


@dataclass(frozen=True)
class _Field:
    """What a class body says of a parameter, before the parameter has its name and type."""

    given: dict[str, Any]
    group: type | None = None

    def named(self, name: str, annotation: Any) -> Parameter:
        """Return the parameter."""
        given = {**self.given, "annotation": annotation}
        if self.group is not None:
            return replace(parameters_of(self.group)[name], **given)
        if given["constraint"] is None:
            given["constraint"] = _derived_constraint(annotation)
        return Parameter(name=name, **given)


def parameter(
    *,
    default: T,
    doc: str,
    constraint: list[Any] | None = None,
    kind: str | None = None,
    stack: Stacking = "agree",
    used_by: tuple[str, ...] = (),
    kw_only: bool = True,
) -> T:
    """Declare a parameter; see :class:`Parameter`.

    Without `constraint` it is derived from the annotation, of bool, str, None and literals.
    """
    result: Any = _Field(
        {
            "default": default,
            "doc": doc,
            "constraint": constraint,
            "kind": kind,
            "stack": stack,
            "used_by": used_by,
            "kw_only": kw_only,
        }
    )
    return result


def like(group: type, **changes: Any) -> Any:
    """Declare a parameter as `group` has it, but for what is given; it goes by keyword only."""
    return _Field({"kw_only": True, **changes}, group)


def redeclared(group: type, *, default: T, kw_only: bool, **changes: Any) -> T:
    """Declare a parameter as `group` has it, where it may be given by position."""
    result: Any = _Field({"default": default, "kw_only": kw_only, **changes}, group)
    return result


@dataclass_transform(
    eq_default=False, kw_only_default=True, field_specifiers=(parameter, redeclared)
)
def parameter_group(cls: Class) -> Class:
    """Make a class a group of parameters."""
    _collect(cls)
    return cls


@overload
def estimator_parameters(cls: Class, /) -> Class: ...
@overload
def estimator_parameters(
    *, attributes: Iterable[str] = (), notes: str = "", references: str = ""
) -> Callable[[Class], Class]: ...
@dataclass_transform(
    eq_default=False, kw_only_default=True, field_specifiers=(parameter, redeclared)
)
def estimator_parameters(
    cls: Any = None,
    /,
    *,
    attributes: Iterable[str] = (),
    notes: str = "",
    references: str = "",
) -> Any:
    """Give an estimator class its constructor, its constraints and the rest of its docstring.

    Parameters
    ----------
    attributes : iterable of str
        Entries of fitted attributes, which follow the class's own.
    notes, references : str
        Paragraphs that the class shares with others; they come before its own notes and after its
        own references.
    """

    def decorate(cls: type) -> type:
        table = _collect(cls)
        cls._parameter_constraints = {  # type: ignore[attr-defined]
            name: declared.constraint for name, declared in table.items()
        }
        cls._stack_rules = StackRules.of(table.values())  # type: ignore[attr-defined]
        cls.__init__ = _constructor(cls, table)  # type: ignore[misc]
        entries = [declared.entry for declared in table.values()]
        cls.__doc__ = complete(cls.__doc__ or "", entries, attributes, notes, references)
        of_one_fit(cls)
        return cls

    return decorate if cls is None else decorate(cls)


def _collect(cls: type) -> dict[str, Parameter]:
    """Set and return the parameters of a class: those of its bases and its own, in order."""
    table: dict[str, Parameter] = {}
    for base in reversed(cls.__mro__[1:]):
        table |= vars(base).get("_own_declarations", {})
    module = vars(sys.modules[cls.__module__])
    own = {}
    for name, annotation in get_annotations(cls).items():
        field = vars(cls).get(name)
        if isinstance(field, _Field):
            known = eval(annotation, module) if isinstance(annotation, str) else annotation
            own[name] = field.named(name, known)
            delattr(cls, name)  # an instance without it must say so
    cls._own_declarations = own  # type: ignore[attr-defined]
    table |= own
    order = sorted(table.values(), key=lambda declared: declared.kw_only)
    table = {declared.name: declared for declared in order}
    cls._declared_parameters = table  # type: ignore[attr-defined]
    return table


def _constructor(cls: type, table: dict[str, Parameter]) -> Callable[..., None]:
    """Return ``__init__``, which assigns what it is given: code as by hand, which is fast."""
    signature, star = ["self"], False
    for name, declared in table.items():
        if declared.kw_only and not star:
            signature.append("*")
            star = True
        signature.append(f"{name}=defaults[{name!r}]")
    body = "".join(f"\n    self.{name} = {name}" for name in table) or "\n    pass"
    namespace: dict[str, Any] = {"defaults": {name: p.default for name, p in table.items()}}
    exec(f"def __init__({', '.join(signature)}):{body}", namespace)
    init: Any = namespace["__init__"]
    init.__annotations__ = {name: p.annotation for name, p in table.items()}
    init.__module__, init.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
    return init


def _derived_constraint(annotation: Any) -> list[Any]:
    """Return the constraint of a type that says all."""
    result: list[Any] = []
    union = get_origin(annotation) in (Union, UnionType)
    for kind in get_args(annotation) if union else (annotation,):
        if get_origin(kind) is Literal:
            result.append(StrOptions(set(get_args(kind))))
        else:
            result.append({bool: "boolean", str: str, NoneType: None}[kind])
    return result
