"""Parameters of variational autoencoders."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Literal

from skdeep.data._compat import Interval
from skdeep.estimators.parameters._declaration import like, parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, NON_NEGATIVE
from skdeep.estimators.parameters.autoencoder import Code, CoderLayers
from skdeep.estimators.parameters.convolution import ConvLayers, ConvPooling, ImageInput, Kernels
from skdeep.estimators.parameters.dense import KernelInitializer
from skdeep.estimators.parameters.networks import FineControl
from skdeep.estimators.parameters.training import MINI_BATCH_SOLVERS, Device, Solver, Training
from skdeep.kernels.variational import VARIANCE_FLOOR


@parameter_group
class Decoder:
    """Distributions of samples and codes, and the bound that is trained by."""

    decoder: Literal["gaussian", "bernoulli"] = parameter(
        default="gaussian",
        doc="""
        Distribution of samples around what is decoded: 'gaussian' for real numbers, which should
        be standardised, 'bernoulli' for zeros and ones, or probabilities of ones.
        """,
    )
    noise_variance: float | None = parameter(
        default=None,
        constraint=[Interval(Real, VARIANCE_FLOOR, None, closed="neither"), None],
        doc="""
        Variance of the Gaussian decoder, one for all features; None learns it (Rybkin et al.,
        2021), beginning with that of the samples.
        """,
    )
    beta: float = parameter(
        default=1.0,
        constraint=[NON_NEGATIVE],
        doc="""
        Factor of the divergence in training (Higgins et al., 2017). More than one makes codes
        simpler and reconstructions worse. Scores do not use it, so candidates can be compared.
        """,
        stack="each",
        used_by=("objective", "evaluator"),
    )
    n_importance_samples: int = parameter(
        default=1,
        constraint=[COUNT],
        doc="""
        Number of draws of each sample's code in training. One trains by the evidence lower bound;
        more train by the tighter importance-weighted bound (Burda et al., 2016), at as many times
        the cost.
        """,
    )
    binarize: Literal["dynamic"] | None = parameter(
        default=None,
        doc="""
        With 'dynamic' each training step draws zeros and ones anew, by the features as
        probabilities; for ``decoder='bernoulli'``. Scores take samples as they are: binarise them
        once before, to get the likelihood of binary samples.
        """,
    )
    transform_output: Literal["mean", "sample"] = parameter(
        default="mean",
        doc="Whether ``transform`` gives the means of the codes or a draw, the same in every call.",
        stack="each",
    )
    likelihood: Literal["importance", "elbo"] = parameter(
        default="importance",
        doc="""
        What ``score_samples`` and ``score`` return: the importance-weighted bound, or the evidence
        lower bound.
        """,
    )
    n_score_samples: int = parameter(
        default=10,
        constraint=[COUNT],
        doc="""
        Number of draws of each sample's code behind ``score_samples``, ``score`` and validation
        scores. More make the importance-weighted bound tighter, and the evidence lower bound less
        noisy.
        """,
    )


@parameter_group
class BoundSolver(Solver):
    """Solver of a bound that is random."""

    solver: str = like(
        Solver,
        constraint=MINI_BATCH_SOLVERS,
        doc="Solver that optimises the weights, one of {options}.",
    )
    alpha: float = like(
        Solver,
        default=0.0,
        doc="""
        Strength of the L2 penalty ``alpha / 2 * sum(W ** 2)``, which is divided by the sum of the
        sample weights of the batch. Biases and the variance are not penalised.
        """,
    )


@parameter_group
class CoderConvolutions(ImageInput, ConvPooling, ConvLayers):
    """Convolutions of an encoder and its decoder, where there are some."""

    conv_layers: Kernels = like(
        ConvLayers,
        default=(),
        doc="""
        Number of filters and kernel size of each convolution, (height, width) for a pair, of
        images. Each is followed by activation and pooling. Zeros around the image keep its size.
        Empty: dense layers alone.
        """,
    )
    image_shape: Sequence[int] | None = like(
        ImageInput,
        doc="""
        Shape of the images in the rows of a flat X (n, n_features): (H, W), (H, W, C) or, with one
        number, a signal; with ``n_dims=1`` (T,) or (T, C). None: none, or with `conv_layers` a
        signal of one channel.
        """,
    )


@parameter_group
class VariationalAutoencoderParameters(
    Device,
    FineControl,
    KernelInitializer,
    Training,
    BoundSolver,
    CoderConvolutions,
    Decoder,
    CoderLayers,
    Code,
):
    """All of a variational autoencoder."""
