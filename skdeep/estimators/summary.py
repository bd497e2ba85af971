"""What a network is made of, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

from skdeep.nn.core.network import Network
from skdeep.nn.core.params import Layout
from skdeep.nn.core.spec import Spec


class LayerSummary(NamedTuple):
    """One layer: its name and class, the shape of a sample's output, its number of parameters."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    n_parameters: int


@dataclass(frozen=True, repr=False)
class Summary:
    """The layers of a network; it prints as a table.

    Attributes
    ----------
    title : str
        Name of the estimator.
    input_shape : tuple of int
        Shape of a sample; sequences have as few steps as layers take.
    layers : tuple of LayerSummary
        In the order of computation.
    n_parameters, n_trainable : int
        Numbers in all parameters, and in those that training moves.
    """

    title: str
    input_shape: tuple[int, ...]
    layers: tuple[LayerSummary, ...]
    n_parameters: int
    n_trainable: int

    def __repr__(self) -> str:
        rows: list[tuple[str, ...]] = [("layer", "class", "output", "parameters")]
        rows += [
            (layer.name, layer.kind, shape_text(layer.output_shape), f"{layer.n_parameters:,}")
            for layer in self.layers
        ]
        head = f"{self.title}, samples of {shape_text(self.input_shape)}"
        fixed = self.n_parameters - self.n_trainable
        tail = f"{self.n_parameters:,} parameters"
        tail += f", of which {fixed:,} do not train" if fixed else ""
        return "\n".join([head, *table_lines(rows), tail])


def summary_of(
    title: str, network: Network, frozen: tuple[str, ...] = (), *, n_more: int = 0
) -> Summary:
    """Return the table of a network, of which some layers may be frozen.

    `n_more` parameters are none of these layers': an RBM has visible biases too.
    """
    layout = network.layout
    layers = tuple(
        LayerSummary(name, type(layer).__name__, spec.out_shape, _count(layout, name))
        for name, layer, spec in walk_specs(network.spec)
    )
    trainable = sum(stop - start for start, stop, _ in layout.ranges(frozen))
    if n_more:
        layers += (LayerSummary("visible", "(downwards)", network.in_shape, n_more),)
    sizes = layout.size + n_more, trainable + n_more
    return Summary(title, network.in_shape, layers, *sizes)


def walk_specs(spec: Spec, scope: str = "") -> Iterator[tuple[str, Any, Spec]]:
    """Give name, layer and spec of all layers that hold no others, in their order."""
    for key, (layer, inner) in spec.children.items():
        name = f"{scope}.{key}" if scope else key
        if inner.children:
            yield from walk_specs(inner, name)
        else:
            yield name, layer, inner


def _count(layout: Layout, name: str) -> int:
    """Return the number of parameters of a layer."""
    own = [slot for slot in layout.slots.values() if slot.name.startswith(f"{name}.")]
    return sum(prod(slot.param.shape) for slot in own)


def shape_text(shape: tuple[int, ...]) -> str:
    """Write a shape as "8 x 8 x 3"; that of a single number as "1"."""
    return " x ".join(map(str, shape)) or "1"


def table_lines(rows: list[tuple[str, ...]]) -> list[str]:
    """Return rows of text as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[cell.ljust(w) for cell, w in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join(row).rstrip() for row in padded]
