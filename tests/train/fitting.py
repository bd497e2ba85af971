"""A fit of several models as an estimator puts it together, which remembers what was drawn."""

from __future__ import annotations

import numpy as np

from skdeep.backend.base import Random
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.dense.activation import Activation
from skdeep.nn.dense.dense import Dense
from skdeep.nn.losses import SoftmaxLogLoss
from skdeep.nn.noise.dropout import Dropout
from skdeep.nn.normalization.batch_norm import BatchNorm
from skdeep.optim.adam import Adam
from skdeep.train.dataset import Dataset, Shuffler
from skdeep.train.streams import noise_seed
from skdeep.train.supervised import Supervised
from skdeep.train.trainer import Trainer

N_FEATURES, N_CLASSES = 6, 3


def data(n=50):
    """Return rows that float32 holds exactly, class codes and unequal weights."""
    random = np.random.RandomState(5)
    X = random.normal(size=(n, N_FEATURES)).astype(np.float32).astype(float)
    X[random.uniform(size=X.shape) < 0.3] = 0
    codes = random.randint(0, N_CLASSES, (n, 1)).astype(np.int32)
    return X, codes, 0.5 + random.randint(0, 4, n) / 2


def layers(rate=0.3, norm=True):
    """Return a hidden layer and a last one, with dropout unless `rate` is None.

    A bias before batch normalisation has no gradient but rounding, which Adam would magnify.
    """
    chain = [Dense(8, bias=not norm, name="hidden")]
    chain += [BatchNorm(name="norm")] if norm else []
    chain += [Activation("tanh", name="bent")]
    chain += [] if rate is None else [Dropout(rate, name="drop")]
    return [*chain, Dense(N_CLASSES, name="output")]


class Remembering(Supervised):
    """Keeps the rows, the seeds and the words behind the masks of each step."""

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.prepares = True  # to hear of every batch
        self.rows, self.seeds, self.programs = [], [], {}

    def prepare(self, rows):
        super().prepare(rows)
        self.rows.append(rows.copy())
        if self._seed is not None:
            self.seeds.append(self.ops.to_host(self._seed)[:, 0, 0])

    def program(self, batch, training):
        program = super().program(batch, training)
        self.programs[batch] = program
        return program

    def kept(self):
        """Return what the last step kept, (M, B, F); batches of other sizes share its memory."""
        views = self.programs[self.rows[-1].shape[1]].views.children["drop"]
        return self.ops.to_host(views.work.kept) != 0


class Fit:
    """M models, each with a ``RandomState`` of its own, on the rows of one table.

    Attributes
    ----------
    initial : ndarray of shape (M, P)
        First parameters.
    losses : ndarray of shape (epochs, M)
        Mean losses.
    """

    def __init__(
        self,
        backend,
        seeds=(0,),
        *,
        network=None,
        table=None,
        dtype=np.float64,
        epochs=3,
        batch_size=16,
        rate=0.02,
        alpha=0.1,
        optimizer=None,
        shuffle=True,
        **options,
    ):
        X, target, weight = table or data()
        network = network or Network(layers(), (N_FEATURES,), SoftmaxLogLoss(N_CLASSES))
        self.randoms = [np.random.RandomState(seed) for seed in seeds]
        noise = [noise_seed(random) for random in self.randoms]
        self.initial = network.initial(self.randoms)
        self.store = ParamStore(backend, network.layout, self.initial.astype(dtype))
        self.table = Dataset(backend, X, target, weight, dtype)
        self.random = Random(noise)
        self.objective = Remembering(
            network, self.store, self.table, alpha=alpha, random=self.random
        )
        rows = np.tile(np.arange(X.shape[0]), (len(seeds), 1))
        self.trainer = Trainer(
            self.objective,
            optimizer or Adam(),
            order=Shuffler(rows, self.randoms if shuffle else [None] * len(seeds)),
            batch_size=batch_size,
            rate=rate,
            **options,
        )
        self.ops = backend
        self.losses = self.train(epochs)

    def train(self, epochs):
        """Train on; return the losses (epochs, M)."""
        shape = (epochs, self.store.n_models)
        return np.array([self.trainer.epoch() for _ in range(epochs)]).reshape(shape)

    @property
    def values(self):
        """Parameters on the host, (M, P)."""
        return self.ops.to_host(self.store.values)
