"""Weights of a layer as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._bound import fitted_network, last_step
from skdeep.inspection._displays.drawing import (
    MOST_NAMES,
    axes_for,
    check_number,
    columns_for,
    names_height,
    picture_channels,
    sample_image_shape,
    show,
    tiled,
    tiles_size,
)


class WeightsDisplay:
    """Filters of a convolution, or the weights of units of the first dense layer, as pictures.

    Parameters
    ----------
    images : ndarray of shape (n_units, height, width, channels)
        Weights into each unit.
    layer : str
        Name of the layer.
    names : list of str or None
        Names of the inputs, for weights of a table.
    units : ndarray of int or None
        Numbers of the units that are shown; None is all of them.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    image_ : AxesImage
        All pictures, side by side.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import BernoulliRBM
    >>> from skdeep.inspection import WeightsDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> rbm = BernoulliRBM(16, n_iter=5, random_state=0).fit(X / 16)
    >>> WeightsDisplay.from_estimator(rbm).images.shape
    (16, 8, 8, 1)
    """

    def __init__(
        self,
        images: np.ndarray,
        layer: str,
        names: list[str] | None = None,
        units: np.ndarray | None = None,
    ) -> None:
        self.images, self.layer, self.names = images, layer, names
        self.units = np.arange(len(images)) if units is None else units

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        layer: str | None = None,
        *,
        image_shape: Any = None,
        max_units: int = 64,
        **options: Any,
    ) -> WeightsDisplay:
        """Plot the weights of a layer.

        Parameters
        ----------
        estimator : estimator
            A fitted network estimator, or an RBM. Of a pipeline it is the last step.
        layer : str, default=None
            Name of a layer with weights "W", as ``summary()`` has it; None is the first of them.
        image_shape : tuple of int, default=None
            Height and width of what a dense layer reads. None takes the estimator's images, or a
            square where their number is one; other rows are drawn as one line for each unit.
        max_units : int, default=64
            Most units to show: those with the largest weights, in their order.
        **options
            Options of :meth:`plot`.

        Returns
        -------
        display : WeightsDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If there is no such layer.
        """
        most, estimator = check_number("max_units", max_units), of_moment(last_step(estimator))
        layer, weights = _weights(estimator, layer)
        images = _as_images(estimator, weights, image_shape)
        norms = np.sqrt((images.astype(float) ** 2).sum(axis=(1, 2, 3)))
        kept = np.sort(np.argsort(-norms, kind="stable")[:most])
        names = getattr(estimator, "feature_names_in_", None)
        if names is not None and images.shape[1:] == (1, len(names), 1):
            return cls(images[kept], layer, [str(name) for name in names], kept).plot(**options)
        return cls(images[kept], layer, units=kept).plot(**options)

    def plot(self, *, ax: Any = None, cmap: str = "RdBu_r", n_columns: Any = None) -> Any:
        """Draw the pictures; each has a scale of its own, symmetric about 0, but lines share one.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        cmap : str, default="RdBu_r"
            Colours of weights from negative to positive.
        n_columns : int, default=None
            Number of pictures in a row.

        Returns
        -------
        self : WeightsDisplay
            The display.
        """
        n = len(self.images)
        lines = self.images.shape[1] == 1 and self.images.shape[3] == 1
        n_columns = columns_for(n, 1 if lines and n_columns is None else n_columns)
        if lines and n_columns == 1:
            return self._lines(ax, cmap)
        size = np.abs(self.images).max(axis=(1, 2, 3), keepdims=True)
        scaled = self.images / np.where(size > 0, size, 1.0)
        if self.images.shape[3] == 3:
            scaled = (scaled + 1) / 2
        ax = axes_for(self, ax, tiles_size(n, n_columns, *self.images.shape[1:3]))
        picture = tiled(picture_channels(scaled), n_columns)
        self.image_ = show(ax, picture, cmap=cmap, vmin=-1, vmax=1)
        ax.set_title(f"Weights of {self.layer}")
        return self

    def _lines(self, ax: Any, cmap: str) -> WeightsDisplay:
        """Draw a line for each unit, a column for each input, all on one scale."""
        weights = self.images[:, 0, :, 0]
        n_units, n_inputs = weights.shape
        size = float(np.abs(weights).max()) or 1.0
        named = self.names is not None and n_inputs <= MOST_NAMES
        down = min(8.0, 1.2 + 0.25 * n_units) + (names_height(self.names or []) if named else 0.3)
        ax = axes_for(self, ax, (min(10.0, 2.5 + 0.35 * n_inputs), down))
        given = {"aspect": "auto", "interpolation": "nearest", "vmin": -size, "vmax": size}
        self.image_ = ax.imshow(weights, cmap=cmap, **given)
        if named:
            ax.set_xticks(range(n_inputs), self.names, rotation=45, ha="right")
        else:
            ax.set_xlabel("input")
        if n_units <= MOST_NAMES:
            ax.set_yticks(range(n_units), [str(unit) for unit in self.units])
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        ax.set(ylabel="unit", title=f"Weights of {self.layer}")
        ax.figure.colorbar(self.image_, ax=ax, aspect=30, pad=0.02).outline.set_visible(False)
        return self


def _weights(estimator: Any, layer: str | None) -> tuple[str, np.ndarray]:
    """Return the name of a layer, and its weights."""
    network = fitted_network(estimator)
    layout, values = network.layout, estimator._predictor.store.values
    named = [name for name in layout.slots if name.rpartition(".")[2] == "W"]
    names = [name.rpartition(".")[0] for name in named]
    if layer is None and names:
        layer = names[0]
    if layer not in names:
        raise ValueError(f"layer must be one with weights, one of {names}, got {layer!r}")
    view = layout.view(values, f"{layer}.W")[0]
    return layer, np.array(estimator._predictor.backend.to_host(view))


def _as_images(estimator: Any, weights: np.ndarray, given: Any) -> np.ndarray:
    """Return the weights into each unit as an image, (n_units, H, W, C)."""
    if weights.ndim == 4:  # (kh, kw, C, units)
        return np.moveaxis(weights, -1, 0)
    if weights.ndim == 3:  # signals: (k, C, units)
        return np.moveaxis(weights, -1, 0)[:, None]
    n_inputs, n_units = weights.shape
    shape = sample_image_shape(estimator, n_inputs, given) or (1, n_inputs, 1)
    return weights.T.reshape(n_units, *shape)
