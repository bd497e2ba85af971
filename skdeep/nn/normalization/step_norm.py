"""Layer normalisation of each step of sequences."""

from __future__ import annotations

from skdeep.backend.base import Array
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.columns import ColumnLayer
from skdeep.nn.core.layer import steps_only
from skdeep.nn.core.layer_fields import check_numbers
from skdeep.nn.core.spec import Shape, Spec, Views
from skdeep.nn.normalization.over_features import FeatureNorm, norm_params


class StepNorm(ColumnLayer):
    """Normalise each step over its features, then scale and shift each feature.

    What :class:`~skdeep.nn.normalization.layer_norm.LayerNorm` does with samples, for sequences
    (T, F).

    Parameters
    ----------
    epsilon : float
        Added to the variance, positive.
    name : str or None
        Name within the parent.

    References
    ----------
    Ba, Kiros and Hinton (2016). Layer normalization. arXiv:1607.06450.

    Examples
    --------
    >>> from skdeep.nn import StepNorm
    >>> from skdeep.testing import run_layer
    >>> run_layer(StepNorm(), [[[1.0, 3.0], [5.0, 5.2]]]).round(2)
    array([[[-1.,  1.],
            [-1.,  1.]]])
    """

    def __init__(self, epsilon: float = 1e-5, name: str | None = None) -> None:
        check_numbers(self, "positive", lambda number: number > 0, epsilon=epsilon)
        self.epsilon, self.name = epsilon, name

    def build(self, in_shape: Shape) -> Spec:
        _, features = steps_only(self, in_shape)
        return Spec(in_shape, norm_params(features), places_output=True)

    def bind_more(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, (steps, features) = v.work, spec.out_shape
        shape = (binder.store.n_models, features, binder.batch * steps)
        w.norm = FeatureNorm(binder, shape, self.epsilon, v.params, v.grads)

    def compute(self, v: Views, training: bool) -> None:
        w = v.work
        w.norm.forward(v.ops, w.x.flat, w.y.flat)

    def slopes(self, v: Views, dx: Array | None) -> None:
        w = v.work
        w.norm.backward(v.ops, w.dy.flat, dx, None)
