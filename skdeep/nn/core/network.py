"""A network and its programs: the same layers bound to arrays for one batch size."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from skdeep.backend.base import Array, SparseBatch
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.encoder_decoder import EncoderDecoder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.memory import Source, memory_widths
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Noise, Shape, ShapeError, Spec
from skdeep.nn.core.state import RecurrentState
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import Loss


class Network:
    """Layers that fit together, and the loss of what comes out.

    Parameters
    ----------
    layers : sequence of Layer
        From the input to the logits.
    in_shape : tuple of int
        Shape of one row, ``(F,)`` for a table.
    loss : Loss
        Reads the logits.

    Attributes
    ----------
    layout : Layout
        Where each named parameter lies in a row (P,).
    n_logits : int
        Width K of the last layer.
    """

    def __init__(self, layers: Sequence[Layer], in_shape: Shape, loss: Loss) -> None:
        self.root = Sequential(layers)
        self.in_shape, self.loss = tuple(in_shape), loss
        self.spec = self.root.build(self.in_shape)
        if memory_widths(self.spec):
            raise ShapeError("a layer reads a memory, which only the decoder of a pair is given")
        self.layout = Layout(self.spec)
        self.n_logits = self.spec.out_shape[-1]
        #: Predictions that the network makes for a row: one, or one for each of T steps.
        self.n_steps: int = prod(self.spec.out_shape[:-1])

    def of_length(self, steps: int) -> Network:
        """Return the same layers, with the same parameters, for sequences of so many steps."""
        return Network(self.root.layers, (steps, *self.in_shape[1:]), self.loss)

    def of_lengths(self, sources: int, steps: int) -> Network:
        """Return the same layers for pairs of a source and a sequence of so many steps."""
        pair = self.pair
        assert pair is not None
        other = pair.of_source((sources, *pair.source_shape[1:]))
        return Network([other], (steps, *self.in_shape[1:]), self.loss)

    @property
    def pair(self) -> EncoderDecoder | None:
        """The encoder and the decoder that the network is made of, where samples are pairs."""
        first = self.root.layers[0]
        return first if isinstance(first, EncoderDecoder) else None

    @property
    def source_dtype(self) -> Any:
        """The dtype of sources, where it is not the parameters' own."""
        return np.int32 if self.pair is not None and self.pair.encoder.reads == "tokens" else None

    @property
    def accepts_sparse(self) -> bool:
        """Whether the first layer multiplies sparse rows as they are."""
        return isinstance(self.root.layers[0], Dense)

    @property
    def in_dtype(self) -> Any:
        """The dtype of rows, where it is not the parameters' own."""
        return np.int32 if self.root.reads == "tokens" else None

    def width(self, what: str) -> int:
        """Return the number of columns of "output", "logits" or a named layer, made flat."""
        if what in ("output", "logits"):
            return self.n_logits
        return prod(self.spec.children[what][1].out_shape)

    @property
    def largest_row(self) -> int:
        """Number of elements that the largest layer of the outermost sequence gives for a row."""
        shapes = (spec.out_shape for _, spec in self.spec.children.values())
        return max(prod(shape) for shape in (self.in_shape, *shapes))

    @property
    def row_work(self) -> int:
        """Multiply-adds of the weights for one row, each at all positions of its layer's y."""
        return _row_work(self.spec)

    def initial(self, randoms: Sequence[np.random.RandomState]) -> np.ndarray:
        """Draw the initial values of one model per random state, float64 (M, P)."""
        return np.stack([self.layout.initial(random) for random in randoms])


