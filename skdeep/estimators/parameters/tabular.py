"""Parameters of networks for tables."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

from skdeep.data._compat import Interval, StrOptions
from skdeep.estimators.parameters._declaration import like, parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, FRACTION, NON_NEGATIVE, POSITIVE
from skdeep.estimators.parameters.dense import (
    ACTIVATION_NAMES,
    DenseLayers,
    KernelInitializer,
    Widths,
)
from skdeep.estimators.parameters.ensembles import Members as EnsembleMembers
from skdeep.estimators.parameters.training import SCHEDULE, Device, Schedule, Seed, Training
from skdeep.nn.initializers import INITIALIZERS

NumericEmbedding: TypeAlias = Literal["pbld", "ple", "periodic"] | None
MembersEmbedding: TypeAlias = Literal["auto", "pbld", "ple", "periodic"] | None
MemberSharing: TypeAlias = Literal["none", "mini", "batch"]
HoldsOut: TypeAlias = Literal["same", "own"]


@parameter_group
class TableColumns:
    """What becomes of the columns of a table."""

    categorical_features: Any = parameter(
        default="from_dtype",
        constraint=["array-like", StrOptions({"from_dtype"}), None],
        kind="'from_dtype', array-like of bool, int or str, or None",
        doc="""
        Which columns are categories: a mask, indices or names. 'from_dtype' takes strings,
        booleans and categorical dtypes. Numbers may be categories, too.
        """,
    )
    max_one_hot: int = parameter(
        default=8,
        constraint=[Interval(Integral, 1, None, closed="left")],
        doc="Most categories of a column that become indicators; those of others get embeddings.",
    )
    embedding_dim: int = parameter(
        default=8, constraint=[COUNT], doc="Length of the embedding of a category."
    )
    numeric_embedding: MembersEmbedding = parameter(
        default="auto",
        doc="""
        What networks read of a number: 'pbld' are itself and three learned mixtures of 16 waves of
        it, 'periodic' eight rectified mixtures of sines and cosines, 'ple' eight functions of it
        that are linear between the quantiles of the training samples; None is itself alone. With
        'auto' networks of their own take 'pbld' and 'ple' in turns, so that they differ more;
        where they share weights or stop together, and in ``partial_fit``, all take 'pbld'.
        """,
    )


@parameter_group
class TabularLayers:
    """Layers and regularization."""

    hidden_layer_sizes: Widths = like(DenseLayers, default=(256, 256, 256))
    activation: str = parameter(
        default="mish",
        constraint=[str],
        kind="str",
        doc=f"""
        Activation of the hidden layers, which units take up as far as they learn to, one of
        {ACTIVATION_NAMES}.
        """,
    )
    dropout: float = parameter(
        default=0.15, constraint=[FRACTION], doc="Fraction of a hidden layer's outputs dropped."
    )
    dropout_schedule: Schedule = parameter(
        default="flat_cosine",
        constraint=SCHEDULE,
        doc="Factor of the dropout by training progress, like `learning_rate_schedule`.",
    )
    scaling_layer: bool = parameter(
        default=True, doc="Whether each feature has a learned factor, which learns fast."
    )
    parametric_activation: bool = parameter(
        default=True, doc="Whether units learn how far they take up their activation."
    )


@parameter_group
class NumberLayers:
    """Parts of networks for tables, on rows of numbers."""

    kernel_initializer: str = like(
        KernelInitializer,
        constraint=[StrOptions({*INITIALIZERS, "ntk"})],
        doc="""
        Distribution of the initial weights, one of {options}. 'sklearn' is scikit-learn's Glorot
        scheme, draw for draw. Biases start at zero except with 'sklearn'. 'ntk' is 'lecun_normal'
        with learning rates divided by the root of a layer's number of inputs for weights, and by
        ten for biases, as networks for tables have it; L-BFGS has no rates.
        """,
    )
    numeric_embedding: NumericEmbedding = like(
        TableColumns,
        default=None,
        doc="""
        What the network reads of each number of X, which is dense then and should be scaled: None
        is itself alone, 'pbld' are itself and three learned mixtures of 16 waves of it, 'periodic'
        eight rectified mixtures of sines and cosines, 'ple' eight functions of it that are linear
        between the quantiles of the training samples.
        """,
    )
    scaling_layer: bool = like(
        TabularLayers,
        default=False,
        doc="Whether each feature has a learned factor, which learns fast; X is dense then.",
    )
    parametric_activation: bool = like(TabularLayers, default=False)


@parameter_group
class TabularTraining:
    """Epochs, rates and members."""

    learning_rate_init: Any = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), POSITIVE],
        kind="float or 'auto'",
        doc="Largest learning rate; 'auto' is 0.04 for classes and 0.2 for numbers.",
    )
    learning_rate_schedule: Schedule = parameter(
        default="cosine_log",
        constraint=SCHEDULE,
        doc="Factor of the learning rate by training progress.",
    )
    weight_decay: float = parameter(
        default=0.02, constraint=[NON_NEGATIVE], doc="Decoupled weight decay."
    )
    weight_decay_schedule: Schedule = parameter(
        default="flat_cosine",
        constraint=SCHEDULE,
        doc="Factor of the weight decay by training progress.",
    )
    batch_size: Any = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), COUNT],
        kind="int or 'auto'",
        doc="""
        Number of samples in a mini-batch; 'auto' is 128; up to 256 and 512 training samples 32
        and 64, above 8,192, 30,000 and 100,000 256, 512 and 1024.
        """,
    )
    max_iter: Any = parameter(
        default="auto",
        constraint=[StrOptions({"auto"}), COUNT],
        kind="int or 'auto'",
        doc="""
        Number of epochs, which the schedules span; 'auto' is 80, and fewer above 40,000 samples.
        """,
    )
    early_stopping: bool = parameter(
        default=True,
        doc="""
        Whether to hold out validation samples, keep the last of the epochs that are as good as the
        best one, and stop where it is long past: after ``(1 + patience_factor) * that epoch +
        n_iter_no_change`` epochs. Of fewer than ten samples none is held out.
        """,
    )
    n_standard_errors: float = parameter(
        default=1.0,
        constraint=[NON_NEGATIVE],
        doc="""
        An epoch is as good as the best one where its score is worse by no more than so many
        standard errors of the difference over the validation samples: the one-standard-error rule
        (Breiman et al., 1984), also without the twentieth of samples at either end, so that
        outliers do not widen it. 0 takes scores as they are, as do scores that `scoring` names,
        which say nothing of single samples.
        """,
    )
    n_iter_no_change: Any = like(
        Training,
        default=20,
        stack="agree",
        doc="Epochs without improvement that are borne anyway.",
    )
    patience_factor: float = parameter(
        default=1.0,
        constraint=[NON_NEGATIVE],
        doc="Epochs without improvement that are borne for each epoch up to the best one.",
    )
    validation_fraction: float = parameter(
        default=0.2,
        constraint=[Interval(Real, 0, 1, closed="neither")],
        doc="Fraction of the samples held out; stratified by class.",
    )
    held_out: HoldsOut = parameter(
        default="same",
        doc="""
        Which samples networks hold out: 'same' are the same for all, 'own' are others for each of
        them, so that all samples train some networks, and more of them tell of temperatures and
        intervals. Members that share weights, or stop together, have the same; `n_splits` has folds
        of its own.
        """,
    )
    n_members: int = parameter(
        default=4,
        constraint=[COUNT],
        doc="Number of networks that train at once; their predictions are averaged.",
    )
    member_sharing: MemberSharing = parameter(
        default="none",
        doc="""
        What members have in common: 'none' trains networks of their own. 'mini' trains one network
        that reads the features of each member times factors of the member's own, with an output
        layer for each. With 'batch' members have factors of the inputs and outputs of each hidden
        layer, and biases, of their own, too (TabM).
        """,
    )
    stop_together: bool = parameter(
        default=False,
        doc="""
        Whether all members of a split keep the same epoch, that with the best score of their mean
        prediction; otherwise each keeps its own best. Members that share weights always do. The
        score 'loss' is that of the members' mean loss.
        """,
    )
    n_splits: int | None = parameter(
        default=None,
        constraint=[Interval(Integral, 2, None, closed="left"), None],
        doc="""
        Number of folds: `n_members` networks for each of them, which validate on it and train on
        the rest. Out-of-fold predictions are kept as ``oof_predictions_``.
        """,
    )
    refit: bool = parameter(
        default=False,
        doc="""
        Whether to train `n_members` networks on all samples in the end, for the mean number of the
        best epochs, and to predict with these.
        """,
    )
    random_state: Seed = like(Training, doc="Seed of splits, first weights, shuffles and dropout.")
    verbose: bool | int = like(Training)
    device: str = like(Device)
    dtype: Literal["float32", "float64"] = like(
        Device, default="float32", doc="Floating-point type to compute in."
    )
    memory_limit: float | None = like(EnsembleMembers)


@parameter_group
class TabularNetworkColumns:
    """What a network for tables is told of its inputs."""

    layout: Any = parameter(default=None, constraint=[object], doc="Columns of encoded tables.")
    embedding_dim: int = like(TableColumns)
    numeric_embedding: NumericEmbedding = parameter(
        default="pbld", doc="What the network reads of a number."
    )
    n_bins: int = parameter(
        default=16, constraint=[COUNT], doc="Bins of each column where it reads 'ple'."
    )
    scaling_layer: bool = like(TabularLayers)
    parametric_activation: bool = like(TabularLayers)
    n_members: int = like(TabularTraining, default=1)
    member_sharing: MemberSharing = like(TabularTraining)
    patience_factor: float = like(TabularTraining)
    n_standard_errors: float = like(TabularTraining)
    last_of_ties: bool = parameter(default=True, doc="Whether the last of equal epochs is best.")


__all__ = [
    "NumberLayers",
    "TableColumns",
    "TabularLayers",
    "TabularNetworkColumns",
    "TabularTraining",
]
