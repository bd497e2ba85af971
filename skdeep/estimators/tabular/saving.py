"""What a checkpoint holds of a tabular estimator beside its networks, and the estimator from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.estimators.fit.loading import fitted_network
from skdeep.estimators.tabular.members import new_member
from skdeep.estimators.tabular.table_encoder import TableEncoder


def _is_temperature(value: Any) -> bool:
    return isinstance(value, float) and 0.0 < value < np.inf


def _is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _is_each(value: Any) -> bool:
    return all(map(_is_array, value)) if isinstance(value, list) else _is_array(value)


#: What samples that were held out tell, and what it may be.
ENDS = {
    "temperature_": _is_temperature,
    "conformity_scores_": _is_array,
    "oof_predictions_": _is_each,
}


def table_of(estimator: Any) -> dict[str, Any]:
    """Return what was learned of the table: its columns, and what each split made of them."""
    return {
        "n_features": estimator.n_features_in_,
        "names": getattr(estimator, "feature_names_in_", None),
        "kinds": list(estimator._kinds),
        "told": [dict(each) for each in estimator._told],
        "seeds": [member.random_state for member in estimator.members_],
        "encoders": [encoder.state() for encoder in estimator.encoders_],
    }


def end_of(estimator: Any) -> dict[str, Any]:
    """Return what samples held out have told, where networks are trained."""
    return {name: vars(estimator)[name] for name in ENDS if name in vars(estimator)}


def restore_end(estimator: Any, saved: Mapping[str, Any]) -> None:
    """Let an estimator know what :func:`end_of` returned.

    Raises
    ------
    ValueError
        If that is nothing that it could have learned.
    """
    for name, value in saved.items():
        if name not in ENDS or not ENDS[name](value):
            raise ValueError(f"{name} is {type(value).__name__}")
        setattr(estimator, name, value)


def restore_table(estimator: Any, saved: Mapping[str, Any], *, best: bool) -> None:
    """Make an estimator the model that :func:`table_of` and the states of networks describe.

    Where training is over, its networks are those of the best epochs.

    Raises
    ------
    Exception
        Of any kind: where parts are missing, of a wrong kind, or do not fit together.
    """
    table, members = saved["table"], saved["members"]
    estimator.n_features_in_ = int(table["n_features"])
    if table["names"] is not None:
        estimator.feature_names_in_ = np.array([str(name) for name in table["names"]], object)
    estimator._categorical, estimator._place = estimator.categorical_features, "cpu"
    estimator._kinds = [(str(name), str(kind), list(used)) for name, kind, used in table["kinds"]]
    if len(estimator._kinds) != estimator.n_features_in_:
        raise ValueError(f"it has {len(estimator._kinds)} columns")
    estimator._told = list(table["told"])
    estimator.encoders_ = [TableEncoder.from_state(state) for state in table["encoders"]]
    n_parts = len(estimator.encoders_)
    if len(estimator._told) != len(members) or len(members) % n_parts:
        raise ValueError(f"it has {len(members)} networks for {n_parts} part(s)")
    per_part = len(members) // n_parts
    if n_parts > 1 and any(member["state"] is None for member in members):
        raise ValueError("the networks of a split are missing")
    estimator.members_ = [
        _member(estimator, k // per_part, k, member, int(table["seeds"][k]), best=best)
        for k, member in enumerate(members)
        if member["state"] is not None
    ]
    estimator._forget_held_out()


def _member(
    estimator: Any, part: int, k: int, saved: Mapping[str, Any], seed: int, *, best: bool
) -> Any:
    """Return a network from its state."""
    encoder, known = estimator.encoders_[part], estimator._told[k]
    random = np.random.RandomState(0)  # of which no weights are drawn
    member = new_member(estimator, encoder, int(known["n"]), random, bool(known["validates"]), k)
    member.set_params(random_state=seed)
    return fitted_network(member, saved, best=best)
