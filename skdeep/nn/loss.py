"""What a loss is: value and delta of logits in one go, and the prediction that logits mean.

A loss reads logits z and targets class-major, (M, K, B), which makes reductions over the classes
cheap. Row weights w (M, 1, B) are normalised: they add to one over the batch. ``value`` receives
w-weighted terms whose sum is the batch's mean loss, ``delta`` their gradient with respect to z.
Losses are plain values: they compare, pickle and print by their fields.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import lru_cache, partial
from math import inf
from types import SimpleNamespace
from typing import Any, ClassVar

from skdeep.backend.base import Array, Backend
from skdeep.backend.kernel import Kernel
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.value import Value


@lru_cache(maxsize=256)
def loss_kernel(body: Callable[..., Any], **constants: float) -> Kernel:
    """Return the kernel of a loss's formula with these constants, always the same one."""
    return Kernel(partial(body, **constants), name=body.__name__)


class Loss(Value, ABC):
    """What is minimised.

    A loss of your own derives from it and writes :meth:`value_and_delta`: the loss of each sample
    and its slope along each logit, both times the sample's weight. It must depend on no other
    sample: networks with convolutions hand it a part of a batch at a time. Numbers that it takes
    are attributes of the same name; :meth:`bind` makes arrays of them.

    Attributes
    ----------
    targets : {"dense", "codes"}
        Whether a sample's target is one number per column or the index of its class.
    domain : tuple of float
        The lowest and the highest number that a target may be; estimators refuse others. Any
        number, if you do not say it.
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
    domain: ClassVar[tuple[float, float]] = (-inf, inf)
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
            Weights of the samples, which add to one over the batch, and to less over a part of it.
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
