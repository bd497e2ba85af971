"""What every loss must do: the contract that skdeep's own losses pass."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from skdeep.backend import get_backend
from skdeep.backend.base import Array, Backend
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.spec import Spec
from skdeep.nn.losses import Loss

BATCH = 7


def check_loss(loss: Loss, n_logits: int = 1, *, y: Any = None, device: str | None = None) -> None:
    """Check that a loss does what networks, searches and devices rely on.

    Parameters
    ----------
    loss : Loss
        Any loss, your own for instance.
    n_logits : int, default=1
        How many logits a sample has: as many as the loss asks for outputs or classes.
    y : array-like of shape (n,), default=None
        Numbers that targets are drawn from, such as ``[0, 1]``. None: any number of the loss's
        ``domain``, or for losses of several classes any class.
    device : {"cpu", "checked", "cuda"}, default=None
        Where to compute. None: on the CPU, and on the stand-in for a GPU that shows on any machine
        what a GPU would refuse.

    Raises
    ------
    AssertionError
        If it does not; the message names the loss and what is wrong.

    Notes
    -----
    What is checked: slopes agree with differences in float64; all is written completely, and the
    inputs stay; M models in a stack compute what each would alone; a recorded step equals a plain
    one; a weight of two counts as two samples; no sample's loss depends on other samples; float32
    stays float32; predictions may be written over the logits; the loss compares and copies as a
    value.

    Losses of skdeep with `n_outputs` have the mean over outputs as their value, and the slope of
    the sum.

    Examples
    --------
    >>> from skdeep.nn import LogisticLogLoss, SoftmaxLogLoss
    >>> from skdeep.testing import check_loss
    >>> check_loss(LogisticLogLoss(), y=[0, 1])
    >>> check_loss(SoftmaxLogLoss(n_classes=3), 3)
    """
    for name in ("cpu", "checked") if device is None else (device,):
        make = partial(BoundLoss, get_backend(name), loss, n_logits, y)
        for title, check in CHECKS.items():
            try:
                check(make)
            except Exception as error:
                raise AssertionError(
                    f"{loss!r} of {n_logits} logits, device {name!r}: {title}.\n"
                    f"{type(error).__name__}: {error}"
                ) from error


class BoundLoss:
    """A loss of M models on a batch, with inputs that are drawn; model m draws alike in all."""

    def __init__(
        self,
        ops: Backend,
        loss: Loss,
        n_logits: int,
        y: Any,
        *,
        models: int = 1,
        first: int = 0,
        dtype: Any = np.float64,
    ) -> None:
        self.ops, self.loss, self.dtype = ops, loss, np.dtype(dtype)
        states = [np.random.RandomState(first + m) for m in range(models)]
        shape, rows = (n_logits, BATCH), (loss.n_targets(n_logits), BATCH)
        self.z = np.stack([state.normal(size=shape) for state in states])
        self.target = np.stack([_targets(loss, state, n_logits, rows, y) for state in states])
        self.w = np.tile((1 + np.arange(BATCH) % 3) / 13.0, (models, 1, 1))  # their sum is 13
        store = ParamStore(ops, Layout(Spec(())), np.empty((models, 0), dtype))
        binder = Binder(store, Arena(ops), BATCH, training=True)
        self.work = loss.bind(binder, n_logits)

    def arrays(self, **changed: np.ndarray) -> list[Array]:
        """Return z, target and w on the device, and value and delta full of NaN."""
        kind: Any = np.int32 if self.loss.targets == "codes" else self.dtype
        inputs = {"z": self.z, "target": self.target, "w": self.w, **changed}
        kinds = {"target": kind}
        made = [
            np.ascontiguousarray(array, kinds.get(k, self.dtype)) for k, array in inputs.items()
        ]
        empty = [np.full(self.z.shape, np.nan, self.dtype) for _ in range(2)]
        return [self.ops.to_device(array) for array in (*made, *empty)]

    def results(self, record: bool = False, **changed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return value and delta on the host."""
        z, target, w, value, delta = arrays = self.arrays(**changed)

        def step() -> None:
            self.loss.value_and_delta(self.ops, z, target, w, value, delta, self.work)

        run = self.ops.record(step) if record else step
        with self.ops.running():
            run()
        before = self.arrays(**changed)
        for name, now, then in zip(("z", "target", "w"), arrays, before, strict=False):
            same = np.array_equal(self.ops.to_host(now), self.ops.to_host(then))
            assert same, f"it writes into {name}"
        return self.ops.to_host(value), self.ops.to_host(delta)