class Program:
    """A network bound to arrays for one batch size; nothing is allocated afterwards.

    Parameters
    ----------
    network : Network
        What is computed.
    store : ParamStore
        Parameter values, and gradients where `training`.
    arena : Arena
        Where buffers come from; programs that never run at once may share one.
    batch : int
        Rows B.
    training : bool, default=False
        Whether to bind deltas and gradients.
    targets : bool, default=False
        Whether to bind targets and loss values; training implies it.
    weight : Array of shape (M, 1, B), optional
        Row weights that do not change; default: a buffer, ``weight_rows``, to fill.
    noise : Noise, optional
        What dropout masks are computed from; without it nothing is dropped.
    sparse : SparseBatch, optional
        Stands for x where the rows are sparse.
    valid : Array of shape (M, B, T), optional
        Which steps of the rows, which are sequences, are there; None: all.
    carry : RecurrentState, optional
        Where recurrent layers start from and leave their last states; None: they start from zeros.
    smoothing : Array of shape (M, 1), optional
        Factor of label smoothing, which changes with each step.
    source_valid : Array of shape (M, B, S), optional
        Which steps of the sources are there, where samples are pairs; None: all.
    thresholds : Array of shape (M, columns, rows), optional
        What logits must exceed for an entry of the target to be 1, where a layer draws the target.

    Attributes
    ----------
    x : Array of shape (M, B, *in_shape)
        Input rows, or the sparse batch.
    source : Array of shape (M, B, *source_shape) or None
        The sources, where samples are pairs.
    z : Array of shape (M, K, B)
        Logits, class-major. A network that predicts for each of T steps has T * B rows of them,
        those of the first steps first; each has a target and a weight.
    target, weight : Array of shape (M, K or 1, B), (M, 1, B)
        What the loss compares with, and normalised row weights.
    """

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        arena: Arena,
        batch: int,
        *,
        training: bool = False,
        targets: bool = False,
        weight: Array | None = None,
        noise: Noise | None = None,
        sparse: SparseBatch | None = None,
        valid: Array | None = None,
        carry: RecurrentState | None = None,
        smoothing: Array | None = None,
        source_valid: Array | None = None,
        thresholds: Array | None = None,
    ) -> None:
        self.network, self.store, self.batch = network, store, batch
        self.valid, self.source_valid = valid, source_valid
        if training:
            store.allocate_grads()
        self.weight: Array = weight
        binder = Binder(
            store,
            arena,
            batch,
            training=training,
            noise=noise,
            valid=valid,
            carry=carry,
            smoothing=smoothing,
            thresholds=thresholds,
        )
        self.ops = store.backend
        self.source: Array = None
        if network.pair is not None:
            shape = network.pair.source_shape
            self.source = binder.rows("source", shape, network.source_dtype)
            binder.source = Source(self.source, None, source_valid)
        self.x: Any = sparse or binder.rows("x", network.in_shape, network.in_dtype)
        self.n_rows = batch * network.n_steps
        self.z: Array = self._logits(arena, "z", binder.dtype)
        if training or targets or thresholds is not None:
            self._bind_targets(binder, arena)
            binder.weight, binder.target = self.weight, self.target_rows
        dy = self.as_outputs(self.delta) if training else None
        y = self.as_outputs(self.z)
        root = (network.root, network.spec, "", self.x, None)
        self.views = binder.bind(*root, y=y, dy=dy)
        #: What layers add to the batch's objective, each (M, 1, 1); in training only.
        self.terms: list[Array] = binder.terms
        binder.batch = self.n_rows
        self.loss_work = network.loss.bind(binder, network.n_logits)

    def _logits(self, arena: Arena, name: str, dtype: Any) -> Array:
        """Return a buffer (M, K, rows).

        What all models have of a class lies in one piece, so that maxima and sums over classes,
        and rows that all classes share, are long.
        """
        models, classes = self.store.n_models, self.network.n_logits
        if self.network.loss.targets != "codes" or not self.ops.stacks_products:
            return arena.take(name, (models, classes, self.n_rows), dtype)
        return arena.take(name, (classes, models, self.n_rows), dtype).swapaxes(0, 1)

    def as_outputs(self, logits: Array) -> Array:
        """See logits (M, K, rows) as the network's outputs (M, B, K) or (M, B, T, K)."""
        shape = self.network.spec.out_shape
        if len(shape) == 1:
            return logits.swapaxes(1, 2)
        return logits.reshape(*logits.shape[:2], shape[0], self.batch).swapaxes(1, 3)

    def _bind_targets(self, binder: Binder, arena: Arena) -> None:
        """Make the arrays of targets, weights, loss values and deltas."""
        models, batch, loss = self.store.n_models, self.n_rows, self.network.loss
        self.value: Array = self._logits(arena, "value", binder.dtype)
        self.delta: Array = self._logits(arena, "delta", binder.dtype)
        #: Loss values of each row, (M, 1, rows): sums over the logits.
        self.row_values: Array = self.value
        if self.network.n_logits > 1:
            self.row_values = arena.take("row values", (models, 1, batch), binder.dtype)
        dtype = np.dtype(np.int32) if loss.targets == "codes" else binder.dtype
        columns = loss.n_targets(self.network.n_logits)
        self.target_rows: Array = arena.take("target", (models, batch, columns), dtype)
        self.target = self.target_rows.swapaxes(1, 2)  # (M, columns, B)
        if self.weight is None:
            self.weight_rows: Array = arena.take("weight", (models, batch), binder.dtype)
            self.weight = self.weight_rows.reshape(models, 1, batch)

    def forward(self, training: bool = False) -> None:
        """Compute logits from ``x``."""
        self.network.root.forward(self.views, training)

    def forward_to(self, name: str) -> None:
        """Compute as far as the named layer of the outermost sequence."""
        root = self.network.root
        for layer, (child, views) in zip(root.layers, self.views.children.items(), strict=True):
            layer.forward(views, False)
            if child == name:
                return

    def forward_from(self, name: str, to: str | None = None) -> None:
        """Compute what follows the named layer of the outermost sequence, whose rows are there.

        It ends with the logits, or with the layer called `to`.
        """
        behind = False
        for layer, (child, views) in zip(
            self.network.root.layers, self.views.children.items(), strict=True
        ):
            if behind:
                layer.forward(views, False)
                if child == to:
                    return
            behind = behind or child == name

    def result(self, what: str) -> Array:
        """Return where "output", "logits" or a named layer's rows are, (M, B, K)."""
        if what in ("output", "logits"):
            return self.z.swapaxes(1, 2)
        y = self.views.children[what].y
        return y.reshape(*y.shape[:2], -1)

    def loss_value(self, training: bool = False) -> None:
        """Compute the loss terms ``value`` and their gradient with respect to the logits."""
        self.forward(training)
        inputs = (self.z, self.target, self.weight, self.value, self.delta, self.loss_work)
        self.network.loss.value_and_delta(self.ops, *inputs)

    def loss_and_gradient(self) -> None:
        """Compute the loss terms ``value`` and the gradients of their sum."""
        self.loss_value(training=True)
        self.network.root.backward(self.views)

    def output(self, out: Array) -> None:
        """Write what the logits predict into `out` (M, K, B)."""
        self.network.loss.output(self.ops, self.z, out, self.loss_work)


def _row_work(spec: Spec) -> int:
    own = sum(prod(param.shape) for param in spec.params.values() if param.kind == "weight")
    inner = sum(_row_work(child) for _, child in spec.children.values())
    return own * prod(spec.out_shape[:-1]) + inner
