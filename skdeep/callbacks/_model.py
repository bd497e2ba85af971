"""A fitted estimator from a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sklearn.base import clone

from skdeep.callbacks._identity import describe, differences
from skdeep.callbacks._tree import check_names, read_checkpoint
from skdeep.estimators.fit.saving import READING, place_model, restore_model
from skdeep.fitting.resuming import CheckpointError, taking_up

#: Parameters that may differ between a checkpoint and the estimator that it is loaded into.
FREE = ("device", "max_iter", "n_iter", "random_state", "verbose")


def load_checkpoint(path: str | os.PathLike[str], estimator: Any) -> Any:
    """Return the model of a checkpoint as a fitted estimator.

    Parameters
    ----------
    path : str or path-like
        A file that :class:`~skdeep.callbacks.ModelCheckpoint` wrote.
    estimator : estimator
        One with the class and parameters of the fit that was saved, apart from ``device``,
        ``max_iter`` (``n_iter``), ``random_state`` and ``verbose``; it stays as it is. Nothing
        else is known of the file's origin, so that reading it runs no code from it.

    Returns
    -------
    fitted : estimator
        A clone with the parameters after the epoch that was saved (averaged ones where
        ``ema_decay`` is set; not the best ones of early stopping). It predicts, and ``partial_fit``
        or ``warm_start`` train it further.

    Raises
    ------
    CheckpointError
        If the file is no whole checkpoint, or was made with other parameters: the message says
        which.

    See Also
    --------
    ModelCheckpoint : Writes the files; with ``resume=True`` it goes on from them exactly.
    """
    path = Path(path)
    tree = read_checkpoint(path)
    _check_same(path, tree["identity"], estimator)
    fitted = clone(estimator)
    fitted.set_callbacks()
    with taking_up(str(path)):
        check_names(fitted, tree["attributes"], READING)
        if not restore_model(fitted, tree, tree["state"]):
            raise CheckpointError(f"{path} does not fit this version's {type(fitted).__name__}")
    place_model(fitted)
    with taking_up(str(path)):
        fitted._complete()
    return fitted


def _check_same(path: Path, saved: Mapping[str, Any], estimator: Any) -> None:
    """Raise if class or parameters differ."""
    given = estimator.get_params(deep=False)
    here = {name: describe(value) for name, value in given.items() if name not in FREE}
    there = {name: value for name, value in saved["parameters"].items() if name not in FREE}
    found = differences(
        {"estimator": saved["estimator"], "parameters": there},
        {"estimator": type(estimator).__name__, "parameters": here},
    )
    if found:
        raise CheckpointError(f"{path} was made by another estimator: {'; '.join(found)}")