Make = Callable[..., BoundLoss]


def _targets(
    loss: Loss, state: np.random.RandomState, n_logits: int, shape: tuple[int, int], y: Any
) -> np.ndarray:
    if y is not None:
        return state.choice(np.asarray(y), shape)
    if loss.targets == "codes":
        return state.randint(0, n_logits, shape)
    found, (low, high) = state.normal(size=shape), loss.domain
    if np.isfinite(high - low):
        return low + (high - low) * state.uniform(size=shape)
    if np.isfinite(low):
        return low + abs(found)
    return high - abs(found) if np.isfinite(high) else found


def _slopes(make: Make) -> None:
    bound, h = make(models=2), 1e-6
    value, delta = bound.results()
    assert np.isfinite(value).all(), "value is not finite, or not written"
    assert np.isfinite(delta).all(), "delta is not finite, or not written"
    spread = getattr(bound.loss, "n_outputs", 1)
    for k in range(bound.z.shape[1]):
        step = np.zeros_like(bound.z)
        step[:, k] = h
        # The samples' losses are summed over logits, of which others may depend on this one.
        up, down = (bound.results(z=bound.z + s * step)[0].sum(axis=1) for s in (1, -1))
        found = spread * (up - down) / (2 * h)
        np.testing.assert_allclose(delta[:, k], found, rtol=1e-5, atol=1e-8, err_msg="delta")


def _stack(make: Make) -> None:
    whole = make(models=3).results()
    for m in range(3):
        for found, expected in zip(whole, make(first=m).results(), strict=True):
            np.testing.assert_allclose(found[m], expected[0], rtol=1e-10, atol=1e-12)


def _recording(make: Make) -> None:
    for found, expected in zip(make().results(record=True), make().results(), strict=True):
        np.testing.assert_array_equal(found, expected)


def _weights(make: Make) -> None:
    bound = make()
    for found, expected in zip(bound.results(w=2 * bound.w), bound.results(), strict=True):
        np.testing.assert_allclose(found, 2 * expected, rtol=1e-10, atol=1e-12)


def _alone(make: Make) -> None:
    bound = make()
    z, target = bound.z.copy(), bound.target.copy()
    z[..., 1:], target[..., 1:] = 1.0, target[..., :1]
    changed = bound.results(z=z, target=target)
    for found, expected in zip(changed, bound.results(), strict=True):
        np.testing.assert_allclose(found[..., 0], expected[..., 0], rtol=1e-10, atol=1e-12)


def _float32(make: Make) -> None:
    for found, exact in zip(make(dtype=np.float32).results(), make().results(), strict=True):
        assert found.dtype == np.float32, f"it computes in {found.dtype}"
        np.testing.assert_allclose(found, exact, rtol=2e-4, atol=2e-5)


def _predictions(make: Make) -> None:
    bound = make(models=2)
    z, _, _, out, _ = bound.arrays()
    with bound.ops.running():
        bound.loss.output(bound.ops, z, out, bound.work)
        expected = bound.ops.to_host(out).copy()
        bound.loss.output(bound.ops, z, z, bound.work)
    assert np.isfinite(expected).all(), "predictions are not finite, or not written"
    np.testing.assert_array_equal(bound.ops.to_host(z), expected)


def _value(make: Make) -> None:
    loss = make().loss
    assert copy.deepcopy(loss) == loss, "a copy is not equal"
    assert repr(loss).startswith(type(loss).__name__)


#: What is checked, by what is wrong where it fails.
CHECKS: dict[str, Callable[[Make], None]] = {
    "it is not the value that its arguments are": _value,
    "its slopes do not agree with differences": _slopes,
    "models in a stack are not what they are alone": _stack,
    "a recorded step does not equal a plain one (is all computed by ops?)": _recording,
    "value and delta are not proportional to the weights w": _weights,
    "a sample's loss depends on other samples": _alone,
    "float32 does not stay float32": _float32,
    "predictions written over the logits are others": _predictions,
}
