"""Binary entries that depend on each other: a distribution over all of a row at once."""

from __future__ import annotations

from skdeep.backend.base import Array
from skdeep.kernels.arithmetic import add
from skdeep.kernels.nade import add_slope, forget_entry, hidden, passes, read_entry
from skdeep.nn.core.binder import Binder
from skdeep.nn.core.layer import Layer, check_counts, rows_only
from skdeep.nn.core.spec import Param, Shape, ShapeError, Spec, Views
from skdeep.nn.initializers import Constant, Initializer, SklearnGlorot


class NADE(Layer):
    """Logits of binary entries, each given x and the entries before it.

    With v the entries of a row, its logit i is ``x A_i + a_i + h_i V_i``, where the hidden units
    are ``h_i = logistic(x C + c + sum(v_j W_j for j < i))``. So biases of both kinds depend on x,
    which may be the state of a recurrent layer, and the probabilities of all rows v add to one:
    :class:`~skdeep.nn.LogisticLogLoss` of these logits is minus the log-likelihood of v.

    The entries are the row's target, which a network's program hands over (``binder.target``).
    Where the program has thresholds instead (``binder.thresholds``), the layer chooses the entries
    itself, one after the other: 1 where the logit is above its threshold. Where it has neither,
    each entry is what is likelier.

    Backward goes from the last entry to the first and takes what each has added to the hidden
    units' input away again, so that memory does not grow with the number of entries.

    Parameters
    ----------
    units : int
        Number F of entries.
    hidden_units : int
        Number D of hidden units.
    weight_init : Initializer
        How weights start.
    name : str or None
        Name within the parent.

    References
    ----------
    Larochelle and Murray (2011). The neural autoregressive distribution estimator. AISTATS.

    Boulanger-Lewandowski, Bengio and Vincent (2012). Modeling temporal dependencies in
    high-dimensional sequences: application to polyphonic music generation and transcription. ICML.
    """

    def __init__(
        self,
        units: int,
        hidden_units: int,
        *,
        weight_init: Initializer = SklearnGlorot(),
        name: str | None = None,
    ) -> None:
        check_counts(self, units=units, hidden_units=hidden_units)
        self.units, self.hidden_units = units, hidden_units
        self.weight_init, self.name = weight_init, name

    def build(self, in_shape: Shape) -> Spec:
        features = rows_only(self, in_shape)
        n, d = self.units, self.hidden_units
        params = {
            "A": Param((features, n + d), "weight", self.weight_init, (features, n + d)),
            "W": Param((n, d), "weight", self.weight_init, (n, d)),
            "V": Param((n, d), "weight", self.weight_init, (d, n)),
            "b": Param((1, n + d), "bias", Constant(0.0)),
        }
        return Spec((n,), params, keeps=frozenset("x"))

    def bind(self, spec: Spec, v: Views, binder: Binder) -> None:
        w, (models, rows) = v.work, v.x.shape[:2]
        n, d = self.units, self.hidden_units
        target, w.thresholds = binder.target, binder.thresholds
        if target is None:
            w.thresholds = binder.zeros((1, n, 1))
        elif tuple(target.shape) != (models, rows, n):
            raise ShapeError(f"{self!r} expects targets (M, B, {n}), got {target.shape}")

        def make(key: str, *shape: int) -> Array:
            return binder.arena.take(f"{binder.scope}:{key}", (models, *shape), binder.dtype)

        w.target = None if target is None else target.swapaxes(1, 2)
        w.entries, w.logits = make("entries", n, rows), make("logits", n, rows)
        w.biases = make("biases", n + d, rows)
        w.input, w.hidden = make("input", d, rows), make("hidden", d, rows)
        if binder.training:
            w.zero, w.again = binder.zeros((1, 1, 1)), make("again", d, rows)

    # One entry of all rows: (M, 1, B), (M, D, 1), (M, 1, D).

    @staticmethod
    def _row(array: Array, i: int) -> Array:
        return array[:, i : i + 1]

    @staticmethod
    def _column(array: Array, i: int) -> Array:
        return array[:, i : i + 1].swapaxes(1, 2)

    def forward(self, v: Views, training: bool) -> None:
        w, p, ops = v.work, v.params, v.ops
        ops.gemm(p.A, v.x, w.biases, trans_a=True, trans_b=True)  # (M, F + D, B)
        ops.launch(add, w.biases, w.biases, p.b.swapaxes(1, 2))
        ops.copy(w.biases[:, : self.units], w.logits)
        ops.copy(w.biases[:, self.units :], w.input)
        if w.thresholds is None:
            ops.copy(w.target, w.entries)
        ops.launch(hidden, w.hidden, w.input)
        for i in range(self.units):
            if i:
                last = (self._column(p.W, i - 1), self._row(w.entries, i - 1))
                ops.launch(read_entry, (w.input, w.hidden), w.input, *last)
            logit = self._row(w.logits, i)
            ops.gemm(self._row(p.V, i), w.hidden, logit, accumulate=True)
            if w.thresholds is not None:
                ops.launch(passes, self._row(w.entries, i), logit, self._row(w.thresholds, i))
        if w.thresholds is not None and w.target is not None:
            ops.copy(w.entries, w.target)
        ops.copy(w.logits, v.y.swapaxes(1, 2))

    def backward(self, v: Views) -> None:
        w, p, g, ops = v.work, v.params, v.grads, v.ops
        deltas, slopes = w.biases[:, : self.units], w.biases[:, self.units :]
        ops.copy(v.dy.swapaxes(1, 2), deltas)
        ops.copy(w.zero, slopes)  # along the hidden units' input, so far
        ops.copy(w.zero, self._row(g.W, self.units - 1))  # which no entry follows
        ops.copy(w.input, w.again)
        ops.launch(hidden, w.hidden, w.again)
        for i in range(self.units - 1, -1, -1):
            delta = self._row(deltas, i)
            ops.launch(add_slope, slopes, slopes, w.hidden, self._column(p.V, i), delta)
            ops.gemm(delta, w.hidden, self._row(g.V, i), trans_b=True)
            if i:
                entry = self._row(w.entries, i - 1)
                ops.gemm(entry, slopes, self._row(g.W, i - 1), trans_b=True)
                last = (self._column(p.W, i - 1), entry)
                ops.launch(forget_entry, (w.again, w.hidden), w.again, *last)
        ops.gemm(v.x, w.biases, g.A, trans_a=True, trans_b=True)
        ops.reduce(w.biases, g.b.swapaxes(1, 2), axis=2)
        if v.dx is not None:
            ops.gemm(w.biases, p.A, v.dx, trans_a=True, trans_b=True)
