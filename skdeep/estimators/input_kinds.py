"""What a network estimator takes: how samples are checked, and what computes with them."""

from __future__ import annotations

from typing import Any

from skdeep.backend.user_warnings import warn
from skdeep.data.rows import Rows
from skdeep.data.table import TableRows, check_fit_input, check_fit_rows, check_rows
from skdeep.nn.core.spec import Shape


class TableInput:
    """Rows of a table; other kinds of samples are checked in another way."""

    #: What samples are called.
    name = "rows"
    #: Whether they may be sparse.
    sparse = True

    def __init__(self, rows: type[Rows[Any]] = TableRows) -> None:
        self.rows = rows  # how fits handle them

    def check_parameters(self, estimator: Any) -> None:
        """Refuse parameters that describe no samples, before data is looked at."""

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        """Return X and y of a fit, valid; learn where `reset` what X tells of later samples."""
        return check_fit_input(estimator, X, y, reset=reset)

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Any:
        """Return X of a fit that has no y, valid; learn where `reset`."""
        return check_fit_rows(estimator, X, reset=reset)

    def check(self, estimator: Any, X: Any) -> Any:
        """Return samples for a fitted estimator, valid."""
        return check_rows(estimator, X, estimator._device)

    def samples_per_batch(self, estimator: Any, n: int) -> int:
        """Return how many of `n` samples make a batch."""
        if estimator.batch_size == "auto":
            return min(200, n)
        if estimator.solver != "lbfgs" and estimator.batch_size > n:
            warn(
                "Got `batch_size` less than 1 or larger than sample size. It is going to be "
                "clipped",
            )
        return min(int(estimator.batch_size), n)

    def like(self, X: Any, rows: Any) -> Any:
        """Return rows, as there are inside, in the form in which X came."""
        return rows

    def dtype_of(self, X: Any) -> Any:
        """Return what to compute in where nobody says it."""
        return X.dtype

    def shape_inside(self, estimator: Any, n_features: int) -> Shape:
        """Return the shape of a sample as the network gets it."""
        return (n_features,)

    def shape(self, estimator: Any, n_features: int) -> Shape:
        """Return the shape of a sample as the architecture sees it."""
        return (n_features,)
