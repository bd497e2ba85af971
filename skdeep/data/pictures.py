"""Pictures as people have them: arrays, files, images of Pillow; grey or in colour, of any size."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from skdeep.data.cells import has_order, unnested
from skdeep.data.channels import channels_come_first
from skdeep.data.columns import is_frame
from skdeep.data.naming import shown
from skdeep.data.place import to_host

#: Channels that a picture has with transparency, last.
TRANSPARENT = (2, 4)
#: Modes of Pillow that become arrays as they are, with their channels.
PLAIN = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "F": 1, "I": 1}
#: The largest number of a picture, of which sums and products are finite in float32.
LARGEST = 1e30
#: The tag of a file that says how the camera was held; from 5 on the picture lies on its side.
ORIENTATION, ON_ITS_SIDE = 0x0112, 5


def pillow() -> Any:
    """Return ``PIL``, with what is used of it, or say what needs it."""
    try:
        import PIL.Image
        import PIL.ImageOps
    except ImportError as error:
        raise ImportError(
            "ImageResizer needs Pillow: install it, for instance with `pip install pillow`"
        ) from error
    return PIL


@dataclass(frozen=True)
class Picture(ABC):
    """One picture of X.

    Parameters
    ----------
    name : str
        What errors call it.
    """

    name: str

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels, the transparency among them; a file's from its header."""

    @abstractmethod
    def values(self) -> np.ndarray:
        """Return the numbers as they are kept, (H, W, C)."""

    def pixels(self, rescale: bool) -> tuple[np.ndarray, float]:
        """Return float32 (H, W, C), and what white is: 1 where `rescale`, or for floats."""
        values = self.values()
        white = 1.0
        if values.dtype == bool or values.dtype.kind != "u":
            return _finite(self.name, values).astype(np.float32), white
        most = float(np.iinfo(values.dtype).max)
        return values.astype(np.float32) / (most if rescale else 1), white if rescale else most


@dataclass(frozen=True)
class ArrayPicture(Picture):
    """An array (H, W, C)."""

    array: np.ndarray

    @classmethod
    def of(cls, name: str, array: Any, data_format: str) -> ArrayPicture:
        """Return an array (H, W) or with channels as a picture; refuse what is none."""
        try:
            array = unnested(np.asarray(array))
        except ValueError as error:
            raise ValueError(f"{name} is ragged: its rows differ in their length") from error
        if array.dtype.kind not in "biuf":
            raise ValueError(
                f"{name} must be a picture: an array of numbers, a path or an image of Pillow, got "
                f"{shown(array) if array.ndim else type(array.item()).__name__}"
            )
        if array.ndim not in (2, 3) or 0 in array.shape:
            form = "(C, H, W)" if data_format == "channels_first" else "(H, W, C)"
            raise ValueError(
                f"{name} must be a picture (H, W) or {form}, got an array of shape {array.shape}"
            )
        _finite(name, array)
        if array.ndim == 2:
            return cls(name, array[:, :, None])
        if data_format == "channels_first":
            return cls(name, np.moveaxis(array, 0, -1))
        if channels_come_first(array.shape):
            raise ValueError(
                f"{name} has shape {array.shape}, whose channels seem to come first: say "
                "data_format='channels_first'"
            )
        return cls(name, array)

    @property
    def shape(self) -> tuple[int, int, int]:
        height, width, channels = self.array.shape
        return height, width, channels

    def values(self) -> np.ndarray:
        return self.array


@dataclass(frozen=True)
class ImagePicture(Picture):
    """An image of Pillow, or a path of one."""

    source: Any

    @property
    def shape(self) -> tuple[int, int, int]:
        with self._opened() as image:
            width, height = image.size
            if image.getexif().get(ORIENTATION, 1) >= ON_ITS_SIDE:
                width, height = height, width
            return height, width, PLAIN.get(_plain_mode(image), 1)

    def values(self) -> np.ndarray:
        with self._opened() as image:
            upright = pillow().ImageOps.exif_transpose(image)
            mode = _plain_mode(upright)
            array = np.asarray(upright if upright.mode == mode else upright.convert(mode))
        return array[:, :, None] if array.ndim == 2 else array

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        if not isinstance(self.source, str | os.PathLike):
            yield self.source
            return
        image = pillow().Image
        try:
            with image.open(self.source) as opened:
                yield opened
        except image.UnidentifiedImageError as error:
            raise ValueError(f"{self.name} is no picture that Pillow can read") from error
        except (OSError, SyntaxError, image.DecompressionBombError) as error:
            raise ValueError(f"{self.name} cannot be read: {error}") from error


