"""Every loss: its value against a plain reference, its delta against differences of that."""

import inspect
import tracemalloc
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, gammaln, log_expit, log_softmax, softmax, xlogy

import skdeep.nn.losses as module
from skdeep.backend import get_backend
from skdeep.nn.activated_loss import ActivatedLoss
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.dense.activation import Activation
from skdeep.nn.likelihood_losses import (
    GaussianLikelihood,
    NegativeBinomialLikelihood,
    StudentTLikelihood,
)
from skdeep.nn.losses import (
    AbsoluteError,
    Huber,
    LogisticFocalLoss,
    LogisticLogLoss,
    Loss,
    MultiSoftmax,
    Pinball,
    Poisson,
    SoftmaxFocalLoss,
    SoftmaxLogLoss,
    SquaredError,
)
from skdeep.nn.members.member_loss import MemberLoss
from skdeep.nn.observed_loss import ObservedLoss
from skdeep.nn.sized_loss import SizedLoss


def cross_entropy(z, codes, smoothing=0.0):
    """Loss of each row; z is (K, B), codes (1, B)."""
    t = np.eye(len(z))[codes[0]].T * (1 - smoothing) + smoothing / len(z)
    return -(t * log_softmax(z, axis=0)).sum(axis=0)


def focal(z, codes, gamma):
    log_q = np.take_along_axis(log_softmax(z, axis=0), codes, axis=0)[0]
    return -((1 - np.exp(log_q)) ** gamma) * log_q


def binary(z, t, smoothing=0.0):
    t = t * (1 - smoothing) + 0.5 * smoothing
    return -(t * log_expit(z) + (1 - t) * log_expit(-z)).sum(axis=0)


def binary_focal(z, t, gamma):
    log_q = log_expit((2 * t - 1) * z)
    return -((1 - np.exp(log_q)) ** gamma * log_q).sum(axis=0)


def huber(z, t, delta):
    d = np.abs(z - t)
    return np.where(d <= delta, d * d / 2, delta * (d - delta / 2)).mean(axis=0)


def pinball(z, t, levels, n_outputs):
    level = np.tile(levels, n_outputs)[:, None]
    return np.where(t >= z, level * (t - z), (level - 1) * (t - z)).mean(axis=0)


def squared(z, t):
    return ((z - t) ** 2).mean(axis=0) / 2


SHIFT, FACTOR = (-1.5, 0.0, 0.5), (3.0, 0.5, 2.0)
FUNCTIONS = {"logistic": expit, "softplus": lambda z: np.logaddexp(z, 0), "tanh": np.tanh}


def bounded(name, loss):
    """Return a slow loss of ``shift + factor f(z)``."""
    shift, factor = np.array(SHIFT)[:, None], np.array(FACTOR)[:, None]
    return lambda z, t: loss(shift + factor * FUNCTIONS[name](z), t)


def above(z, least):
    return least + np.logaddexp(z, 0)


def gaussian(z, t):
    return -stats.norm.logpdf(t, z[:2], above(z[2:], 1e-3)).sum(axis=0)


def student_t(z, t):
    place, scale, freedom = np.split(z, 3)
    return -stats.t.logpdf(t, above(freedom, 2), place, above(scale, 1e-3)).sum(axis=0)


def negative_binomial(z, t):
    r, log_mean = 1 / above(z[2:], 1e-2), z[:2]
    ways = gammaln(t + r) - gammaln(r) - gammaln(t + 1)
    log_both = np.logaddexp(np.log(r), log_mean)
    return -(ways + r * (np.log(r) - log_both) + t * (log_mean - log_both)).sum(axis=0)


def observed(z, t):
    return np.where(t[3:] > 0, (z - t[:3]) ** 2, 0).sum(axis=0) / 6


def sized(z, t):
    return binary(z[:2], t[:2]) + squared(z[2:], t[2:])


def two_tasks(z, codes):
    return cross_entropy(z[:3], codes[:1], 0.1) + focal(z[3:], codes[1:], 2.0)


