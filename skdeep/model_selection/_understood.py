"""Estimators that a search knows inside out: only their fits are taken apart.

A class that is derived from one that is known may do anything in its ``fit``: leave rows out, draw
rows twice, try again where a fit fails. So what counts is not what a class is derived from but
whether it leaves alone what ``fit`` consists of. All others are fitted as scikit-learn fits them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sklearn.compose import TransformedTargetRegressor
from sklearn.pipeline import Pipeline

from skdeep.estimators.autoencoder.autoencoder_outlier_detector import AutoencoderOutlierDetector
from skdeep.estimators.fit.members import HasMembers
from skdeep.estimators.model import FittedNetwork

#: Methods that a search calls after ``fit``, or never: a class may have its own.
NOT_IN_FIT = frozenset(
    {
        "decision_function", "fit_predict", "fit_transform", "get_feature_names_out",
        "inverse_transform", "partial_fit", "predict", "predict_log_proba", "predict_proba",
        "reconstruct", "sample", "score", "score_samples", "set_output", "transform",
    }
)  # fmt: skip


def is_ours(estimator: Any) -> bool:
    """Say whether an estimator is one of this package, or is fitted as one is."""
    if not isinstance(estimator, FittedNetwork | HasMembers):
        return False
    if isinstance(estimator, HasMembers) and not estimator._waits:
        return False
    package = __name__.partition(".")[0]
    classes = type(estimator).__mro__
    base = next(cls for cls in classes if cls.__module__.partition(".")[0] == package)
    return fits_as(estimator, base)


def fits_as(estimator: Any, base: type) -> bool:
    """Say whether an estimator is a `base`, and what ``fit`` consists of is `base`'s own."""
    if not isinstance(estimator, base):
        return False
    above = type(estimator).__mro__[: type(estimator).__mro__.index(base)]
    return not any(
        hasattr(base, name) and _is_method(value) and not _is_harmless(name)
        for cls in above
        for name, value in vars(cls).items()
    )


def _is_method(value: Any) -> bool:
    return callable(value) or hasattr(value, "__get__")


def _is_harmless(name: str) -> bool:
    """Say whether a method of this name has no part in ``fit``: set_fit_request has none either."""
    special = name.startswith("__") and name.endswith("__")
    request = name.startswith("set_") and name.endswith("_request")
    return special or request or name in NOT_IN_FIT


def way_to_network(estimator: Any) -> Iterator[Any]:
    """Return an estimator, what it fits as its last act, what that fits as its last act, and so on.

    The last one is a network of this package, an estimator of several, or one that is not looked
    into.
    """
    yield estimator
    if is_ours(estimator):
        return
    if fits_as(estimator, Pipeline):
        try:
            last = estimator.steps[-1][1]
        except (IndexError, TypeError):  # scikit-learn says what is wrong with these steps
            return
        yield from way_to_network(last)
    elif fits_as(estimator, TransformedTargetRegressor):
        # What was fitted is a clone.
        yield from way_to_network(getattr(estimator, "regressor_", estimator.regressor))
    elif fits_as(estimator, AutoencoderOutlierDetector):
        yield from way_to_network(estimator._coder())


def final_estimator(estimator: Any) -> Any:
    """Return what fitting `estimator` trains as its last act, a network or several, or None.

    What is known to do nothing after that, or to wait for it, is looked into: pipelines,
    transformed targets and detectors of outliers.
    """
    *_, last = way_to_network(estimator)
    return last if is_ours(last) else None


def trains_last(estimator: Any, network: Any) -> bool:
    """Say whether `network` is what fitting `estimator` trains as its last act, while it does."""
    return any(part is network for part in way_to_network(estimator))


def pipelines(estimator: Any) -> list[Pipeline]:
    """Return the pipelines that the rows pass on their way to the network.

    Not those within a step: the memory of the outer one keeps what such a step makes as a whole.
    """
    return [part for part in way_to_network(estimator) if fits_as(part, Pipeline)]
