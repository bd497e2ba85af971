"""Samples that excite outputs or units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._displays.drawing import (
    axes_for,
    columns_for,
    label_gap,
    label_tiles,
    picture_channels,
    sample_image_shape,
    show,
    tiled,
    tiles_size,
)
from skdeep.inspection._forms import all_inside
from skdeep.inspection._maximization import activation_maximization


class ActivationMaximizationDisplay:
    """What excites each class, or each unit of a layer, as pictures.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, channels)
        The samples that :func:`~skdeep.inspection.activation_maximization` has found.
    labels : sequence
        What each of them excites.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import ActivationMaximizationDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier((32,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> display = ActivationMaximizationDisplay.from_estimator(
    ...     model, shape=(8, 8), bounds=(0, 1), blur=0.5, random_state=0
    ... )
    >>> display.images.shape
    (10, 8, 8, 1)
    """

    def __init__(self, images: np.ndarray, labels: Sequence[Any]) -> None:
        self.images, self.labels = images, list(labels)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        *,
        targets: Sequence[Any] | None = None,
        layer: str | None = None,
        units: Sequence[int] | None = None,
        plot_options: Any = None,
        **options: Any,
    ) -> ActivationMaximizationDisplay:
        """Find and plot what excites outputs or units.

        Parameters
        ----------
        estimator : estimator
            A fitted network estimator of images, or of rows that are images.
        targets : sequence, default=None
            Classes or outputs; None is all classes.
        layer : str, default=None
            Name of a layer, instead of targets.
        units : sequence of int, default=None
            Units of the layer; None is its first 12.
        plot_options : dict, default=None
            Options of :meth:`plot`.
        **options
            Options of :func:`~skdeep.inspection.activation_maximization`.

        Returns
        -------
        display : ActivationMaximizationDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If samples are no images, or there are no classes and no targets.
        """
        estimator = of_moment(estimator)
        if layer is not None:
            chosen = list(range(_width(estimator, layer, 12)) if units is None else units)
            wanted: list[dict[str, Any]] = [{"layer": layer, "unit": unit} for unit in chosen]
        else:
            chosen = list(getattr(estimator, "classes_", ()) if targets is None else targets)
            wanted = [{"target": target} for target in chosen]
        if not chosen:
            raise ValueError(f"targets must be given: {type(estimator).__name__} has no classes")
        found = np.array(
            [activation_maximization(estimator, **which, **options) for which in wanted]
        )
        found = all_inside(estimator, found)
        if found.ndim == 2:
            shape = sample_image_shape(estimator, found.shape[1], options.get("shape"))
            if shape is None:
                raise ValueError("samples are no images: give shape=(height, width)")
            found = found.reshape(-1, *shape)
        return cls(found, chosen).plot(**(plot_options or {}))

    def plot(
        self, *, ax: Any = None, cmap: str = "gray", n_columns: Any = None
    ) -> ActivationMaximizationDisplay:
        """Draw the pictures, each under what it excites.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        cmap : str, default="gray"
            Colours of images of one channel.
        n_columns : int, default=None
            Number of pictures in a row.

        Returns
        -------
        self : ActivationMaximizationDisplay
            The display.
        """
        n, height, width = self.images.shape[:3]
        n_columns = columns_for(n, n_columns)
        gap = label_gap(height)
        ax = axes_for(self, ax, tiles_size(n, n_columns, height, width, gap=gap))
        low = self.images.min(axis=(1, 2, 3), keepdims=True)
        size = self.images.max(axis=(1, 2, 3), keepdims=True) - low
        scaled = picture_channels((self.images - low) / np.where(size > 0, size, 1.0))
        show(ax, tiled(scaled, n_columns, gap=gap), cmap=cmap, vmin=0, vmax=1)
        label_tiles(ax, self.labels, n_columns, height, width, gap=gap)
        return self


def _width(estimator: Any, layer: str, most: int) -> int:
    """Return how many units of a layer there are, at most so many."""
    widths = {part.name: part.output_shape[-1] for part in estimator.summary().layers}
    if layer not in widths:
        raise ValueError(f"layer must be one of {list(widths)}, got {layer!r}")
    return min(widths[layer], most)
