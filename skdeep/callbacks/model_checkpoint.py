"""Checkpoints of a training in a folder, and going on from them exactly."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from skdeep.callbacks._context import TaskKey, is_one_of_several, task_key
from skdeep.callbacks._format import encode, sweep, write
from skdeep.callbacks._paths import checked_path, named
from skdeep.callbacks.checkpoint_file import (
    BEST,
    EPOCH,
    LATEST,
    MONITORS,
    load_checkpoint,
    read_checkpoint,
)
from skdeep.data.whole import is_whole
from skdeep.estimators.fit.members import HasMembers
from skdeep.estimators.fit.running_fit import RunningFit, running_fit
from skdeep.estimators.model import FittedNetwork
from skdeep.fitting.resuming import CheckpointError, taking_up


@dataclass
class _Fit:
    """What a callback keeps about one running fit."""

    running: RunningFit
    folder: Path
    monitor: str
    best: float = -np.inf
    #: The epoch that is in the file of the best one.
    best_epoch: int | None = None
    #: The epoch that is not saved, as `every` leaves it out; None where the last one is saved.
    unsaved: int | None = None
    #: The files that are known to be this fit's, as they were last.
    files: dict[Path, Any] = field(default_factory=dict)


class ModelCheckpoint:
    """Save the training after epochs, so that an interrupted fit can continue exactly.

    Set it on one of this package's estimators with ``set_callbacks``, also where that estimator is
    a step of a pipeline or is searched over. Files are complete at any moment, whatever happens
    to the process or the machine, and contain no pickle.

    Parameters
    ----------
    folder : str or path-like
        Where files are written; it is made if it is missing. The newest state is
        ``latest.skdeep``. Each fit of a search has a folder of its own in it, such as
        ``MLPClassifier-60b725f10c9c``, which is named by a hash of its parameters and data.
    every : int, default=1
        Save after each `every`-th epoch and after the last one.
    save_best : bool, default=False
        Whether to keep the best of the saved epochs, too, as ``best.skdeep``.
    monitor : {'loss', 'validation_score', 'validation_loss'} or None, default=None
        What "best" means. None is the validation score where there are validation samples, else
        the loss.
    save_epochs : bool, default=False
        Whether to keep all saved epochs, too, as ``epoch-000001.skdeep`` and so on.
    folder_per_fit : bool, default=False
        Whether a fit has a folder of its own outside of searches, too: for members of ensembles,
        and for the folds of :func:`sklearn.model_selection.cross_val_score`, which tell callbacks
        nothing of each other.
    resume : bool, default=False
        Whether ``fit`` continues from ``latest.skdeep`` of this very fit, where there is one.
        The result equals that of a training that was never cut off, bit for bit on the same
        machine: parameters, history and random streams. `max_iter` and `verbose` may differ,
        `max_iter` only without a `learning_rate_schedule`, which spans it. A fit that was
        complete is not trained again. Without a seed (``random_state=None``) this holds too.

    Raises
    ------
    ValueError
        If a parameter is not valid. In ``fit``: if `folder` is a file; if the solver is L-BFGS,
        whose state SciPy keeps to itself; or, as :class:`CheckpointError`, if a file in the folder
        is damaged or belongs to another fit, naming what differs. Files of other fits are never
        overwritten.
    TypeError
        In ``fit``: if an attribute of a subclass of yours is nothing that the files can hold.
    OSError
        In ``fit``: if nothing can be written in `folder`. The file before stays whole.

    See Also
    --------
    load_checkpoint : A fitted estimator from a file.

    Notes
    -----
    A save takes some milliseconds, as it waits for the disk; where epochs are shorter, set
    `every`. At the beginning of a fit its data are hashed, at some hundred MB a second.
    ``partial_fit`` calls no callbacks. An epoch that Ctrl-C cuts short is not saved: ``resume``
    continues from the one before it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import ModelCheckpoint, load_checkpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> folder = tempfile.TemporaryDirectory()
    >>> saving = ModelCheckpoint(folder.name, save_best=True, resume=True)
    >>> model = MLPClassifier((8,), tol=1e-2, random_state=0)
    >>> model = model.set_callbacks(saving).fit(X, y)
    >>> sorted(file.name for file in Path(folder.name).iterdir())
    ['best.skdeep', 'latest.skdeep']
    >>> loaded = load_checkpoint(folder.name, MLPClassifier((8,), tol=1e-2, random_state=0))
    >>> bool((loaded.predict(X) == model.predict(X)).all())
    True
    >>> folder.cleanup()
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        *,
        every: int = 1,
        save_best: bool = False,
        monitor: str | None = None,
        save_epochs: bool = False,
        folder_per_fit: bool = False,
        resume: bool = False,
    ) -> None:
        self.folder = checked_path(folder, "folder")
        self.every, self.save_best, self.monitor = every, save_best, monitor
        self.save_epochs, self.folder_per_fit, self.resume = save_epochs, folder_per_fit, resume
        self._check()
        self._fits: dict[TaskKey, _Fit | None] = {}

    def _check(self) -> None:
        if {*"{}"} & {*self.folder}:
            raise ValueError(
                f"folder={self.folder!r} is a template of file names, which older versions took: "
                f"give a folder, in which files are called {LATEST}, {BEST} and "
                f"{EPOCH.format(1)}"
            )
        if not is_whole(self.every, 1):
            raise ValueError(f"every must be an integer of at least 1, got {self.every!r}")
        for name in ("save_best", "save_epochs", "folder_per_fit", "resume"):
            if not isinstance(getattr(self, name), bool | np.bool_):
                raise ValueError(f"{name} must be True or False, got {getattr(self, name)!r}")
        if self.monitor is not None and self.monitor not in MONITORS:
            raise ValueError(f"monitor must be None or in {sorted(MONITORS)}, got {self.monitor!r}")
        if self.monitor is not None and not self.save_best:
            raise ValueError(f"monitor={self.monitor!r} needs save_best=True")

    load = staticmethod(load_checkpoint)

    def __getstate__(self) -> dict[str, Any]:
        """Leave running fits out: a worker has its own."""
        return {**self.__dict__, "_fits": {}}

    # -------------------------------------------------------------------- hooks

    def setup(self, estimator: Any, context: Any) -> None:
        """Refuse estimators whose training cannot be saved, and a folder where nothing can."""
        if not isinstance(estimator, FittedNetwork | HasMembers):
            raise ValueError(
                f"ModelCheckpoint saves estimators of skdeep, not {type(estimator).__name__}: set "
                "it on the step of the pipeline, or on the estimator that is searched over"
            )
        if getattr(estimator, "solver", None) == "lbfgs":
            raise ValueError(
                "ModelCheckpoint cannot save solver='lbfgs': SciPy keeps the state of its search "
                "to itself"
            )
        self._make_folder()
        self._fits[task_key(context)] = None

    def teardown(self, estimator: Any, context: Any) -> None:
        """Forget the fit."""
        self._fits.pop(task_key(context), None)

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Look for checkpoints of this very fit when it begins."""
        key = task_key(context)
        if key not in self._fits:  # an epoch
            return
        fit = self._fits[key] = self._open(estimator, context)
        encode(fit.running.model())  # a subclass may have attributes that no file can hold
        sweep(fit.folder)
        saved = {
            path: _read_own(path, fit)
            for path in (fit.folder / LATEST, fit.folder / BEST)
            if path.exists()
        }
        if self.resume and fit.folder / LATEST in saved:
            self._go_on(fit, saved)

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Save the training after an epoch, and at the end what was not saved."""
        fit = self._fits.get(task_key(context))
        if fit is not None:  # the end of the fit
            if fit.running.interrupted:
                return
            if fit.running.learns_more:
                self._save(fit, fit.running.n_iter)
            elif fit.unsaved == estimator.n_iter_:
                self._save(fit, estimator.n_iter_)
            return
        fit = None if context.parent is None else self._fits.get(task_key(context.parent))
        if fit is None or context.task_name != "epoch":  # the end of a part
            return
        epoch = fit.unsaved = estimator.n_iter_
        if epoch % self.every == 0 or fit.running.finished or epoch == fit.running.n_epochs:
            self._save(fit, epoch)

    # ---------------------------------------------------------------- at the start

    def _make_folder(self) -> None:
        """Raise where the folder cannot be written in."""
        folder = Path(self.folder)
        if folder.exists() and not folder.is_dir():
            raise ValueError(
                f"folder={self.folder!r} is a file, not a folder. load_checkpoint reads a file"
            )
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise named(error, "ModelCheckpoint cannot write in folder", self.folder) from error

    def _open(self, estimator: Any, context: Any) -> _Fit:
        """Return what is kept about a fit that begins."""
        running = running_fit(estimator)
        assert running is not None
        monitor = self.monitor or ("validation_score" if running.validates else "loss")
        if monitor != "loss" and not running.validates:
            raise ValueError(
                f"monitor={monitor!r} but there are no validation samples: set "
                "early_stopping=True or give X_val and y_val to fit"
            )
        folder, identity = Path(self.folder), running.identity
        if self.folder_per_fit or is_one_of_several(context):
            word = joblib.hash(json.dumps(identity, sort_keys=True))
            folder /= f"{type(estimator).__name__}-{word[:12]}"
        return _Fit(running, folder, monitor)

    def _go_on(self, fit: _Fit, saved: dict[Path, dict[str, Any]]) -> None:
        """Let the fit go on from the newest checkpoint."""
        latest, best = fit.folder / LATEST, fit.folder / BEST
        try:
            fit.running.go_on_from(saved[latest])
        except CheckpointError as error:
            raise CheckpointError(f"{latest}: {error}") from error
        if not self.save_best:
            return
        if best not in saved:  # what was best before is not known
            _write_own(best, latest.read_bytes(), fit)
            saved[best] = saved[latest]
        with taking_up(str(best)):
            self._improves(fit, saved[best]["monitored"])

    # ---------------------------------------------------------------- after an epoch

    def _improves(self, fit: _Fit, values: dict[str, Any]) -> bool:
        """Say whether these are the best values so far, and remember them."""
        value = MONITORS[fit.monitor] * values[fit.monitor]
        better = value > fit.best
        fit.best = value if better else fit.best
        return bool(better)

    def _save(self, fit: _Fit, epoch: int) -> None:
        """Write the files; the newest last, so that the others are never behind it."""
        values = {name: fit.running.last[name] for name in MONITORS}
        content = encode({"monitored": values, **fit.running.state()})
        names = [EPOCH.format(epoch)] if self.save_epochs else []
        if self.save_best and (self._improves(fit, values) or fit.best_epoch == epoch):
            names.append(BEST)
            fit.best_epoch = epoch
        for name in (*names, LATEST):
            try:
                _write_own(fit.folder / name, content, fit)
            except OSError as error:
                path = str(fit.folder / name)
                raise named(error, f"ModelCheckpoint cannot save epoch {epoch}", path) from error
        fit.unsaved = None


def _read_own(path: Path, fit: _Fit) -> dict[str, Any]:
    """Read a checkpoint of this fit; any other file is an error."""
    stamp, tree = _stamp(path), read_checkpoint(path)
    with taking_up(str(path)):
        found = fit.running.differences(tree)
    if found:
        raise CheckpointError(
            f"{path} belongs to another fit: {'; '.join(found)}. Choose another folder, set "
            "folder_per_fit=True, or delete the file"
        )
    fit.files[path] = stamp
    return tree


def _write_own(path: Path, content: bytes, fit: _Fit) -> None:
    """Write a file of this fit; one of a fit that began at the same time is an error."""
    if path.exists() and fit.files.get(path) != _stamp(path):
        _read_own(path, fit)
    write(path, content)
    fit.files[path] = _stamp(path)


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what tells a file from one that has taken its place."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size
