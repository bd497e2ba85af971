"""A layer bound to arrays by itself, so that tests can drive it and look at everything."""

from __future__ import annotations

import numpy as np

from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.spec import Noise, Spec


def row_keys(n):
    """Return n different keys, uint32."""
    return np.arange(n, dtype=np.uint32) * np.uint32(2654435761)


class BoundLayer:
    """One layer of M models on B rows, with x and dy drawn per model.

    Model m of a stack draws what a single model with ``first=m`` draws: values, x, dy, masks.

    Rows count unequally unless `weights` (B,) says otherwise, and each has a key of its own unless
    `keys` (B,) says otherwise. ``shared_noise`` gives all rows one mask. A binding for prediction
    has masks only where they are shared. ``lengths`` (B,) says how many of a row's steps are there.
    """

    def __init__(
        self,
        ops,
        layer,
        in_shape,
        *,
        models=1,
        batch=6,
        first=0,
        dtype=np.float64,
        training=True,
        shared_noise=False,
        wants_dx=True,
        weights=None,
        keys=None,
        lengths=None,
    ):
        self.ops, self.layer, self.training, self.dtype = ops, layer, training, dtype
        spec = layer.build(in_shape)
        if not isinstance(spec, Spec):
            raise TypeError(f"build of {layer!r} must return a Spec, got {spec!r}")
        self.layout = Layout(spec)
        self.seeds = range(first, first + models)
        states = [np.random.RandomState(seed) for seed in self.seeds]
        values = np.stack([self.draw_values(state) for state in states])
        self.store = ParamStore(ops, self.layout, values.astype(dtype))
        if training:
            self.store.allocate_grads()
        self.arena = Arena(ops)
        if weights is None:
            weights = 1.0 + np.arange(batch) % 3
        if keys is None:
            keys = row_keys(1 if shared_noise else batch)
        self.noise = self._noise(keys) if training or shared_noise else None
        valid = None
        if lengths is not None:
            there = np.arange(in_shape[0]) < np.asarray(lengths)[:, None]
            valid = ops.to_device(np.tile(there.astype(dtype)[None], (models, 1, 1)))
        binder = Binder(
            self.store,
            self.arena,
            batch,
            training=training,
            weight=self._weight(np.asarray(weights, float)),
            noise=self.noise,
            valid=valid,
        )
        x = binder.rows("x", in_shape)
        dx = binder.rows("dx", in_shape) if training and wants_dx else None
        self.views = binder.bind(layer, spec, "", x, dx)
        self.terms = binder.terms
        self.x = np.stack([state.normal(size=(batch, *in_shape)) for state in states])
        self.dy = np.stack([state.normal(size=(batch, *spec.out_shape)) for state in states])
        self.values = self.host(self.store.values)

    def draw_values(self, state):
        """Draw what the layer starts from, moved so that no scale is one and no shift zero."""
        values = self.layout.initial(state)
        trained = slice(0, self.layout.n_trainable)
        values[trained] += 0.1 * state.normal(size=self.layout.n_trainable)
        return values

    def _weight(self, weights):
        """Row weights that add to one, the same for every model."""
        self.weights = weights / weights.sum()
        full = np.broadcast_to(self.weights, (len(self.seeds), 1, len(weights)))
        return self.ops.to_device(np.array(full, self.dtype))

    def _noise(self, keys):
        """Keys of the rows, the same for every model, and a seed for each."""
        keys = np.tile(keys[None, :, None], (len(self.seeds), 1, 1))
        noise = Noise(self.ops.to_device(keys), self.ops.zeros((len(keys), 1, 1), np.uint32))
        self._seed(noise, 0)
        return noise

    def _seed(self, noise, step):
        words = [7 + 13 * seed + 1001 * step for seed in self.seeds]
        self.ops.to_device(np.array(words, np.uint32).reshape(-1, 1, 1), noise.seed)

    def next_step(self, step):
        """Change the seeds to those of another step; the first is number 0."""
        self._seed(self.noise, step)

    def host(self, array):
        """Return an array of the layer's backend on the host."""
        return self.ops.to_host(array)

    def write(self, host, array):
        """Write numbers of the host into an array of the layer's backend."""
        self.ops.to_device(np.ascontiguousarray(host, self.dtype), array)

    def load(self, x=None, values=None, dy=None):
        """Write inputs, and the parameters as they were at first."""
        self.write(self.x if x is None else x, self.views.x)
        self.write(self.values if values is None else values, self.store.values)
        if self.training:
            self.write(self.dy if dy is None else dy, self.views.dy)

    def poison(self):
        """Fill every buffer and gradient with NaN, and with words of all ones."""
        buffers = [*self.arena._buffers.values()]
        if self.store.grads is not None:
            buffers.append(self.store.grads)
        for array in buffers:
            value = np.nan if np.dtype(array.dtype).kind == "f" else np.iinfo(array.dtype).max
            self.ops.to_device(np.full(array.shape, value, array.dtype), array)

    def forward(self, training=True, **inputs):
        """Run forward; return y on the host."""
        self.load(**inputs)
        with self.ops.running():
            self.layer.forward(self.views, training)
        return self.host(self.views.y)

    def penalty(self):
        """Return what the layers added to the objective of all models in the last forward."""
        return sum(float(self.host(term).sum()) for term in self.terms)

    def step(self):
        """Run forward and backward on what was loaded."""
        self.layer.forward(self.views, True)
        self.layer.backward(self.views)

    def results(self, step=None, **inputs):
        """Run a step; return every result on the host by name."""
        self.load(**inputs)
        with self.ops.running():
            (step or self.step)()
        found = {"y": self.views.y, "dx": self.views.dx, "grads": self.store.grads}
        found |= {f"term_{k}": term for k, term in enumerate(self.terms)}
        found["state"] = self.store.values[:, self.layout.n_trainable :]
        return {name: self.host(array) for name, array in found.items() if array is not None}
