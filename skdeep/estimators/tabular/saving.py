"""What a checkpoint holds of a tabular estimator beside its networks, and the estimator from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.estimators.fit.loading import fitted_network
from skdeep.estimators.tabular.members import new_member
from skdeep.estimators.tabular.table_encoder import TableEncoder


def table_of(estimator: Any) -> dict[str, Any]:
    """Return what was learned of the table: its columns, and what each split made of them."""
    return {
        "n_features": estimator.n_features_in_,
        "names": getattr(estimator, "feature_names_in_", None),
        "kinds": list(estimator._kinds),
        "splits": [dict(split) for split in estimator._splits],
        "seeds": [member.random_state for member in estimator.members_],
        "encoders": [encoder.state() for encoder in estimator.encoders_],
    }


def restore_table(estimator: Any, saved: Mapping[str, Any]) -> None:
    """Make an estimator the model that :func:`table_of` and the states of networks describe.

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
    estimator._splits = list(table["splits"])
    estimator.encoders_ = [TableEncoder.from_state(state) for state in table["encoders"]]
    n_splits = len(estimator.encoders_)
    if len(estimator._splits) != n_splits or len(members) % n_splits:
        raise ValueError(f"it has {len(members)} networks for {n_splits} split(s)")
    per_split = len(members) // n_splits
    if n_splits > 1 and any(member["state"] is None for member in members):
        raise ValueError("the networks of a split are missing")
    estimator.members_ = [
        _member(estimator, k // per_split, member, int(table["seeds"][k]))
        for k, member in enumerate(members)
        if member["state"] is not None
    ]
    estimator._forget_held_out()


def _member(estimator: Any, split: int, saved: Mapping[str, Any], seed: int) -> Any:
    """Return a network from its state."""
    encoder, known = estimator.encoders_[split], estimator._splits[split]
    random = np.random.RandomState(0)  # of which no weights are drawn
    member = new_member(estimator, encoder, int(known["n"]), random, bool(known["validates"]))
    member.set_params(random_state=seed)
    return fitted_network(member, saved)
