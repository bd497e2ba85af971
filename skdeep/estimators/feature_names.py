"""The names of the features of an estimator that leaves its rows to others inside."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any


def feature_names_of(inside: str) -> property:
    """Return ``feature_names_in_`` of estimators whose fitted attribute `inside` has the names.

    It is one estimator, or a list of such. As scikit-learn's attribute it may be set, which some
    tools do on a copy: None stands for no names.
    """

    def held(self: Any) -> Any:
        if inside not in vars(self):
            name = type(self).__name__
            raise AttributeError(f"{name!r} object has no attribute 'feature_names_in_'")
        return vars(self)[inside]

    def get(self: Any) -> Any:
        """Names of the features, where all are strings."""
        found = held(self)
        return (found[0] if isinstance(found, Sequence) else found).feature_names_in_

    def put(self: Any, names: Any) -> None:
        found = held(self)
        several = isinstance(found, Sequence)
        # A shallow copy of the whole has the same ones inside, which keep their names.
        copies = [copy(one) for one in (found if several else [found])]
        for one in copies:
            one.feature_names_in_ = names
        setattr(self, inside, copies if several else copies[0])

    return property(get, put)
