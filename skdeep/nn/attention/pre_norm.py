"""Residual connections around layers of normalised steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add, multiply
from skdeep.kernels.attention import add_product
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import ColumnLayer, as_steps
from skdeep.nn.core.layer import Layer, steps_only
from skdeep.nn.core.layer_fields import by_model
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.core.spec import Shape, ShapeError, Spec, Views
from skdeep.nn.noise.step_masks import FeatureMasks
from skdeep.nn.normalization.step_norm import StepNorm


class PreNorm(ColumnLayer):
    """Add layers of normalised steps to a shortcut: ``y = x + dropout(body(norm(x)))``.

    The normalisation is that of each step over its features, as in :class:`LayerNorm`.

    Parameters
    ----------
    layers : sequence of Layer
        The body, from (T, F) to (T, F).
    dropout : float or sequence of float
        Probability in [0, 1) with which each number of the body is dropped in training, one for all
        models or one each.
    epsilon : float
        Added to the variance, positive.
    name : str or None
        Name within the parent.

    References
    ----------
    Xiong, Yang, He, Zheng, Zheng, Xing, Zhang, Lan, Wang and Liu (2020). On layer normalization in
    the Transformer architecture. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import FeedForward, PreNorm
    >>> from skdeep.testing import run_layer
    >>> run_layer(PreNorm([FeedForward(24)]), np.ones((4, 7, 6))).shape
    (4, 7, 6)
    """

    per_model: ClassVar[tuple[str, ...]] = ("dropout",)

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        dropout: float | Sequence[float] = 0.0,
        epsilon: float = 1e-5,
        name: str | None = None,
    ) -> None:
        self.body = Sequential(layers)
        self.dropout = by_model(self, "in [0, 1)", lambda rate: 0 <= rate < 1, dropout=dropout)
        self.epsilon, self.name = StepNorm(epsilon).epsilon, name

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers inside."""
        return self.body.layers

    def build(self, in_shape: Shape) -> Spec:
        steps_only(self, in_shape)
        norm, inner = StepNorm(self.epsilon), self.body.build(in_shape)
        if inner.out_shape != in_shape or inner.has("steps"):
            raise ShapeError(f"{self!r} maps {in_shape} to {inner.out_shape}: no shortcut fits")
        return Spec(
            in_shape,
            children={"norm": (norm, norm.build(in_shape)), "body": (self.body, inner)},
            traits=frozenset({"noise"} if self.dropout else ()),
        )

    def bind_more(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, scope, (steps, features) = v.work, binder.scope, spec.out_shape
        w.masks = None
        if binder.noise is not None and self.dropout:
            w.masks = FeatureMasks(binder.noise, self.dropout, binder, "sum", steps, features)
        shape = (binder.store.n_models, features, binder.batch * steps)

        def take(name: str) -> Array:
            return binder.arena.take(name, shape, binder.dtype)

        normed, body = take(f"{scope}:normed"), take(f"{scope}:body")
        rows, outer = as_steps(normed, binder.batch), {"y": as_steps(body, binder.batch)}
        drows = None
        if binder.training:
            depth = scope.count(".")  # what lies inside uses others
            w.dnormed, w.dbody = take(f"pre_norm:dnormed:{depth}"), w.dy.flat
            if w.masks is not None:
                w.dbody = take(f"pre_norm:dbody:{depth}")
            drows, outer["dy"] = as_steps(w.dnormed, binder.batch), as_steps(w.dbody, binder.batch)
        w.normed, w.body = normed, body
        norm, inner = spec.children["norm"], spec.children["body"][1]
        given = {"y": rows, "dy": drows}
        v.children["norm"] = binder.bind(*norm, binder.child("norm"), v.x, v.dx, **given)
        w.norm = v.children["norm"].work.norm
        v.children["body"] = binder.bind(
            self.body, inner, binder.child("body"), rows, drows, **outer
        )

    def compute(self, v: Views, training: bool) -> None:
        ops, w = v.ops, v.work
        w.norm.forward(ops, w.x.flat, w.normed)
        self.body.forward(v.children["body"], training)
        if w.masks is None:
            ops.launch(add, w.y.flat, w.x.flat, w.body)
        else:
            w.masks.draw(ops)
            ops.launch(add_product, w.y.flat, w.x.flat, w.body, w.masks.factors)

    def slopes(self, v: Views, dx: Array | None) -> None:
        ops, w = v.ops, v.work
        if w.masks is not None:
            ops.launch(multiply, w.dbody, w.dy.flat, w.masks.factors)
        self.body.backward(v.children["body"])
        w.norm.backward(ops, w.dnormed, dx, w.dy.flat)
