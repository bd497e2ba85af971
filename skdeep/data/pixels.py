"""Pixels that are unsigned integers, as pictures have them, become numbers in [0, 1]."""

from __future__ import annotations

from numbers import Integral
from typing import Any, NamedTuple, Self

import numpy as np

from skdeep.backend import compute
from skdeep.backend.user_warnings import warn
from skdeep.data.columns import is_frame
from skdeep.data.place import to_host
from skdeep.data.sharing import shared

#: The largest number of each kind of pixels.
LARGEST = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}
#: Pixels whose largest is a smaller share than this were hardly meant to be shares of `LARGEST`.
DARK = 1 / 8
#: How far above 1 shares may be that others have made of pixels.
ROUNDED = 1e-5


class Pixels(NamedTuple):
    """What the numbers of the images in a fit were.

    Parameters
    ----------
    kind : str or None
        The name of the dtype of pixels that were divided by their largest; None: numbers were taken
        as they are.
    shares : bool
        Whether all numbers that the network got were in [0, 1].
    """

    kind: str | None
    shares: bool = True

    @classmethod
    def of(cls, X: Any) -> Self:
        """Return what the images X of a fit are."""
        dtype = dtype_of(X)
        return cls(str(dtype) if dtype in LARGEST else None)

    def seen(self, X: Any, rows: Any) -> Pixels:
        """Return the same with the range of `rows`, which X has become; warn of the very dark.

        Fits on the same X warn once.
        """

        def look() -> tuple[Any, ...]:
            values = rows.data if hasattr(rows, "tocsr") else rows
            if not values.size:  # a sparse matrix of zeros
                return 0.0, 0.0
            ends = compute(lambda xp, a: xp.stack([a.min(), a.max()]), values)
            low, high = to_host(ends).tolist()
            self._warn_of_dark(high)
            return low, high

        low, high = shared("range of pixels", (X,), look)
        return self._replace(shares=low >= 0 and high <= 1 + ROUNDED)

    def _warn_of_dark(self, high: float) -> None:
        if self.kind is not None and high < DARK:
            largest = LARGEST[np.dtype(self.kind)]
            warn(
                f"the largest number in X is {round(high * largest)}, and {self.kind} is divided by"
                f" {largest}: where that is no share of {largest}, set rescale=False and divide X "
                "by its own largest number",
                UserWarning,
            )

    def rescaled(self, X: Any, name: str, given: str = "X") -> Any:
        """Return later images as those of the fit were; refuse what could be meant in two ways.

        Parameters
        ----------
        X : array-like
            The images.
        name : str
            What messages call the estimator.
        given : str
            What they call the images.
        """
        dtype = dtype_of(X)
        if dtype in LARGEST and not self.shares:
            raise ValueError(
                f"{given} holds {dtype}, but this {name} was fitted on other numbers than "
                f"{dtype}, and not all were in [0, 1]: give it what is made as the X of fit was"
            )
        if self.kind is not None and dtype not in LARGEST and _holds_integers(X, dtype):
            raise ValueError(
                f"{given} holds {dtype}, but this {name} was fitted on {self.kind}, which was "
                f"divided by {LARGEST[np.dtype(self.kind)]}: give it {self.kind}, or floats in "
                "[0, 1]"
            )
        return rescaled(X)


def dtype_of(X: Any) -> np.dtype | None:
    """Return the dtype of the numbers in an array or a data frame; None where nobody says it."""
    if is_frame(X):
        return np.asarray(X[:1]).dtype
    dtype = getattr(X, "dtype", None)
    return np.dtype(dtype).newbyteorder("=") if hasattr(dtype, "kind") else None


def _holds_integers(X: Any, dtype: np.dtype | None) -> bool:
    """Whether X holds integers, or objects that are; but zeros and ones are shares."""
    if dtype is not None and dtype.kind == "O":
        cells = np.asarray(X).ravel().tolist()
        return all(isinstance(v, Integral) for v in cells) and any(v > 1 for v in cells)
    return dtype is not None and dtype.kind in "ui"


def rescaled(X: Any) -> Any:
    """Return uint8 and uint16 as float32 in [0, 1], and anything else as it is.

    Fits on the same X share what comes of it.
    """
    largest = LARGEST.get(dtype_of(X))
    if largest is None:
        return X

    def divide() -> tuple[Any, ...]:
        if is_frame(X):
            return (X / largest,)
        if hasattr(X, "tocsr"):
            values = X.tocsr().astype(np.float32)
            values.data /= np.float32(largest)  # not times its inverse, which may give more than 1
            return (values,)
        return (compute(lambda xp, a: a.astype(np.float32) / np.float32(largest), X),)

    (result,) = shared("pixels", (X,), divide)
    return result
