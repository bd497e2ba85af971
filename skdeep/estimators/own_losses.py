"""Losses that a user gives in place of a name: what of y they have to fit."""

from __future__ import annotations

from skdeep.data.class_target import ClassTarget
from skdeep.data.domain import needs
from skdeep.nn.loss_of_samples import is_of_samples
from skdeep.nn.losses import Loss, Pinball


def levels_of(loss: Loss) -> tuple[float, ...]:
    """Return the level of each prediction that a loss gives of an output.

    Raises
    ------
    ValueError
        For a loss of classes, one of whole batches, and one that reads y in another form.
    """
    if loss.targets != "dense":
        raise ValueError(f"loss={loss!r} is one of classes, and y are numbers")
    several = int(loss.n_logits(1))
    if loss.n_targets(several) != several:
        raise ValueError(
            f"loss={loss!r} reads {loss.n_targets(several)} number(s) of y for {several} logits, "
            "but estimators give it y once for each: leave its n_targets as it is in Loss. "
            "Likelihoods of series are RNNForecaster's, by output="
        )
    _check_samples(loss, several)
    if isinstance(loss, Pinball):
        return tuple(map(float, loss.levels))
    if loss.n_logits(2) != 2 * several:
        raise ValueError(
            f"loss={loss!r} must have as many logits for each output, got n_logits(1) = {several} "
            f"and n_logits(2) = {loss.n_logits(2)}"
        )
    return (0.5, *(1.0 for _ in range(several - 1)))  # the first is the one that counts


def loss_of_classes(loss: Loss, target: ClassTarget) -> Loss:
    """Return a loss that is given; refuse one that does not fit the classes of y.

    Raises
    ------
    ValueError
        Naming what y is and what fits.
    """
    known = {
        "binary": ("two classes", "dense", "LogisticLogLoss()"),
        "multilabel": ("labels", "dense", "LogisticLogLoss()"),
        "multiclass": (f"{len(target.classes)} classes", "codes", "SoftmaxLogLoss(n_classes=...)"),
    }
    if target.kind not in known:
        raise ValueError(f"loss={loss!r}: for several columns of classes, loss must be a name")
    what, targets, example = known[target.kind]
    n_classes = getattr(loss, "n_classes", len(target.classes))
    wrong = targets == "codes" and n_classes != len(target.classes)
    if loss.targets != targets or wrong or loss.n_logits(target.n_columns) != target.n_columns:
        raise ValueError(
            f"loss={loss!r} does not fit y, which has {what}: it must have {target.n_columns} "
            f"logits and targets = {targets!r}, as {example}"
        )
    if targets == "dense" and not loss.domain[0] <= 0 < 1 <= loss.domain[1]:
        raise ValueError(f"loss={loss!r} needs {needs(loss.domain)}, and {what} are 0 and 1")
    _check_samples(loss, target.n_columns)
    return loss


def _check_samples(loss: Loss, n_logits: int) -> None:
    """Refuse a loss that would be another one in part of a batch."""
    if not is_of_samples(loss, n_logits):
        raise ValueError(
            f"loss={loss!r} gives a sample another loss beside other samples. It must be a sum "
            "over samples: networks may compute it over a part of a batch at a time"
        )
