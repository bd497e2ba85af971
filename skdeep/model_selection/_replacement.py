"""A search that takes the place of scikit-learn's: its constructor and docstring, and one entry."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any, TypeVar

from skdeep.data._compat import Interval, StrOptions
from skdeep.estimators.parameters import assemble, entry, joined, sections
from skdeep.estimators.parameters._ranges import POSITIVE
from skdeep.metrics._scorers import NAMES

Class = TypeVar("Class", bound=type)

MEMORY_LIMIT: list[Interval | None] = [POSITIVE, None]
DOC = """
Memory in MiB that the training of stacks, and data that pipelines have transformed, may take; None
is half of what is free. Fewer models train together where it is small.
"""
NOTES = """\
The time of a fit in a stack is the stack's over its number of models. A candidate's failure touches
no other. With ``n_jobs`` of more than one, each process trains its fits in stacks. `scoring` takes
the names of :func:`skdeep.metrics.get_scorer`, too.
"""


def takes_the_place_of(theirs: Any, notes: str = "") -> Callable[[Class], Class]:
    """Give a search what `theirs` has, and the parameter ``memory_limit``.

    The constructor, its constraints, and the docstring's sections of parameters and attributes are
    scikit-learn's of the version that is installed.
    """

    def decorate(cls: Class) -> Class:
        constraints = {**theirs._parameter_constraints, "memory_limit": MEMORY_LIMIT}
        constraints["scoring"] = [StrOptions(set(NAMES)), *constraints["scoring"]]
        cls.__init__ = _constructor(cls, theirs)  # type: ignore[misc]
        cls._parameter_constraints = constraints  # type: ignore[attr-defined]
        limit = entry("memory_limit", float | None, MEMORY_LIMIT, None, DOC, None)
        (summary, own), (_, given) = sections(cls.__doc__ or ""), sections(theirs.__doc__ or "")
        own["Parameters"] = joined(given.get("Parameters", ""), limit)
        own["Attributes"] = given.get("Attributes", "")
        own["Notes"] = joined(own.get("Notes", ""), notes, NOTES)
        cls.__doc__ = assemble(summary, own)
        return cls

    return decorate


def _constructor(cls: type, theirs: Any) -> Callable[..., None]:
    def __init__(self: Any, *args: Any, memory_limit: float | None = None, **given: Any) -> None:
        theirs.__init__(self, *args, **given)
        self.memory_limit = memory_limit

    all_of_theirs = signature(theirs.__init__)
    limit = Parameter("memory_limit", Parameter.KEYWORD_ONLY, default=None)
    __init__.__signature__ = all_of_theirs.replace(  # type: ignore[attr-defined]
        parameters=[*all_of_theirs.parameters.values(), limit]
    )
    __init__.__module__, __init__.__qualname__ = cls.__module__, f"{cls.__qualname__}.__init__"
    return __init__
