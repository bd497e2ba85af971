"""What is made of a whole memory, at each step of a decoder."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

from skdeep.kernels.arithmetic import add, multiply
from skdeep.nn.attention.memory_attention import memory_of
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, by_step, check_counts, steps_only
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views
from skdeep.nn.recurrent.step_pooling import as_step


class AddFromMemory(Layer):
    """Add to each step of a decoder what layers make of the whole memory: (T, F) to (T, F).

    So a recurrent decoder knows the whole source from its first step on.

    Parameters
    ----------
    layers : sequence of Layer
        From the memory, steps (S, D), to a row (F,), such as ``[MeanSteps(), Dense(F)]``.
    memory_units : int
        Width D of the memory, which is what the encoder gives.
    name : str or None
        Name within the parent.

    References
    ----------
    Cho, van Merrienboer, Gulcehre, Bahdanau, Bougares, Schwenk and Bengio (2014). Learning phrase
    representations using RNN encoder-decoder for statistical machine translation. EMNLP.

    Examples
    --------
    >>> from skdeep.nn import AddFromMemory, MeanSteps
    >>> from skdeep.testing import run_layer
    >>> layer = AddFromMemory([MeanSteps()], memory_units=1)
    >>> run_layer(layer, [[[1.0], [2.0]]], memory=[[[3.0], [5.0]]]).tolist()
    [[[5.0], [6.0]]]
    """

    reads = "sequences"

    def __init__(self, layers: Sequence[Layer], memory_units: int, name: str | None = None) -> None:
        check_counts(self, memory_units=memory_units)
        self.body, self.memory_units, self.name = Sequential(layers), memory_units, name

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers inside."""
        return self.body.layers

    def build(self, in_shape: Shape) -> Spec:
        _, features = steps_only(self, in_shape)
        inner = self.body.build((1, self.memory_units))
        if inner.out_shape != (features,):
            raise ShapeError(
                f"{self!r} must make a row of {features} features of the memory, which it adds to "
                f"steps {in_shape}, got {inner.out_shape}"
            )
        return Spec(
            in_shape,
            children={"body": (self.body, inner)},
            traits=inner.traits,
            step_major=True,
            memory=self.memory_units,
        )

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        memory = memory_of(self, binder)
        if v.y is None:
            v.y, v.dy = binder.outputs(binder.scope, spec.out_shape, step_major=True)
        name, shape = binder.child("body"), memory.y.shape[2:]
        inner = self.body.build(shape)
        y, dy = binder.outputs(f"{name}:row", inner.out_shape)
        dx = binder.rows(f"{name}:dmemory", shape) if binder.training else None
        within = copy(binder)
        within.valid = memory.valid
        body = within.bind(self.body, inner, name, memory.y, dx, y=y, dy=dy)
        v.children["body"], v.work.valid = body, None
        if v.valid is not None:
            valid = v.valid.swapaxes(1, 2)
            v.work.valid = valid.reshape(*valid.shape, 1).swapaxes(2, 3)  # (M, T, 1, B)
        if binder.training:
            shape = (binder.store.n_models, *spec.out_shape, binder.batch)
            v.work.part = binder.arena.take(f"{binder.scope}:part", shape, binder.dtype)

        # What follows a memory does not hold it, or both would live on until they are collected.
        training, dmemory = binder.training, memory.dy

        def backward() -> None:
            self.body.backward(body)
            v.ops.launch(add, dmemory, dmemory, body.dx)

        memory.follow(lambda: self.body.forward(body, training), backward)

    def forward(self, v: Views, training: bool) -> None:
        v.ops.launch(add, by_step(v.y), by_step(v.x), as_step(v.children["body"].y))

    def backward(self, v: Views) -> None:
        w, ops, dy = v.work, v.ops, by_step(v.dy)
        if w.valid is None:
            ops.copy(dy, w.part)
        else:
            ops.launch(multiply, w.part, dy, w.valid)
        ops.reduce(w.part, as_step(v.children["body"].dy), axis=1)
        if v.dx is not None:
            ops.copy(dy, by_step(v.dx))
