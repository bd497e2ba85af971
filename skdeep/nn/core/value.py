"""What layers and losses are: plain values, which compare and print by what they hold."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np

#: What no argument is.
_NONE = object()


class Value:
    """Equal to another of its class that holds the same; printed as what makes it."""

    def __repr__(self) -> str:
        defaults = {k: p.default for k, p in signature(type(self)).parameters.items()}
        values = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        shown = (f"{k}={v!r}" for k, v in values.items() if not _is(v, defaults.get(k, _NONE)))
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


def _is(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(np.all(value == default))
