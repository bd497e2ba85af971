"""The feed-forward part of a Transformer's blocks: two dense layers at each step."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, ClassVar

from skdeep.backend.base import Array
from skdeep.backend.kernel import Kernel
from skdeep.kernels.activations import ACTIVATIONS, ActivationPair
from skdeep.kernels.arithmetic import multiply
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import (
    ColumnLayer,
    add_bias,
    affine,
    affine_backward,
    bias_backward,
    column,
)
from skdeep.nn.core.layer import check_counts, steps_only
from skdeep.nn.core.layer_fields import by_model, is_one_of
from skdeep.nn.core.spec import Param, Shape, Spec, Views
from skdeep.nn.initializers import Constant, Initializer, SklearnGlorot
from skdeep.nn.noise.step_masks import FeatureMasks


class FeedForward(ColumnLayer):
    """Map each step to some hidden units and back: (T, F) to (T, F).

    Parameters
    ----------
    units : int
        Number of hidden units; four times F is usual.
    activation : str
        What they apply, such as "gelu" or "relu".
    dropout : float or sequence of float
        Probability in [0, 1) with which each hidden unit of each step is dropped in training, one
        for all models or one each.
    weight_init : Initializer
        How both matrices start; biases start at zero.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import FeedForward
    >>> from skdeep.testing import run_layer
    >>> run_layer(FeedForward(24), np.ones((4, 7, 6))).shape
    (4, 7, 6)
    """

    per_model: ClassVar[tuple[str, ...]] = ("dropout",)

    def __init__(
        self,
        units: int,
        *,
        activation: str = "gelu",
        dropout: float | Sequence[float] = 0.0,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        check_counts(self, units=units)
        if not is_one_of(activation, ACTIVATIONS):
            raise ValueError(f"activation must be one of {sorted(ACTIVATIONS)}, got {activation!r}")
        self.units, self.activation = units, activation
        self.dropout = by_model(self, "in [0, 1)", lambda rate: 0 <= rate < 1, dropout=dropout)
        self.weight_init, self.name = weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        steps, features = steps_only(self, in_shape)
        params = {
            "W": Param((features, self.units), "weight", self.weight_init),
            "W_out": Param((self.units, features), "weight", self.weight_init),
            "b": Param((1, self.units), "bias", Constant(0.0)),
            "b_out": Param((1, features), "bias", Constant(0.0)),
        }
        return Spec(
            (steps, features),
            params,
            keeps=frozenset("x"),
            places_output=True,
            traits=frozenset({"noise"} if self.dropout else ()),
        )

    def bind_more(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, scope = v.work, binder.scope
        models, batch, steps, _ = v.x.shape
        hidden = (models, self.units, batch * steps)
        w.hidden = binder.arena.take(f"{scope}:hidden", hidden, binder.dtype)
        w.masks = None
        if binder.noise is not None and self.dropout:
            w.masks = FeatureMasks(binder.noise, self.dropout, binder, "hidden", steps, self.units)
        if binder.training:
            #: Slopes of hidden units: what they come from is computed once, in forward.
            w.slope = binder.arena.take(f"{scope}:slope", hidden, binder.dtype)
            w.dhidden = binder.arena.take("feed_forward:dhidden", hidden, binder.dtype)

    def compute(self, v: Views, training: bool) -> None:
        ops, p, w = v.ops, v.params, v.work
        affine(ops, w.x.flat, p.W, w.hidden)
        inputs = [w.hidden, column(p.b)]
        if w.masks is not None:
            w.masks.draw(ops)
            inputs.append(w.masks.factors)
        slopes = hasattr(w, "slope")
        formula = _hidden_units(self.activation, ACTIVATIONS[self.activation], slopes)
        ops.launch(formula, (w.hidden, w.slope) if slopes else w.hidden, *inputs)
        affine(ops, w.hidden, p.W_out, w.y.flat)
        add_bias(ops, w.y.flat, p.b_out)

    def slopes(self, v: Views, dx: Array | None) -> None:
        ops, p, g, w = v.ops, v.params, v.grads, v.work
        bias_backward(ops, w.dy.flat, g.b_out)
        affine_backward(ops, w.hidden, w.dy.flat, g.W_out, p.W_out, w.dhidden)
        ops.launch(multiply, w.dhidden, w.dhidden, w.slope)
        bias_backward(ops, w.dhidden, g.b)
        affine_backward(ops, w.x.flat, w.dhidden, g.W, p.W, dx)


@lru_cache
def _hidden_units(name: str, pair: ActivationPair, slopes: bool) -> Kernel:
    """Return the formula of hidden units, and of their slopes: bias, activation and dropout."""

    def body(xp: Any, x: Any, bias: Any, *kept: Any) -> Any:
        z = x + bias
        y = pair.function(xp, z)
        values = (y, pair.derivative(xp, y if pair.reads == "y" else z)) if slopes else (y,)
        found = tuple(value * factor for value in values for factor in kept) or values
        return found if slopes else found[0]

    return Kernel(body, f"hidden_{name}")
