"""Classes as the numbers that a loss compares with, and a network's outputs as classes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from skdeep.backend import compute, device_of, get_backend, is_device_array
from skdeep.data.target_arrays import of_their_type


@dataclass(frozen=True)
class ClassTarget:
    """Classes of one y: two classes or labels as 0 and 1, more as the index of the class.

    Attributes
    ----------
    kind : {"binary", "multiclass", "multilabel", "multioutput"}
        What y is.
    classes : ndarray, or list of ndarray for "multioutput"
        Sorted; ``arange`` of the labels for "multilabel".
    sparse : bool
        Whether y came as a sparse label matrix; predictions are then sparse too.
    """

    kind: str
    classes: Any
    sparse: bool = False

    @classmethod
    def of(cls, y: Any, classes: Any = None) -> ClassTarget:
        """Find the classes of `y`, or take the given ones (for ``partial_fit``)."""
        several = y.ndim == 2 and y.dtype.kind == "O"  # each column may be of a kind of its own
        with of_one_kind():
            for column in y.T if several else [y]:
                check_classification_targets(of_their_type(column) if several else column)
            return cls._of_classes(y, classes)

    @classmethod
    def _of_classes(cls, y: Any, classes: Any) -> ClassTarget:
        """Find what `y` is, a checked one."""
        if is_nested(classes):
            return cls("multioutput", [np.unique(column) for column in classes])
        if y.ndim == 2:
            return cls._of_columns(y)
        if classes is None and y.dtype.kind in "biuf":
            values = np.unique(y)
        elif classes is None and y.dtype.kind == "U":  # which come out as long as they are
            values = np.array(np.unique(y).tolist())
        else:
            values = unique_labels(y if classes is None else classes)
        # One class has one column, of ones: a softmax over it.
        return cls("binary" if len(values) == 2 else "multiclass", values)

    @classmethod
    def _of_columns(cls, y: Any) -> ClassTarget:
        """Find what the columns of `y` are."""
        labels = y.dtype.kind != "O" and type_of_target(y, input_name="y") == "multilabel-indicator"
        if labels and _is_indicator(y):
            return cls("multilabel", np.arange(y.shape[1]), sparse.issparse(y))
        if sparse.issparse(y):
            raise ValueError("a sparse y must be an indicator of labels that holds 0 and 1 only")
        return cls("multioutput", [np.unique(column) for column in y.T])

    @property
    def columns(self) -> list[np.ndarray]:
        """The classes of each column of y; 0 and 1 of a label."""
        if self.kind == "multilabel":
            return [np.arange(2)] * len(self.classes)
        return self.classes if self.kind == "multioutput" else [self.classes]

    def column_codes(self, y: Any) -> list[np.ndarray]:
        """Return, for each column of y, the index of each row's class in :attr:`columns`."""
        y = np.asarray(y.toarray() if sparse.issparse(y) else y)
        parts = y.reshape(len(y), -1).T
        return [np.searchsorted(c, part) for c, part in zip(self.columns, parts, strict=True)]

    @property
    def n_columns(self) -> int:
        """Number of logits."""
        if self.kind == "binary":
            return 1
        if self.kind == "multioutput":
            return sum(map(len, self.classes))
        return len(self.classes)

    def entry_weights(self, y: Any, weight: np.ndarray) -> np.ndarray:
        """Return the weights of samples as those of what there is a class of in `y`."""
        return weight

    def encode_weights(self, y: Any, weight: np.ndarray) -> Any:
        """Return weights of what there is a class of, in the form that goes with :meth:`encode`."""
        return weight

    def encode(self, y: Any) -> np.ndarray:
        """Return the loss's targets (n, columns): float 0/1, or int32 codes."""
        if self.kind == "multilabel":
            return np.asarray(y.toarray() if sparse.issparse(y) else y, np.float32)
        if self.kind == "multioutput":
            return np.stack(self.column_codes(y), axis=1).astype(np.int32)
        if self.kind == "multiclass":
            return np.searchsorted(self.classes, y).astype(np.int32)[:, None]
        positive = y == self.classes[-1] if len(self.classes) == 2 else np.zeros(len(y), bool)
        return positive.astype(np.float32)[:, None]

    def codes(self, output: Any, xp: Any = np) -> Any:
        """Return what is predicted, in the form of :meth:`encode`, from probabilities (n, K)."""
        if self.kind == "multiclass":
            return output.argmax(axis=1)[:, None]
        if self.kind == "multioutput":
            return xp.stack([part.argmax(axis=1) for part in self.split(output)], axis=1)
        only_one = self.kind == "binary" and len(self.classes) == 1  # which is right for all rows
        return output > (1.0 if only_one else 0.5)

    def decode(self, output: Any) -> Any:
        """Return the predicted y from probabilities (n, K).

        Probabilities on a device give a y there, except for classes that no device holds.
        """
        if is_device_array(output) and any(c.dtype.kind not in "biuf" for c in self.columns):
            output = get_backend(device_of(output)).to_host(output)
        labels = compute(self._decode, output)
        as_sparse = self.sparse and not is_device_array(labels)
        return sparse.csr_matrix(labels) if as_sparse else labels

    def _decode(self, xp: Any, output: Any) -> Any:
        codes = self.codes(output, xp)
        if self.kind == "multilabel":
            return codes.astype(int)
        if self.kind == "multioutput":
            columns = [xp.asarray(c)[k] for c, k in zip(self.classes, codes.T, strict=True)]
            return xp.stack(columns, axis=1)
        return xp.asarray(self.classes)[codes[:, 0].astype(int)]

    def target_labels(self, target: np.ndarray) -> Any:
        """Return y from its encoded form."""
        if self.kind == "multioutput":
            return np.stack([c[k] for c, k in zip(self.classes, target.T, strict=True)], axis=1)
        if self.kind == "multilabel":
            return target.astype(int)
        return self.classes[np.minimum(target[:, 0].astype(int), len(self.classes) - 1)]

    @property
    def n_outputs(self) -> int:
        """Number of outputs as scikit-learn counts them: classes, labels, or columns of y."""
        return len(self.classes) if self.kind == "multioutput" else self.n_columns

    def check(self, y: Any) -> None:
        """Raise if `y` holds what was not there when the classes were found."""
        n_columns = y.shape[1] if y.ndim == 2 else 1
        if n_columns != len(self.columns):
            what = "labels" if self.kind == "multilabel" else "column(s)"
            raise ValueError(f"y must have {len(self.columns)} {what}, got shape {y.shape}")
        if self.kind == "multilabel":
            if not _is_indicator(y):
                raise ValueError("y must hold 0 and 1 only, as in the first fit")
            return
        for classes, column in zip(self.columns, y.reshape(len(y), -1).T, strict=True):
            with of_one_kind():
                found = np.unique(column)
                new = np.setdiff1d(found, classes, assume_unique=True)
            if len(new):
                raise ValueError(
                    "`y` has classes not in `self.classes_`. "
                    f"`self.classes_` has {classes}. 'y' has {found}."
                )

    def check_same(self, y: Any) -> None:
        """Raise unless `y` holds the very classes that were found (for ``warm_start``)."""
        now = ClassTarget.of(y).classes
        same = len(now) == len(self.classes) and all(map(np.array_equal, now, self.classes))
        if not same:
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous "
                f"call to fit. Previously got {self.classes}, `y` has {now}"
            )

    def split(self, output: Any) -> list[Any]:
        """Cut the columns of a "multioutput" prediction, one part per output."""
        ends = np.cumsum([len(c) for c in self.classes]).tolist()
        return [output[:, end - len(c) : end] for end, c in zip(ends, self.classes, strict=True)]

    def strata(self, target: np.ndarray) -> np.ndarray | None:
        """Return what a validation split is stratified by; two classes as scikit-learn does."""
        if self.kind == "binary":
            return target.astype(bool)
        return target[:, 0] if self.kind == "multiclass" else None


@contextmanager
def of_one_kind() -> Iterator[None]:
    """Say what is wrong with classes that NumPy cannot sort."""
    try:
        yield
    except TypeError as error:
        raise ValueError(
            f"y must hold classes of one kind, all numbers or all strings: {error}"
        ) from error


def is_nested(classes: Any) -> bool:
    """Whether ``classes`` lists the classes of several outputs."""
    return isinstance(classes, list | tuple) and len(classes) > 0 and np.ndim(classes[0]) == 1


def _is_indicator(y: Any) -> bool:
    """Whether a y of several columns holds nothing but 0 and 1."""
    values = y.data if sparse.issparse(y) else y
    return bool(((values == 0) | (values == 1)).all())
