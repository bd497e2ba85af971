"""A bare in-place NumPy training loop: what an estimator is measured against.

A straightforward but careful loop with nothing around it. Every buffer exists before the first
step, every operation writes in place, the weights are one flat array, and Adam walks it in blocks
that stay in cache. With ``models=M`` the same loop trains M networks as one stack.
"""

from itertools import pairwise

import numpy as np

BLOCK = 16384  # elements of a block of Adam: its six operands fit a core's second-level cache


def glorot(rng, fan_in, fan_out):
    """Scikit-learn's initial weights of a relu layer."""
    bound = np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-bound, bound, (fan_in, fan_out))


class Parameters:
    """One flat array cut into weights and biases: all weights first, then all biases.

    Parameters
    ----------
    sizes : sequence of int
        Widths of the layers.
    lead : tuple of int
        Leading axes of every parameter: ``()`` or ``(models,)``.
    dtype : dtype
        Floating-point type.
    """

    def __init__(self, sizes, lead, dtype):
        shapes = list(pairwise(sizes))
        count = int(np.prod(lead))
        weights = sum(a * b for a, b in shapes)
        self.n_weights = weights * count
        self.flat = np.zeros(self.n_weights + sum(sizes[1:]) * count, dtype)
        blocks = self.flat[: self.n_weights].reshape(*lead, weights)
        biases = self.flat[self.n_weights :].reshape(*lead, sum(sizes[1:]))
        self.weights = _cut(blocks, shapes, lead)
        self.biases = _cut(biases, [(1, b) for _, b in shapes], lead)


def _cut(flat, shapes, lead):
    views, start = [], 0
    for a, b in shapes:
        views.append(flat[..., start : start + a * b].reshape(*lead, a, b))
        start += a * b
    return views


class Adam:
    """Adam with an L2 penalty on the weights, in place and block by block.

    It keeps ``m / (1 - beta1)`` and ``v / (1 - beta2)`` and folds both constants and the bias
    correction into the rate and epsilon: ten ufunc calls a block, twelve with the penalty.

    Parameters
    ----------
    params, grads : ndarray of shape (n_params,)
        Updated, and overwritten.
    n_weights : int
        How many of the first parameters are penalised.
    alpha : float
        The penalty.
    """

    def __init__(
        self, params, grads, n_weights, alpha, rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8
    ):
        self.number, self.alpha = params.dtype.type, alpha
        self.rate, self.beta1, self.beta2, self.epsilon = rate, beta1, beta2, epsilon
        self.steps = 0
        arrays = (params, grads, np.zeros_like(params), np.zeros_like(params))
        scratch = np.empty(min(BLOCK, params.size), params.dtype)
        self.blocks = []
        for start in range(0, params.size, BLOCK):
            cut = [array[start : start + BLOCK] for array in arrays]
            decayed = min(max(n_weights - start, 0), BLOCK)
            self.blocks.append((*cut, scratch[: cut[0].size], decayed))

    def step(self, rows):
        """Update the parameters after a mini-batch of `rows` rows."""
        self.steps += 1
        number = self.number
        size = 1 / np.sqrt(1 - self.beta2)
        unbias = np.sqrt(1 - self.beta2**self.steps) / (1 - self.beta1**self.steps)
        rate = number(self.rate * unbias * (1 - self.beta1) * size)
        epsilon = number(self.epsilon * size)
        beta1, beta2 = number(self.beta1), number(self.beta2)
        penalty = number(self.alpha / rows)
        for w, g, m, v, t, decayed in self.blocks:
            if decayed:
                np.multiply(w[:decayed], penalty, out=t[:decayed])
                np.add(g[:decayed], t[:decayed], out=g[:decayed])
            np.multiply(m, beta1, out=m)
            np.add(m, g, out=m)
            np.multiply(g, g, out=g)
            np.multiply(v, beta2, out=v)
            np.add(v, g, out=v)
            np.sqrt(v, out=t)
            np.add(t, epsilon, out=t)
            np.divide(m, t, out=t)
            np.multiply(t, rate, out=t)
            np.subtract(w, t, out=w)


