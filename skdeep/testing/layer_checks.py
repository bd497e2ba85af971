"""The check of a layer: the contract that skdeep's own layers pass."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral

import numpy as np

from skdeep.backend import get_backend
from skdeep.data.naming import shown
from skdeep.nn.core.layer import Layer
from skdeep.testing.layer_contract import CHECKS
from skdeep.testing.with_memory import WithMemory


def check_layer(
    layer: Layer,
    in_shape: Sequence[int],
    *,
    memory_shape: Sequence[int] | None = None,
    device: str | None = None,
) -> None:
    """Check that a layer does what networks, searches and devices rely on.

    Numbers are drawn for a few samples, and the layer computes on them forward and backward, by
    itself and between other layers. It takes about a second.

    Parameters
    ----------
    layer : Layer
        Any layer of numbers, your own for instance.
    in_shape : tuple of int
        Shape of a sample: (F,), (H, W, C), (T, C) or (T, F). Take a small one.
    memory_shape : tuple of int, default=None
        Shape (S, D) of the memory that a layer of a decoder reads; its gradient is checked, too.
    device : {"cpu", "checked", "cuda"}, default=None
        Where to compute. None: on the CPU, and on the stand-in for a GPU that shows on any machine
        what a GPU would refuse.

    Raises
    ------
    AssertionError
        If it does not; the message names the layer and what is wrong.
    TypeError
        If `layer` is no layer, or `in_shape` no tuple of integers.

    Notes
    -----
    What is checked:

    - gradients agree with differences in float64: those of x and of all parameters, for one model
      and for two, and between layers that work in place;
    - all that `forward` and `backward` are to write is written, whatever was there before, and
      nothing else is;
    - `backward` reads no more of x and y than the layer keeps;
    - a second call gives what the first gave, and a recorded step what a plain one does;
    - a batch of one sample works, and a sample's output depends on no other sample;
    - M models in a stack compute what each would alone;
    - sample weights count as repetitions;
    - layers that read sequences do not see what lies behind the end of one;
    - float32 stays float32; prediction needs no arrays of training;
    - no array is allocated in a step;
    - the layer compares, prints and pickles as a value, and can be made anew from its arguments.

    Examples
    --------
    >>> from skdeep.nn import Dense
    >>> from skdeep.testing import check_layer
    >>> check_layer(Dense(3), (5,))
    """
    if not isinstance(layer, Layer):
        hint = f": make one, {layer.__name__}(...)" if isinstance(layer, type) else ""
        raise TypeError(f"layer must be a layer, got {shown(layer)}{hint}")
    if np.ndim(in_shape) != 1 or not all(isinstance(n, Integral) for n in in_shape):
        raise TypeError(f"in_shape must be a tuple such as (5,) or (8, 8, 1), got {in_shape!r}")
    checked, shape = layer, tuple(in_shape)
    if memory_shape is not None:
        checked = WithMemory(layer, shape, tuple(memory_shape))
        shape = checked.row
    for name in ("cpu", "checked") if device is None else (device,):
        ops = get_backend(name)
        for title, check in CHECKS.items():
            try:
                check(checked, shape, ops)
            except Exception as error:
                raise AssertionError(
                    f"{layer!r} on samples of shape {tuple(in_shape)}, device {name!r}: "
                    f"{title}.\n{type(error).__name__}: {error}"
                ) from error
