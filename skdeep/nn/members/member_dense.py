"""The affine map that members of an ensemble have in common, and one of each member's own."""

from __future__ import annotations

from typing import Any

from skdeep.kernels.arithmetic import add, multiply
from skdeep.kernels.members import scaled_shift
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts
from skdeep.nn.core.spec import Param, Shape, Spec, Views, Work
from skdeep.nn.initializers import Constant, Initializer, SklearnGlorot
from skdeep.nn.members.members import by_member, member_rows, of_each_member

ONES = Constant(1.0)


class MemberDense(Layer):
    """Map each of k members by one matrix: ``y_i = x_i W + b``, (k * F,) to (k * U,).

    With `scales` each member has factors of its inputs and outputs, and a bias, of its own:
    ``y_i = s_i * ((r_i * x_i) W) + b_i`` (BatchEnsemble).

    Parameters
    ----------
    units : int
        Number of outputs U of a member.
    n_members : int
        Number of members k, which stand side by side in a row.
    scales : bool
        Whether there are r (k, F), s (k, U) and b (k, U); otherwise there is one b (1, U).
    weight_init, bias_init, scale_init : Initializer
        How W (F, U), b, and r and s start.
    weight_rate : float or "ntk"
        Factor of the learning rate of W; see :class:`Dense`.
    bias_rate, scale_rate : float
        Factors of the learning rate of b, and of r and s.
    name : str or None
        Name within the parent.

    References
    ----------
    Wen, Tran and Ba (2020). BatchEnsemble: an alternative approach to efficient ensemble and
    lifelong learning. ICLR. Gorishniy, Kotelnikov and Babenko (2025). TabM. ICLR.

    Examples
    --------
    >>> from skdeep.nn import MemberDense
    >>> from skdeep.testing import run_layer
    >>> layer = MemberDense(1, 2, scales=True)
    >>> weights = {"W": [[1.0], [10.0]], "r": [[1, 1], [1, 0]], "s": [[1], [-1]], "b": [[0], [5]]}
    >>> run_layer(layer, [[1.0, 2.0, 3.0, 4.0]], weights=weights)
    array([[21.,  2.]])
    """

    def __init__(
        self,
        units: int,
        n_members: int,
        *,
        scales: bool = False,
        weight_init: Initializer = SklearnGlorot(),
        bias_init: Initializer = SklearnGlorot(),
        scale_init: Initializer = ONES,
        weight_rate: float | str = 1.0,
        bias_rate: float = 1.0,
        scale_rate: float = 1.0,
        name: str | None = None,
    ) -> None:
        _check(self, units, n_members, weight_rate)
        self.units, self.n_members, self.scales = units, n_members, scales
        self.weight_init, self.bias_init, self.scale_init = weight_init, bias_init, scale_init
        self.weight_rate, self.bias_rate, self.scale_rate = weight_rate, bias_rate, scale_rate
        self.name = name

    def build(self, in_shape: Shape) -> Spec:
        k, units = self.n_members, self.units
        features = of_each_member(self, in_shape, k)
        fans, rate = (features, units), _rate(self.weight_rate, features)
        n_biases = k if self.scales else 1
        params = {
            "W": Param((features, units), "weight", self.weight_init, fans, rate=rate),
            "b": Param((n_biases, units), "bias", self.bias_init, fans, rate=self.bias_rate),
        }
        for key, width in (("r", features), ("s", units)) if self.scales else ():
            params[key] = Param((k, width), "scale", self.scale_init, rate=self.scale_rate)
        return Spec((k * units,), params, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, k, p = v.work, self.n_members, v.params
        w.x, w.y, w.dx, w.dy = (by_member(array, k) for array in (v.x, v.y, v.dx, v.dy))
        needed = {"rows": v.x, "z": v.y, "dz": v.dy}
        needed["drows"] = v.x if self.scales and binder.training else v.dx
        for key, like in needed.items():
            rows = None if self.scales else member_rows(like, k)
            #: Whether they are the layer's own, and no other view of x, y, dy or dx.
            setattr(w, f"{key}_apart", rows is None)
            if rows is None and like is not None:
                models, batch, width = like.shape
                shape = (models, batch * k, width // k)
                rows = binder.arena.take(f"{binder.scope}:{key}", shape, binder.dtype)
            split = None if rows is None else rows.reshape(by_member(like, k).shape)
            setattr(w, key, rows)
            setattr(w, f"{key}_split", split)
        w.b = p.b[:, None]  # (M, 1, k or 1, U)
        if self.scales:
            w.r, w.s = p.r[:, None], p.s[:, None]
        if self.scales and binder.training:
            w.gr, w.gs, w.gb = (array[:, None] for array in (v.grads.r, v.grads.s, v.grads.b))

    def forward(self, v: Views, training: bool) -> None:
        ops, w = v.ops, v.work
        if self.scales:
            ops.launch(multiply, w.rows_split, w.x, w.r)
        elif w.rows_apart:
            ops.copy(w.x, w.rows_split)
        ops.gemm(w.rows, v.params.W, w.z)  # (M, B * k, F) x (M, F, U)
        if self.scales:
            ops.launch(scaled_shift, w.y, w.z_split, w.s, w.b)
        else:
            ops.launch(add, w.y, w.z_split, w.b)

    def backward(self, v: Views) -> None:
        ops, w = v.ops, v.work
        if self.scales:
            ops.reduce(w.dy, w.gb, axis=1)
            ops.launch(multiply, w.dz_split, w.dy, w.z_split)
            ops.reduce(w.dz_split, w.gs, axis=1)
            ops.launch(multiply, w.dz_split, w.dy, w.s)
        else:
            if w.dz_apart:
                ops.copy(w.dy, w.dz_split)
            ops.reduce(w.dz, v.grads.b, axis=1)
        ops.gemm(w.rows, w.dz, v.grads.W, trans_a=True)
        if w.drows is None:
            return
        ops.gemm(w.dz, v.params.W, w.drows, trans_b=True)
        if self.scales:
            ops.launch(multiply, w.rows_split, w.drows_split, w.x)
            ops.reduce(w.rows_split, w.gr, axis=1)
            if w.dx is not None:
                ops.launch(multiply, w.dx, w.drows_split, w.r)
        elif w.drows_apart:
            ops.copy(w.drows_split, w.dx)


class MemberOutput(Layer):
    """Map each of k members by a matrix of its own: ``y_i = x_i W_i + b_i``.

    Parameters
    ----------
    units : int
        Number of outputs U of a member.
    n_members : int
        Number of members k, which stand side by side in a row.
    weight_init, bias_init : Initializer
        How W (k, F, U) and b (k, U) start.
    weight_rate : float or "ntk"
        Factor of the learning rate of W; see :class:`Dense`.
    bias_rate : float
        Factor of the learning rate of b.
    name : str or None
        Name within the parent.

    Examples
    --------
    >>> from skdeep.nn import MemberOutput
    >>> from skdeep.testing import run_layer
    >>> weights = {"W": [[[1.0], [1.0]], [[0.0], [2.0]]], "b": [[0.0], [1.0]]}
    >>> run_layer(MemberOutput(1, 2), [[1.0, 2.0, 3.0, 4.0]], weights=weights)
    array([[3., 9.]])
    """

    def __init__(
        self,
        units: int,
        n_members: int,
        *,
        weight_init: Initializer = SklearnGlorot(),
        bias_init: Initializer = SklearnGlorot(),
        weight_rate: float | str = 1.0,
        bias_rate: float = 1.0,
        name: str | None = None,
    ) -> None:
        _check(self, units, n_members, weight_rate)
        self.units, self.n_members = units, n_members
        self.weight_init, self.bias_init = weight_init, bias_init
        self.weight_rate, self.bias_rate, self.name = weight_rate, bias_rate, name

    def build(self, in_shape: Shape) -> Spec:
        k, units = self.n_members, self.units
        features = of_each_member(self, in_shape, k)
        fans, rate = (features, units), _rate(self.weight_rate, features)
        params = {
            "W": Param((k, features, units), "weight", self.weight_init, fans, rate=rate),
            "b": Param((k, units), "bias", self.bias_init, fans, rate=self.bias_rate),
        }
        work = {"z": Work((k * units,)), "drows": Work((k * features,))}
        return Spec((k * units,), params, work=work, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, k = v.work, self.n_members
        models, batch, _ = v.x.shape
        for key in ("z", "drows"):  # (M, k, B, U)
            setattr(w, key, getattr(w, key).reshape(models, k, batch, -1))
        for key, array in (("x", v.x), ("y", v.y), ("dx", v.dx), ("dy", v.dy)):
            split = by_member(array, k)
            setattr(w, key, None if split is None else split.swapaxes(1, 2))
        w.b = v.params.b[:, :, None]
        w.gb = v.grads.b[:, :, None] if binder.training else None

    def forward(self, v: Views, training: bool) -> None:
        ops, w = v.ops, v.work
        for m in range(len(w.z)):
            ops.gemm(w.x[m], v.params.W[m], w.z[m])
        ops.launch(add, w.y, w.z, w.b)

    def backward(self, v: Views) -> None:
        ops, w = v.ops, v.work
        ops.copy(w.dy, w.z)
        ops.reduce(w.z, w.gb, axis=2)
        for m in range(len(w.z)):
            ops.gemm(w.x[m], w.z[m], v.grads.W[m], trans_a=True)
            if w.dx is not None:
                ops.gemm(w.z[m], v.params.W[m], w.drows[m], trans_b=True)
        if w.dx is not None:
            ops.copy(w.drows, w.dx)


def _check(layer: Layer, units: Any, n_members: Any, weight_rate: Any) -> None:
    check_counts(layer, units=units, n_members=n_members)
    if isinstance(weight_rate, str) and weight_rate != "ntk":
        raise ValueError(f"weight_rate must be a number or 'ntk', got {weight_rate!r}")


def _rate(weight_rate: float | str, features: int) -> float:
    return features**-0.5 if isinstance(weight_rate, str) else float(weight_rate)