@dataclass
class Case:
    """A loss of K logits, its slow form, and what its targets are like.

    ``spread``: the gradient is that of the sum over outputs while the value is their mean.
    """

    name: str
    loss: Loss
    reference: Any
    n_logits: int
    target: str
    spread: int = 1

    def __str__(self):
        return self.name


def of_members(z, t, loss, k=2):
    return np.mean([loss(part, t) for part in np.split(z, k)], axis=0)


def members_squared(z, t):
    return of_members(z, t, squared, k=3)


MEMBERS = MemberLoss(SoftmaxLogLoss(3), 2)
TASKS = MultiSoftmax((SoftmaxLogLoss(3, 0.1), SoftmaxFocalLoss(2)))
LEVELS = (0.1, 0.5, 0.9)

CASES = [
    Case("log_loss", SoftmaxLogLoss(4), cross_entropy, 4, "codes"),
    Case("smooth", SoftmaxLogLoss(4, 0.2), lambda z, t: cross_entropy(z, t, 0.2), 4, "codes"),
    Case("focal", SoftmaxFocalLoss(4), lambda z, t: focal(z, t, 2.0), 4, "codes"),
    Case("focal_half", SoftmaxFocalLoss(4, 0.5), lambda z, t: focal(z, t, 0.5), 4, "codes"),
    Case("focal_zero", SoftmaxFocalLoss(4, 0.0), cross_entropy, 4, "codes"),
    Case("two_tasks", TASKS, two_tasks, 5, "codes"),
    Case("binary", LogisticLogLoss(), binary, 1, "labels"),
    Case("multilabel", LogisticLogLoss(), binary, 3, "labels"),
    Case("binary_smooth", LogisticLogLoss(0.2), lambda z, t: binary(z, t, 0.2), 3, "labels"),
    Case("binary_focal", LogisticFocalLoss(), lambda z, t: binary_focal(z, t, 2.0), 3, "labels"),
    Case("binary_focal_zero", LogisticFocalLoss(0.0), binary, 3, "labels"),
    Case("squared", SquaredError(3), squared, 3, "real", 3),
    Case("absolute", AbsoluteError(3), lambda z, t: np.abs(z - t).mean(axis=0), 3, "real", 3),
    Case("huber", Huber(3, 0.7), lambda z, t: huber(z, t, 0.7), 3, "real", 3),
    Case(
        "poisson", Poisson(), lambda z, t: (xlogy(t, t) - t * z - t + np.exp(z)).sum(0), 2, "counts"
    ),
    *[
        Case(
            f"{of}_{name}", ActivatedLoss(loss, name, SHIFT, FACTOR), bounded(name, slow), 3, *more
        )
        for of, loss, slow, *more in [
            ("squared", SquaredError(3), squared, "real", 3),
            ("huber", Huber(3, 0.7), lambda z, t: huber(z, t, 0.7), "real", 3),
            ("pinball", Pinball(LEVELS, 3), lambda z, t: pinball(z, t, LEVELS, 1), "levels", 3),
        ]
        for name in ("logistic", "softplus", "tanh")
    ],
    Case("members", MEMBERS, lambda z, t: of_members(z, t, cross_entropy), 6, "codes"),
    Case("members_squared", MemberLoss(SquaredError(2), 3), members_squared, 6, "shared", 2),
    Case("pinball", Pinball(LEVELS, 6), lambda z, t: pinball(z, t, LEVELS, 2), 6, "levels", 6),
    Case("gaussian", GaussianLikelihood(), gaussian, 4, "real"),
    Case("student_t", StudentTLikelihood(), student_t, 6, "real"),
    Case("negative_binomial", NegativeBinomialLikelihood(), negative_binomial, 4, "counts"),
    Case("observed", ObservedLoss(SquaredError(3)), observed, 3, "observed", 3),
    Case("sized", SizedLoss(LogisticLogLoss()), sized, 3, "labels"),
]
every_loss = pytest.mark.parametrize("case", CASES, ids=str)


