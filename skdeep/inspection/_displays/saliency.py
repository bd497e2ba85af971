"""What a prediction depends on, drawn over the sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._bound import Samples
from skdeep.inspection._displays.drawing import (
    axes_for,
    columns_for,
    label_gap,
    label_tiles,
    picture_channels,
    pyplot,
    sample_image_shape,
    show,
    tiled,
    tiles_size,
)
from skdeep.inspection._gradients import saliency
from skdeep.inspection._occlusion import occlusion


class SaliencyDisplay:
    """How much an output depends on each pixel, step, token or feature of samples.

    Parameters
    ----------
    samples : ndarray or list of ndarray
        Images (n, H, W, C), rows (n, n_features), or sequences.
    maps : ndarray or list of ndarray
        Images (n, H, W), rows (n, n_features), or one number for each step.
    names : list of str or None
        Names of features, or of tokens.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.
    axes_ : ndarray of Axes
        One for each sequence.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import SaliencyDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier((32,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> SaliencyDisplay.from_estimator(model, X[:8] / 16, method="integrated_gradients").maps.shape
    (8, 8, 8)
    """

    def __init__(self, samples: Any, maps: Any, names: Sequence[str] | None = None) -> None:
        self.samples, self.maps = samples, maps
        self.names = None if names is None else list(names)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        target: Any = None,
        *,
        method: str = "gradient",
        image_shape: Any = None,
        names: Sequence[str] | None = None,
        plot_options: Any = None,
        **options: Any,
    ) -> SaliencyDisplay:
        """Plot what an output depends on.

        Parameters
        ----------
        estimator : estimator
            A fitted network estimator.
        X : array-like
            A few samples, as ``predict`` takes them.
        target : class, array-like or int, default=None
            Which output, as in :func:`~skdeep.inspection.input_gradient`.
        method : {"gradient", "smooth_grad", "integrated_gradients", "occlusion"}, \
                default="gradient"
            What is drawn.
        image_shape : tuple of int, default=None
            Height and width of rows that are images. None takes the estimator's images, or a square
            where the number of features is one; give ``False`` for rows that are no images.
        names : sequence of str, default=None
            Names of features; or of tokens, by their numbers. None takes ``feature_names_in_``.
        plot_options : dict, default=None
            Options of :meth:`plot`.
        **options
            Options of the method.

        Returns
        -------
        display : SaliencyDisplay
            The display, plotted.
        """
        estimator = of_moment(estimator)
        if method == "occlusion":
            maps = occlusion(estimator, X, target, **options)
        else:
            maps = saliency(estimator, X, target, method=method, **options)
        samples = Samples(estimator, X)
        shown = plot_options or {}
        if samples.lengths is not None:
            return cls(list(samples.cut(samples.x)), list(maps), names).plot(**shown)
        rows, maps = samples.x.reshape(len(samples), -1), np.asarray(maps)
        shape = None
        if image_shape is not False:
            shape = sample_image_shape(estimator, rows.shape[1], image_shape)
        if shape is not None:
            return cls(rows.reshape(-1, *shape), maps.reshape(-1, *shape[:2])).plot(**shown)
        if names is None:
            names = getattr(estimator, "feature_names_in_", None)
        return cls(rows, maps.reshape(len(maps), -1), names).plot(**shown)

    def plot(
        self,
        *,
        ax: Any = None,
        cmap: str | None = None,
        labels: Sequence[Any] | None = None,
        alpha: float = 0.6,
        n_largest: int = 20,
        n_columns: Any = None,
        colorbar: bool = True,
    ) -> SaliencyDisplay:
        """Draw the maps: over images, as curves below sequences, as bars for features.

        Parameters
        ----------
        ax : Axes or array of Axes, default=None
            Where to draw; of several sequences one for each. None makes a figure.
        cmap : str, default=None
            Colours; None is "RdBu_r" where a map has negative numbers, and else "inferno" for
            images and "YlOrRd" for sequences.
        labels : sequence, default=None
            What to write above images, such as classes.
        alpha : float, default=0.6
            How much a map covers an image.
        n_largest : int, default=20
            Most features to draw as bars.
        n_columns : int, default=None
            Number of images in a row.
        colorbar : bool, default=True
            Whether the scale of colours stands beside images.

        Returns
        -------
        self : SaliencyDisplay
            The display.
        """
        if isinstance(self.samples, list):
            self._sequences(ax, cmap)
        elif self.samples.ndim == 4:
            self._images(ax, cmap, labels, alpha, n_columns, colorbar)
        else:
            self._features(ax, n_largest)
        return self

    def _colours(
        self, maps: np.ndarray, cmap: str | None, plain: str = "inferno"
    ) -> tuple[str, dict[str, float]]:
        """Return the colours, `plain` where nothing is negative, and the ends of their scale."""
        size = float(np.abs(maps).max()) or 1.0
        signed = bool((maps < 0).any())
        limits = {"vmin": -size if signed else 0.0, "vmax": size}
        return cmap or ("RdBu_r" if signed else plain), limits

    def _images(
        self, ax: Any, cmap: Any, labels: Any, alpha: float, n_columns: Any, colorbar: bool
    ) -> None:
        n, height, width = self.maps.shape
        n_columns = columns_for(n, n_columns)
        gap = 1 if labels is None else label_gap(height)
        across, down = tiles_size(n, n_columns, height, width, gap=gap)
        ax = axes_for(self, ax, (across + 0.8, down))
        size = np.abs(self.maps).max(axis=(1, 2), keepdims=True)
        maps = self.maps / np.where(size > 0, size, 1.0)  # each on a scale of its own
        colours, limits = self._colours(maps, cmap)
        show(ax, tiled(picture_channels(self.samples), n_columns, gap=gap), cmap="gray")
        over = tiled(maps[..., None], n_columns, gap=gap)[:, :, 0]
        self.image_ = ax.imshow(over, cmap=colours, alpha=alpha, **limits)
        if labels is not None:
            label_tiles(ax, labels, n_columns, height, width, gap=gap)
        if not colorbar:
            return
        bar = self.figure_.colorbar(self.image_, ax=ax, aspect=30, pad=0.02)
        bar.set_label("relative to the largest")
        bar.outline.set_visible(False)

    def _sequences(self, ax: Any, cmap: str | None) -> None:
        plt = pyplot(self)
        n = len(self.maps)
        if ax is None:
            _, ax = plt.subplots(n, 1, figsize=(7, 1.7 * n), layout="constrained")
        axes = np.atleast_1d(np.asarray(ax, object)).ravel()
        if len(axes) != n:
            raise ValueError(f"ax must be {n} axes, one for each sequence")
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        for place, sample, values in zip(axes, self.samples, self.maps, strict=True):
            steps = np.arange(len(values))
            colours, limits = self._colours(values, cmap, "YlOrRd")
            band = np.asarray(values)[None]
            if sample.ndim == 1:  # tokens: each is written on its colour
                place.imshow(band, cmap=colours, aspect="auto", **limits)
                words = [self._word(token) for token in sample]
                tight = len(words) * max(map(len, words)) > 80
                place.set_xticks(steps, words, rotation=45 if tight else 0)
                place.tick_params(length=0)
                place.set_yticks([])
                continue
            low, high = float(sample.min()), float(sample.max())
            pad = 0.05 * (high - low or 1.0)
            extent = (-0.5, len(values) - 0.5, low - pad, high + pad)
            place.imshow(band, cmap=colours, aspect="auto", extent=extent, alpha=0.7, **limits)
            place.plot(steps, sample, color="black", linewidth=1)
            place.set(xlim=extent[:2], ylim=extent[2:])
        axes[-1].set_xlabel("token" if self.samples[0].ndim == 1 else "step")

    def _word(self, token: Any) -> str:
        return str(token) if self.names is None else str(self.names[int(token)])

    def _features(self, ax: Any, n_largest: int) -> None:
        """Draw the mean over samples; a bar for each of the largest features."""
        mean = self.maps.mean(axis=0)
        order = np.argsort(-np.abs(mean), kind="stable")[:n_largest][::-1]
        names = [f"x{k}" if self.names is None else str(self.names[k]) for k in order]
        ax = axes_for(self, ax, (6.0, 0.8 + 0.28 * len(order)))
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.barh(names, mean[order], color=["C0" if value >= 0 else "C3" for value in mean[order]])
        n = len(self.maps)
        ax.set_xlabel("dependence" + (f", mean over {n} samples" if n > 1 else ""))
        ax.grid(axis="x", alpha=0.3)
