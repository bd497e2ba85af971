"""A fitted estimator from the state of a training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.base import clone

from skdeep.estimators.fit.identity import describe, differences
from skdeep.estimators.fit.saved_checks import check_names
from skdeep.estimators.fit.saving import READING, place_model, restore_model
from skdeep.fitting.resuming import CheckpointError

#: Parameters that may differ between a training and the estimator that its state is loaded into.
FREE = ("device", "max_iter", "n_iter", "random_state", "verbose")


def parameter_differences(estimator: Any, saved: Mapping[str, Any]) -> list[str]:
    """Say in which parameters an estimator differs from the one that was trained."""
    identity, given = saved["identity"], estimator.get_params(deep=False)
    here = {name: describe(value) for name, value in given.items() if name not in FREE}
    there = {name: value for name, value in identity["parameters"].items() if name not in FREE}
    return differences(
        {"estimator": identity["estimator"], "parameters": there},
        {"estimator": type(estimator).__name__, "parameters": here},
    )


def fitted_from(estimator: Any, saved: Mapping[str, Any]) -> Any:
    """Return a clone of an estimator that is the model of a training's state.

    Parameters
    ----------
    estimator : estimator
        One with the parameters of the training.
    saved : mapping
        What :meth:`~skdeep.estimators.fit.running_fit.RunningFit.state` returned.
    """
    fitted = clone(estimator)
    if "members" in saved:
        fitted.set_callbacks()
        fitted._restore(saved)
        return fitted
    return fitted_network(fitted, saved)


def fitted_network(new: Any, saved: Mapping[str, Any], *, best: bool = False) -> Any:
    """Make a new estimator of a network the one that a state describes; it has no callbacks.

    It has the parameters of the best epoch so far, or those of the last one.
    """
    new.set_callbacks()
    check_names(new, saved["attributes"], READING)
    if not restore_model(new, saved, saved["state"], best=best):
        raise CheckpointError(f"the state does not fit this version's {type(new).__name__}")
    place_model(new)
    new._complete()
    return new
