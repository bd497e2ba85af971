"""Fits in stages, in each of which several networks train: those of estimators with members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from skdeep.fitting.errors import KeepsError, raise_first_error
from skdeep.fitting.jobs import FitJob, Owner

#: Gives the jobs of a stage, and expects them trained when it is resumed.
Stages = Iterator[Sequence[FitJob]]


class StagedJob(KeepsError):
    """A fit in stages.

    Parameters
    ----------
    stages : iterator of sequences of FitJob
        Gives the jobs of a stage, and expects them trained when it is resumed. All that a fit does
        around its training is done there.
    owner : Owner
        Whose fit it is.
    keeps : bool
        Whether Ctrl-C leaves what has been learned, instead of being raised.

    Attributes
    ----------
    waiting : sequence of FitJob
        What the current stage trains; empty before the first one.
    error : exception or None
        Why the fit failed.
    done : bool
        Whether it is over, well or not.
    interruption : KeyboardInterrupt or None
        Ctrl-C, which has cut the stage before short.
    after_epoch : callable or None
        ``after_epoch(loops)`` is called when all networks of a stage have trained for one more
        epoch, which they do side by side then; True stops them.
    """

    def __init__(self, stages: Stages, owner: Owner, *, keeps: bool = True) -> None:
        self.keeps = keeps
        self.owner = owner
        self.error: BaseException | None = None
        self.done = False
        self.waiting: Sequence[FitJob] = ()
        self.interruption: KeyboardInterrupt | None = None
        self.after_epoch: Callable[[Sequence[Any]], bool] | None = None
        self._stages = stages

    def go_on(self) -> bool:
        """Do what is between two stages; False where none follows, or an error came up."""
        try:
            if self.interruption is None:
                raise_first_error(self.waiting)
            found = next(self._stages, None)
        except Exception as error:
            self.fail(error)
            return False
        self.waiting = () if found is None else found
        if found is None:
            self._leave()
        return not self.done

    def fail(self, error: BaseException) -> None:
        """Give the owner back what it was before; keep the error for whoever asks."""
        self.error = error
        self._stages.close()  # type: ignore[attr-defined]
        self.owner.restore()
        self._leave()

    def _leave(self) -> None:
        self.done, self.waiting = True, ()
        self.owner.leave()
