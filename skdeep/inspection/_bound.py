"""A fitted network bound to some samples, so that every array of a pass can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from math import prod
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend.base import Array, Backend
from skdeep.estimators.weights import public_shape
from skdeep.kernels.arithmetic import add
from skdeep.nn.conv.reshape import Reshape
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Noise, Shape, Spec, Views
from skdeep.nn.dense.embedding import Embedding
from skdeep.train.predictor import chunk_rows
from skdeep.train.sequences.sequences import Sequences


def fitted_network(estimator: Any) -> Network:
    """Return the network that a fitted estimator predicts with, or say why there is none."""
    refuse_several(estimator)
    if hasattr(estimator, "steps"):
        raise TypeError(
            "a Pipeline holds other steps too: give its last step, `pipeline[-1]`, and samples as "
            "that step gets them, `pipeline[:-1].transform(X)`"
        )
    if not hasattr(estimator, "_make_predictor"):
        raise TypeError(f"expected a network estimator of skdeep, got {estimator!r}")
    check_is_fitted(estimator)
    network: Network = estimator._predictor.network
    return network


def refuse_several(estimator: Any) -> None:
    """Say of an estimator of several networks how one of them is looked at."""
    name = type(estimator).__name__
    if getattr(estimator, "estimators_", None):
        raise TypeError(f"{name} is several networks: give one of its `estimators_`")
    if getattr(estimator, "members_", None):
        raise TypeError(
            f"{name} is several networks on encoded tables: give one of its `members_`, such as "
            "`model.members_[0]`, and samples as it gets them, `model.encode(X, member=0)`"
        )


def last_step(estimator: Any) -> Any:
    """Return what a Pipeline ends with, and anything else as it is: where no samples are needed."""
    return estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator


def walk(spec: Spec, views: Views, scope: str = "") -> Iterator[tuple[str, Any, Views]]:
    """Give name, layer and views of all layers that hold no others, in their order.

    A layer that applies another to each step or position stands for it.
    """
    for key, (layer, inner) in spec.children.items():
        name, own = f"{scope}.{key}" if scope else key, views.children[key]
        if inner.children and inner.children.keys() <= own.children.keys():
            yield from walk(inner, own, name)
        else:
            yield name, layer, own


class Samples:
    """Valid samples as arrays of one shape: rows, images, or padded sequences.

    Parameters
    ----------
    estimator : estimator
        A fitted one, which checks them.
    X : array-like
        Samples as its ``predict`` takes them.

    Attributes
    ----------
    x : ndarray of shape (n, *in_shape)
        Float numbers, or int32 tokens; on the host.
    valid : ndarray of shape (n, T) or None
        Which steps are there; None: all, or X is no sequences.
    lengths : ndarray of shape (n,) or None
        Lengths of sequences.
    """

    def __init__(self, estimator: Any, X: Any) -> None:
        network, predictor = fitted_network(estimator), estimator._predictor
        rows, dtype = estimator._input.check(estimator, X), predictor.store.values.dtype
        self.valid: np.ndarray | None = None
        self.lengths: np.ndarray | None = None
        if isinstance(rows, Sequences):
            rows = rows.to_host()
            index = rows.step_index(np.arange(len(rows))[None], rows.longest)[0]
            self.x = rows.steps[index]
            self.lengths = rows.lengths
            if not rows.one_length:
                self.valid = np.arange(rows.longest) < rows.lengths[:, None]
            self.network = network.of_length(rows.longest)
        else:
            rows = rows.toarray() if hasattr(rows, "tocsr") else predictor.backend.to_host(rows)
            self.x = rows.reshape(len(rows), *network.in_shape)
            self.network = network
        if self.x.dtype.kind == "f":
            self.x = self.x.astype(dtype)

    def __len__(self) -> int:
        return len(self.x)

    @property
    def is_tokens(self) -> bool:
        """Whether they are sequences of tokens."""
        return self.x.dtype.kind != "f"

    def chunks(self) -> Iterator[slice]:
        """Cut them into as many as one pass takes."""
        size = chunk_rows(self.network)
        return (slice(start, start + size) for start in range(0, len(self), size))

    def cut(self, values: np.ndarray) -> Any:
        """Return values (n, T, ...) without the steps that are not there, a list where any are."""
        if self.valid is None or self.lengths is None:
            return values
        return [steps[:length] for steps, length in zip(values, self.lengths, strict=True)]


class BoundNetwork:
    """The layers of a network, or the first of them, bound to arrays for some samples.

    Nothing shares memory, and backward computes the gradient of the samples as well.

    Parameters
    ----------
    network : Network
        What is computed.
    values : ndarray of shape (1, P)
        Its parameters, which stay as they are.
    backend : Backend
        Where to compute.
    batch : int
        Number of samples B.
    upto : str or None
        The last layer of the outermost sequence that is computed; None: all are.
    image_shape : tuple of int or None
        Shape (H, W, C) of images where it is not that of training; `upto` then has to name a layer
        before all that knows of sizes.
    valid : ndarray of shape (B, T) or None
        Which steps are there.
    seed : int or None
        Seed of noise; None: as in predictions, there is none.
    training : bool
        Whether statistics of the batch and penalties count, as in training.
    """

    def __init__(
        self,
        network: Network,
        values: np.ndarray,
        backend: Backend,
        batch: int,
        *,
        upto: str | None = None,
        image_shape: Shape | None = None,
        valid: np.ndarray | None = None,
        seed: int | None = None,
        training: bool = False,
    ) -> None:
        self.ops = backend
        names = list(network.spec.children)
        stop = len(names) if upto is None else names.index(upto) + 1
        layers, shape = list(network.root.layers[:stop]), network.in_shape
        if image_shape is not None:
            place = next(k for k, layer in enumerate(layers) if isinstance(layer, Reshape))
            layers[place] = Reshape(image_shape, layers[place].name)
            shape = (prod(image_shape),)
        self.root = Sequential(layers)
        self.spec = self.root.build(shape)
        layout = Layout(self.spec)
        row = np.empty((1, layout.size), values.dtype)
        for name in layout.slots:
            layout.view(row, name)[...] = network.layout.view(values, name)
        self.store = ParamStore(backend, layout, row)
        self.store.allocate_grads()
        weight = np.full((1, 1, batch), 1 / batch, values.dtype)
        there = None if valid is None else backend.to_device(valid[None].astype(values.dtype))
        binder = Binder(
            self.store,
            Arena(backend),
            batch,
            training=True,
            weight=backend.to_device(weight),
            noise=None if seed is None else self._noise(batch, seed),
            valid=there,
            apart=True,
            as_predicted=not training,
        )
        self.reads_tokens = self.root.reads == "tokens"
        self.x: Array = binder.rows("x", shape, np.int32 if self.reads_tokens else None)
        dx = None if self.reads_tokens else binder.rows("dx", shape)
        self.views: Views = binder.bind(self.root, self.spec, "", self.x, dx)
        self.terms: list[Array] = binder.terms
        self._steps: dict[Any, Callable[[], None]] = {}
        self._given: dict[str, Array] = {}

    def _noise(self, batch: int, seed: int) -> Noise:
        keys = np.arange(batch, dtype=np.uint32)[None, :, None] * np.uint32(2654435761)
        word = np.full((1, 1, 1), seed, np.uint32)
        return Noise(self.ops.to_device(keys), self.ops.to_device(word))

    def forward(self, x: np.ndarray) -> np.ndarray:
        """Return the outputs (B, *out_shape) for samples (B, *in_shape), on the host.

        Where samples are tokens, floats (B, T, F) are vectors that stand for them.
        """
        place, start = self.x, 0
        if self.reads_tokens and x.dtype.kind == "f":
            place, start = next(iter(self.views.children.values())).y, 1
        with self.ops.running():
            given = self.ops.to_device(np.ascontiguousarray(x, place.dtype)[None])
            self.ops.copy(given, place)
            self._run(start, lambda: self._forward(start))
        return self.host(self.views.y)

    def _run(self, key: Any, step: Callable[[], None]) -> None:
        """Take a step that is recorded when it is first taken: ascent repeats it many times."""
        if key not in self._steps:
            self._steps[key] = self.ops.record(step)
        self._steps[key]()

    def _forward(self, start: int) -> None:
        """Compute all layers but the first ones."""
        pairs = zip(self.root.layers, self.views.children.values(), strict=True)
        for layer, views in islice(pairs, start, None):
            layer.forward(views, training=True)

    def vectors(self, x: np.ndarray) -> np.ndarray:
        """Return what gradients are taken with respect to: samples, or the vectors of tokens."""
        if not self.reads_tokens:
            return x
        if not isinstance(self.root.layers[0], Embedding):
            raise ValueError(
                "gradients are those of the vectors of tokens, but the first layer reads n-grams, "
                "too: fit with word_ngrams=None and character_ngrams=None"
            )
        self.forward(x)
        return self.host(next(iter(self.views.children.values())).y)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return the gradient of the samples for a gradient of the outputs; of tokens' vectors."""
        return self.backward_from({list(self.views.children)[-1]: dy})

    def backward_from(self, slopes: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the gradient of the samples for gradients of what layers gave, by their names."""
        names = [name for name in self.views.children if name in slopes]
        with self.ops.running():
            for name in names:
                given = np.ascontiguousarray(slopes[name], self.views.children[name].dy.dtype)[None]
                self.ops.copy(self.ops.to_device(given), self._place(name, last=name == names[-1]))
            self._run(tuple(names), lambda: self._backward(names))
        return self.host(self.slope)

    def _place(self, name: str, *, last: bool) -> Array:
        """Return where slopes of a layer's outputs go: those of the last are all that it gets."""
        dy = self.views.children[name].dy
        if last:
            return dy
        if name not in self._given:
            self._given[name] = self.ops.zeros(dy.shape, dy.dtype)
        return self._given[name]

    def _backward(self, names: Sequence[str]) -> None:
        """Compute the gradients of all layers up to the last of those whose slopes are given."""
        pairs = list(zip(self.root.layers, self.views.children.items(), strict=True))
        stop = list(self.views.children).index(names[-1]) + 1
        for layer, (name, views) in reversed(pairs[:stop]):
            if name in names[:-1]:
                self.ops.launch(add, views.dy, views.dy, self._given[name])
            layer.backward(views)

    @property
    def slope(self) -> Array:
        """Where the gradient of the samples is, (1, B, *in_shape), or that of tokens' vectors."""
        if self.views.dx is not None:
            return self.views.dx
        return next(iter(self.views.children.values())).dy

    def parameter(self, name: str, *, gradient: bool = False) -> np.ndarray:
        """Return a parameter, or its gradient, in the shape that ``get_weights`` gives."""
        layout = self.store.layout
        array = layout.view(self.store.grads if gradient else self.store.values, name)
        return self.host(array).reshape(public_shape(layout.slots[name].param))

    def host(self, array: Array) -> np.ndarray:
        """Return a copy of the one model's array."""
        return np.array(self.ops.to_host(array)[0])


def bound(estimator: Any, samples: Samples, rows: slice, **options: Any) -> BoundNetwork:
    """Return the network of an estimator bound to some of the samples."""
    valid = None if samples.valid is None else samples.valid[rows]
    predictor, n = estimator._predictor, len(samples.x[rows])
    values = predictor.backend.to_host(predictor.store.values)
    return BoundNetwork(samples.network, values, predictor.backend, n, valid=valid, **options)
