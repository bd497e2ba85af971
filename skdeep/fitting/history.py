"""Histories: what training has come to, epoch by epoch, under scikit-learn's names."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self

import numpy as np

#: Curves by the names that callbacks know.
CURVES = ("loss", "validation_score", "validation_loss", "learning_rate", "gradient_norm")


@dataclass
class History:
    """Epochs and samples seen so far; a subclass adds its curves.

    Fields are named as the fitted attributes of estimators that they become.
    """

    n_iter_: int = 0
    t_: int = 0

    #: The attributes that hold curves, by the names that callbacks know; see :data:`CURVES`.
    curves: ClassVar[Mapping[str, str]] = {}
    #: What makes a loss of their values.
    sign: ClassVar[int] = 1

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the fitted attributes."""
        return tuple(field.name for field in fields(cls))

    @classmethod
    def of(cls, attributes: Mapping[str, Any]) -> Self:
        """Return a history from fitted attributes, with curves of its own."""
        found = {name: copy.copy(attributes[name]) for name in cls.names() if name in attributes}
        return cls(**found)

    def attributes(self) -> dict[str, Any]:
        """Return the fitted attributes that there are so far; the curves themselves."""
        values = {name: getattr(self, name) for name in self.names()}
        return {k: v for k, v in values.items() if not (k == "loss_" and v is None)}

    def copied(self) -> dict[str, Any]:
        """Return the attributes with curves that further epochs leave alone."""
        return {name: copy.copy(value) for name, value in self.attributes().items()}

    @classmethod
    def last(cls, attributes: Mapping[str, Any]) -> dict[str, float | None]:
        """Return the last value of each curve in fitted attributes, None where there is none."""
        curves = {name: attributes[cls.curves[name]] for name in cls.curves}
        found = {name: cls.sign * curve[-1] for name, curve in curves.items() if curve}
        return {**dict.fromkeys(CURVES), **found}

    def restore(self, attributes: Mapping[str, Any]) -> None:
        """Go on from attributes that :meth:`copied` returned."""
        for name, value in attributes.items():
            setattr(self, name, copy.copy(value))


@dataclass
class NetworkHistory(History):
    """The history of a network that minimises a loss."""

    loss_: float | None = None
    loss_curve_: list[float] = field(default_factory=list)
    learning_rate_curve_: list[float] = field(default_factory=list)
    gradient_norm_curve_: list[float] = field(default_factory=list)
    validation_scores_: list[float] | None = None
    validation_loss_curve_: list[float] | None = None
    best_loss_: float | None = None
    best_validation_score_: float | None = None
    best_epoch_: int | None = None

    curves: ClassVar[Mapping[str, str]] = {
        "loss": "loss_curve_",
        "validation_score": "validation_scores_",
        "validation_loss": "validation_loss_curve_",
        "learning_rate": "learning_rate_curve_",
        "gradient_norm": "gradient_norm_curve_",
    }

    def begin(self, *, incremental: bool, validates: bool, early_stopping: bool) -> None:
        """Begin a fit: count its epochs anew, and start what this fit starts anew."""
        self.n_iter_ = 0
        for name in ("validation_scores_", "validation_loss_curve_"):
            setattr(self, name, (getattr(self, name) or []) if validates else None)
        watches_score = early_stopping and validates
        self.best_epoch_ = None
        self.best_validation_score_ = -np.inf if watches_score else None
        if watches_score:
            self.best_loss_ = None
        elif not incremental or self.best_loss_ is None:
            self.best_loss_ = np.inf


@dataclass
class RBMHistory(History):
    """The history of an RBM that learns without labels, by an error to be small."""

    monitor_curve_: list[float] = field(default_factory=list)

    curves: ClassVar[Mapping[str, str]] = {"loss": "monitor_curve_"}


class LikelihoodHistory(RBMHistory):
    """The history of an RBM by a likelihood, to be large."""

    sign = -1
