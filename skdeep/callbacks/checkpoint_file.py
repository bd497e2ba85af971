"""The files of a checkpoint folder: their names, what is in one, and a fitted estimator from it."""

from __future__ import annotations

import os
from numbers import Real
from pathlib import Path
from typing import Any

from skdeep.callbacks._format import read
from skdeep.estimators.fit.loading import fitted_from, parameter_differences
from skdeep.estimators.fit.saved_checks import check_saved
from skdeep.fitting.resuming import CheckpointError, taking_up

#: The files in a folder; those of single epochs are formatted with the epoch.
LATEST, BEST, EPOCH = "latest.skdeep", "best.skdeep", "epoch-{:06d}.skdeep"

#: Monitored values and the sign that makes higher better.
MONITORS = {"loss": -1.0, "validation_score": 1.0, "validation_loss": -1.0}


def load_checkpoint(path: str | os.PathLike[str], estimator: Any) -> Any:
    """Return the model of a checkpoint as a fitted estimator.

    Parameters
    ----------
    path : str or path-like
        A file that :class:`~skdeep.callbacks.ModelCheckpoint` wrote, or the folder, of which
        ``latest.skdeep`` is read.
    estimator : estimator
        One with the class and parameters of the fit that was saved, apart from ``device``,
        ``max_iter`` (``n_iter``), ``random_state`` and ``verbose``; it stays as it is. Nothing
        else is known of the file's origin, so that reading it runs no code from it.

    Returns
    -------
    fitted : estimator
        A clone with the parameters after the epoch that was saved (averaged ones where
        ``ema_decay`` is set; not the best ones of early stopping). It predicts, and ``partial_fit``
        or ``warm_start`` train it further. Where a fit of a table is over, it is the whole fitted
        model: the best epochs, the temperature, what intervals need, and the networks of `refit`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    CheckpointError
        If the file is no whole checkpoint, or was made with other parameters: the message says
        which.

    See Also
    --------
    ModelCheckpoint : Writes the files; with ``resume=True`` it continues from them exactly.
    """
    path = Path(path)
    path = path / LATEST if path.is_dir() else path
    tree = read_checkpoint(path)
    with taking_up(str(path)):
        found = parameter_differences(estimator, tree)
    if found:
        raise CheckpointError(f"{path} was made by another estimator: {'; '.join(found)}")
    with taking_up(str(path)):
        return fitted_from(estimator, tree)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Return the tree in a file.

    Raises
    ------
    CheckpointError
        If the file is not a whole checkpoint, or one in which a part is missing or of a wrong kind.
    """
    tree = read(path)
    with taking_up(str(path)):
        check_saved(tree)
        _check_monitored(tree)
    return tree


def _check_monitored(tree: dict[str, Any]) -> None:
    for name in MONITORS:
        value = tree["monitored"][name]
        if not (value is None or (isinstance(value, Real) and not isinstance(value, bool))):
            raise ValueError(f"{name} is {type(value).__name__}, not a number")
