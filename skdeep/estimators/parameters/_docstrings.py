"""Class docstrings: sections that are derived or shared, put where numpydoc wants them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import cleandoc
from textwrap import dedent, fill, indent
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import numpy as np

from skdeep.data._compat import StrOptions

WIDTH = 92
ORDER = ("Parameters", "Attributes", "See Also", "Notes", "References", "Examples")
#: Longer lists of names are left to the text.
MOST_OPTIONS = 4


def entry(
    name: str, annotation: Any, constraint: Sequence[Any], default: Any, doc: str, kind: str | None
) -> str:
    """Return the numpydoc entry of a parameter; ``{options}`` in its text are names to choose."""
    kind = kind or kind_of(annotation, constraint)
    options = [", ".join(map(repr, names)) for names in _options(constraint)]
    text = " ".join(doc.split()).replace("{options}", "; ".join(options))
    text = fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)
    return f"{name} : {kind}, default={default!r}\n{indent(text, '    ')}"


def kind_of(annotation: Any, constraint: Sequence[Any] = ()) -> str:
    """Return a type in numpydoc's words: "int, {'auto'} or None"."""
    union = get_origin(annotation) in (Union, UnionType)
    words: list[str] = []
    for kind in get_args(annotation) if union else (annotation,):
        word = _word(kind, constraint)
        words += [word] if word not in words else []
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _word(kind: Any, constraint: Sequence[Any]) -> str:
    if kind is NoneType:
        return "None"
    if kind is np.random.RandomState:
        return "RandomState instance"
    if kind is str:
        options = _options(constraint)
        short = bool(options) and len(options[0]) <= MOST_OPTIONS
        return _choice(options[0]) if short else "str"
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _choice(args)
    if origin is Callable:
        return "callable"
    if origin is not None and issubclass(origin, Mapping):
        return f"dict of {kind_of(args[0])} to {kind_of(args[1])}"
    if origin is tuple:
        return f"tuple of {kind_of(args[0])}"
    if origin is not None:
        return f"sequence of {kind_of(args[0])}"
    return "object" if kind is Any else str(kind.__name__)


def _options(constraint: Sequence[Any]) -> list[list[str]]:
    return [sorted(part.options) for part in constraint if isinstance(part, StrOptions)]


def _choice(options: Iterable[Any]) -> str:
    return "{" + ", ".join(map(repr, options)) + "}"


def complete(
    doc: str, parameters: Sequence[str], attributes: Iterable[str], notes: str, references: str
) -> str:
    """Return a class docstring with its parameters, and with what it shares with others."""
    summary, found = sections(doc)
    found["Parameters"] = "\n\n".join(parameters)
    own = {title: found.get(title, "") for title in ("Attributes", "Notes", "References")}
    found["Attributes"] = joined(own["Attributes"], *attributes)
    found["Notes"] = joined(notes, own["Notes"])
    found["References"] = joined(own["References"], references)
    return assemble(summary, found)


def sections(doc: str) -> tuple[str, dict[str, str]]:
    """Return what a numpydoc docstring begins with, and its sections by title."""
    parts = re.split(r"\n(\w[\w ]*)\n-{3,}\n", cleandoc(doc) + "\n")
    return parts[0].strip("\n"), dict(zip(parts[1::2], parts[2::2], strict=True))


def assemble(summary: str, found: Mapping[str, str]) -> str:
    """Return a docstring, indented as in a class, of its beginning and those sections with text."""
    parts = [summary]
    for title in ORDER:
        text = found.get(title, "").strip("\n")
        if text:
            parts.append(f"{title}\n{'-' * len(title)}\n{text}")
    return indent("\n\n".join(parts), "    ").lstrip() + "\n    "


def joined(*texts: str) -> str:
    """Return paragraphs one after the other, without their indentation."""
    return "\n\n".join(dedent(text).strip("\n") for text in texts if text)
