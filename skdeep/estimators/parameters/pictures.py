"""Parameters of transformers of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Literal

from skdeep.data._compat import Interval
from skdeep.estimators.parameters._declaration import parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT


@parameter_group
class Resizing:
    """How pictures come to one size."""

    size: int | Sequence[int] = parameter(
        default=64,
        constraint=[COUNT, tuple, list],
        kind="int or (int, int)",
        doc="Height and width of all pictures afterwards, in pixels; one number for both.",
        kw_only=False,
    )
    aspect: Literal["stretch", "pad", "crop"] = parameter(
        default="stretch",
        doc="""
        What is done where a picture has another ratio of width to height: it is stretched; all of
        it is shown, with `fill` beside it; or the middle of it is cut out.
        """,
    )
    color: Literal["auto", "gray", "rgb", "rgba"] = parameter(
        default="auto",
        doc="""
        Channels afterwards: 1 for 'gray', 3 for 'rgb', 4 for 'rgba', whose last is opacity. With
        'auto' gray where all pictures of the fit are, otherwise rgb.
        """,
    )
    resample: Literal["nearest", "box", "bilinear", "bicubic", "lanczos"] = parameter(
        default="bilinear",
        doc="""
        Filter of Pillow by which pixels are computed. All but 'nearest' average over the pixels
        that become one.
        """,
    )
    fill: float = parameter(
        default=0.0,
        constraint=[Interval(Real, -1e6, 1e6, closed="both")],
        doc="Value of all channels beside pictures (``aspect='pad'``) and behind transparent ones.",
    )
    rescale: bool = parameter(
        default=True,
        doc="""
        Whether unsigned integers are divided by the largest of their kind (255 for uint8), so that
        they lie in [0, 1]. All other numbers stay.
        """,
    )
    data_format: Literal["channels_last", "channels_first"] = parameter(
        default="channels_last",
        doc="""
        Where arrays in X have their channels: (H, W, C) or (C, H, W). What comes out has them last.
        """,
    )
    image_shape: Sequence[int] | None = parameter(
        default=None,
        constraint=["array-like", None],
        kind="tuple of int or None",
        doc="Shape of the pictures in the rows of a table X: (H, W), or with channels.",
    )
