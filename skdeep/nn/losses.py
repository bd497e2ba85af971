"""Losses of a network's logits: value and delta in one go, and the prediction they imply.

A loss reads logits z and targets class-major, (M, K, B), which makes reductions over the classes
cheap. Row weights w (M, 1, B) are normalised: they add to one over the batch. ``value`` receives
w-weighted terms whose sum is the batch's mean loss, ``delta`` their gradient with respect to z.
Losses are plain values: they compare, pickle and print by their fields.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.backend.kernel import Kernel
from skdeep.kernels import losses as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.value import Value


@lru_cache(maxsize=256)
def _kernel(body: Callable[..., Any], **constants: float) -> Kernel:
    return Kernel(partial(body, **constants), name=body.__name__)


class Loss(Value, ABC):
    """What is minimised.

    A loss of your own derives from it and writes :meth:`value_and_delta`: the loss of each sample
    and its slope along each logit, both times the sample's weight. Numbers that it takes are
    attributes of the same name; :meth:`bind` makes arrays of them.

    Attributes
    ----------
    targets : {"dense", "codes"}
        Whether a sample's target is one number per column or the index of its class.
    link : Kernel or None
        Turns logits into predictions; None where they are the predictions.

    Examples
    --------
    >>> from skdeep.nn import Loss, kernel
    >>> from skdeep.testing import check_loss, run_loss
    >>> @kernel
    ... def log_cosh(xp, z, y, w):
    ...     rise = xp.exp(z - y)
    ...     return w * xp.log((rise + 1 / rise) / 2), w * xp.tanh(z - y)
    >>> class LogCosh(Loss):
    ...     def value_and_delta(self, ops, z, target, w, value, delta, work):
    ...         ops.launch(log_cosh, (value, delta), z, target, w)
    >>> check_loss(LogCosh())
    >>> value, output = run_loss(LogCosh(), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.tolist()
    (0.217, [[1.0], [3.0]])
    """

    targets: ClassVar[str] = "dense"
    link: ClassVar[Kernel | None] = None
    #: What makes predictions of logits, by name.
    out_activation: ClassVar[str] = "identity"
    #: Fields that may hold a tuple, one number per model.
    per_model: ClassVar[tuple[str, ...]] = ()

    @property
    def meaning(self) -> tuple[Any, ...]:
        """What makes predictions of logits: where it is equal, equal logits are the same ones."""
        return (self.out_activation,)

    def n_logits(self, n_outputs: int) -> int:
        """Return the number of logits K for `n_outputs` target columns (or classes)."""
        return n_outputs

    def n_targets(self, n_logits: int) -> int:
        """Return the number of target columns for `n_logits` logits."""
        return n_logits

    def bind(self, binder: Binder, n_logits: int) -> SimpleNamespace:
        """Return the buffers that the loss needs besides those it is handed.

        ``binder.own(self.level)`` is a number of the loss as an array, (M, 1, 1), also where the
        models of a stack have one each: name it in ``per_model``.
        """
        return SimpleNamespace()

    @abstractmethod
    def value_and_delta(
        self, ops: Backend, z: Array, target: Array, w: Array, value: Array, delta: Array, work: Any
    ) -> None:
        """Write value and delta (M, K, B) completely.

        Parameters
        ----------
        ops : Backend
            What computes, as ``v.ops`` of layers: ``ops.launch(formula, (value, delta), z, ...)``.
        z : array of shape (M, K, B)
            Logits of B samples, of M models that train as a stack.
        target : array of shape (M, K, B) or (M, 1, B)
            What the samples should give: numbers, zeros and ones, or the index of a class.
        w : array of shape (M, 1, B)
            Weights of the samples, which add to one.
        value : array of shape (M, K, B)
            Gets the terms of the loss, times w; their sum is the loss.
        delta : array of shape (M, K, B)
            Gets the slopes along z, times w.
        work : SimpleNamespace
            What :meth:`bind` has returned.
        """

    def output(self, ops: Backend, z: Array, out: Array, work: Any) -> None:
        """Write the predictions that logits mean into `out`, which may be `z` itself."""
        if self.link is not None:
            ops.launch(self.link, out, z)
        elif out is not z:
            ops.copy(z, out)


@dataclass(frozen=True)
class SquaredError(Loss):
    """Half the squared error: its value is the mean over outputs, its gradient that of the sum.

    This is scikit-learn's convention; more outputs do not weaken the gradient of each.

    Parameters
    ----------
    n_outputs : int
        Number of outputs, over which the value is a mean.

    Examples
    --------
    >>> from skdeep.nn import SquaredError
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(SquaredError(), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.25, [[1.0], [3.0]])
    """

    n_outputs: int = 1

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = _kernel(bodies.squared_error, share=1 / self.n_outputs)
        ops.launch(kernel, (value, delta), z, target, w)


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """The absolute error, whose minimiser is the median; a mean over outputs.

    Parameters
    ----------
    n_outputs : int
        Number of outputs, over which the value is a mean.

    Examples
    --------
    >>> from skdeep.nn import AbsoluteError
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(AbsoluteError(), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.5, [[1.0], [3.0]])
    """

    n_outputs: int = 1

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = _kernel(bodies.absolute_error, share=1 / self.n_outputs)
        ops.launch(kernel, (value, delta), z, target, w)


@dataclass(frozen=True)
class Huber(Loss):
    """Half the squared error up to `delta`, linear beyond (Huber, 1964).

    Parameters
    ----------
    n_outputs : int
        Number of outputs, over which the value is a mean.
    delta : float
        Error up to which the loss is a square.

    Examples
    --------
    >>> from skdeep.nn import Huber
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(Huber(delta=0.5), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.188, [[1.0], [3.0]])
    """

    n_outputs: int = 1
    delta: float = 1.0

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = _kernel(bodies.huber, share=1 / self.n_outputs, delta=self.delta)
        ops.launch(kernel, (value, delta), z, target, w)


@dataclass(frozen=True)
class Poisson(Loss):
    """Half the Poisson deviance, summed over outputs, with a log link.

    Examples
    --------
    >>> from skdeep.nn import Poisson
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(Poisson(), [[0.0], [1.0]], [1.0, 2.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.052, [[1.0], [2.718]])
    """

    link = bodies.exponential
    out_activation: ClassVar[str] = "exp"

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        ops.launch(_kernel(bodies.poisson), (value, delta), z, target, w)


@dataclass(frozen=True)
class Pinball(Loss):
    """The quantile loss (Koenker and Bassett, 1978) at several levels.

    Logits are ordered level by level within an output: column ``k * len(levels) + q``. The target
    repeats each output as often; ``n_outputs`` counts the logits that the value is a mean over.

    Parameters
    ----------
    levels : tuple of float
        Levels of the quantiles, between 0 and 1.
    n_outputs : int
        Number of logits that the value is a mean over.

    Examples
    --------
    >>> from skdeep.nn import Pinball
    >>> from skdeep.testing import run_loss
    >>> value, output = run_loss(Pinball(levels=(0.9,)), [[1.0], [3.0]], [0.0, 3.0])
    >>> round(value, 3), output.round(3).tolist()
    (0.05, [[1.0], [3.0]])
    """

    levels: tuple[float, ...] = (0.5,)
    n_outputs: int = 1

    def n_logits(self, n_outputs):
        return n_outputs * len(self.levels)

    def bind(self, binder, n_logits):
        levels = np.tile(np.array(self.levels, binder.dtype), n_logits // len(self.levels))
        return SimpleNamespace(levels=binder.constant(levels.reshape(1, -1, 1)))

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = _kernel(bodies.pinball, share=1 / self.n_outputs)
        ops.launch(kernel, (value, delta), z, target, w, work.levels)


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
        ops.launch(_kernel(bodies.logistic_log_loss, **constants), (value, delta), *inputs)


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

    def value_and_delta(self, ops, z, target, w, value, delta, work):
        kernel = _kernel(bodies.logistic_focal_loss, gamma=self.gamma)
        ops.launch(kernel, (value, delta), z, target, w)


class _Softmax(Loss):
    """Shared by losses over classes: targets are codes, predictions a softmax."""

    targets = "codes"
    out_activation: ClassVar[str] = "softmax"

    def n_targets(self, n_logits):
        return 1

    def bind(self, binder, n_logits):
        shape = (binder.store.n_models, 1, binder.batch)
        take = binder.arena.take
        return SimpleNamespace(
            top=take("loss:top", shape, binder.dtype),
            total=take("loss:total", shape, binder.dtype),
            classes=binder.constant(np.arange(n_logits, dtype=np.int32).reshape(1, -1, 1)),
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
        ops.launch(_kernel(bodies.softmax_log_loss, **constants), (value, delta), *inputs)


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
        kernel = _kernel(bodies.softmax_focal_loss, gamma=self.gamma)
        inputs = (z, delta, work.top, work.total, work.right, target, work.classes, w)
        ops.launch(kernel, (value, delta), *inputs)
