"""Images and signals whose channels come first, as other libraries have them."""

from __future__ import annotations

from typing import Any

from skdeep.backend import compute
from skdeep.backend.user_warnings import warn
from skdeep.data.sharing import shared
from skdeep.nn.core.spec import Shape

#: How many channels an image or a signal has that comes with its channels first.
FIRST = (1, 3, 4)

#: From this length on, a last axis behind so few numbers is no axis of channels: of images, ...
LONG = 8
#: ... of which one side is at most so many times as long as the other, ...
STRETCH = 4
#: ... and of signals of several channels, whose few steps could otherwise be steps.
LONG_SIGNAL = 32


def channels_come_first(shape: Shape) -> bool:
    """Whether a shape (H, W, C) or (T, C) is rather (C, H, W) or (C, T).

    An image of 1, 3 or 4 rows is one of as many channels where the other two axes are as long as
    the sides of an image: not ``(4, 4, 64)``, which a network may well have made, and not
    ``(1, 100, 8)``, signals of eight channels. A signal of one step is none.
    """
    first, last = shape[0], shape[-1]
    if first not in FIRST or last < LONG:
        return False
    if len(shape) == 2:
        return first == 1 or last >= LONG_SIGNAL
    middle = shape[1]
    if first == 1:  # what has one row and so many channels is no image; signals may have many steps
        return middle > 1 and middle <= STRETCH * last
    return middle >= LONG and max(middle, last) <= STRETCH * min(middle, last)


def channels_last(X: Any, n_dims: int) -> Any:
    """Return an array of images (n, C, ...) of `n_dims` axes as (n, ..., C); others stay.

    Fits on the same X share what comes of it.
    """
    if n_dims < 1 or len(getattr(X, "shape", ())) != n_dims + 2:
        return X  # tables have no channels

    def move() -> tuple[Any, ...]:
        return (compute(lambda xp, a: xp.ascontiguousarray(xp.moveaxis(a, 1, -1)), X),)

    (result,) = shared("channels last", (X,), move)
    return result


def warn_of_channels_first(
    X: Any, shape: Shape, *, flat: bool = False, parameter: bool = False
) -> None:
    """Warn where the channels seem to come first; fits on the same X warn once.

    Parameters
    ----------
    X : array-like
        What `fit` was given.
    shape : tuple of int
        The shape of a sample.
    flat : bool
        Whether X is a table.
    parameter : bool
        Whether the estimator has a parameter ``data_format``.
    """
    if not channels_come_first(shape):
        return
    before = f"X.reshape(-1, {', '.join(map(str, shape))})" if flat else "X"
    how = f"use np.moveaxis({before}, 1, -1)"
    if parameter and not flat:
        how = "set data_format='channels_first'"
    form = f"{shape[0]} step(s)" if len(shape) == 2 else f"{shape[0]} row(s) of {shape[1]} columns"

    def say() -> tuple[Any, ...]:
        warn(
            f"images of shape {shape} are taken as {form} with {shape[-1]} channels: channels come "
            f"last. If they come first in X, {how}.",
            UserWarning,
        )
        return ()

    shared("channels first", (X,), say)
