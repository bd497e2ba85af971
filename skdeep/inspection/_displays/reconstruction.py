"""Samples beside what an autoencoder makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.data.place import to_host
from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._bound import Samples
from skdeep.inspection._displays.drawing import (
    MOST_NAMES,
    axes_for,
    names_height,
    picture_channels,
    sample_image_shape,
    show,
    tiled,
)
from skdeep.inspection._forms import all_inside


class ReconstructionDisplay:
    """Samples above, reconstructions below; rows that are no images as lines.

    Parameters
    ----------
    samples, reconstructions : ndarray of shape (n, height, width, channels) or (n, n_features)
        What went in, and what came out.
    names : list of str or None
        Names of features.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import BernoulliRBM
    >>> from skdeep.inspection import ReconstructionDisplay
    >>> X, _ = load_digits(return_X_y=True)
    >>> rbm = BernoulliRBM(16, n_iter=5, random_state=0).fit(X / 16)
    >>> ReconstructionDisplay.from_estimator(rbm, X[:10] / 16).samples.shape
    (10, 8, 8, 1)
    """

    def __init__(
        self, samples: np.ndarray, reconstructions: np.ndarray, names: list[str] | None = None
    ) -> None:
        self.samples, self.reconstructions, self.names = samples, reconstructions, names

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, *, image_shape: Any = None, **options: Any
    ) -> ReconstructionDisplay:
        """Plot what comes back of samples.

        Parameters
        ----------
        estimator : estimator
            A fitted autoencoder, RBM, DBN transformer, or other with ``reconstruct`` or
            ``inverse_transform``.
        X : array-like of shape (n_samples, n_features) or images
            A few samples, as ``transform`` takes them.
        image_shape : tuple of int, default=None
            Height and width of rows that are images. None takes the estimator's images, or a square
            where the number of features is one.
        **options
            Options of :meth:`plot`.

        Returns
        -------
        display : ReconstructionDisplay
            The display, plotted.
        """
        estimator = of_moment(estimator)
        check_is_fitted(estimator)
        if hasattr(estimator, "reconstruct"):
            found = estimator.reconstruct(X)
        else:
            found = estimator.inverse_transform(estimator.transform(X))
        rows = [np.asarray(to_host(a), float) for a in _compared(estimator, X, found)]
        rows = [a.reshape(len(a), -1) for a in rows]
        shape = sample_image_shape(estimator, rows[0].shape[1], image_shape)
        samples, made = rows if shape is None else [a.reshape(-1, *shape) for a in rows]
        names = getattr(estimator, "feature_names_in_", None)
        named = None if names is None else [str(name) for name in names]
        return cls(samples, made, named).plot(**options)

    def plot(self, *, ax: Any = None, cmap: str = "gray") -> ReconstructionDisplay:
        """Draw samples and reconstructions on one scale.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        cmap : str, default="gray"
            Colours of images of one channel.

        Returns
        -------
        self : ReconstructionDisplay
            The display.
        """
        n = len(self.samples)
        if self.samples.ndim == 2:
            named = self.names is not None and len(self.names) <= MOST_NAMES
            ax = axes_for(self, ax, (7.0, 3.2 + (names_height(self.names or []) if named else 0.3)))
            for k, (sample, found) in enumerate(
                zip(self.samples, self.reconstructions, strict=True)
            ):
                names = {"label": "sample"}, {"label": "reconstruction"}
                ax.plot(sample, color=f"C{k}", alpha=0.6, **(names[0] if not k else {}))
                ax.plot(found, "--", color=f"C{k}", **(names[1] if not k else {}))
            if named:
                ax.set_xticks(range(len(self.names or [])), self.names, rotation=45, ha="right")
            else:
                ax.set_xlabel("feature")
            ax.set_ylabel("value")
            ax.spines[["top", "right"]].set_visible(False)
            ax.legend(frameon=False)
            return self
        ax = axes_for(self, ax, (max(4.0, 0.9 * n), 2.2))
        both = picture_channels(np.concatenate([self.samples, self.reconstructions]))
        limits = {"vmin": float(self.samples.min()), "vmax": float(self.samples.max())}
        height = self.samples.shape[1]
        self.image_ = show(ax, tiled(both, n), cmap=cmap, **limits)
        places = [(height - 1) / 2, height + 1 + (height - 1) / 2]
        ax.set_yticks(places, ["sample", "reconstruction"])
        ax.tick_params(length=0)
        return self


def _compared(estimator: Any, X: Any, found: Any) -> tuple[Any, Any]:
    """Return samples and reconstructions of one form and scale, images as the network gets them."""
    if not hasattr(estimator, "image_shape_"):
        return np.asarray(X), found
    return Samples(estimator, X).x, all_inside(estimator, found)
