"""What displays share: axes, pictures in a grid, images out of rows."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isqrt, log
from typing import Any

import numpy as np

from skdeep.nn.core.layer import is_count

#: Features, or units, up to which each has a tick.
MOST_NAMES = 40


def pyplot(display: Any) -> Any:
    """Return ``matplotlib.pyplot``, or say what needs it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{type(display).__name__}.plot needs matplotlib: install it, for instance with "
            "`pip install matplotlib`"
        ) from error
    return plt


def axes_for(display: Any, ax: Any, size: tuple[float, float] | None = None) -> Any:
    """Return the axes to draw on, new ones where none are given; keep them with the display."""
    plt = pyplot(display)
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    display.ax_, display.figure_ = ax, ax.figure
    return ax


def sample_image_shape(estimator: Any, n_features: int, given: Any) -> tuple[int, ...] | None:
    """Return the (height, width, channels) of rows that are images, or None where they are none.

    That is what the estimator was fitted on, `given`, or that of a square of the features.
    """
    own = getattr(estimator, "image_shape_", None)
    if given is None and own is not None and len(own) == 3:
        return tuple(own)
    if given is not None:
        shape = tuple(int(n) for n in np.atleast_1d(given))
        shape = shape if len(shape) == 3 else (*shape, 1)
        if len(shape) != 3 or int(np.prod(shape)) != n_features:
            raise ValueError(
                f"image_shape must be (height, width) or (height, width, channels) of {n_features} "
                f"numbers, got {given!r}"
            )
        return shape
    side = isqrt(n_features)
    return (side, side, 1) if own is None and side >= 4 and side * side == n_features else None


def tiled(images: np.ndarray, n_columns: int, *, gap: int = 1) -> np.ndarray:
    """Return images (n, H, W, C) side by side in one, (rows, columns, C), NaN between them."""
    n, height, width, channels = images.shape
    n_rows = ceil(n / n_columns)
    full = np.full(
        (n_rows * (height + gap) - gap, n_columns * (width + gap) - gap, channels), np.nan
    )
    for k, image in enumerate(images):
        row, column = divmod(k, n_columns)
        top, left = row * (height + gap), column * (width + gap)
        full[top : top + height, left : left + width] = image
    return full


def columns_for(n: int, given: Any = None) -> int:
    """Return into how many columns to put n pictures: about 8 : 5, and few places left empty.

    Where `n_columns` was given, it is that.
    """
    if given is not None:
        return check_number("n_columns", given)

    def cost(columns: int) -> float:
        rows = ceil(n / columns)
        return abs(log(columns / rows / 1.6)) + 3 * (rows * columns - n) / n

    return min(range(1, n + 1), key=cost)


def names_height(names: Sequence[str]) -> float:
    """Return how many inches slanted names of ticks need below a picture."""
    return 0.06 * max(map(len, names), default=0)


def tiles_size(
    n: int, n_columns: int, height: int, width: int, *, gap: int = 1
) -> tuple[float, float]:
    """Return the size of a figure, in inches, that tiles fill."""
    inches = min(0.85, 9.0 / n_columns) / width  # of one pixel
    n_rows = ceil(n / n_columns)
    across, down = n_columns * (width + gap) * inches, n_rows * (height + gap) * inches
    return max(2.0, across), max(1.0, down) + 0.35


def show(ax: Any, picture: np.ndarray, **options: Any) -> Any:
    """Draw a picture (H, W, C) of one or three channels without ticks."""
    if picture.shape[2] == 3:
        gaps = np.isnan(picture).any(axis=2, keepdims=True)
        colours = np.clip(np.where(gaps, 1.0, picture), 0.0, 1.0)
        drawn = ax.imshow(colours)
    else:
        drawn = ax.imshow(picture[:, :, 0], **options)
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_visible(False)
    return drawn


def label_tiles(
    ax: Any, labels: Sequence[Any], n_columns: int, height: int, width: int, *, gap: int
) -> None:
    """Write a label above each of the tiles; above the first row there is room for that, too."""
    ax.set_ylim(ax.get_ylim()[0], -0.5 - gap)
    for k, label in enumerate(labels):
        row, column = divmod(k, n_columns)
        x = column * (width + gap) + (width - 1) / 2
        y = row * (height + gap) - 0.6
        ax.text(x, y, str(label), ha="center", va="bottom", fontsize="small")


def label_gap(height: int) -> int:
    """Return how many pixels to leave between tiles for their labels."""
    return max(2, height // 4)


def picture_channels(images: np.ndarray) -> np.ndarray:
    """Return images (n, H, W, C) with one or three channels; of others the mean."""
    return images if images.shape[3] in (1, 3) else images.mean(axis=3, keepdims=True)


def check_number(name: str, value: Any) -> int:
    """Return a positive integer, or refuse what is none."""
    if not is_count(value):
        raise ValueError(f"{name} must be a positive integer, got {value!r}")
    return int(value)
