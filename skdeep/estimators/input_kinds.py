"""Kinds of input: how an estimator checks samples, holds some out, and computes with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skdeep.backend.user_warnings import warn
from skdeep.data.rows import Rows
from skdeep.data.table import TableRows, check_fit_input, check_fit_rows, check_rows
from skdeep.data.training_data import TrainingData
from skdeep.data.validation_split import check_validation_input, hold_out
from skdeep.data.weights import check_weight
from skdeep.estimators.fit.holding_out import holds_out
from skdeep.estimators.fit.weighting import validation_weights
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

    def check_continued(self, estimator: Any, X: Any, y: Any) -> None:
        """Warn of what a fit that goes on cannot learn of valid samples."""

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Any:
        """Return X of a fit that has no y, valid; learn where `reset`."""
        return check_fit_rows(estimator, X, reset=reset)

    def check(self, estimator: Any, X: Any) -> Any:
        """Return samples for a fitted estimator, valid."""
        return check_rows(estimator, X, estimator._device)

    def count_weights(self, estimator: Any, X: Any, weight: Any) -> Any:
        """Return samples of a new fit; learn anew what depends on their weights."""
        return X

    def learn_of_training_rows(self, estimator: Any, data: TrainingData, random: Any) -> None:
        """Learn what samples are anew, without those that validate, where it depends on them."""

    def fit_first_weights(self, estimator: Any, data: TrainingData) -> None:
        """Adapt weights that were drawn to samples, before training."""

    def tag(self, estimator: Any, tags: Any) -> None:
        """Say in scikit-learn's tags what samples may be."""
        tags.sparse = self.sparse

    def beside(self, estimator: Any, X: Any, values: Any, name: str) -> Any:
        """Return what goes with the samples of X, as y and weights do, in their order."""
        return values

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

    def like(self, estimator: Any, X: Any, rows: Any) -> Any:
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

    def add_validation(
        self,
        estimator: Any,
        data: TrainingData,
        given: Mapping[str, Any],
        random: Any,
        y: Any,
        X_given: Any,
    ) -> None:
        """Set validation rows: those given to ``fit``, or held out of X."""
        names = estimator._validation_names
        if given.get("groups") is not None and getattr(estimator, "validation_split", None) is None:
            warn("groups has no effect without validation_split")
        missing = [name for name in names if given.get(name) is None]
        if len(missing) == len(names):
            if given.get("sample_weight_val") is not None:
                raise ValueError(f"sample_weight_val needs {' and '.join(names)}")
            n, unasked = data.X.shape[0], "X_val" in given  # not where training goes on bit by bit
            if holds_out(estimator, n, unasked=unasked) and estimator.solver != "lbfgs":
                strata = estimator._target.strata(data.target)
                hold_out(estimator, data, strata, given.get("groups"), random, y)
            return
        if missing:
            raise ValueError(f"X_val and y_val go together: {missing[0]} is missing")
        X_val, y_val = check_validation_input(
            estimator, given["X_val"], given.get("y_val"), X_given, data.X.shape[0]
        )
        if estimator.solver == "lbfgs":
            warn("X_val has no effect with solver='lbfgs'")
        given_weight, dtype = given.get("sample_weight_val"), estimator._values.dtype
        weight = check_weight(given_weight, X_val, "sample_weight_val", dtype)
        data.X_val, data.target_val = X_val, estimator._target.encode(y_val)
        data.weight_val = validation_weights(estimator, y_val, weight)
