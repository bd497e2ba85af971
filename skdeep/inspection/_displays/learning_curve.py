"""Curves of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.inspection._bound import last_step, refuse_several
from skdeep.inspection._displays.drawing import pyplot

#: What panels show: title, and the curves of a history with what they are called.
PANELS = {
    "loss": ("Loss", {"loss": "training", "validation_loss": "validation"}),
    "score": ("Validation score", {"validation_score": "validation"}),
    "learning_rate": ("Learning rate", {"learning_rate": "learning rate"}),
    "gradient_norm": ("Gradient norm", {"gradient_norm": "gradient norm"}),
}


class LearningCurveDisplay:
    """Loss, validation score, learning rate and gradient norm, epoch by epoch.

    Parameters
    ----------
    histories : dict of str to mapping
        Histories, as ``history_`` of a fitted estimator is one, by what they are called.

    Attributes
    ----------
    axes_ : ndarray of Axes
        The panels.
    figure_ : Figure
        The figure.
    lines_ : dict of str to list of Line2D
        Lines by panel.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import LearningCurveDisplay
    >>> X, y = load_digits(return_X_y=True)
    >>> model = MLPClassifier((32,), early_stopping=True, random_state=0).fit(X / 16, y)
    >>> display = LearningCurveDisplay.from_estimator(model)
    >>> [ax.get_ylabel() for ax in display.axes_]
    ['Loss', 'Validation score']
    """

    def __init__(self, histories: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
        self.histories = dict(histories)

    @classmethod
    def from_estimator(cls, estimator: Any, **options: Any) -> LearningCurveDisplay:
        """Plot the training of a fitted estimator, or of several to compare.

        Parameters
        ----------
        estimator : estimator or dict of str to estimator
            Fitted ones, by what they are called. Of a pipeline it is the last step.
        **options
            Options of :meth:`plot`.

        Returns
        -------
        display : LearningCurveDisplay
            The display, plotted.

        Raises
        ------
        TypeError
            If `estimator` is no network estimator.
        """
        several = estimator if isinstance(estimator, Mapping) else {"": estimator}
        return cls({name: _history(model) for name, model in several.items()}).plot(**options)

    def plot(
        self, *, panels: Sequence[str] | None = None, ax: Any = None, log_loss: bool = False
    ) -> LearningCurveDisplay:
        """Draw the curves.

        Parameters
        ----------
        panels : sequence of {"loss", "score", "learning_rate", "gradient_norm"}, default=None
            What to draw, one panel each. None is the loss, and the score where there is one; the
            loss alone where `ax` is one Axes.
        ax : Axes or array of Axes, default=None
            One for each panel; None makes a figure.
        log_loss : bool, default=False
            Whether the axis of the loss is logarithmic.

        Returns
        -------
        self : LearningCurveDisplay
            The display.

        Raises
        ------
        ValueError
            If a panel is unknown, or there are not as many axes as panels.
        """
        chosen = self._panels("loss" if panels is None and hasattr(ax, "plot") else panels)
        plt = pyplot(self)
        if ax is None:
            _, ax = plt.subplots(
                1, len(chosen), figsize=(4.8 * len(chosen), 3.6), layout="constrained"
            )
        axes = np.atleast_1d(np.asarray(ax, object)).ravel()
        if len(axes) != len(chosen):
            raise ValueError(f"ax must be {len(chosen)} axes, one for each of {chosen}")
        self.axes_, self.ax_, self.figure_ = axes, axes[0], axes[0].figure
        self.lines_ = {
            panel: self._draw(place, *PANELS[panel])
            for panel, place in zip(chosen, axes, strict=True)
        }
        if log_loss and "loss" in chosen:
            axes[chosen.index("loss")].set_yscale("log")
        return self

    def _panels(self, panels: Sequence[str] | None) -> list[str]:
        given = [name for history in self.histories.values() for name in history]
        there = [key for key, (_, curves) in PANELS.items() if set(curves) & set(given)]
        if panels is None:
            return [key for key in ("loss", "score") if key in there]
        chosen = [panels] if isinstance(panels, str) else list(panels)
        wrong = [key for key in chosen if key not in there]
        if wrong or not chosen:
            raise ValueError(f"panels must be some of {there}, got {panels!r}")
        return chosen

    def _draw(self, ax: Any, title: str, curves: Mapping[str, str]) -> list[Any]:
        """Draw one panel: a colour for each history, dashes for validation."""
        lines = []
        for k, (name, history) in enumerate(self.histories.items()):
            colour = f"C{k}"
            for curve, what in curves.items():
                values = history.get(curve)
                if not values:
                    continue
                style = "--" if curve == "validation_loss" else "-"
                label = " ".join(part for part in (name, what if len(curves) > 1 else "") if part)
                epochs = np.arange(1, len(values) + 1)
                lines += ax.plot(epochs, values, style, color=colour, label=label or None)
        ax.set(xlabel="Epoch", ylabel=title)
        ax.grid(alpha=0.3)
        if any(not line.get_label().startswith("_") for line in lines):
            ax.legend(frameon=False)
        return lines


def _history(estimator: Any) -> Mapping[str, Sequence[float]]:
    """Return the history of a fitted estimator, or of the last step of a pipeline."""
    model = of_moment(last_step(estimator))
    refuse_several(model)
    if not hasattr(type(model), "history_"):
        raise TypeError(f"expected a network estimator of skdeep, got {model!r}")
    found: Mapping[str, Sequence[float]] = model.history_
    return found
