"""One pass through a fitted network, forwards and backwards, with every array kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from skdeep.estimators.one_fit import of_moment
from skdeep.estimators.summary import shape_text, table_lines
from skdeep.inspection._bound import BoundNetwork, Samples, bound, walk
from skdeep.inspection._loss import Batch, loss_and_slope, penalise, predictions


@dataclass(frozen=True)
class LayerTrace:
    """What one layer read and wrote in a pass; arrays have the samples first.

    Attributes
    ----------
    name, kind : str
        Name in the network, such as "hidden_0", and class, such as "Dense".
    input, output : ndarray of shape (n_samples, ...)
        What it read, and what it made of that: a weighted sum of a dense layer, an activation of an
        activation layer.
    parameters : dict of str to ndarray
        Its parameters by their names in ``get_weights``.
    input_gradient, output_gradient : ndarray or None
        Gradients of the batch's loss with respect to input and output ("deltas"); None where no y
        was given, and for the input of a layer of tokens.
    gradients : dict of str to ndarray
        Gradients of the loss with respect to the parameters; empty where no y was given.
    """

    name: str
    kind: str
    input: np.ndarray
    output: np.ndarray
    parameters: Mapping[str, np.ndarray] = field(default_factory=dict)
    input_gradient: np.ndarray | None = None
    output_gradient: np.ndarray | None = None
    gradients: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def is_affine(self) -> bool:
        """Whether its outputs are weighted sums of its inputs."""
        return any(name.rpartition(".")[2] == "W" for name in self.parameters)

    def __repr__(self) -> str:
        shapes = f"{shape_text(self.input.shape)} -> {shape_text(self.output.shape)}"
        return f"LayerTrace({self.name!r}, {self.kind}, {shapes})"


class Trace(Mapping[str, LayerTrace]):
    """A pass through a fitted network: its layers by name, in their order.

    Attributes
    ----------
    layers : dict of str to LayerTrace
        What each layer read and wrote. ``trace["hidden_0"]`` is short for it.
    output : ndarray of shape (n_samples, n_outputs)
        What the network predicts: probabilities or numbers.
    logits : ndarray of shape (n_samples, n_outputs)
        What its last layer gave, before they became predictions.
    loss : float or None
        The batch's loss, penalties included; None where no y was given.
    """

    def __init__(
        self,
        layers: Mapping[str, LayerTrace],
        logits: np.ndarray,
        output: np.ndarray,
        loss: float | None = None,
    ) -> None:
        self.layers, self.logits, self.output, self.loss = dict(layers), logits, output, loss

    def __getitem__(self, name: str) -> LayerTrace:
        return self.layers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def weighted_sums(self) -> dict[str, np.ndarray]:
        """Outputs of layers with weights, by the layers' names."""
        return {name: layer.output for name, layer in self.layers.items() if layer.is_affine}

    @property
    def activations(self) -> dict[str, np.ndarray]:
        """Outputs of activation layers, by the layers' names."""
        kind = "Activation"
        return {name: layer.output for name, layer in self.layers.items() if layer.kind == kind}

    @property
    def deltas(self) -> dict[str, np.ndarray]:
        """Gradients of the loss with respect to the outputs of layers with weights, by name."""
        return {
            name: layer.output_gradient
            for name, layer in self.layers.items()
            if layer.is_affine and layer.output_gradient is not None
        }

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """All parameters by their names in ``get_weights``."""
        return {k: v for layer in self.layers.values() for k, v in layer.parameters.items()}

    @property
    def gradients(self) -> dict[str, np.ndarray]:
        """Gradients of the loss with respect to all parameters, by the same names."""
        return {k: v for layer in self.layers.values() for k, v in layer.gradients.items()}

    def __repr__(self) -> str:
        n = len(self.logits)
        head = f"Trace of {n} sample{'s' if n > 1 else ''}"
        head += "" if self.loss is None else f", loss {self.loss:.6g}"
        rows: list[tuple[str, ...]] = [
            ("layer", "class", "input", "output", "parameters", "|gradient|")
        ]
        for layer in self.layers.values():
            shapes = [shape_text(a.shape[1:]) for a in (layer.input, layer.output)]
            names = {name.rpartition(".")[2]: a for name, a in layer.parameters.items()}
            parts = " ".join(f"{name} {shape_text(a.shape)}" for name, a in names.items())
            norm = [float(np.sum(g.astype(float) ** 2)) for g in layer.gradients.values()]
            size = f"{np.sqrt(sum(norm)):.3g}" if norm else ""
            rows.append((layer.name, layer.kind, *shapes, parts, size))
        kept = rows if self.loss is not None else [row[:-1] for row in rows]
        return "\n".join([head, *table_lines(kept)])


