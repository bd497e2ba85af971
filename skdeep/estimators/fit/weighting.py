"""Weights of samples in a fit, with those of their classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.data.class_target import ClassTarget
from skdeep.data.class_weights import ClassWeights
from skdeep.data.kinds import as_rows
from skdeep.data.targets import PairsTarget, StepsTarget
from skdeep.data.weights import check_product


def training_weights(
    estimator: Any,
    y: Any,
    weight: np.ndarray | None,
    dtype: np.dtype,
    *,
    incremental: bool,
    rows: Any = slice(None),
) -> Any:
    """Return the weights that training takes; refuse what is too small for `dtype`.

    Those of classes are multiplied in, and labels of steps have one for each step. Classes are
    counted in `rows` alone.
    """
    found = _weights(estimator, y, weight, incremental=incremental, validation=False, rows=rows)
    if found is not weight and isinstance(estimator._target, ClassTarget):
        name = "sample_weight" if estimator.class_weight is None else "class_weight"
        check_product(found, dtype, name)
        if not incremental:
            _refuse_nothing(found, "training")
    return found


def validation_weights(estimator: Any, y: Any, weight: np.ndarray | None) -> Any:
    """Return the weights of validation rows, by the factors that the training rows have set."""
    found = _weights(estimator, y, weight, incremental=False, validation=True)
    if found is not weight and isinstance(estimator._target, ClassTarget):
        _refuse_nothing(found, "validation")
    return found


def _refuse_nothing(weight: Any, which: str) -> None:
    """Refuse samples none of which counts, since the weights of their classes are zero."""
    if not as_rows(weight).numbers.any():
        raise ValueError(f"class_weight is zero for all {which} samples that have a weight")


def counts_classes(estimator: Any) -> bool:
    """Whether weights depend on which rows train."""
    weighs = getattr(estimator, "class_weight", None) is not None
    return weighs and isinstance(estimator._target, ClassTarget)


def _weights(
    estimator: Any,
    y: Any,
    weight: np.ndarray | None,
    *,
    incremental: bool,
    validation: bool,
    rows: Any = slice(None),
) -> Any:
    target = estimator._target
    if isinstance(target, StepsTarget | PairsTarget):
        return weight if weight is None else target.encode_weights(y, weight)
    if not isinstance(target, ClassTarget):
        return weight
    weight = weight if weight is None else target.entry_weights(y, weight)
    if estimator.class_weight is not None:
        codes = target.column_codes(y)
        if not validation:
            factors = vars(estimator).get("_class_factors") if incremental else None
            factors = factors or ClassWeights(estimator.class_weight, target.columns)
            counted = None if weight is None else weight[rows]
            estimator._class_factors = factors.counted([code[rows] for code in codes], counted)
        own = estimator._class_factors.rows(codes)
        weight = own if weight is None else own * weight
    return weight if weight is None else target.encode_weights(y, weight)
