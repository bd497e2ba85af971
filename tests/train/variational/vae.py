"""Small variational autoencoders and what they compute, in plain loops."""

from __future__ import annotations

import numpy as np

from skdeep.backend.base import Random
from skdeep.estimators.autoencoder.variational_architecture import ConvVAEArchitecture
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.sequential import Sequential
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.variational.gaussian_code import GaussianCode
from skdeep.nn.variational.likelihoods import BernoulliDecoder, GaussianDecoder
from skdeep.train.dataset import Batches, Dataset
from skdeep.train.variational.objective import Variational

N_FEATURES, N_HIDDEN, N_COMPONENTS = 5, 4, 2
LIKELIHOODS = {
    "bernoulli": BernoulliDecoder(),
    "learned": GaussianDecoder(),
    "fixed": GaussianDecoder(0.3),
}


def network(likelihood):
    """Return a network with one hidden layer of tanh on either side."""
    encoder = [
        Dense(N_HIDDEN, name="hidden_0"),
        Activation("tanh", name="activation_0"),
        Dense(2 * N_COMPONENTS, name="code"),
    ]
    decoder = [
        Dense(N_HIDDEN, name="hidden_0"),
        Activation("tanh", name="activation_0"),
        likelihood.output(N_FEATURES, name="output"),
    ]
    layers = [
        Sequential(encoder, name="encoder"),
        GaussianCode(N_COMPONENTS, name="code"),
        Sequential(decoder, name="decoder"),
    ]
    return Network(layers, (N_FEATURES,), likelihood.loss(N_FEATURES))


def conv_network(likelihood):
    """Return one with convolutions, of rows that are signals, one of whose steps no pool covers."""
    architecture = ConvVAEArchitecture(
        n_components=N_COMPONENTS,
        conv_layers=[(2, 3), (3, 2)],
        pooling=[2, 1],
        pooling_type="max",
        hidden_layer_sizes=(N_HIDDEN,),
        decoder_layer_sizes=None,
        activation="tanh",
        decoder="bernoulli" if likelihood == BernoulliDecoder() else "gaussian",
        noise_variance=getattr(likelihood, "variance", None),
        kernel_initializer="glorot_uniform",
    )
    layers = architecture.layers((N_FEATURES, 1), N_FEATURES)
    return Network(layers, (N_FEATURES,), likelihood.loss(N_FEATURES))


def rows(n=12):
    """Return rows in [0, 1] that float32 holds exactly, and unequal weights."""
    random = np.random.RandomState(3)
    X = random.uniform(size=(n, N_FEATURES)).astype(np.float32).astype(float)
    return X, 0.5 + random.randint(0, 4, n) / 2


class Objective:
    """The objective of M models on the rows of one table, bound to a batch of all of them."""

    def __init__(
        self,
        ops,
        kind="bernoulli",
        *,
        seeds=(0,),
        dtype=np.float64,
        table=None,
        random=True,
        make=network,
        **options,
    ):
        self.ops, self.likelihood = ops, LIKELIHOODS[kind]
        self.net = make(self.likelihood)
        X, weight = table or rows()
        states = [np.random.RandomState(seed) for seed in seeds]
        values = self.net.initial(states)
        values += 0.3 * np.stack([s.normal(size=values.shape[1]) for s in states])
        self.store = ParamStore(ops, self.net.layout, values.astype(dtype))
        self.store.allocate_grads()
        table = Dataset(ops, X, X, weight, dtype)
        streams = Random([np.random.SeedSequence(100 + seed) for seed in seeds])
        self.objective = Variational(
            self.net, self.store, table, likelihood=self.likelihood, random=streams, **options
        )
        n = X.shape[0]
        order = np.tile(np.arange(n), (len(seeds), 1))
        numbers = self.objective.table_columns(order, Batches([n] * len(order), n))
        columns = {
            name: ops.to_device(np.array(np.broadcast_to(v, (1, len(seeds))).T.astype(dtype)))
            for name, v in numbers.items()
        }
        index = ops.to_device(order)
        self.step = ops.record(self.objective.bind(n, index, columns))
        self.program = self.objective._programs[n]
        self.order, self.n = order, n
        self.objective.prepare(order)

    def run(self, values=None):
        """Return each model's mean loss and gradient, (M,) and (M, P), with the noise there is."""
        if values is not None:
            self.ops.to_device(values, self.store.values)
        total = self.objective.total
        self.ops.copy(self.ops.zeros(total.shape, np.float64), total)
        with self.ops.running():
            self.step()
        loss = self.ops.to_host(total)[:, 0] / self.n
        return loss, self.ops.to_host(self.store.grads)

    @property
    def values(self):
        return self.ops.to_host(self.store.values)

    @property
    def noise(self):
        """The noise of the last step, (M, k, B, H)."""
        return self.ops.to_host(self.program.views["code"].work.noise)


def slots(net, values):
    """Return one model's parameters by name."""
    return {
        name: values[slot.start : slot.stop].reshape(slot.param.shape)
        for name, slot in net.layout.slots.items()
    }


def affine(p, name, x):
    return x @ p[f"{name}.W"] + p[f"{name}.b"][0]


def encoded(p, x):
    """Return mean and log variance of one row's code."""
    both = affine(p, "encoder.code", np.tanh(affine(p, "encoder.hidden_0", x)))
    return both[:N_COMPONENTS], both[N_COMPONENTS:]


def log_likelihood(p, kind, x, z):
    """Return log p(x | z)."""
    y = affine(p, "decoder.output", np.tanh(affine(p, "decoder.hidden_0", z)))
    if kind == "bernoulli":
        q = 1 / (1 + np.exp(-y))
        return float(np.sum(x * np.log(q) + (1 - x) * np.log(1 - q)))
    variance = 0.3
    if kind == "learned":
        variance = float(np.exp(p["decoder.output.log_variance"][0, 0])) + 1e-6
    return float(-0.5 * np.sum((x - y) ** 2 / variance + np.log(2 * np.pi * variance)))


def normal_log_density(z, mean, variance):
    return float(-0.5 * np.sum((z - mean) ** 2 / variance + np.log(2 * np.pi * variance)))


def bound(p, kind, x, noise, beta=1.0):
    """Return the bound of one row from noise (k, H), as it is defined."""
    mean, log_variance = encoded(p, x)
    variance = np.exp(log_variance)
    if len(noise) == 1:
        z = mean + np.sqrt(variance) * noise[0]
        kl = 0.5 * np.sum(mean**2 + variance - log_variance - 1)
        return log_likelihood(p, kind, x, z) - beta * kl
    terms = []
    for draw in noise:
        z = mean + np.sqrt(variance) * draw
        prior, posterior = normal_log_density(z, 0, 1), normal_log_density(z, mean, variance)
        terms.append(np.exp(log_likelihood(p, kind, x, z) + prior - posterior))
    return float(np.log(np.mean(terms)))