class Computed:
    """A loss of M models on B rows, with its arrays."""

    def __init__(self, ops, case, models=1, batch=9, dtype=np.float64):
        self.ops, self.case, self.dtype = ops, case, dtype
        spec = Activation("tanh").build((1,))
        store = ParamStore(ops, Layout(spec), np.zeros((models, 0), dtype))
        binder = Binder(store, Arena(ops), batch, training=True)
        rng = np.random.default_rng(5)
        self.shape = (models, case.n_logits, batch)
        self.z = 2 * rng.normal(size=self.shape)
        self.target = self._targets(rng)
        self.w = rng.uniform(size=(models, 1, batch))
        self.w /= self.w.sum(axis=2, keepdims=True)
        self.work = case.loss.bind(binder, case.n_logits)

    def _targets(self, rng):
        models, n_logits, batch = self.shape
        kind, rows = self.case.target, (models, self.case.loss.n_targets(n_logits), batch)
        if kind == "codes":
            few = {TASKS: 2, MEMBERS: 3}.get(self.case.loss, n_logits)
            return rng.integers(0, few, rows)
        if kind == "levels":  # the same target under each level
            one = rng.normal(size=(models, n_logits // len(LEVELS), batch))
            return np.repeat(one, len(LEVELS), axis=1)
        if kind == "observed":
            there = (rng.random((models, n_logits, batch)) < 0.7).astype(float)
            return np.concatenate([rng.normal(size=there.shape), there], axis=1)
        if kind == "labels":
            return rng.integers(0, 2, rows).astype(float)
        return rng.poisson(1, rows).astype(float) if kind == "counts" else rng.normal(size=rows)

    def arrays(self, z=None):
        place = self.ops.to_device
        kind = np.int32 if self.case.loss.targets == "codes" else self.dtype
        inputs = [(self.z if z is None else z, self.dtype), (self.target, kind)]
        made = [place(np.asarray(a).astype(d)) for a, d in [*inputs, (self.w, self.dtype)]]
        empty = np.full(self.shape, np.nan, self.dtype)
        return [*made, place(empty), place(empty)]

    def __call__(self, z=None):
        """Return value and delta on the host."""
        arrays = self.arrays(z)
        with self.ops.running():
            self.case.loss.value_and_delta(self.ops, *arrays, self.work)
        return [self.ops.to_host(array) for array in arrays[3:]]

    def expected(self, z):
        """Return each model's mean loss."""
        rows = [self.case.reference(z[m], self.target[m]) for m in range(len(z))]
        return np.sum(np.array(rows) * self.w[:, 0], axis=1)


@every_loss
@pytest.mark.parametrize("models", [1, 3])
def test_value(backend, case, models):
    computed = Computed(backend, case, models)
    value, _ = computed()
    np.testing.assert_allclose(value.sum(axis=(1, 2)), computed.expected(computed.z), rtol=1e-10)


@every_loss
def test_delta(backend, case):
    computed, h = Computed(backend, case, models=2), 1e-6
    value, delta = computed()
    rounding = 1e-9 * max(1.0, value.sum(axis=(1, 2)).max())
    for k in range(case.n_logits):
        for b in range(computed.shape[2]):
            step = np.zeros(computed.shape)
            step[:, k, b] = h
            rise = computed.expected(computed.z + step) - computed.expected(computed.z - step)
            slope = case.spread * rise / (2 * h)
            np.testing.assert_allclose(delta[:, k, b], slope, rtol=1e-6, atol=rounding)


@every_loss
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [1e3, -1e3])
def test_extreme_logits(backend, case, dtype, size):
    computed = Computed(backend, case, dtype=dtype)
    z = np.zeros(computed.shape)
    z[:, 0] = size
    z[:, -1, ::2] = -size
    if case.name in ("poisson", "negative_binomial"):
        z = np.minimum(z, 0)  # above, the rate itself is infinite
    value, delta = computed(z)
    assert np.isfinite(value).all()
    assert np.isfinite(delta).all()
    # What a loss weighs down to nothing may be lost, so it is compared absolutely.
    np.testing.assert_allclose(value.sum(axis=(1, 2)), computed.expected(z), rtol=1e-5, atol=1e-9)


@every_loss
def test_float32_stays_float32(backend, case):
    found = Computed(backend, case, dtype=np.float32)()
    for array, exact in zip(found, Computed(backend, case)(), strict=True):
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, exact, rtol=2e-4, atol=2e-6)