def _plain_mode(image: Any) -> str:
    """Return the mode in which an image of Pillow becomes an array of grey, colours and alpha."""
    mode: str = image.mode
    if mode.startswith("I;16"):
        return mode
    grey = mode in ("1", "L", "LA", "La")
    if image.has_transparency_data:
        return "LA" if grey else "RGBA"
    if mode in PLAIN:
        return mode
    return "L" if grey else "RGB"


def pictures_of(X: Any, data_format: str, image_shape: Any = None) -> list[Picture]:
    """Return the pictures of X, of which files are only opened when they are read.

    Parameters
    ----------
    X : array, list, series or frame of one column
        Arrays, paths or images of Pillow; or a table of flat pictures.
    data_format : {"channels_last", "channels_first"}
        Where the channels of arrays are.
    image_shape : tuple of int or None
        The shape of the pictures in the rows of a table.
    """
    items = _items(X, image_shape)
    if not len(items):
        raise ValueError("X is empty: found array with 0 sample(s), a minimum of 1 is required.")
    return [_picture(k, item, data_format) for k, item in enumerate(items)]


def _items(X: Any, image_shape: Any) -> Any:
    """Return what X holds, one by one."""
    if isinstance(X, os.PathLike) or _is_image(X) or not has_order(X):
        raise TypeError(
            "X must hold several pictures, a list, an array or a column: give [picture] for one, "
            f"got {shown(X)}"
        )
    if is_frame(X):
        if X.shape[1] != 1 and image_shape is None:
            raise ValueError(
                f"X has {X.shape[1]} columns: give the one with the pictures, X[['name']], or "
                "image_shape where each row is a picture"
            )
        if X.shape[1] == 1:
            return list(np.asarray(X)[:, 0])
    if hasattr(X, "tocsr"):
        X = X.toarray()
    X = to_host(X)
    dtype = getattr(X, "dtype", None)
    if image_shape is not None:
        return _unflattened(X, image_shape)
    if isinstance(X, np.ndarray) and dtype is not None and dtype.kind in "biuf" and X.ndim < 3:
        raise ValueError(
            f"X has shape {X.shape}, but pictures are (n, H, W) or (n, H, W, C); of a table with a "
            "picture in each row say image_shape"
        )
    if isinstance(X, np.ndarray) and dtype is not None and dtype.kind == "O" and X.ndim == 2:
        return list(X[:, 0]) if X.shape[1] == 1 else list(X)
    return list(X)


def _unflattened(X: Any, image_shape: tuple[int, ...]) -> np.ndarray:
    try:
        X = np.asarray(X)
    except ValueError as error:
        raise ValueError(
            f"image_shape={image_shape!r} is for tables with a picture in each row, but X holds "
            "what differs in its shape: leave image_shape at None"
        ) from error
    size = prod(image_shape)
    if X.ndim == 2 and X.shape[1] != size:
        raise ValueError(
            f"image_shape={image_shape!r} stands for {size} numbers a row, but X has "
            f"{X.shape[1]} features"
        )
    if X.ndim != 2 and X.shape[1:] != tuple(image_shape):
        raise ValueError(
            f"image_shape={image_shape!r} is not the shape of the pictures in X, {X.shape[1:]}"
        )
    return X.reshape(len(X), *image_shape)


def _finite(name: str, values: np.ndarray) -> np.ndarray:
    """Return numbers; refuse those that are none, or none in float32."""
    if values.dtype.kind == "f":
        if not (np.abs(values) <= LARGEST).all():  # False for NaN
            raise ValueError(f"{name} contains NaN, infinity or values above {LARGEST:g}")
    return values


def _is_image(item: Any) -> bool:
    return hasattr(item, "getbands") and hasattr(item, "mode")


def _picture(k: int, item: Any, data_format: str) -> Picture:
    name = f"X[{k}]"
    if isinstance(item, str | os.PathLike):
        return ImagePicture(f"{name}, {os.fspath(item)!r},", item)
    if _is_image(item):
        return ImagePicture(name, item)
    return ArrayPicture.of(name, to_host(item), data_format)
