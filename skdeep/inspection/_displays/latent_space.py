"""Codes of samples in the plane, and what codes decode to."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

from skdeep.data.place import to_host
from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._displays.drawing import (
    axes_for,
    check_number,
    picture_channels,
    sample_image_shape,
    show,
    tiled,
)


class LatentSpaceDisplay:
    """Codes of samples as points, or a grid of codes as what they decode to.

    Parameters
    ----------
    codes : ndarray of shape (n_samples, 2)
        Codes; more components are brought to their first two principal ones.
    labels : array-like of shape (n_samples,) or None
        Classes or numbers that colour the points.
    axis_names : tuple of str
        Names of the two axes.
    grid : ndarray of shape (n_rows, n_columns, height, width, channels) or None
        Decoded images of codes on a grid, the first row at the top.
    extent : tuple of float or None
        Left, right, bottom and top of the grid.
    limits : tuple of float or None
        The numbers that are black and white in the grid; None takes its smallest and largest.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import Autoencoder
    >>> from skdeep.inspection import LatentSpaceDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = Autoencoder(2, early_stopping=True, random_state=0).fit(X / 16)
    >>> LatentSpaceDisplay.from_estimator(model, X / 16, y).codes.shape
    (1797, 2)
    >>> LatentSpaceDisplay.from_estimator(model, X / 16, kind="grid", n_grid=6).grid.shape
    (6, 6, 8, 8, 1)
    """

    def __init__(
        self,
        codes: np.ndarray,
        labels: Any = None,
        axis_names: tuple[str, str] = ("code 0", "code 1"),
        grid: np.ndarray | None = None,
        extent: tuple[float, float, float, float] | None = None,
        limits: tuple[float, float] | None = None,
    ) -> None:
        self.codes, self.labels, self.axis_names = codes, labels, axis_names
        self.grid, self.extent, self.limits = grid, extent, limits

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any = None,
        *,
        kind: str = "scatter",
        n_grid: int = 15,
        image_shape: Any = None,
        **options: Any,
    ) -> LatentSpaceDisplay:
        """Plot the codes of samples, or what a grid of codes decodes to.

        Parameters
        ----------
        estimator : estimator
            A fitted transformer: an autoencoder, an RBM, a DBN, a network's hidden layer.
        X : array-like
            Samples, as ``transform`` takes them.
        y : array-like of shape (n_samples,), default=None
            Classes or numbers that colour the points.
        kind : {"scatter", "grid"}, default="scatter"
            Points, or decoded images; the latter needs codes of two components, images, and
            ``inverse_transform``.
        n_grid : int, default=15
            Images in a row and in a column of the grid. It spans the middle 96 % of the codes.
        image_shape : tuple of int, default=None
            Height and width of rows that are images; as in :class:`WeightsDisplay`.
        **options
            Options of :meth:`plot`.

        Returns
        -------
        display : LatentSpaceDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If `kind` is unknown, or a grid is asked for where there is none.
        """
        estimator = of_moment(estimator)
        check_is_fitted(estimator)
        if kind not in ("scatter", "grid"):
            raise ValueError(f"kind must be 'scatter' or 'grid', got {kind!r}")
        codes = np.asarray(to_host(estimator.transform(X)), float)
        names = ("code 0", "code 1")
        if kind == "grid":
            found = _decoded(estimator, codes, check_number("n_grid", n_grid), image_shape)
            numbers = np.asarray(to_host(X), float)
            limits = float(numbers.min()), float(numbers.max())
            return cls(codes, y, names, *found, limits).plot(**options)
        if codes.shape[1] == 1:
            codes = np.column_stack([codes, np.zeros(len(codes))])
        elif codes.shape[1] > 2:
            projection = PCA(2).fit(codes)
            shares = projection.explained_variance_ratio_
            codes = projection.transform(codes)
            names = tuple(  # type: ignore[assignment]
                f"principal component {k} of the codes ({share:.0%})"
                for k, share in enumerate(shares)
            )
        return cls(codes, y, names).plot(**options)

    def plot(self, *, ax: Any = None, cmap: Any = None, size: float = 12.0) -> LatentSpaceDisplay:
        """Draw the points, or the grid where there is one.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        cmap : str, default=None
            Colours of numbers, or of images of one channel.
        size : float, default=12.0
            Area of a point.

        Returns
        -------
        self : LatentSpaceDisplay
            The display.
        """
        ax = axes_for(self, ax, (5.6, 5.0))
        if self.grid is None:
            self._scatter(ax, cmap, size)
        else:
            n_columns = self.grid.shape[1]
            images = picture_channels(self.grid.reshape(-1, *self.grid.shape[2:]))
            picture = tiled(images, n_columns, gap=0)
            options = {"extent": self.extent, "aspect": "auto", "cmap": cmap or "gray"}
            if picture.shape[2] == 3:
                self.image_ = ax.imshow(np.clip(picture, 0, 1), **options)
            else:
                low, high = self.limits or (None, None)
                self.image_ = show(ax, picture, vmin=low, vmax=high, **options)
            ax.xaxis.set_major_locator(_auto_locator())
            ax.yaxis.set_major_locator(_auto_locator())
        ax.set(xlabel=self.axis_names[0], ylabel=self.axis_names[1])
        return self

    def _scatter(self, ax: Any, cmap: Any, size: float) -> None:
        x, y = self.codes[:, 0], self.codes[:, 1]
        style = {"s": size, "linewidths": 0}
        if self.labels is None:
            ax.scatter(x, y, **style)
            return
        labels = np.asarray(self.labels)
        classes = np.unique(labels)
        if labels.dtype.kind == "f" and len(classes) > 20:
            points = ax.scatter(x, y, c=labels, cmap=cmap or "viridis", **style)
            ax.figure.colorbar(points, ax=ax)
            return
        for k, label in enumerate(classes):
            chosen = labels == label
            ax.scatter(x[chosen], y[chosen], color=f"C{k % 10}", label=str(label), **style)
        ax.legend(frameon=False, markerscale=2, loc="center left", bbox_to_anchor=(1.0, 0.5))


def _auto_locator() -> Any:
    from matplotlib.ticker import AutoLocator

    return AutoLocator()


def _decoded(estimator: Any, codes: np.ndarray, n_grid: int, image_shape: Any) -> tuple[Any, Any]:
    """Return what a grid of codes decodes to, and where it lies."""
    if codes.shape[1] != 2 or not hasattr(estimator, "inverse_transform"):
        raise ValueError(
            f"kind='grid' needs an estimator with inverse_transform and codes of 2 components, got "
            f"{type(estimator).__name__} with {codes.shape[1]}"
        )
    low, high = np.percentile(codes, [2, 98], axis=0)
    xs, ys = (np.linspace(a, b, n_grid) for a, b in zip(low, high, strict=True))
    points = np.array([(x, y) for y in ys[::-1] for x in xs])
    rows = np.asarray(estimator.inverse_transform(points), float).reshape(len(points), -1)
    shape = sample_image_shape(estimator, rows.shape[1], image_shape)
    if shape is None:
        raise ValueError("kind='grid' needs rows that are images: give image_shape")
    half = [(axis[1] - axis[0]) / 2 if n_grid > 1 else 0.5 for axis in (xs, ys)]
    extent = (xs[0] - half[0], xs[-1] + half[0], ys[0] - half[1], ys[-1] + half[1])
    return rows.reshape(n_grid, n_grid, *shape), extent
