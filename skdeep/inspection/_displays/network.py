"""A network as a drawing: units and weights of a small one, layers of any."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.estimators.summary import Summary, shape_text
from skdeep.inspection._bound import fitted_network, last_step
from skdeep.inspection._displays.drawing import axes_for

#: Units in a layer up to which each is drawn, with its weights as lines.
MOST_UNITS = 16


class NetworkDisplay:
    """The layers of a network; small dense ones with every unit, and weights as lines.

    Parameters
    ----------
    summary : Summary
        What ``summary()`` of the estimator returns.
    weights : list of ndarray or None
        Matrices (n_in, n_out) of a chain of dense layers, drawn as lines; None draws boxes.
    names : list of str or None
        Names of the inputs.

    Attributes
    ----------
    ax_, figure_ : Axes, Figure
        Where it is drawn.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier
    >>> from skdeep.inspection import NetworkDisplay
    >>> X, y = load_iris(return_X_y=True, as_frame=True)
    >>> model = MLPClassifier((5,), solver="lbfgs", random_state=0).fit(X, y)
    >>> [w.shape for w in NetworkDisplay.from_estimator(model).weights]
    [(4, 5), (5, 3)]
    """

    def __init__(
        self, summary: Summary, weights: Any = None, names: list[str] | None = None
    ) -> None:
        self.summary, self.weights, self.names = summary, weights, names

    @classmethod
    def from_estimator(
        cls, estimator: Any, *, kind: str = "auto", **options: Any
    ) -> NetworkDisplay:
        """Plot the network of a fitted estimator.

        Parameters
        ----------
        estimator : estimator
            A fitted network estimator, or an RBM. Of a pipeline it is the last step.
        kind : {"auto", "units", "layers"}, default="auto"
            Every unit with its weights, or a box for each layer. "auto" draws units where there are
            dense layers only, of at most 16 units.
        **options
            Options of :meth:`plot`.

        Returns
        -------
        display : NetworkDisplay
            The display, plotted.

        Raises
        ------
        ValueError
            If `kind` is unknown, or units of other layers than dense ones are asked for.
        """
        if kind not in ("auto", "units", "layers"):
            raise ValueError(f"kind must be 'auto', 'units' or 'layers', got {kind!r}")
        estimator = of_moment(last_step(estimator))
        network = fitted_network(estimator)
        matrices = None if kind == "layers" else _chain(estimator, network)
        if kind == "units" and matrices is None:
            raise ValueError("kind='units' needs a chain of dense layers")
        if kind == "auto" and matrices is not None:
            widths = [matrices[0].shape[0], *(w.shape[1] for w in matrices)]
            matrices = matrices if max(widths) <= MOST_UNITS else None
        names = getattr(estimator, "feature_names_in_", None)
        names = None if names is None else [str(name) for name in names]
        return cls(estimator.summary(), matrices, names).plot(**options)

    def plot(
        self,
        *,
        ax: Any = None,
        cmap: str = "RdBu_r",
        values: bool = False,
        units: Sequence[Sequence[Any]] | None = None,
    ) -> NetworkDisplay:
        """Draw the network from left to right, or its layers from top to bottom.

        Parameters
        ----------
        ax : Axes, default=None
            Where to draw; None makes a figure.
        cmap : str, default="RdBu_r"
            Colours of weights from negative to positive.
        values : bool, default=False
            Whether to write each weight on its line.
        units : sequence of sequences, default=None
            What to write into the units, such as activations: one sequence for each column of
            units, from the input to the output, with one number or text for each unit.

        Returns
        -------
        self : NetworkDisplay
            The display.

        Raises
        ------
        ValueError
            If `values` or `units` are given where layers are drawn as boxes, or `units` do not
            have the network's shape.
        """
        if self.weights is None:
            if values or units is not None:
                raise ValueError("values and units need kind='units': layers are drawn as boxes")
            drawn = self._boxes(ax)
        else:
            drawn = self._units(ax, cmap, values, units)
        drawn.set_axis_off()
        return self

    def _units(self, ax: Any, cmap: str, values: bool, units: Any) -> Any:
        from matplotlib import colormaps

        widths = [self.weights[0].shape[0], *(w.shape[1] for w in self.weights)]
        if units is not None and [len(column) for column in units] != widths:
            raise ValueError(
                f"units must hold {widths} numbers, a sequence for each column of units, "
                f"got {units!r}"
            )
        ax = axes_for(
            self, ax, (2.2 * len(widths), max(2.5, (0.7 if values else 0.42) * max(widths)))
        )
        colours = colormaps[cmap]
        heights = [np.arange(width)[::-1] - (width - 1) / 2 for width in widths]
        for k, matrix in enumerate(self.weights):
            size = float(np.abs(matrix).max()) or 1.0
            order = np.argsort(np.abs(matrix), axis=None)  # the largest on top
            for i, j in zip(*np.unravel_index(order, matrix.shape), strict=True):
                share = float(matrix[i, j]) / size
                ends = [k, k + 1], [heights[k][i], heights[k + 1][j]]
                ax.plot(*ends, color=colours(0.5 + share / 2), linewidth=0.3 + 2.2 * abs(share))
                if values:
                    place = 0.35 + 0.4 * i / max(1, len(matrix) - 1)
                    _write_on_line(ax, *ends, place, float(matrix[i, j]))
        for k, ys in enumerate(heights):
            size = 190 if units is None else 1500
            style = {"s": size, "facecolors": "white", "edgecolors": "black", "zorder": 3}
            ax.scatter(np.full(len(ys), k), ys, **style)
        for k, column in enumerate(units or ()):
            for text, y in zip(column, heights[k], strict=True):
                ax.text(k, y, _short(text), ha="center", va="center", fontsize="small", zorder=4)
        self._name_units(ax, heights)
        return ax

    def _name_units(self, ax: Any, heights: list[np.ndarray]) -> None:
        """Write the names of inputs beside them, and what each column is above it."""
        if self.names is not None:
            for name, y in zip(self.names, heights[0], strict=True):
                ax.text(-0.12, y, name, ha="right", va="center", fontsize="small")
        top = max(float(ys.max()) for ys in heights) + 0.45
        hidden = [f"hidden {k}" for k in range(len(heights) - 2)]
        for k, what in enumerate(["input", *hidden, "output"]):
            ax.text(k, top, what, ha="center", va="bottom")
        ax.set(xlim=(-0.3, len(heights) - 0.7), ylim=(-top, top + 0.2))

    def _boxes(self, ax: Any) -> Any:
        layers = [layer for layer in self.summary.layers if layer.kind != "(downwards)"]
        ax = axes_for(self, ax, (5.6, 0.55 * (len(layers) + 1)))
        rows = [("input", "", shape_text(self.summary.input_shape), 0)]
        rows += [
            (layer.name, layer.kind, shape_text(layer.output_shape), layer.n_parameters)
            for layer in layers
        ]
        for k, (name, kind, shape, count) in enumerate(rows):
            text = f"{name}  ({kind})" if kind else name
            colour = "#dce9f5" if count else "#f2f2f2"
            box = {"boxstyle": "round,pad=0.35", "facecolor": colour, "edgecolor": "#555555"}
            ax.text(0, -k, text, ha="center", va="center", bbox=box, fontsize="small")
            ax.text(0.55, -k, shape, ha="left", va="center", fontsize="small")
            if count:
                ax.text(1.45, -k, f"{count:,}", ha="right", va="center", fontsize="small")
            if k:
                arrow = {"arrowstyle": "->", "color": "#555555"}
                ax.annotate("", xy=(0, -k + 0.28), xytext=(0, -k + 0.72), arrowprops=arrow)
        for x, side, what in ((0.55, "left", "output shape"), (1.45, "right", "parameters")):
            ax.text(x, 0.75, what, ha=side, fontsize="small", fontweight="bold")
        ax.set(xlim=(-0.75, 1.5), ylim=(-len(rows) + 0.4, 1.1))
        return ax


def _short(value: Any) -> str:
    """Write a number with three digits, and a text as it is."""
    return value if isinstance(value, str) else f"{float(value):.3g}"


def _write_on_line(
    ax: Any, xs: Sequence[float], ys: Sequence[float], place: float, weight: float
) -> None:
    """Write a weight at some place of its line, from 0 to 1: one for each unit it comes from."""
    x, y = (start + place * (stop - start) for start, stop in (xs, ys))
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    ax.text(x, y, _short(weight), ha="center", va="center", fontsize="small", bbox=box)


def _chain(estimator: Any, network: Any) -> list[np.ndarray] | None:
    """Return the matrices of a network whose layers with weights are dense, one after another."""
    layout, backend = network.layout, estimator._predictor.backend
    values, matrices = estimator._predictor.store.values, []
    for name, slot in layout.slots.items():
        if slot.param.kind == "bias":
            continue
        if len(slot.param.shape) != 2 or name.rpartition(".")[2] != "W" or "." in name[:-2]:
            return None
        matrices.append(np.array(backend.to_host(layout.view(values, name)[0])))
    joined = all(a.shape[1] == b.shape[0] for a, b in pairwise(matrices))
    return matrices if matrices and joined else None
