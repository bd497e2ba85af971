"""The variational objective: minus the evidence lower bound, or its importance-weighted form."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Random
from skdeep.kernels import variational as bodies
from skdeep.kernels.arithmetic import multiply
from skdeep.kernels.losses import exp_difference
from skdeep.kernels.normal_noise import scaled_sum
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.layer import unit_words
from skdeep.nn.core.network import Network
from skdeep.nn.core.params import ParamStore
from skdeep.nn.core.spec import Noise
from skdeep.nn.variational.gaussian_code import halves
from skdeep.nn.variational.likelihoods import Likelihood
from skdeep.train.dataset import Dataset
from skdeep.train.supervised import Supervised


class VariationalProgram:
    """An encoder, k draws of the code and a decoder, bound to arrays for one batch size.

    Parameters
    ----------
    network : Network
        Its layers are called "encoder", "code" (a
        :class:`~skdeep.nn.variational.gaussian_code.GaussianCode`) and "decoder".
    likelihood : Likelihood
        What the decoder's outputs mean.
    store : ParamStore
        Parameter values, and gradients where `training`.
    arena : Arena
        Where buffers come from.
    batch : int
        Rows B.
    n_samples : int, default=1
        Draws k of each row's code.
    beta : float or ndarray of shape (M,), default=1.0
        Factor of the divergence, with one draw.
    training : bool, default=False
        Whether to bind slopes and gradients.
    weight : Array of shape (M, 1, B), optional
        Row weights that do not change; default: a buffer, ``weight_rows``, to fill.
    noise : Noise
        What the draws are computed from.

    Attributes
    ----------
    x : Array of shape (M, B, F)
        Rows, which are their own targets.
    value : Array of shape (M, 1, B)
        Minus the bound of each row, times its weight.
    """

    def __init__(
        self,
        network: Network,
        likelihood: Likelihood,
        store: ParamStore,
        arena: Arena,
        batch: int,
        *,
        n_samples: int = 1,
        beta: Any = 1.0,
        training: bool = False,
        weight: Array | None = None,
        noise: Noise | None = None,
    ) -> None:
        if training:
            store.allocate_grads()
        self.network, self.likelihood, self.ops = network, likelihood, store.backend
        self.noise, self.n_samples = noise, n_samples
        self.weight: Array = weight
        self._models, self._batch, self._training = store.n_models, batch, training
        dtype = store.values.dtype
        if weight is None:
            self.weight_rows: Array = arena.take("weight", (self._models, batch), dtype)
            self.weight = self.weight_rows.reshape(self._models, 1, batch)
        self._bind_layers(Binder(store, arena, batch, training=training, noise=noise))
        self._bind_terms(arena, dtype, store.own(beta))

    def _bind_layers(self, binder: Binder) -> None:
        """Bind encoder and code on B rows, the decoder on k B."""
        models, rows = self._models, self.n_samples * self._batch
        self.layers = dict(self.network.spec.children)
        wide = Binder(binder.store, binder.arena, rows, training=binder.training)
        (encoder, inner), (code, drawn), (decoder, outer) = self.layers.values()
        self.x: Array = binder.rows("x", self.network.in_shape)
        self.target_rows = self.x
        first = binder.bind(encoder, inner, "encoder", self.x, None)
        z, dz = wide.outputs("code", drawn.out_shape)
        middle = binder.bind(code, drawn, "code", first.y, first.dy, y=z, dy=dz)
        y, dy = wide.outputs("decoder", outer.out_shape)
        last = wide.bind(decoder, outer, "decoder", z, dz, y=y, dy=dy)
        self.views = {"encoder": first, "code": middle, "decoder": last}
        full = (models, self.n_samples, self._batch, -1)
        scratch = wide.rows("decoder:dy", outer.out_shape)
        cost = binder.arena.take("cost", (models, self.n_samples, self._batch, 1), binder.dtype)
        own = (self.x[:, None], y.reshape(full), scratch.reshape(full), cost)
        self.observed = self.likelihood.bind(wide, *own)
        self.z: Array = z.reshape(full)
        self.dz: Array = None if dz is None else dz.reshape(full)
        self.mean, self.log_variance = halves(first.y)
        self.terms = [*binder.terms, *wide.terms]

    def _bind_terms(self, arena: Arena, dtype: Any, beta: np.ndarray) -> None:
        """Make the arrays of what is one number a row, or a draw."""
        models, draws, batch = self._models, self.n_samples, self._batch
        self.value: Array = arena.take("value", (models, 1, batch), dtype)
        self.row_values: Array = self.value
        many, one = (models, draws, batch), (models, 1, batch)
        self.cost: Array = self.observed.cost.reshape(many)
        self.share: Array = self.weight if draws == 1 else arena.take("share", many, dtype)
        self.divergence: Array = arena.take("divergence", many, dtype)
        width = self.z.shape[3]
        self._part: Array = arena.take("divergence:part", (*many, width), dtype)
        self.beta: Array = self.ops.to_device(beta.astype(dtype).reshape(models, 1, 1))
        self.log_weight: Array = arena.take("log_weight", many, dtype)
        if draws == 1:
            self._factor: Array = arena.take("factor", one, dtype)
            return
        self.top: Array = arena.take("top", one, dtype)
        self.total: Array = arena.take("sum", one, dtype)
        self._log_k: Array = self.ops.to_device(np.full((1, 1, 1), log(draws), dtype))

    def encode(self) -> None:
        """Compute means and log variances of the codes from ``x``."""
        encoder, _ = self.layers["encoder"]
        encoder.forward(self.views["encoder"], self._training)

    def decode(self) -> None:
        """Draw codes, decode them, write ``cost``: minus the log likelihood of each draw."""
        for name in ("code", "decoder"):
            self.layers[name][0].forward(self.views[name], self._training)
        self.likelihood.value(self.ops, self.observed)

    def kl(self) -> None:
        """Write the divergence of each row's code from the prior, of the one draw there is."""
        self.ops.launch(bodies.divergence, self._part, self.mean, self.log_variance)
        self._reduce_part()

    def log_weights(self) -> None:
        """Write log importance weights, ``log p(x, z) - log q(z | x)`` of each draw."""
        noise = self.views["code"].work.noise
        self.ops.launch(bodies.log_ratio, self._part, self.z, noise, self.log_variance)
        self._reduce_part()
        self.ops.launch(bodies.negative_sum, self.log_weight, self.cost, self.divergence)

    def _reduce_part(self) -> None:
        rows = self._models, -1, self._part.shape[3]
        column = self.divergence.reshape(self._models, -1, 1)
        self.ops.reduce(self._part.reshape(rows), column, axis=2)

    def bound(self) -> None:
        """Compute ``value`` from ``x``, and what each draw's likelihood counts in it, ``share``."""
        self.encode()
        self.decode()
        ops = self.ops
        if self.n_samples == 1:
            self.kl()
            inputs = (self.cost, self.divergence, self.weight, self.beta)
            ops.launch(bodies.bound_loss, self.value, *inputs)
            return
        self.log_weights()
        ops.reduce(self.log_weight, self.top, axis=1, op="max")
        ops.launch(exp_difference, self.share, self.log_weight, self.top)
        ops.reduce(self.share, self.total, axis=1)
        inputs = (self.top, self.total, self.weight, self._log_k)
        ops.launch(bodies.importance_loss, self.value, *inputs)
        ops.launch(bodies.importance, self.share, self.share, self.total, self.weight)

    def loss_and_gradient(self) -> None:
        """Compute ``value`` and the gradients of its sum."""
        self.bound()
        share = self.share[..., None]  # (M, k, B, 1)
        self.likelihood.delta(self.ops, self.observed, share)
        self.layers["decoder"][0].backward(self.views["decoder"])
        self.likelihood.finish(self.ops, self.observed, share)
        if self.n_samples > 1:  # the prior's pull on each draw
            self.ops.launch(scaled_sum, self.dz, self.dz, self.z, share)
        self.layers["code"][0].backward(self.views["code"])
        self._add_direct_slopes()
        self.layers["encoder"][0].backward(self.views["encoder"])

    def _add_direct_slopes(self) -> None:
        """Add how the bound depends on means and log variances other than through the draws."""
        ops = self.ops
        d_mean, d_log_variance = halves(self.views["encoder"].dy)
        if self.n_samples == 1:
            ops.launch(multiply, self._factor, self.weight, self.beta)
            inputs = (d_mean, d_log_variance, self.mean, self.log_variance)
            kernel, outs = bodies.add_divergence_slope, (d_mean, d_log_variance)
            ops.launch(kernel, outs, *inputs, self._factor[..., None])
        else:
            weight = self.weight[..., None]
            ops.launch(bodies.entropy_slope, d_log_variance, d_log_variance, weight)


