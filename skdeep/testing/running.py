"""Run one layer, or one loss, on arrays: what it computes, without an estimator around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from skdeep.backend import get_backend
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.memory import Following, Memory
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.spec import Noise, Spec
from skdeep.nn.losses import Loss
from skdeep.testing.bound import row_keys


def run_layer(
    layer: Layer,
    X: Any,
    *,
    training: bool = False,
    random_state: Any = 0,
    weights: Mapping[str, Any] | None = None,
    memory: Any = None,
    memory_lengths: Any = None,
) -> np.ndarray:
    """Return the outputs of a layer for some samples.

    Parameters
    ----------
    layer : Layer
        Any layer.
    X : array-like of shape (n_samples, ...)
        Samples; tokens for a layer that reads them, such as :class:`~skdeep.nn.Embedding`.
    training : bool, default=False
        Whether to compute as in training: with noise, and with the statistics of this batch.
    random_state : int or RandomState instance, default=0
        Seed of the initial weights and of the noise.
    weights : mapping of str to array, default=None
        Weights by their names, such as "W"; others are drawn.
    memory : array-like of shape (n_samples, S, D), default=None
        What an encoder has made, for a layer that reads it.
    memory_lengths : array-like of shape (n_samples,), default=None
        How many steps of the memory each sample has; None: all.

    Returns
    -------
    y : ndarray of shape (n_samples, ...)
        Outputs, float64.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Dense
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dense(2), np.ones((4, 3))).shape
    (4, 2)
    >>> run_layer(Dense(1, bias=False), [[1.0, 2.0]], weights={"W": [[10], [1]]})
    array([[12.]])
    """
    ops = get_backend("cpu")
    X = np.asarray(X, np.int32 if layer.reads == "tokens" else float)
    spec = layer.build(X.shape[1:])
    layout = Layout(spec)
    random = np.random.RandomState(random_state) if _is_seed(random_state) else random_state
    store = ParamStore(ops, layout, layout.initial(random)[None])
    for name, given in (weights or {}).items():
        layout.view(store.values, name)[...] = np.asarray(given)
    weight = np.full((1, 1, len(X)), 1 / len(X))
    keys = row_keys(len(X))[None, :, None]
    seed = random.randint(2**31, size=(1, 1, 1)).astype(np.uint32)
    options: dict[str, Any] = {"noise": Noise(keys, seed)} if training else {}
    binder = Binder(store, Arena(ops), len(X), training=training, weight=weight, **options)
    if training:
        store.allocate_grads()
    following = Following()
    if memory is not None:
        binder.memory = _memory(memory, memory_lengths, training, following)
    x = binder.rows("x", X.shape[1:], X.dtype)
    views = binder.bind(layer, spec, "", x, None)
    x[...] = X
    with ops.running():
        following.forward()
        layer.forward(views, training)
    return np.array(views.y[0])


def _memory(given: Any, lengths: Any, training: bool, following: Following) -> Memory:
    """Return a memory of one model that holds what is given."""
    y = np.asarray(given, float)[None]
    valid = None
    if lengths is not None:
        valid = (np.arange(y.shape[2]) < np.asarray(lengths)[:, None]).astype(float)[None]
    return Memory(y, np.zeros_like(y) if training else None, valid, following)


def run_loss(loss: Loss, logits: Any, y: Any) -> tuple[float, np.ndarray]:
    """Return the mean loss of some samples, and what their logits mean.

    Parameters
    ----------
    loss : Loss
        Any loss.
    logits : array-like of shape (n_samples, n_logits)
        Outputs of the last layer of a network.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        Targets; numbers of classes, from 0, for losses of several classes.

    Returns
    -------
    value : float
        Mean loss.
    output : ndarray of shape (n_samples, n_logits)
        Predictions: numbers, or probabilities.

    Examples
    --------
    >>> from skdeep.nn import SoftmaxLogLoss
    >>> from skdeep.testing import run_loss
    >>> value, proba = run_loss(SoftmaxLogLoss(n_classes=2), [[0.0, 0.0]], [1])
    >>> round(value, 3), proba
    (0.693, array([[0.5, 0.5]]))
    """
    ops = get_backend("cpu")
    z = np.ascontiguousarray(np.asarray(logits, float).T[None])  # (1, K, B)
    _, n_logits, batch = z.shape
    dtype = np.int32 if loss.targets == "codes" else float
    target = np.asarray(y, dtype).reshape(batch, -1).T[None]
    store = ParamStore(ops, Layout(Spec(())), np.empty((1, 0)))
    binder = Binder(store, Arena(ops), batch, training=True)
    work = loss.bind(binder, n_logits)
    weight = np.full((1, 1, batch), 1 / batch)
    value, delta, output = np.empty_like(z), np.empty_like(z), np.empty_like(z)
    with ops.running():
        loss.value_and_delta(ops, z, np.ascontiguousarray(target), weight, value, delta, work)
        loss.output(ops, z, output, work)
    return float(value.sum()), output[0].T


def _is_seed(random_state: Any) -> bool:
    return random_state is None or isinstance(random_state, int | np.integer)
