"""The objective of rows with classes: how probable the classes are given the rows, and jointly."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Random
from skdeep.backend.kernel import kernel
from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.labels import one_hot
from skdeep.kernels.masks import mask_bits
from skdeep.nn.boltzmann.rbm import RBM
from skdeep.nn.core.layer import unit_words
from skdeep.nn.core.network import Network, Program
from skdeep.nn.core.params import ParamStore
from skdeep.train.boltzmann.contrastive import ContrastiveDivergence
from skdeep.train.dataset import Dataset
from skdeep.train.supervised import Supervised


@kernel
def add_share(xp: Any, g: Any, other: Any, share: Any) -> Any:
    """Add a share of another gradient."""
    return g + share * other


@kernel
def negative(xp: Any, x: Any) -> Any:
    """Turn the sign."""
    return -x


@kernel
def row_bits(xp: Any, key: Any, seed: Any, unit: Any) -> Any:
    """Hash a row's key, the step's seed and the unit to 16 bits."""
    return mask_bits.body(xp, key, seed, unit) >> 16


class HashedCD(ContrastiveDivergence):
    """Chains from the data whose draws are hashes of the row, the step and the unit.

    As with dropout masks a row's chain does not depend on the other rows of its batch, and a row of
    weight two is two copies of it. ``buffers.keys`` and ``buffers.seed`` are set from outside.
    """

    def buffers(self, batch: int) -> SimpleNamespace:
        b, words = super().buffers(batch), np.dtype(np.uint32)
        b.bits = self.arena.take("hidden_words", b.bits.shape, words)
        b.visible_draws = self.arena.take("visible_words", b.visible_draws.shape, words)
        b.hidden_units, b.visible_units = (
            [self.ops.to_device(unit_words(f"{side}_{k}", (width,))) for k in range(self.n_steps)]
            for side, width in (("hidden", self.rbm.n_hidden), ("visible", self.rbm.n_visible))
        )
        return b

    def _draw(self, b: SimpleNamespace, out: Array, kind: str, k: int) -> None:
        units = b.hidden_units if out is b.bits else b.visible_units
        self.ops.launch(row_bits, out, b.keys, b.seed, units[k])


class LabelledDivergence(Supervised):
    """The loss of classes given rows, plus a share of minus the log of ``p(row, class)``.

    The gradient of the second is found by contrastive divergence with chains that start at the
    batch's rows with their classes (Larochelle and Bengio, 2008). What is reported is the first.
    `random` is needed: each step's seed of the chains is drawn from it.

    Parameters
    ----------
    network : Network
        Of one :class:`skdeep.nn.boltzmann.labelled.ClassRBM`.
    store, table, alpha, random, divisor
        As in :class:`Supervised`; the samples come from `random`.
    rbm : RBM
        The RBM of rows with classes, whose parameters lie where those of `network` do.
    discriminative : bool
        Whether the first part is in the gradient.
    share : float or ndarray of shape (M,)
        Of the second part.
    n_steps : int
        Gibbs steps of the chains.

    References
    ----------
    Larochelle, Mandel, Pascanu and Bengio (2012). Learning algorithms for the classification
    restricted Boltzmann machine. JMLR 13.
    """

    draws_by_row = True

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        table: Dataset,
        *,
        rbm: RBM,
        discriminative: bool = True,
        share: Any = 1.0,
        n_steps: int = 1,
        alpha: Any = 0.0,
        random: Random | None = None,
        divisor: Any = None,
    ) -> None:
        super().__init__(network, store, table, alpha=alpha, random=random, divisor=divisor)
        store.allocate_grads()
        self.discriminative = discriminative
        self.divergence = HashedCD(
            rbm,
            store.beside(),
            table,
            random=self.random,
            n_particles=1,
            n_steps=n_steps,
            persistent=False,
        )
        dtype = store.values.dtype
        shares = np.broadcast_to(np.asarray(share, dtype), (store.n_models,))
        self._share = self.ops.to_device(shares.reshape(-1, 1).astype(dtype))
        codes = np.arange(network.n_logits, dtype=np.int32)
        self._classes = self.ops.to_device(codes.reshape(1, 1, -1))

    def part(self, models: slice) -> LabelledDivergence:
        part = copy.copy(self)
        vars(part).update(vars(super().part(models)))
        part.divergence, part._share = self.divergence.part(models), self._share[models]
        return part

    def largest_product(self, batch: int) -> int:
        return self.divergence.largest_product(batch)

    def bind(self, batch: int, index: Array, columns: Mapping[str, Array]) -> Callable[[], None]:
        program = self._training_program(batch, columns)
        contrast = self._contrast(program, batch)

        def step() -> None:
            self.load(program, index, columns)
            if self.discriminative:
                program.loss_and_gradient()
            else:
                program.loss_value()
            self.add_batch_loss(program, columns)
            contrast()
            mine, joint = self.params.grads, self.divergence.params.grads
            if self.discriminative:
                self.ops.launch(add_share, mine, mine, joint, self._share)
            else:
                self.ops.launch(multiply, mine, joint, self._share)

        return step

    def _contrast(self, program: Program, batch: int) -> Callable[[], None]:
        """Return what writes the gradient of the second part for the rows of `program`."""
        ops, models, n = self.ops, self.params.n_models, program.x.shape[2]
        buffers = self.divergence.buffers(batch)
        dtype = self.params.values.dtype
        sign = ops.empty((models, 2 * batch, 1), dtype)
        buffers.sign, buffers.row_sign = sign, sign.reshape(models, 1, 2 * batch)
        buffers.inverse = ops.to_device(np.ones((1, 1, 1), dtype))  # row weights add to one
        weight, noise = program.weight.reshape(models, batch, 1), program.views.noise
        assert noise is not None
        buffers.keys, buffers.seed = noise.keys, noise.seed

        def step() -> None:
            ops.copy(program.x, buffers.data[:, :, :n])
            ops.launch(one_hot, buffers.data[:, :, n:], program.target_rows, self._classes)
            ops.launch(negative, sign[:, :batch], weight)
            ops.copy(weight, sign[:, batch:])
            self.divergence.contrast(buffers)

        return step