@every_loss
def test_a_recording_equals_eager_calls(backend, case):
    computed = Computed(backend, case, models=2)
    expected = computed()
    arrays = computed.arrays()
    loss = case.loss
    step = backend.record(lambda: loss.value_and_delta(backend, *arrays, computed.work))
    with backend.running():
        step()
        step()
    for array, wanted in zip(arrays[3:], expected, strict=True):
        np.testing.assert_array_equal(backend.to_host(array), wanted)


OUTPUTS = {
    "log_loss": lambda z: softmax(z, axis=1),
    "focal": lambda z: softmax(z, axis=1),
    "two_tasks": lambda z: np.concatenate([softmax(z[:, :3], 1), softmax(z[:, 3:], 1)], 1),
    "binary": expit,
    "multilabel": expit,
    "binary_focal": expit,
    "poisson": np.exp,
    "squared": lambda z: z,
    "pinball": lambda z: z,
    "gaussian": lambda z: np.concatenate([z[:, :2], above(z[:, 2:], 1e-3)], axis=1),
    "negative_binomial": lambda z: np.concatenate([np.exp(z[:, :2]), above(z[:, 2:], 0.01)], 1),
    "observed": lambda z: z,
    "squared_tanh": lambda z: np.c_[list(SHIFT)] + np.c_[list(FACTOR)] * np.tanh(z),
}


@pytest.mark.parametrize("case", [case for case in CASES if case.name in OUTPUTS], ids=str)
@pytest.mark.parametrize("in_place", [True, False])
def test_predictions(backend, case, in_place):
    computed = Computed(backend, case, models=2)
    z, *_, out = computed.arrays()
    out = z if in_place else out
    case.loss.output(backend, z, out, computed.work)
    expected = OUTPUTS[case.name](computed.z)
    np.testing.assert_allclose(backend.to_host(out), expected, rtol=1e-12)


@pytest.mark.parametrize("name", ["log_loss", "binary"])
def test_probabilities_of_extreme_logits(backend, name):
    case = next(case for case in CASES if case.name == name)
    computed = Computed(backend, case, dtype=np.float32)
    logits = np.zeros(computed.shape)
    logits[:, 0] = np.array([-1e3, -80, -20, -1, 0, 1, 20, 80, 1e3])
    z = computed.arrays(logits)[0]
    with backend.running():
        case.loss.output(backend, z, z, computed.work)
    exact = OUTPUTS[name](logits)
    np.testing.assert_allclose(backend.to_host(z), exact, rtol=1e-5, atol=1e-38)


def test_every_loss_is_here():
    listed = {type(case.loss) for case in CASES}
    for name, found in inspect.getmembers(module, inspect.isclass):
        if issubclass(found, Loss) and not inspect.isabstract(found):
            assert found in listed, f"add {name} to CASES"


def test_losses_are_values():
    assert SoftmaxLogLoss(3) == SoftmaxLogLoss(3)
    assert SoftmaxLogLoss(3) != SoftmaxLogLoss(3, 0.1)
    assert repr(Huber(2, 0.5)) == "Huber(n_outputs=2, delta=0.5)"
    assert Pinball((0.1, 0.9), 4).n_logits(2) == 4
    assert NegativeBinomialLikelihood().n_logits(3) == 6
    assert SoftmaxLogLoss(3).n_targets(3) == 1
    assert MultiSoftmax((SoftmaxLogLoss(3), SoftmaxLogLoss(2))).n_targets(5) == 2


@every_loss
def test_a_warm_call_allocates_no_array(case):
    ops = get_backend("cpu")
    computed = Computed(ops, case, batch=8192)  # a row of one array is 64 KiB
    arrays = computed.arrays()
    step = ops.record(lambda: case.loss.value_and_delta(ops, *arrays, computed.work))
    with ops.running():
        np.setbufsize(256)  # NumPy's casting buffers, of a fixed size, are no arrays
        step()
        tracemalloc.start()
        step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 16 * 1024
