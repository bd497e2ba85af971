"""Checkpoints of a training, and going on from them exactly."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from skdeep.callbacks._context import TaskKey, is_one_of_several, task_key, task_name
from skdeep.callbacks._format import write
from skdeep.callbacks._identity import differences, identity, short_name
from skdeep.callbacks._model import load_checkpoint
from skdeep.callbacks._template import Template
from skdeep.callbacks._tree import read_checkpoint
from skdeep.data.whole import is_whole
from skdeep.estimators.fit.saving import model_of
from skdeep.estimators.model import FittedNetwork
from skdeep.fitting.resuming import CheckpointError, taking_up

#: Monitored values and the sign that makes higher better.
MONITORS = {"loss": -1.0, "validation_score": 1.0, "validation_loss": -1.0}


@dataclass
class _Fit:
    """What a callback keeps about one running fit."""

    template: Template
    names: dict[str, str]
    identity: dict[str, Any]
    monitor: str
    best: float = -np.inf
    files: list[Path] = field(default_factory=list)  # of this fit, the newest last


class ModelCheckpoint:
    """Save the training after epochs, so that a fit that was cut off goes on exactly.

    Set it on one of this package's estimators with ``set_callbacks``, also where that estimator is
    a step of a pipeline or is searched over. Files are complete at any moment, whatever happens
    to the process or the machine, and contain no pickle.

    Parameters
    ----------
    path : str or path-like
        Name of the files; missing folders are made. Fields in braces are formatted as by
        ``str.format``: ``epoch``, ``loss``, ``validation_score``, ``validation_loss`` (these in
        the file's name only); ``estimator`` (its class); ``fit`` (eight digits that name this
        very fit by its parameters and data, alike in every process); ``task`` (the number of the
        fit in a search, such as "0.0.3.1"); ``run`` (eight digits that are new in each call of
        the outermost ``fit``). Within a search ``-{fit}`` is added to a name with none of the
        last three, so that its fits never share a file.
    every : int, default=1
        Save after each `every`-th epoch and after the last one.
    monitor : {'loss', 'validation_score', 'validation_loss'} or None, default=None
        What "best" means for `save_best_only`. None is the validation score where there are
        validation samples, else the loss.
    save_best_only : bool, default=False
        Whether to save only the epochs that are better than those before.
    keep_last : int or None, default=2
        How many files of a fit to keep; None keeps all.
    resume : bool, default=False
        Whether ``fit`` goes on from the newest checkpoint of this very fit, where there is one.
        The result equals that of a training that was never cut off, bit for bit on the same
        machine: parameters, history and random streams. `max_iter` and `verbose` may differ,
        `max_iter` only without a `learning_rate_schedule`, which spans it. A fit that was
        complete is not trained again. Without a seed (``random_state=None``) this holds too.

    Raises
    ------
    ValueError
        If `path` has an unknown field or another parameter is not valid. In ``fit``: if the
        solver is L-BFGS, whose state SciPy keeps to itself; or if a file whose name fits the
        template is damaged or belongs to another fit, naming what differs. Files of other fits
        are never overwritten.

    See Also
    --------
    load_checkpoint : A fitted estimator from a file.

    Notes
    -----
    A save takes some milliseconds, as it waits for the disk; where epochs are shorter, set
    `every`. ``partial_fit`` calls no callbacks. For the folds of
    :func:`sklearn.model_selection.cross_val_score`, which it tells callbacks nothing about, put
    ``{fit}`` into `path`.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import ModelCheckpoint, load_checkpoint
    >>> X, y = load_iris(return_X_y=True)
    >>> folder = tempfile.TemporaryDirectory()
    >>> saving = ModelCheckpoint(f"{folder.name}/iris-{{epoch:03d}}.ckpt", resume=True)
    >>> model = MLPClassifier((8,), tol=1e-2, random_state=0)
    >>> model = model.set_callbacks(saving).fit(X, y)
    >>> files = sorted(Path(folder.name).iterdir())
    >>> len(files)
    2
    >>> loaded = load_checkpoint(files[-1], MLPClassifier((8,), tol=1e-2, random_state=0))
    >>> bool((loaded.predict(X) == model.predict(X)).all())
    True
    >>> folder.cleanup()
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        every: int = 1,
        monitor: str | None = None,
        save_best_only: bool = False,
        keep_last: int | None = 2,
        resume: bool = False,
    ) -> None:
        self.path = os.fspath(path)
        self.template = Template(self.path)
        self.every, self.monitor, self.save_best_only = every, monitor, save_best_only
        self.keep_last, self.resume = keep_last, resume
        self._check()
        self._fits: dict[TaskKey, _Fit | None] = {}

    def _check(self) -> None:
        counts: dict[str, Any] = {"every": self.every}
        if self.keep_last is not None:
            counts["keep_last"] = self.keep_last
        for name, value in counts.items():
            if not is_whole(value, 1):
                raise ValueError(f"{name} must be an integer of at least 1, got {value!r}")
        if self.monitor is not None and self.monitor not in MONITORS:
            raise ValueError(f"monitor must be None or in {sorted(MONITORS)}, got {self.monitor!r}")
        if self.resume and "run" in self.template.fields:
            raise ValueError(
                f"path={self.path!r}: {{run}} is new in each run, so that resume=True would find "
                "nothing; use {fit} instead"
            )

    load = staticmethod(load_checkpoint)

    def __getstate__(self) -> dict[str, Any]:
        """Leave running fits out: a worker has its own."""
        return {**self.__dict__, "_fits": {}}

    # -------------------------------------------------------------------- hooks

    def setup(self, estimator: Any, context: Any) -> None:
        """Refuse estimators whose training cannot be saved."""
        if not isinstance(estimator, FittedNetwork):
            raise ValueError(
                f"ModelCheckpoint saves estimators of skdeep, not {type(estimator).__name__}: set "
                "it on the step of the pipeline, or on the estimator that is searched over"
            )
        if estimator.solver == "lbfgs":
            raise ValueError(
                "ModelCheckpoint cannot save solver='lbfgs': SciPy keeps the state of its search "
                "to itself"
            )
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
        for path in fit.template.leftovers(fit.names):
            path.unlink(missing_ok=True)
        saved = sorted(
            (_epoch(self._read_own(path, fit)), path) for path in fit.template.existing(fit.names)
        )
        fit.files = [path for _, path in saved]
        if self.resume and saved:
            self._go_on(estimator, fit, *saved[-1])

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Save the training after an epoch."""
        fit = None if context.parent is None else self._fits.get(task_key(context.parent))
        if fit is None or context.task_name != "epoch":  # the end of the fit, or of a part
            return
        epoch, loop = estimator.n_iter_, estimator._reporter.loop
        if epoch % self.every and not loop.finished and epoch != _length(estimator):
            return
        values = _monitored(estimator)
        if self.save_best_only and not self._improves(fit, values):
            return
        self._save(estimator, fit, {"epoch": epoch, **values})

    # ---------------------------------------------------------------- at the start

    def _open(self, estimator: Any, context: Any) -> _Fit:
        """Return what is kept about a fit that begins."""
        data = estimator._reporter.data
        named = self.template.fields | {self.monitor or "loss"}
        needs = named & {"validation_score", "validation_loss"}
        if needs and not data.validates:
            raise ValueError(
                f"ModelCheckpoint uses {sorted(needs)} but there are no validation samples: set "
                "early_stopping=True or give X_val and y_val to fit"
            )
        template = self.template
        if is_one_of_several(context) and not {"fit", "task", "run"} & template.fields:
            template = template.with_fit()
        this = identity(estimator, data)
        names = {
            "estimator": type(estimator).__name__,
            "run": context.root_uuid.hex[:8],
            "task": task_name(context),
            "fit": short_name(this),
        }
        monitor = self.monitor or ("validation_score" if data.validates else "loss")
        return _Fit(template, names, this, monitor)

    def _read_own(self, path: Path, fit: _Fit) -> dict[str, Any]:
        """Read a checkpoint of this fit; any other file is an error."""
        tree = read_checkpoint(path)
        found = differences(tree["identity"], fit.identity)
        if found:
            raise CheckpointError(
                f"{path} belongs to another fit: {'; '.join(found)}. Put {{fit}} into `path`, "
                "choose another one, or delete the file"
            )
        return tree

    def _go_on(self, estimator: Any, fit: _Fit, epoch: int, path: Path) -> None:
        """Hand the newest checkpoint to the estimator."""
        if epoch > _length(estimator):
            name = estimator._length_parameter
            raise CheckpointError(f"{path} is beyond {name}={_length(estimator)}")
        tree, reporter = self._read_own(path, fit), estimator._reporter
        with taking_up(str(path)):
            self._improves(fit, tree["monitored"])
        # Another callback on the same estimator may know a later epoch.
        before = reporter.resume_from
        if before is None or before["history"]["n_iter_"] < epoch:
            reporter.resume_from = tree["state"]

    # ---------------------------------------------------------------- after an epoch

    def _improves(self, fit: _Fit, values: dict[str, float]) -> bool:
        """Say whether these are the best values so far, and remember them."""
        value = MONITORS[fit.monitor] * values[fit.monitor]
        better = value > fit.best
        fit.best = value if better else fit.best
        return better

    def _save(self, estimator: Any, fit: _Fit, values: dict[str, Any]) -> None:
        """Write a file and delete those of this fit that are too many."""
        path = fit.template.fill({**fit.names, **values})
        if path in fit.files:
            fit.files.remove(path)
        elif path.exists():  # written by a fit that began at the same time
            self._read_own(path, fit)
        write(
            path,
            {
                "identity": fit.identity,
                "monitored": values,
                "state": estimator._reporter.loop.state(),
                **model_of(estimator),
            },
        )
        fit.files.append(path)
        while self.keep_last is not None and len(fit.files) > self.keep_last:
            fit.files.pop(0).unlink(missing_ok=True)


def _epoch(tree: dict[str, Any]) -> int:
    return tree["monitored"]["epoch"]


def _length(estimator: Any) -> int:
    """Return how many epochs the fit may have."""
    return int(getattr(estimator, estimator._length_parameter))


def _monitored(estimator: Any) -> dict[str, Any]:
    """Return the values of the last epoch by the names of the template's fields."""
    last = estimator._history_of_fit.last(vars(estimator))
    return {name: last[name] for name in MONITORS}
