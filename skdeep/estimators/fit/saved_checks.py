"""Checks of what a checkpoint holds: a right checksum says nothing of who wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np

from skdeep.estimators.fit.saving import TARGETS

#: The parts of a checkpoint, and what is in each at least.
PARTS = {
    "identity": ("estimator", "parameters"),
    "state": ("values", "averages", "rows", "history"),
    "attributes": (),
}
#: What every history has.
COUNTS = ("n_iter_", "t_")


def check_saved(tree: Any) -> None:
    """Refuse what no :meth:`~skdeep.estimators.fit.running_fit.RunningFit.state` has returned.

    Raises
    ------
    Exception
        Of any kind: where a part is missing or of a wrong kind.
    """
    if "members" in tree:
        _check_members(tree)
        return
    _check_parts(tree)
    _check_json(tree["identity"])
    for name, kind in ATTRIBUTE_KINDS.items():
        if name in tree["attributes"] and not kind(tree["attributes"][name]):
            raise ValueError(f"{name} is {type(tree['attributes'][name]).__name__}")
    _check_history(tree["state"]["history"])
    _check_state(tree["state"])
    if tree["target"] is not None:
        _check_target(tree["target"])


def _check_members(tree: Any) -> None:
    """Check each of several networks; what stands beside them is checked where it is used."""
    for part in ("identity", "table"):
        if not isinstance(tree[part], Mapping):
            raise ValueError(f"its {part} is {type(tree[part]).__name__}, not a mapping")
    if not isinstance(tree.get("end", {}), Mapping):
        raise ValueError(f"its end is {type(tree['end']).__name__}, not a mapping")
    if not isinstance(tree["members"], list) or not tree["members"]:
        raise ValueError("it has no networks")
    for member in tree["members"]:
        if member["state"] is not None:  # one that has diverged begins anew
            check_saved({"identity": tree["identity"], **member})
    if "further" in tree:
        _check_members({"identity": tree["identity"], **tree["further"]})


def check_names(estimator: Any, names: Any, private: tuple[str, ...]) -> None:
    """Refuse attributes that are no fitted state: all names end in an underscore, but `private`.

    Methods, properties and parameters of the estimator stay what they are.
    """
    for name in names:
        fitted = name.endswith("_") and not name.startswith("_") and name.isidentifier()
        if name not in private and (not fitted or hasattr(type(estimator), name)):
            raise ValueError(f"{name!r} is no fitted attribute of {type(estimator).__name__}")


def _check_parts(tree: Any) -> None:
    for part, names in PARTS.items():
        if not isinstance(tree[part], Mapping):
            raise ValueError(f"its {part} is {type(tree[part]).__name__}, not a mapping")
        missing = [name for name in names if name not in tree[part]]
        if missing:
            raise ValueError(f"its {part} has no {missing[0]}")
    if not isinstance(tree["identity"]["parameters"], Mapping):
        raise ValueError("its parameters are no mapping")


def _check_json(value: Any) -> None:
    """Refuse anything but the types that :func:`~skdeep.estimators.fit.identity.identity` gives."""
    entries = value.values() if isinstance(value, Mapping) else value
    if isinstance(value, Mapping | list):
        for entry in entries:
            _check_json(entry)
    elif not (value is None or isinstance(value, str | bool | int | float)):
        raise ValueError(f"its identity holds {type(value).__name__}")


def _check_target(target: Any) -> None:
    """Refuse a description of y whose fields are not of their kinds."""
    if target["kind"] not in TARGETS:
        raise ValueError(f"there is no target {target['kind']!r}")
    for name, value in target["fields"].items():
        if not TARGET_FIELDS[name](value):
            raise ValueError(f"the target's {name} is {type(value).__name__}")
    fields = target["fields"]
    own = ("low", "high") if fields.get("scale") is None else ("mean", "scale")
    for name in own:
        if name in fields and fields[name].shape != (fields.get("n_columns"),):
            raise ValueError(f"the target's {name} is not that of its columns")


def _check_history(history: Any) -> None:
    for name in COUNTS:
        if name not in history:
            raise ValueError(f"its history has no {name}")
    for name, value in history.items():
        if not HISTORY_KINDS[name](value):
            raise ValueError(f"{name} of its history is {type(value).__name__}")


def _check_state(state: Mapping[str, Any]) -> None:
    """Refuse parameters that are no finite numbers, one row of them, and what goes with them."""
    for name, kind in STATE_KINDS.items():
        if name in state and not kind(state[name]):
            raise ValueError(f"its {name} are no numbers of one model")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_count_or_none(value: Any) -> bool:
    return value is None or _is_count(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _is_number_or_none(value: Any) -> bool:
    return value is None or _is_number(value)


def _is_curve(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_number, value))


def _is_curve_or_none(value: Any) -> bool:
    return value is None or _is_curve(value)


def _is_real(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind == "f"


def _is_row(value: Any) -> bool:
    return _is_real(value) and value.ndim == 2 and len(value) == 1 and np.isfinite(value).all()


def _is_row_or_none(value: Any) -> bool:
    return value is None or _is_row(value)


def _is_column_or_none(value: Any) -> bool:
    return value is None or (_is_real(value) and value.ndim == 1)


def _is_single(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fiu" and value.shape == (1,)


def _are_means(value: Any) -> bool:
    return (
        isinstance(value, tuple) and len(value) == 2 and _is_count(value[0]) and _is_real(value[1])
    )


def _are_ends(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(map(_is_number, value))


def _are_classes(value: Any) -> bool:
    each = value if isinstance(value, list) else [value]
    return bool(each) and all(isinstance(one, np.ndarray) and one.ndim == 1 for one in each)


Kinds = Mapping[str, Callable[[Any], bool]]
TARGET_FIELDS: Kinds = {
    "kind": lambda value: isinstance(value, str),
    "classes": _are_classes,
    "sparse": lambda value: isinstance(value, bool),
    "n_columns": _is_count,
    "repeats": _is_count,
    "masked": lambda value: isinstance(value, bool),
    "levels": lambda value: isinstance(value, tuple) and all(map(_is_number, value)),
    "mean": _is_real,
    "scale": lambda value: value is None or _is_real(value),
    "low": _is_real,
    "high": _is_real,
    "center": _is_number,
    "spread": _is_number,
    "longest": _is_count,
    "loss": lambda value: isinstance(value, str),
    "domain": _are_ends,
    "bounds": lambda value: value is None or _are_ends(value),
}
HISTORY_KINDS: Kinds = {
    "n_iter_": _is_count,
    "t_": _is_count,
    "loss_": _is_number,
    "best_loss_": _is_number_or_none,
    "best_validation_score_": _is_number_or_none,
    "best_epoch_": _is_count_or_none,
    "loss_curve_": _is_curve,
    "learning_rate_curve_": _is_curve,
    "gradient_norm_curve_": _is_curve,
    "validation_scores_": _is_curve_or_none,
    "validation_loss_curve_": _is_curve_or_none,
    "monitor_curve_": _is_curve,
}
ATTRIBUTE_KINDS: Kinds = {"_means_seen": _are_means}
STATE_KINDS: Kinds = {
    "values": _is_row,
    "averages": _is_row_or_none,
    "best_values": _is_row_or_none,
    "best_score": _is_number,
    "best_epoch": _is_count,
    "best_by_sample": _is_column_or_none,
    "best": _is_single,
    "stalled": _is_single,
    "rate": _is_single,
    "steps": _is_single,
    "finished": lambda value: isinstance(value, bool),
}