def trace(
    estimator: Any,
    X: Any,
    y: Any = None,
    *,
    sample_weight: Any = None,
    training: bool = False,
    random_state: int = 0,
) -> Trace:
    """Follow some samples through a fitted network, layer by layer, and gradients back.

    Without y this is forward propagation: what each layer reads and writes. With y it is
    back-propagation too: the gradient of the loss with respect to what each layer wrote (its
    "delta") and to every parameter. These are what training computes for a batch of these samples,
    the L2 penalty `alpha` included.

    Parameters
    ----------
    estimator : estimator
        A fitted network estimator; of an ensemble one of its ``estimators_``, of a pipeline its
        last step.
    X : array-like
        Samples, as ``predict`` takes them. All of them are one batch.
    y : array-like, default=None
        What ``fit`` takes as y. An autoencoder needs none: give ``y=X``.
    sample_weight : array-like of shape (n_samples,), default=None
        Sample weights.
    training : bool, default=False
        Whether to compute as in training: with dropout and other noise, and with the statistics of
        this batch in batch normalisation. Nothing of the estimator changes.
    random_state : int, default=0
        Seed of the noise; only with `training`.

    Returns
    -------
    trace : Trace
        A mapping from the names of layers to what they read and wrote, which prints as a table.
        Arrays have the samples first; sequences are padded to the longest.

    Raises
    ------
    TypeError
        If `estimator` is no network estimator, or several.
    ValueError
        If samples are not what the estimator was fitted on, or y is given where the objective is no
        loss of y, as that of RBMs and of variational autoencoders.

    See Also
    --------
    input_gradient : Gradient of an output with respect to the samples.

    References
    ----------
    Rumelhart, Hinton and Williams (1986). Learning representations by back-propagating errors.
    Nature 323.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import MLPRegressor
    >>> from skdeep.inspection import trace
    >>> X, y = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0.0, 1.0, 2.0])
    >>> model = MLPRegressor(hidden_layer_sizes=(2,), solver="lbfgs", random_state=0).fit(X, y)
    >>> passed = trace(model, X, y)
    >>> list(passed)
    ['hidden_0', 'activation_0', 'output']
    >>> h = passed["hidden_0"]
    >>> W, b = h.parameters["hidden_0.W"], h.parameters["hidden_0.b"]
    >>> np.allclose(h.output, X @ W + b)
    True
    >>> delta = passed["output"].output_gradient
    >>> np.allclose(passed["output"].gradients["output.b"], delta.sum(axis=0))
    True
    """
    estimator = of_moment(estimator)
    samples = Samples(estimator, X)
    seed = int(random_state) if training else None
    net = bound(estimator, samples, slice(None), seed=seed, training=training)
    batch = None if y is None else Batch(estimator, X, y, sample_weight, samples)
    logits, loss = net.forward(samples.x), None
    objective = samples.network.loss
    if batch is not None:
        loss, slope = loss_and_slope(objective, net, logits, batch)
        net.backward(slope)
        loss += penalise(estimator, net, batch)
    output = predictions(objective, net, logits)
    return Trace(dict(_layers(net, batch is not None)), logits, output, loss)


def _layers(net: BoundNetwork, slopes: bool) -> Iterator[tuple[str, LayerTrace]]:
    """Give what every layer read and wrote, and the gradients where there are `slopes`."""
    slots = net.store.layout.slots
    for name, layer, views in walk(net.spec, net.views):
        own = [slot for slot in slots if slot.startswith(f"{name}.")]
        trained = [slot for slot in own if slots[slot].param.kind != "state"]
        found = LayerTrace(
            name,
            type(layer).__name__,
            net.host(views.x),
            net.host(views.y),
            {slot: net.parameter(slot) for slot in own},
            net.host(views.dx) if slopes and views.dx is not None else None,
            net.host(views.dy) if slopes else None,
            {slot: net.parameter(slot, gradient=True) for slot in trained} if slopes else {},
        )
        yield name, found
