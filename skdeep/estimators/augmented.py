"""What ``augment=`` says of images and of y: checked, and joined to the older parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from skdeep.augmentation import Flip, Shift
from skdeep.data.domain import needs
from skdeep.data.naming import shown
from skdeep.data.targets import RealTarget
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.spec import Shape
from skdeep.nn.image_changes import GeometricChange, ImageChange

#: Axes of each value of ``random_flip``.
FLIPS = {None: (), "both": ("horizontal", "vertical")}
#: Fraction of the points that may lie outside of their pictures, as where a face is cut off.
CUT_OFF = 0.05


def changes_of(
    shift: int | Sequence[int], flip: str | None, augment: Any, *, numeric: bool
) -> tuple[Any, ...]:
    """Return all changes of images, each with what becomes of y.

    Parameters
    ----------
    shift, flip, augment : object
        The parameters `random_shift`, `random_flip` and `augment`.
    numeric : bool
        Whether y holds numbers, which may have to follow.
    """
    older: list[Any] = [Shift(shift, y="keep")] if np.any(shift) else []
    older += [Flip(axis, y="keep") for axis in FLIPS.get(flip, (flip,))]  # type: ignore[arg-type]
    given = _listed(augment)
    geometric = [change for change in (*older, *given) if isinstance(change, GeometricChange)]
    kinds = {change.y for change in geometric}
    if not numeric:
        following = [change for change in geometric if change.y not in (None, "keep")]
        if following:
            raise ValueError(
                f"augment has {following[0]!r}, but y holds no numbers here, and stays: leave y out"
            )
    elif "keypoints" in kinds:
        _check_agree(older, geometric)
        given = [_said(change, "keypoints") for change in given]
    elif None in kinds:
        silent = next(change for change in geometric if change.y is None)
        raise ValueError(
            f"augment has {silent!r}, and y of a regressor may have to follow: say y='keep' (it "
            "stays), y='keypoints' (points that move with the image) or, of Flip, y='negate'"
        )
    return (*older, *given)


def check_changed(changes: Sequence[Any], shape: Shape) -> None:
    """Refuse changes of samples that are no images or signals, and those that fit others."""
    if len(shape) not in (2, 3):
        raise ValueError(
            "augment changes images (H, W, C) and signals (T, C), but the first layer sees samples "
            f"of shape {shape}: put Reshape((H, W, C)) in front, or leave augment out"
        )
    for change in changes:
        if isinstance(change, ImageChange):
            change.check(len(shape) - 1)


def check_any_length(changes: Sequence[Any]) -> None:
    """Refuse changes of sequences that are for images of one size."""
    for change in changes:
        if not getattr(change, "any_length", False):
            raise ValueError(
                f"augment={change!r} is for images of one size, and X holds sequences of any "
                "length: take Shift, Flip or Scale"
            )


def change_layer(changes: Sequence[Any], target: RealTarget | None) -> Layer:
    """Return what changes images in training, and a y of numbers with them."""
    from skdeep.nn.conv.augment import Augment  # networks of rows load no convolutions

    if target is None:
        return Augment(changes, name="augmentation")
    mean, scale = target.units
    following = (len(mean), mean.tolist(), scale.tolist(), target.masked, target.domain)
    return Augment(changes, *following, name="augmentation")


def _listed(augment: Any) -> list[Any]:
    """Return changes as a list; refuse what is none."""
    if augment is None:
        return []
    several = isinstance(augment, list | tuple)
    for change in augment if several else [augment]:
        known = isinstance(change, ImageChange) or callable(change)
        if not known or isinstance(change, type):
            raise ValueError(
                "augment must hold objects of skdeep.augmentation, such as Flip() or Shift(2), or "
                f"functions (X, y, rng), got {shown(change)}"
            )
    return list(augment) if several else [augment]


def _said(change: Any, y: str) -> Any:
    """Return a change that says what becomes of y, where it does not."""
    silent = isinstance(change, GeometricChange) and change.y is None
    return replace(change, y=y) if silent else change


def _check_agree(older: Sequence[Any], geometric: Sequence[GeometricChange]) -> None:
    """Refuse changes under which points do not all follow."""
    if older:
        raise ValueError(
            "y='keypoints' in augment does not go with random_shift and random_flip, under which y "
            "stays: give Shift and Flip in augment"
        )
    other = [change for change in geometric if change.y not in (None, "keypoints")]
    if other:
        raise ValueError(f"augment has y='keypoints', but also {other[0]!r}: points follow all")


def check_followed(changes: Sequence[Any], target: RealTarget, y: np.ndarray, shape: Shape) -> None:
    """Refuse a y that cannot follow images of a shape as changes of them say."""
    flips = [change for change in changes if isinstance(change, Flip)]
    for flip in flips:
        if flip.y == "negate":
            _check_negated(flip, target)
    if not any(isinstance(c, GeometricChange) and c.y == "keypoints" for c in changes):
        return
    n_columns = target.n_columns
    if n_columns % 2:
        raise ValueError(
            "y='keypoints' in augment needs pairs of columns x_0, y_0, x_1, y_1, ..., but y has "
            f"{n_columns}"
        )
    if len(shape) < 3:
        raise ValueError("y='keypoints' in augment is for points of images, but X holds signals")
    if target.n_levels > 1:
        raise ValueError("y='keypoints' in augment does not work with several quantiles")
    for flip in flips:
        _check_swap(flip, n_columns // 2)
    _check_inside(np.asarray(y, float).reshape(len(y), -1, 2), shape)


def _check_negated(flip: Flip, target: RealTarget) -> None:
    low, high = target.domain
    if low != -high:
        raise ValueError(
            f"Flip(y='negate') does not work with {target.loss}, which needs {needs(target.domain)}"
        )
    last = max(flip.columns or (0,))
    if last >= target.n_columns:
        raise ValueError(f"Flip(y='negate') names column {last} of y, which has {target.n_columns}")


def _check_swap(flip: Flip, n_points: int) -> None:
    """Refuse a table for other points than there are, and none where there are several."""
    if flip.swap is None and n_points > 1:
        raise ValueError(
            f"Flip(y='keypoints') of {n_points} points needs swap, the index of the point that "
            "each becomes in a flipped image: range(n_points) where points have no sides"
        )
    if flip.swap is not None and len(flip.swap) != n_points:
        raise ValueError(
            f"swap of Flip has {len(flip.swap)} entries for the {n_points} points of y"
        )


def _check_inside(points: np.ndarray, shape: Shape) -> None:
    """Refuse points (n, points, 2) that are no pixels of images of a shape."""
    height, width, _ = shape
    places = points[np.isfinite(points).all(axis=-1)]
    if not len(places):
        return
    outside = ((places < -0.5) | (places > np.array([width, height]) - 0.5)).any(axis=-1)
    if outside.mean() > CUT_OFF:
        raise ValueError(
            f"y='keypoints' in augment needs points in pixels, x from 0 to {width - 1} and y from "
            f"0 to {height - 1}, but {outside.mean():.0%} of those of y lie outside of their "
            f"images: x goes from {places[:, 0].min():g} to {places[:, 0].max():g}, y from "
            f"{places[:, 1].min():g} to {places[:, 1].max():g}"
        )
    if min(height, width) > 2 and np.abs(places).max() <= 1:
        raise ValueError(
            "y='keypoints' in augment needs points in pixels, but all of y is in [-1, 1]: multiply "
            f"by the size of the images, ({width}, {height})"
        )
