"""What both tabular estimators share: the table, the splits and the members."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.mixed_table import Column, read_table
from skdeep.data.place import to_host
from skdeep.data.sharing import sharing
from skdeep.data.weights import check_weight
from skdeep.estimators.checks.parameters import CheckedParameters
from skdeep.estimators.fit.estimator_fit import unchanged_on_error
from skdeep.estimators.fit.waiting import deferring
from skdeep.estimators.tabular.splits import Split, validation_splits
from skdeep.estimators.tabular.table_encoder import TableEncoder
from skdeep.fitting.errors import raise_first_error
from skdeep.fitting.stack_size import train_together

#: Samples up to which mini-batches are of 256, and of 512.
SMALL_TABLE, MIDDLE_TABLE = 30_000, 100_000
#: Samples up to which 'auto' trains for all epochs.
EPOCHS, FULL_TRAINING = 128, 40_000


class TabularMLP(CheckedParameters):
    """Common parent of the tabular estimators: members on encoded tables, averaged."""

    #: What a member is.
    _member: ClassVar[type]
    #: Whether y are classes.
    _classifies: ClassVar[bool]
    #: The learning rate that 'auto' stands for.
    _usual_rate: ClassVar[float]

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
    ):
        """Train on a table.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Columns of numbers, booleans, strings, categories, dates and durations, any of them
            with missing values.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers; or classes, a 0/1 indicator of labels, or several columns of classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : like X, default=None
            Validation samples, instead of some held out of X.
        y_val : like y, default=None
            Their y; comes with `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.
        groups : array-like of shape (n_samples,), default=None
            Groups that stay together where samples are held out.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained; columns are named. A
            model that was fitted before stays as it was.
        """
        with unchanged_on_error(self):
            self._fit(X, y, sample_weight, (X_val, y_val, sample_weight_val), groups)
        return self

    def _fit(self, X: Any, y: Any, sample_weight: Any, validation: Any, groups: Any) -> None:
        columns = self._learn_columns(X)
        if y is None:
            name = type(self).__name__
            raise ValueError(
                f"This {name} estimator requires y to be passed, but the target y is None."
            )
        y = y if hasattr(y, "tocsr") else np.asarray(to_host(y))
        check_consistent_length(columns[0].values, y)
        n = len(columns[0].values)
        weight = check_weight(sample_weight, np.empty((n, 1)), dtype=np.dtype(float))
        random = check_random_state(self.random_state)
        splits, given = self._splits(columns, y, validation, groups, random)
        encoders, members = [], []
        own: set[int] = set()
        with deferring(lambda estimator: id(estimator) in own) as jobs, sharing(_memory()):
            for train, test in splits:
                encoder = TableEncoder(self.max_one_hot).fit(_rows(columns, train))
                rows = encoder.transform(columns, self.dtype)
                for _ in range(self.n_members):
                    member = self._new_member(
                        encoder, len(train), random, validates=len(test) > 0 or given
                    )
                    own.add(id(member))
                    self._train(member, rows, y, weight, (train, test), encoder, given, validation)
                    members.append(member)
                encoders.append(encoder)
        limit = None if self.memory_limit is None else self.memory_limit * 2.0**20
        train_together(jobs, limit)
        raise_first_error(jobs)
        self.members_, self.encoders_ = members, encoders
        self._describe(columns, y, splits)

    def _learn_columns(self, X: Any) -> list[Column]:
        """Return the columns of a fit's table; learn how many features there are, and names."""
        columns = read_table(X, self.categorical_features)
        for name in ("n_features_in_", "feature_names_in_"):
            self.__dict__.pop(name, None)
        names = _feature_names(X)
        if names is not None:
            self.feature_names_in_ = names
        self.n_features_in_ = np.shape(X)[1] if names is None else len(names)
        return columns

    def _splits(
        self, columns: Any, y: Any, validation: Any, groups: Any, random: Any
    ) -> tuple[list[Split], bool]:
        """Return which samples train and validate, and whether validation samples are given."""
        X_val, y_val, _ = validation
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together: one of them is missing")
        n = len(columns[0].values)
        if X_val is not None:
            if self.n_splits is not None:
                raise ValueError("give X_val or n_splits, not both")
            return [(np.arange(n), np.arange(0))], True
        if groups is not None:
            check_consistent_length(columns[0].values, groups)
        dense = np.asarray(y.toarray()) if hasattr(y, "tocsr") else y
        return validation_splits(self, dense, groups, random, classes=self._classifies), False

    def _train(
        self,
        member: Any,
        rows: np.ndarray,
        y: Any,
        weight: Any,
        split: Split,
        encoder: TableEncoder,
        given: bool,
        validation: Any,
    ) -> None:
        """Ask for the training of a member."""
        options: dict[str, Any] = {} if weight is None else {"sample_weight": weight}
        if given:
            X_val, y_val, weight_val = validation
            columns = self._columns_of(X_val, "X_val")
            options |= {"X_val": encoder.transform(columns, self.dtype), "y_val": y_val}
            options["sample_weight_val"] = weight_val
        elif len(split[1]):
            member.set_params(validation_split=[split])
        member.fit(rows, y, **options)

    def _new_member(self, encoder: Any, n: int, random: Any, *, validates: bool) -> Any:
        """Return a network for encoded tables, with a seed of its own."""
        auto_batch = 256 if n <= SMALL_TABLE else 512 if n <= MIDDLE_TABLE else 1024
        epochs = self.max_iter
        if epochs == "auto":
            epochs = round(EPOCHS * min(1.0, (FULL_TRAINING / n) ** 0.5))
        batch = auto_batch if self.batch_size == "auto" else self.batch_size
        rate = self._usual_rate if self.learning_rate_init == "auto" else self.learning_rate_init
        return self._member(
            layout=encoder.layout_,
            hidden_layer_sizes=self.hidden_layer_sizes,
            activation=self.activation,
            numeric_embedding=self.numeric_embedding,
            embedding_dim=self.embedding_dim,
            scaling_layer=self.scaling_layer,
            parametric_activation=self.parametric_activation,
            dropout=self.dropout,
            dropout_schedule=self.dropout_schedule if self.dropout else None,
            weight_decay=self.weight_decay,
            weight_decay_schedule=self.weight_decay_schedule,
            learning_rate_init=rate,
            learning_rate_schedule=self.learning_rate_schedule,
            alpha=0.0,
            beta_2=0.95,
            batch_size=min(batch, n),
            max_iter=epochs,
            early_stopping=validates and self.early_stopping,
            n_iter_no_change=self.n_iter_no_change,
            patience_factor=self.patience_factor,
            tol=0.0,
            verbose=self.verbose,
            device=self.device,
            dtype=self.dtype,
            random_state=random.randint(np.iinfo(np.int32).max),
            **self._member_options(),
        )

    @abstractmethod
    def _member_options(self) -> dict[str, Any]:
        """Return the parameters of members that classifiers or regressors only have."""

    @abstractmethod
    def _describe(self, columns: Any, y: Any, splits: list[Split]) -> None:
        """Set what else is known after training."""

    # ------------------------------------------------------------------ fitted

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "members_")

    @property
    def _target(self) -> Any:
        return self.members_[0]._target

    def _columns_of(self, X: Any, name: str = "X") -> list[Column]:
        """Return the columns of a table like that of the fit, or say which are not there."""
        names = _feature_names(X)
        known = getattr(self, "feature_names_in_", None)
        if known is not None and names is not None:
            missing = [column for column in known if column not in set(names)]
            if missing:
                raise ValueError(f"{name} lacks the column {missing[0]!r} of the fit")
            unknown = [column for column in names if column not in set(known)]
            if unknown:
                raise ValueError(f"{name} has the column {unknown[0]!r}, which the fit had not")
            X = (
                X.select(list(known))
                if hasattr(X, "select") and not hasattr(X, "iloc")
                else (X[list(known)])
            )
        columns = read_table(X, self.categorical_features, name=name)
        shape = np.shape(X) if names is None else (len(columns[0].values), len(names))
        if shape[1] != self.n_features_in_:
            raise ValueError(
                f"{name} has {shape[1]} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input"
            )
        return _as_learned(columns, self.encoders_[0], name)

    def _member_outputs(self, X: Any) -> list[np.ndarray]:
        """Return the outputs (n, K) of each member."""
        check_is_fitted(self)
        columns = self._columns_of(X)
        outputs = []
        for k, member in enumerate(self.members_):
            if k % self._per_split == 0:
                rows = self.encoders_[k // self._per_split].transform(columns, self.dtype)
            outputs.append(np.asarray(to_host(member._forward(rows))))
        return outputs

    @property
    def _per_split(self) -> int:
        return len(self.members_) // len(self.encoders_)

    def _forward(self, X: Any) -> np.ndarray:
        """Return the mean of the members' outputs (n, K)."""
        return np.mean(self._member_outputs(X), axis=0)

    def transform(self, X):
        """Return what the last hidden layers of the members give, side by side.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_members * units)
            Features.
        """
        check_is_fitted(self)
        columns, parts = self._columns_of(X), []
        for k, member in enumerate(self.members_):
            rows = self.encoders_[k // self._per_split].transform(columns, self.dtype)
            parts.append(np.asarray(to_host(member.transform(rows))))
        return np.hstack(parts)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = False
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


def _memory() -> Any:
    """Return a memory of what members find out alike of the rows."""
    found: dict[Any, tuple[Any, ...]] = {}

    def remember(key: Any, make: Any) -> tuple[Any, ...]:
        if key not in found:
            found[key] = make()
        return found[key]

    return remember


def _rows(columns: list[Column], rows: np.ndarray) -> list[Column]:
    return [Column(c.name, c.values[rows], c.is_category) for c in columns]


def _feature_names(X: Any) -> np.ndarray | None:
    """Return the names of the columns of a frame, or None where X is none."""
    names = getattr(X, "column_names", None)
    names = getattr(X, "columns", None) if names is None else names
    return None if names is None else np.asarray([str(name) for name in names], dtype=object)


def _as_learned(columns: list[Column], encoder: TableEncoder, name: str) -> list[Column]:
    """Return columns as categories or numbers, as they were in the fit."""
    if [column.name for column in columns] != encoder.names_:
        raise ValueError(
            f"{name} has other kinds of columns than the fit: got {[c.name for c in columns]}, "
            f"expected {encoder.names_}"
        )
    result = []
    for column, category in zip(columns, encoder.is_category_, strict=True):
        if column.is_category and not category:
            known = [value for value in column.values.tolist() if value is not None]
            if known:
                raise ValueError(
                    f"column {column.name!r} of {name} held numbers in the fit, and now "
                    f"{known[0]!r}"
                )
            column = Column(column.name, np.full(len(column.values), np.nan), False)
        elif category and not column.is_category:
            values = column.values.astype(object)
            values[np.isnan(column.values)] = None
            column = Column(column.name, values, True)
        result.append(column)
    return result