class Network:
    """Forward and backward pass of a relu network with a softmax head, on buffers of `batch` rows.

    Parameters
    ----------
    params, grads : Parameters
        Read by `forward`, written by `backward`.
    sizes : sequence of int
        Widths of the layers.
    lead : tuple of int
        ``()`` or ``(models,)``.
    batch : int
        Rows.
    """

    def __init__(self, params, grads, sizes, lead, batch):
        dtype = params.flat.dtype
        self.params, self.grads = params, grads
        self.x = [np.empty((*lead, batch, size), dtype) for size in sizes]
        self.dx = [np.empty_like(x) for x in self.x]
        self.mask = [np.empty(x.shape, bool) for x in self.x]
        self.target = np.empty_like(self.x[-1])
        self.column = np.empty((*lead, batch, 1), dtype)
        self.zeros = [np.zeros(size, dtype) for size in sizes]
        self.sum_rows = np.ones((1, batch), dtype)
        self.sum_classes = np.ones((sizes[-1], 1), dtype)
        self.scale = dtype.type(1 / batch)
        self.tiny = np.finfo(dtype).tiny
        self.cuts = [w.swapaxes(-1, -2) for w in params.weights]

    def gather(self, X, identity, y, index):
        """Copy the rows `index` of the data, and of the one-hot labels, into the buffers."""
        np.take(X, index, axis=0, out=self.x[0], mode="clip")
        np.take(identity, y[index], axis=0, out=self.target, mode="clip")

    def forward(self):
        """Fill ``x[-1]`` with class probabilities."""
        last = len(self.x) - 2
        for layer, (w, b) in enumerate(zip(self.params.weights, self.params.biases, strict=True)):
            out = self.x[layer + 1]
            np.matmul(self.x[layer], w, out=out)
            np.add(out, b, out=out)
            if layer < last:
                np.maximum(out, self.zeros[layer + 1], out=out)
        self._softmax(self.x[-1])

    def _softmax(self, z):
        np.max(z, axis=-1, keepdims=True, out=self.column)
        np.subtract(z, self.column, out=z)
        np.exp(z, out=z)
        np.matmul(z, self.sum_classes, out=self.column)
        np.divide(z, self.column, out=z)

    def backward(self):
        """Fill the gradients of the mean log loss; return that loss, summed over models."""
        delta = self.dx[-1]
        np.multiply(self.x[-1], self.target, out=delta)
        np.matmul(delta, self.sum_classes, out=self.column)
        np.maximum(self.column, self.tiny, out=self.column)
        np.log(self.column, out=self.column)
        loss = -float(self.column.sum()) * float(self.scale)
        np.subtract(self.x[-1], self.target, out=delta)
        np.multiply(delta, self.scale, out=delta)
        for layer in range(len(self.params.weights) - 1, -1, -1):
            x, delta = self.x[layer], self.dx[layer + 1]
            np.matmul(x.swapaxes(-1, -2), delta, out=self.grads.weights[layer])
            np.matmul(self.sum_rows, delta, out=self.grads.biases[layer])
            if layer > 0:
                np.matmul(delta, self.cuts[layer], out=self.dx[layer])
                np.greater(x, 0, out=self.mask[layer])
                np.multiply(self.dx[layer], self.mask[layer], out=self.dx[layer])
        return loss


class BareLoop:
    """Train a softmax classifier by Adam with nothing around the loop.

    Parameters
    ----------
    sizes : sequence of int
        Widths of the layers, input and output included.
    batch : int
        Rows of a mini-batch.
    dtype : dtype
        Floating-point type of everything.
    models : int, optional
        Train this many networks as one stack; by default one network with no model axis.
    alpha : float, default=1e-4
        L2 penalty on the weights.
    seed : int, default=0
        Of the initial weights and of the shuffling.
    """

    def __init__(self, sizes, batch, dtype, *, models=None, alpha=1e-4, seed=0):
        self.lead = () if models is None else (models,)
        self.sizes, self.batch = sizes, batch
        self.rng = np.random.default_rng(seed)
        self.params = Parameters(sizes, self.lead, np.dtype(dtype))
        self.grads = Parameters(sizes, self.lead, np.dtype(dtype))
        for w in self.params.weights:
            w[...] = glorot(self.rng, *w.shape[-2:])
        self.optimizer = Adam(self.params.flat, self.grads.flat, self.params.n_weights, alpha)
        self.networks = {}
        self.identity = np.eye(sizes[-1], dtype=dtype)

    def network(self, rows):
        """Return the buffers for `rows` rows, made at the first call."""
        if rows not in self.networks:
            self.networks[rows] = Network(self.params, self.grads, self.sizes, self.lead, rows)
        return self.networks[rows]

    def step(self, X, y, index):
        """Train on the rows `index`, of shape ``(batch,)`` or ``(models, batch)``."""
        network = self.network(index.shape[-1])
        network.gather(X, self.identity, y, index)
        network.forward()
        loss = network.backward()
        self.optimizer.step(index.shape[-1])
        return loss

    def fit(self, X, y, epochs):
        """Train for some epochs; return the loss of each."""
        curve = []
        for _ in range(epochs):
            order = self.rng.permuted(np.tile(np.arange(len(X)), (*self.lead, 1)), axis=-1)
            order = order.reshape(*self.lead, len(X))
            total = 0.0
            for start in range(0, len(X), self.batch):
                index = order[..., start : start + self.batch]
                total += self.step(X, y, index) * index.shape[-1]
            curve.append(total / len(X))
        return curve

    def predict(self, X):
        """Return the most probable class of each row, in blocks of one mini-batch or fewer."""
        labels = np.empty((*self.lead, len(X)), np.intp)
        for start in range(0, len(X), self.batch):
            rows = X[start : start + self.batch]
            network = self.network(len(rows))
            network.x[0][...] = rows
            network.forward()
            np.argmax(network.x[-1], axis=-1, out=labels[..., start : start + len(rows)])
        return labels
