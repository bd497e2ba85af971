"""What perceptrons read that have layers of their own for numbers: dense rows."""

from __future__ import annotations

from typing import Any

from skdeep.data.place import to_host
from skdeep.data.training_data import TrainingData
from skdeep.estimators.input_kinds import TableInput
from skdeep.estimators.number_layers import fit_edges

#: Parameters whose layers read each number of a row.
DENSE_ONLY = ("numeric_embedding", "scaling_layer")


class NumberInput(TableInput):
    """Rows, which are dense where a layer reads each number of them."""

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        """Return X and y of a fit, valid."""
        _refuse_sparse(estimator, X)
        return super().check_fit(estimator, X, y, reset=reset)

    def check(self, estimator: Any, X: Any) -> Any:
        """Return samples for a fitted estimator, valid."""
        _refuse_sparse(estimator, X)
        return super().check(estimator, X)


def _refuse_sparse(estimator: Any, X: Any) -> None:
    for name in DENSE_ONLY:
        if getattr(estimator, name) and hasattr(X, "tocsr"):
            raise TypeError(
                f"{name}={getattr(estimator, name)!r} reads each number of a row, but X is sparse: "
                "give X.toarray(), or leave it out"
            )


def takes_sparse(estimator: Any) -> bool:
    """Say whether no layer of an estimator reads each number of a row."""
    return not any(getattr(estimator, name) for name in DENSE_ONLY)


def fit_first_edges(estimator: Any, data: TrainingData) -> None:
    """Put edges of bins, where there are any, at the quantiles of training rows."""
    network = estimator._network
    found = network.spec.children.get("numbers")
    if found is not None and estimator.numeric_embedding == "ple":
        weight = None if data.weight is None else data.weight[data.rows]
        rows = to_host(data.X)[data.rows]
        fit_edges(found[0], "numbers", network.layout, estimator._values, rows, weight)
