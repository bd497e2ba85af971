"""Weights of a layer as pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.inspection._bound import fitted_network
from skdeep.inspection._displays.drawing import (
    axes_for,
    check_number,
    columns_for,
    picture_channels,
    sample_image_shape,
    show,
    tiled,
)


class WeightsDisplay:
    """Filters of a convolution, or the weights of units of the first dense layer, as pictures.

    Parameters
    ----------
    images : ndarray of shape (n_units, height, width, channels)
        Weights into each unit.
    layer : str
        Name of the layer.

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

    def __init__(self, images: np.ndarray, layer: str) -> None:
        self.images, self.layer = images, layer

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
            A fitted network estimator, or an RBM.
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
        most = check_number("max_units", max_units)
        layer, weights = _weights(estimator, layer)
        images = _as_images(estimator, weights, image_shape)
        norms = np.sqrt((images.astype(float) ** 2).sum(axis=(1, 2, 3)))
        kept = np.sort(np.argsort(-norms, kind="stable")[:most])
        return cls(images[kept], layer).plot(**options)

    def plot(self, *, ax: Any = None, cmap: str = "RdBu_r", n_columns: Any = None) -> Any:
        """Draw the pictures; each has a scale of its own, symmetric about 0.

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
        n_columns = check_number("n_columns", n_columns or (1 if lines else columns_for(n)))
        size = np.abs(self.images).max(axis=(1, 2, 3), keepdims=True)
        scaled = self.images / np.where(size > 0, size, 1.0)
        if self.images.shape[3] == 3:
            scaled = (scaled + 1) / 2
        ax = axes_for(self, ax)
        picture = tiled(picture_channels(scaled), n_columns, gap=0 if lines else 1)
        given = {"aspect": "auto", "interpolation": "nearest"} if lines else {}
        self.image_ = show(ax, picture, cmap=cmap, vmin=-1, vmax=1, **given)
        ax.set_title(f"Weights of {self.layer}")
        if lines:
            ax.set(xlabel="input", ylabel="unit")
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
