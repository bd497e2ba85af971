"""The epochs of one fit, as a stack of fits sees them."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from skdeep.backend.base import Random
from skdeep.estimators._resuming import taking_up
from skdeep.train.trainer import Trainer

if TYPE_CHECKING:
    from skdeep.estimators._jobs import FitJob


class Epochs(ABC):
    """The epochs of one ``fit`` or ``partial_fit``.

    Its model is one of those that a trainer trains; in an ordinary fit the only one.

    Parameters
    ----------
    job : FitJob
        What is trained; its estimator gets the history as its fitted attributes.

    Attributes
    ----------
    masks : Random
        The stream of what each step draws, besides the order of the rows.
    shuffle : RandomState or None
        Draws the order of the rows.
    over : bool
        Whether there are no more epochs for whatever reason.
    """

    def __init__(self, job: FitJob) -> None:
        self.job, self.est = job, job.estimator
        vars(self.est).pop("_pending", None)  # from here on copies of it are snapshots
        self.incremental = job.hooks is None
        self.masks = Random([job.noise])
        self.batch_size: int = self.est._rows_per_batch(len(job.data.rows))
        self.shuffle = job.random if self.est.shuffle else None
        self.over = False

    def attach(self, trainer: Trainer, model: int) -> None:
        """Take the trainer, and which of its models this is."""
        self.trainer, self.model_index = trainer, model

    @abstractmethod
    def begin(self) -> None:
        """Begin the epochs, or take up the training before."""

    @abstractmethod
    def _record(self, loss: float, rate: float, norm: float) -> None:
        """Note how far the model has come."""

    @abstractmethod
    def _ends(self) -> bool:
        """Say after an epoch whether it was the last one."""

    @abstractmethod
    def _keep(self) -> None:
        """Hand the estimator its parameters, and what continuing needs."""

    @abstractmethod
    def model(self) -> dict[str, Any]:
        """Return the attributes that make a copy of the estimator the model as it is now."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """Return, after an epoch, all that going on from it exactly needs."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state` returned; the trainer was made with its rows."""

    def resume(self, state: Mapping[str, Any]) -> None:
        """Go on from a state that a file may hold."""
        with taking_up("the file"):
            self.restore(state)

    def take(self, loss: float, rate: float, norm: float) -> None:
        """Take up an epoch that the trainer has done; errors end this run only."""
        try:
            self._record(loss, rate, norm)
            self.over = not np.isfinite(loss) or self._ends()
            if self.over:
                self._end()
        except Exception as error:
            self.over = True
            self.trainer.order.randoms[self.model_index] = None
            self.job.fail(error)

    def interrupt(self) -> None:
        """End a run that the user cut off, with what there is."""
        warnings.warn("Training interrupted by user.", stacklevel=2)
        self.over = True
        self._end()

    def _end(self) -> None:
        """Let the estimator have what it has become; this model's further steps count no more."""
        self.trainer.order.randoms[self.model_index] = None
        self._keep()
        self.job.complete()

    def _restore_streams(self, state: Mapping[str, Any]) -> None:
        """Go on with the order of the rows that :meth:`_streams` returned."""
        if self.shuffle is not None:
            self.shuffle.set_state(state["shuffle"])

    def _streams(self) -> dict[str, Any]:
        """Return which rows come in which order."""
        trainer, model = self.trainer, self.model_index
        return {
            "shuffle": None if self.shuffle is None else self.shuffle.get_state(legacy=False),
            "rows": trainer.order.of(model) - self.job.shift,
            "held_out": self.job.data.held_out,
        }
