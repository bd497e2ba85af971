"""Flips of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

from skdeep.augmentation._checks import check_choice, check_number, whole_numbers
from skdeep.kernels.warping import flipped_map
from skdeep.nn.image_changes import GeometricChange


@dataclass(frozen=True)
class Flip(GeometricChange):
    """Turn images round, left to right or top to bottom.

    Parameters
    ----------
    axis : {"horizontal", "vertical"}, default="horizontal"
        What is turned round; of signals only "horizontal".
    probability : float, default=0.5
        Fraction of the images that are flipped.
    y : {"keep", "keypoints", "negate"} or None, default=None
        What becomes of y of a flipped image. "keep": it stays. "keypoints": it has columns
        x_0, y_0, x_1, y_1, ... of points in pixels, which move with the image. "negate": it
        changes its sign, like a steering angle. Regressors want it said; classes always stay.
    swap : sequence of int, default=None
        With ``y="keypoints"``, the index of the point that each becomes in a flipped image: the
        left eye becomes the right one, the nose stays. None will do for one point;
        ``range(n_points)`` where points have no sides.
    columns : sequence of int, default=None
        With ``y="negate"``, which columns of y change their sign; None: all.

    Examples
    --------
    >>> from skdeep import CNNRegressor
    >>> from skdeep.augmentation import Flip, Shift
    >>> eyes_and_nose = Flip(y="keypoints", swap=[1, 0, 2])
    >>> model = CNNRegressor(augment=[eyes_and_nose, Shift(2)])
    >>> eyes_and_nose.swap
    (1, 0, 2)
    """

    n_draws: ClassVar[int] = 1
    kernel = flipped_map
    whole = True

    axis: str = "horizontal"
    _: KW_ONLY
    probability: float = 0.5
    y: str | None = None
    swap: Sequence[int] | None = None  # type: ignore[assignment]
    columns: Sequence[int] | None = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        check_choice(self, ("horizontal", "vertical"), axis=self.axis)
        check_choice(self, (None, "keep", "keypoints", "negate"), y=self.y)
        check_number(self, "in [0, 1]", lambda p: 0 <= p <= 1, probability=self.probability)
        for name, wants in (("swap", "keypoints"), ("columns", "negate")):
            given = getattr(self, name)
            if given is None:
                continue
            if self.y != wants:
                raise ValueError(f"{name} of Flip goes with y={wants!r}, got y={self.y!r}")
            object.__setattr__(self, name, whole_numbers(self, name, given))
        if self.swap is not None:
            self._check_swap(tuple(self.swap))

    def _check_swap(self, swap: tuple[int, ...]) -> None:
        """Refuse a table that two flips would not bring back to where it began."""
        n = len(swap)
        if n and max(swap) >= n:
            raise ValueError(
                f"swap of Flip has {n} entries, each a point from 0 to {n - 1}, got {max(swap)}"
            )
        for point, partner in enumerate(swap):
            if swap[partner] != point:
                raise ValueError(
                    "swap of Flip must give pairs, since two flips change nothing: point "
                    f"{point} becomes {partner}, but {partner} becomes {swap[partner]}"
                )

    def check(self, n_axes: int) -> None:
        if n_axes < 2 and self.axis != "horizontal":
            raise ValueError("Flip('vertical') is for images: signals have one axis")

    def numbers(self, n_axes: int) -> tuple[float, ...]:
        across = float(self.axis == "horizontal")
        return self.probability, across, 1 - across
