"""The logits of tokens at each step, by the vectors that embed them."""

from __future__ import annotations

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, by_step, check_counts, steps_only
from skdeep.nn.core.spec import Param, Shape, SharedWeight, Spec, Views
from skdeep.nn.initializers import Constant


class TiedSteps(Layer):
    """Affine map of each step, ``y = x W^T + b``, with the W of an embedding before it.

    All steps of a batch are one product, which writes logits where losses read them, class-major.

    Parameters
    ----------
    units : int
        Number V of tokens.
    owner : str
        Name of the embedding, whose W is (V, F).
    name : str or None
        Name within the parent.

    Notes
    -----
    A step that still holds the vector of its own token, as behind residual connections, makes that
    token the most probable one. Put a dense layer between the two.

    References
    ----------
    Press and Wolf (2017). Using the output embedding to improve language models. EACL.
    """

    reads = "sequences"

    def __init__(
        self,
        units: int,
        owner: str,
        *,
        name: str | None = None,
    ) -> None:
        check_counts(self, units=units)
        self.units, self.owner, self.name = units, owner, name

    def build(self, in_shape: Shape) -> Spec:
        steps, features = steps_only(self, in_shape)
        params = {"b": Param((1, self.units), "bias", Constant(), (features, self.units))}
        shared = {"W": SharedWeight(f"{self.owner}.W", (self.units, features))}
        return Spec((steps, self.units), params, shared=shared, places_output=True)

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        models, batch, steps, features = v.x.shape
        w, name, rows = v.work, binder.scope, steps * batch

        def make(key: str, *shape: int) -> Array:
            return binder.arena.take(f"{name}:{key}", (models, *shape), binder.dtype)

        if v.y is None:
            v.y = self._as_sequences(make("y", self.units, rows), steps)
            v.dy = self._as_sequences(make("dy", self.units, rows), steps)
            v.dy = v.dy if binder.training else None
        # Products go over all steps at once: features (M, F, T * B), logits (M, V, T * B).
        w.x = make("rows", features, rows)
        w.y = v.y.swapaxes(1, 3).reshape(models, self.units, rows)
        if binder.training:
            w.dy = v.dy.swapaxes(1, 3).reshape(models, self.units, rows)
            w.dx = make("drows", features, rows)

    @staticmethod
    def _as_sequences(rows: Array, steps: int) -> Array:
        """See (M, K, T * B) as (M, B, T, K)."""
        return rows.reshape(*rows.shape[:2], steps, -1).swapaxes(1, 3)

    def forward(self, v: Views, training: bool) -> None:
        w, ops = v.work, v.ops
        ops.copy(by_step(v.x).swapaxes(1, 2), w.x.reshape(*w.x.shape[:2], v.x.shape[2], -1))
        ops.gemm(v.params.W, w.x, w.y)
        ops.launch(add, w.y, w.y, v.params.b.swapaxes(1, 2))

    def backward(self, v: Views) -> None:
        w, ops = v.work, v.ops
        ops.gemm(w.dy, w.x, v.grads.W, trans_b=True)
        ops.reduce(w.dy, v.grads.b.swapaxes(1, 2), axis=2)
        if v.dx is not None:
            ops.gemm(v.params.W, w.dy, w.dx, trans_a=True)
            steps = w.dx.reshape(*w.dx.shape[:2], v.x.shape[2], -1)
            ops.copy(steps.swapaxes(1, 2), by_step(v.dx))
