"""The base of all kinds of rows: what a fit, a stack or a search asks of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

import joblib
import numpy as np

from skdeep.backend import device_of, get_backend, is_device_array
from skdeep.backend.base import Backend
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.train.dataset import Dataset
from skdeep.train.evaluator import Evaluator
from skdeep.train.predictor import CHUNK_ROWS, Predictor
from skdeep.train.supervised import Supervised

Held = TypeVar("Held")


class Rows(ABC, Generic[Held]):
    """Rows of one kind: what a stack, a search, a checkpoint or a check has to know of them.

    It stands beside what holds the rows and copies nothing: fits that share rows share `held`.
    :func:`~skdeep.data.kinds.as_rows` finds the kind.

    Parameters
    ----------
    held : array, sparse matrix, Sequences or ChunkedSequences
        What holds the rows, or targets or weights that go with them.
    """

    #: What trains on rows of this kind, evaluates them, and predicts for them.
    objective_type: ClassVar[type[Any]] = Supervised
    evaluator_type: ClassVar[type[Any]] = Evaluator
    predictor_type: ClassVar[type[Predictor]] = Predictor

    #: Whether fits on such rows can train side by side.
    stackable: ClassVar[bool] = True

    def __init__(self, held: Held) -> None:
        self.held = held

    def __len__(self) -> int:
        held: Any = self.held
        return int(held.shape[0])

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the numbers."""
        held: Any = self.held
        return np.dtype(held.dtype)

    @property
    def device(self) -> str:
        """Where the rows lie, "cpu" for the host."""
        return device_of(self.held)

    @property
    def layout(self) -> Any:
        """What must agree among the rows of a stack besides their width; None: nothing."""
        return None

    # ------------------------------------------------------------------ put together, cut, moved

    @abstractmethod
    def take(self, index: Any) -> Held:
        """Return the rows that `index` names, where they lie."""

    @classmethod
    @abstractmethod
    def concatenate(cls, parts: Sequence[Held]) -> Held:
        """Return the rows of several of this kind, one after the other."""

    def to_host(self) -> Any:
        """Return the same rows on the host."""
        return as_host(self.held)

    def ones(self) -> Any:
        """Return weights of one that go with these rows."""
        return np.ones(len(self))

    # ------------------------------------------------------------------ compared, counted

    def same_as(self, other: Rows[Any]) -> bool:
        """Whether `other` holds the very same rows; on a device only by identity."""
        same_kind = type(self) is type(other)
        return self.held is other.held or (same_kind and self._equals(other.held))

    @abstractmethod
    def _equals(self, other: Held) -> bool:
        """Whether what holds other rows in the same way holds the same ones."""

    @abstractmethod
    def n_bytes(self, itemsize: int) -> float:
        """Return the memory that they take while a fit trains on numbers of `itemsize` bytes."""

    @abstractmethod
    def contents(self) -> list[np.ndarray]:
        """Return, on the host, the arrays that tell these rows from others of their shape."""

    def content_hash(self) -> str:
        """Return a hash of all that the rows hold, however it lies in memory."""
        content = [_content(array) for array in self.contents()]
        return str(joblib.hash(content, hash_name="sha1"))  # where CPUs know it, the faster one

    # ------------------------------------------------------------------ checked

    @property
    def numbers(self) -> Any:
        """The array of all numbers that the rows hold."""
        return self.held

    def check_magnitude(self, dtype: Any) -> None:
        """Refuse finite values on the host that `dtype`, which is computed in, cannot hold."""
        if self.device != "cpu":
            return
        values = self.numbers
        if np.dtype(dtype).itemsize < values.dtype.itemsize and values.size:
            limit = np.finfo(dtype).max
            if values.max() > limit or values.min() < -limit:
                name = np.dtype(dtype).name
                raise ValueError(
                    f"Input X contains infinity or a value too large for dtype({name!r})."
                )

    def check_place(self, name: str, device: str, why: str) -> None:
        """Refuse rows on another device; those of the host go wherever they are needed."""
        if self.device not in ("cpu", device):
            raise ValueError(
                f"{name} lies on {self.device!r}, which does not work with {why}: use "
                f"device='auto', or move {name} there or to the host"
            )

    def check_beside(self, estimator: Any, device: str) -> None:
        """Refuse rows on a device where the fitted `estimator` does not compute."""
        if self.device not in ("cpu", device):
            name = type(estimator).__name__
            raise ValueError(
                f"X lies on {self.device!r} but this {name} computes on {device!r}. Move the model "
                f"with `to({self.device!r})`, or X to the host."
            )

    # ------------------------------------------------------------------ trained on

    def bind(self, network: Network) -> Network:
        """Return a network as it is bound for these rows: for as many steps as they have."""
        return network

    @abstractmethod
    def dataset(self, backend: Backend, target: Any, weight: Any, dtype: Any) -> Dataset:
        """Return what batches are gathered from."""

    def indices(self) -> np.ndarray:
        """Return all rows in the order in which an evaluator visits them."""
        return np.arange(len(self))

    def evaluation_numbers(self, n: int, n_logits: int, row_numbers: float) -> float:
        """Return how many numbers an evaluator holds for `n` of these rows.

        Parameters
        ----------
        n : int
            Rows that are evaluated.
        n_logits : int
            Outputs of each.
        row_numbers : float
            What the buffers of a forward pass hold for one row.
        """
        return n * n_logits + min(n, CHUNK_ROWS) * row_numbers

    @classmethod
    def objective(cls, network: Network, store: ParamStore, table: Any, **options: Any) -> Any:
        """Return the loss of a network on such rows; options as of :class:`Supervised`."""
        return cls.objective_type(network, store, table, **options)

    @classmethod
    def evaluator(cls, network: Network, store: ParamStore, table: Any, rows: np.ndarray) -> Any:
        """Return what gives the loss and the outputs of rows that are held out."""
        return cls.evaluator_type(network, store, table, rows)

    @classmethod
    def predictor(cls, network: Network, values: np.ndarray, backend: Backend) -> Predictor:
        """Return what computes with parameters (M, P) for new rows."""
        return cls.predictor_type(network, values, backend)


def _content(array: np.ndarray) -> tuple[Any, ...]:
    """Return what tells an array from others without its strides, at which joblib looks, too."""
    if array.dtype == object:
        return array.shape, array.tolist()
    content = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return array.shape, array.dtype.str, content


def as_host(array: Any) -> Any:
    """Return a device array's values on the host; anything else as it is."""
    return get_backend(device_of(array)).to_host(array) if is_device_array(array) else array
