"""The kinds of rows: which of them holds something, and rows of several fits put together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skdeep.data.rows import Rows
from skdeep.data.table import SparseRows, TableRows


def as_rows(held: Any) -> Rows[Any]:
    """Return rows, or targets or weights that go with them, as what is known of their kind.

    Examples
    --------
    >>> import numpy as np
    >>> len(as_rows(np.zeros((3, 2)))), as_rows(np.zeros((3, 2))).n_bytes(8)
    (3, 48.0)
    """
    if isinstance(held, np.ndarray):
        return TableRows(held)
    if hasattr(held, "tocsr"):
        return SparseRows(held)
    from skdeep.data.sequence_kinds import KINDS  # a tenth of the import, which tables do without

    return KINDS.get(type(held), TableRows)(held)


def joined(parts: Sequence[Any]) -> Any:
    """Return rows, targets or weights of several fits, of one kind, one after the other."""
    return as_rows(parts[0]).concatenate(parts)


def same(a: Any, b: Any) -> bool:
    """Whether two fits have the very same rows, targets or weights, or none of these."""
    if a is b or a is None or b is None:
        return a is b
    return as_rows(a).same_as(as_rows(b))
