"""A CSV file of the training history."""

from __future__ import annotations

import csv
import io
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from skdeep.callbacks._context import task_name
from skdeep.callbacks._paths import checked_path, named
from skdeep.estimators.fit.members import HasMembers
from skdeep.estimators.fit.running_fit import running_fit
from skdeep.estimators.model import FittedNetwork
from skdeep.fitting.history import CURVES


class HistoryLogger:
    """Append a row to a CSV file after each epoch, during training.

    All fits of a search, in whatever process, write to the same file; a row is written in one
    piece, so that it can be read, or plotted, at any moment and after a crash. A fit that continues
    from a checkpoint writes its further epochs under a new ``run``.

    Parameters
    ----------
    path : str or path-like
        The file; it is made, with a header, or appended to. Its columns are ``run`` (eight digits,
        new in each call of the outermost ``fit``), ``task`` (the number of the fit in a search,
        such as "0.0.3.1"), ``estimator``, ``epoch``, ``loss``, ``validation_score``,
        ``validation_loss``, ``learning_rate`` and ``gradient_norm``; what there is not, is
        empty. The loss of a restricted Boltzmann machine is minus its pseudo-likelihood, or its
        reconstruction error.

    Raises
    ------
    ValueError
        In ``fit``: if the file has other columns, or the estimator is not of this package.

    See Also
    --------
    sklearn.callback.ScoringMonitor : Scores on the training rows, kept in memory.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.callbacks import HistoryLogger
    >>> X, y = load_iris(return_X_y=True)
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name, "history.csv")
    >>> model = MLPClassifier((8,), tol=1e-2, random_state=0)
    >>> model = model.set_callbacks(HistoryLogger(path)).fit(X, y)
    >>> len(path.read_text().splitlines()) == 1 + model.n_iter_
    True
    >>> folder.cleanup()
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = checked_path(path, "path")

    def setup(self, estimator: Any, context: Any) -> None:
        """Make the file, or look at its header."""
        if not isinstance(estimator, FittedNetwork | HasMembers):
            raise ValueError(
                f"HistoryLogger is for estimators of skdeep, not {type(estimator).__name__}"
            )
        header = _row(["run", "task", "estimator", "epoch", *CURVES])
        path = Path(self.path)
        if path.is_dir():
            raise ValueError(f"path={self.path!r} is a folder, not a file")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _begin(path, header)
        except OSError as error:
            raise named(error, "HistoryLogger cannot write", self.path) from error

    def teardown(self, estimator: Any, context: Any) -> None:
        """Nothing is kept."""

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Nothing happens at the beginning of an epoch."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """Write an epoch's row."""
        if context.task_name != "epoch":
            return
        running = running_fit(estimator)
        assert running is not None
        last = running.last
        values = ["" if last[name] is None else last[name] for name in CURVES]
        where = [context.root_uuid.hex[:8], task_name(context.parent), context.estimator_name]
        with open(self.path, "ab", buffering=0) as file:  # one write, which appends whole
            file.write(_row([*where, estimator.n_iter_, *values]))


def _begin(path: Path, header: bytes) -> None:
    """Make a file with a header; refuse one with another, or that takes no rows."""
    try:
        with open(path, "xb", buffering=0) as file:
            file.write(header)
    except FileExistsError:
        if _first_line(path) != header:
            raise ValueError(f"{path} has other columns than HistoryLogger's") from None
        with open(path, "ab"):
            pass


def _first_line(path: Path) -> bytes:
    """Return the header; another process may have made the file and be about to write it."""
    for _ in range(100):
        with open(path, "rb") as file:
            first = file.readline()
        if first:
            break
        time.sleep(0.01)
    return first


def _row(values: Iterable[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue().encode()
