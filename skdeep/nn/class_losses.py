"""Losses of classes: of logistic functions and of a softmax, plain and focal."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels import losses as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.loss import Loss, loss_kernel

#: Logits up to which each has its class beside it; for more, classes are spread step by step.
FEW_LOGITS = 1 << 16


def _smoothing(binder: Binder, amount: Any, share: float) -> dict[str, Array]:
    """Return an amount's share ("spread") and what it leaves ("kept"), each (M, 1, 1).

    Nothing, where it is one number. Where a schedule has a say, both are buffers, which
    :func:`_follow_schedule` fills.
    """
    level = binder.smoothing
    if not isinstance(amount, tuple) and level is None:
        return {}
    kept, spread = binder.own(1 - np.asarray(amount)), binder.own(share * np.asarray(amount))
    if level is None:
        return {"kept": kept, "spread": spread}
    buffers = {
        name: binder.arena.take(f"loss:{name}", (binder.store.n_models, 1, 1), binder.dtype)
        for name in ("kept", "spread")
    }
    whole = {"amount": binder.own(amount), "all_spread": spread}
    return {**buffers, **whole, "level": level.reshape(-1, 1, 1)}


def _number(amount: Any) -> float:
    """Return what is one number for all models."""
    return float(amount)


def _follow_schedule(ops: Backend, work: Any) -> None:
    """Spread as much as the schedule of label smoothing says for this step."""
    if hasattr(work, "level"):
        ops.launch(bodies.remaining, work.kept, work.amount, work.level)
        ops.launch(multiply, work.spread, work.all_spread, work.level)


@dataclass(frozen=True)
class LogisticLogLoss(Loss):
    """Binary cross-entropy, summed over outputs: two classes, or one label for each output.

    Parameters
    ----------
    label_smoothing : float or tuple of float
        Fraction of the target that is spread over both classes, one for all models or one each.

    Examples
    --------
    >>> from skdeep.nn import LogisticLogLoss
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(LogisticLogLoss(), [[0.0], [2.0]], [0.0, 1.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.41, [[0.5], [0.881]])
    """

    label_smoothing: float | tuple[float, ...] = 0.0
    link = bodies.stable_logistic
    out_activation: ClassVar[str] = "logistic"
    domain = (0.0, 1.0)
    per_model = ("label_smoothing",)

    def bind(self, binder, n_logits):
        return SimpleNamespace(**_smoothing(binder, self.label_smoothing, 1.0))

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        inputs, constants = [z, target, w], {}
        _follow_schedule(ops, work)
        if hasattr(work, "spread"):
            inputs.append(work.spread)
        else:
            constants = {"smoothing": _number(self.label_smoothing)}
        ops.launch(loss_kernel(bodies.logistic_log_loss, **constants), (value, delta), *inputs)


@dataclass(frozen=True)
class LogisticFocalLoss(Loss):
    """Binary focal loss (Lin et al., 2017): easy samples count less by ``(1 - p_t) ** gamma``.

    Parameters
    ----------
    gamma : float
        Exponent; 0 is the plain loss.

    Examples
    --------
    >>> from skdeep.nn import LogisticFocalLoss
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(LogisticFocalLoss(gamma=2.0), [[0.0], [2.0]], [0.0, 1.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.088, [[0.5], [0.881]])
    """

    gamma: float = 2.0
    link = bodies.stable_logistic
    out_activation: ClassVar[str] = "logistic"
    domain = (0.0, 1.0)

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = loss_kernel(bodies.logistic_focal_loss, gamma=self.gamma)
        ops.launch(kernel, (value, delta), z, target, w)


class _Softmax(Loss):
    """Shared by losses over classes: targets are codes, predictions a softmax."""

    targets = "codes"
    out_activation: ClassVar[str] = "softmax"

    def n_targets(self, n_logits):
        return 1

    def bind(self, binder, n_logits):
        models, batch = binder.store.n_models, binder.batch
        take, shape = binder.arena.take, (models, 1, batch)
        classes = np.arange(n_logits, dtype=np.int32).reshape(-1, 1, 1)
        if n_logits * models * batch <= FEW_LOGITS:
            classes = np.repeat(classes, models * batch).reshape(-1, models, batch)
        return SimpleNamespace(
            top=take("loss:top", shape, binder.dtype),
            total=take("loss:total", shape, binder.dtype),
            classes=binder.constant(classes).swapaxes(0, 1),
        )

    def output(self, ops, z, out, work):
        self.exponentials(ops, z, out, work)
        ops.launch(bodies.divide, out, out, work.total)

    @staticmethod
    def exponentials(ops: Backend, z: Array, out: Array, work: Any) -> None:
        """Write exp(z - max z) into `out`, the maxima and the sums into work."""
        ops.reduce(z, work.top, axis=1, op="max")
        ops.launch(bodies.exp_difference, out, z, work.top)
        ops.reduce(out, work.total, axis=1)


@dataclass(frozen=True)
class SoftmaxLogLoss(_Softmax):
    """Cross-entropy of a softmax; smoothing spreads mass evenly (Szegedy et al., 2016).

    Parameters
    ----------
    n_classes : int
        Number of classes.
    label_smoothing : float or tuple of float
        Fraction of the target that is spread over all classes, one for all models or one each.

    Examples
    --------
    >>> from skdeep.nn import SoftmaxLogLoss
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(SoftmaxLogLoss(n_classes=3), [[0.0, 0.0, 1.0]], [2])
    >>> round(value, 3), output.round(3).tolist()
    (0.551, [[0.212, 0.212, 0.576]])
    """

    n_classes: int
    label_smoothing: float | tuple[float, ...] = 0.0
    per_model = ("label_smoothing",)

    def bind(self, binder, n_logits):
        work = super().bind(binder, n_logits)
        vars(work).update(_smoothing(binder, self.label_smoothing, 1 / self.n_classes))
        return work

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        self.exponentials(ops, z, delta, work)
        inputs, constants = [z, delta, work.top, work.total, target, work.classes, w], {}
        _follow_schedule(ops, work)
        if hasattr(work, "spread"):
            inputs += [work.spread, work.kept]
        else:
            amount = _number(self.label_smoothing)
            constants = {"off": amount / self.n_classes, "on": 1 - amount}
        ops.launch(loss_kernel(bodies.softmax_log_loss, **constants), (value, delta), *inputs)


@dataclass(frozen=True)
class MultiSoftmax(Loss):
    """Several classifications of the same row: the sum of one loss each, on its own logits."""

    parts: tuple[SoftmaxLogLoss | SoftmaxFocalLoss, ...]
    targets = "codes"
    out_activation: ClassVar[str] = "softmax"

    def n_targets(self, n_logits):
        return len(self.parts)

    def bind(self, binder, n_logits):
        # Parts run one after the other, so equal names in the arena may share their buffers.
        return SimpleNamespace(parts=[part.bind(binder, part.n_classes) for part in self.parts])

    def _slices(self) -> list[slice]:
        ends = np.cumsum([part.n_classes for part in self.parts])
        return [
            slice(end - part.n_classes, end) for end, part in zip(ends, self.parts, strict=True)
        ]

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        for k, (part, cut) in enumerate(zip(self.parts, self._slices(), strict=True)):
            outs = (value[:, cut], delta[:, cut])
            part.value_and_delta(ops, z[:, cut], target[:, k : k + 1], w, *outs, work.parts[k])

    def output(self, ops, z, out, work):
        for k, (part, cut) in enumerate(zip(self.parts, self._slices(), strict=True)):
            part.output(ops, z[:, cut], out[:, cut], work.parts[k])


@dataclass(frozen=True)
class SoftmaxFocalLoss(_Softmax):
    """Focal loss over classes (Lin et al., 2017): ``-(1 - p_t) ** gamma * log p_t``.

    Parameters
    ----------
    n_classes : int
        Number of classes.
    gamma : float
        Exponent; 0 is the plain loss.

    Examples
    --------
    >>> from skdeep.nn import SoftmaxFocalLoss
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(SoftmaxFocalLoss(n_classes=3), [[0.0, 0.0, 1.0]], [2])
    >>> round(value, 3), output.round(3).tolist()
    (0.099, [[0.212, 0.212, 0.576]])
    """

    n_classes: int
    gamma: float = 2.0

    def bind(self, binder, n_logits):
        work = super().bind(binder, n_logits)
        work.right = binder.arena.take("loss:right", work.top.shape, binder.dtype)
        return work

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        self.exponentials(ops, z, delta, work)
        ops.launch(bodies.selected, value, delta, target, work.classes)
        ops.reduce(value, work.right, axis=1)  # exp(z - top) of the true class
        kernel = loss_kernel(bodies.softmax_focal_loss, gamma=self.gamma)
        inputs = (z, delta, work.top, work.total, work.right, target, work.classes, w)
        ops.launch(kernel, (value, delta), *inputs)