class Variational(Supervised):
    """Minus the bound on the log likelihood of M models on batches of a table, and its gradients.

    With one draw a row it is the evidence lower bound with the divergence in closed form (Kingma
    and Welling, 2014), ``log p(x | z) - beta KL(q || p)``; with k it is the importance-weighted
    bound, ``log (1 / k) sum_i p(x, z_i) / q(z_i | x)`` (Burda, Grosse and Salakhutdinov, 2016).

    Parameters
    ----------
    network, store, table, alpha, random, divisor
        As for :class:`~skdeep.train.supervised.Supervised`; see :class:`VariationalProgram` for
        the network. Targets are not read.
    likelihood : Likelihood
        What the decoder's outputs mean.
    n_samples : int, default=1
        Draws k of each row.
    beta : float or ndarray of shape (M,), default=1.0
        Factor of the divergence where k is 1.
    binarize : bool, default=False
        Whether each step draws the rows anew, 1 with probability x and else 0.

    References
    ----------
    Kingma and Welling (2014). Auto-encoding variational Bayes. ICLR. Burda, Grosse and
    Salakhutdinov (2016). Importance weighted autoencoders. ICLR.
    """

    def __init__(
        self,
        network: Network,
        store: ParamStore,
        table: Dataset,
        *,
        likelihood: Likelihood,
        n_samples: int = 1,
        beta: Any = 1.0,
        binarize: bool = False,
        alpha: Any = 0.0,
        random: Random | None = None,
        divisor: Any = None,
    ) -> None:
        super().__init__(network, store, table, alpha=alpha, random=random, divisor=divisor)
        self.likelihood, self.n_samples, self.beta = likelihood, n_samples, beta
        words = unit_words("x", network.in_shape)
        self._units: Array = self.ops.to_device(words) if binarize else None

    divisible = False

    def largest_product(self, batch: int) -> int:
        """Return the multiply-adds of the decoder's largest product on all draws."""
        return super().largest_product(batch * self.n_samples)

    def _program(self, batch: int, training: bool, weight: Array | None) -> Any:
        return VariationalProgram(
            self.network,
            self.likelihood,
            self.params,
            self.arena,
            batch,
            n_samples=self.n_samples,
            beta=self.beta,
            training=training,
            weight=weight,
            noise=self._noise(batch),
        )

    def _load_rows(self, program: Any, index: Array) -> None:
        ops, noise = self.ops, program.noise
        if self.table.X is not None:
            ops.gather(self.table.X, index, program.x)
        ops.gather(self.table.keys, index, noise.keys.reshape(index.shape))
        if self._units is not None:
            inputs = (program.x, noise.keys, noise.seed, self._units)
            ops.launch(bodies.binarised, program.x, *inputs)
