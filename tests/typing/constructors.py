"""What mypy must see of constructors; it reads this file, which is never run.

Each line that is marked as an error must be one: an unused mark is an error itself.
"""

from typing import assert_type

import numpy as np

from skdeep import (
    Autoencoder,
    AutoencoderOutlierDetector,
    BernoulliRBM,
    CNNClassifier,
    DBNRegressor,
    GaussianRBM,
    MLPClassifier,
    MLPEnsembleClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkRegressor,
    NetworkTransformer,
    RBMClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNTagger,
    SequenceEncoder,
    VariationalAutoencoder,
    nn,
)


def right() -> None:
    MLPClassifier((32, 16), "tanh", solver="sgd", batch_size=10, random_state=0)
    MLPClassifier(np.array([5]), ["relu"], dropout=[0.1], class_weight={"a": 1, "b": 2})
    MLPRegressor("huber", 10, alpha=1, n_iter_no_change=np.inf, quantiles=[0.1, 0.9])
    CNNClassifier([(8, 3), (8, (3, 1))], (), pooling=[2, None], random_shift=(1, 2))
    RNNClassifier(16, "gru", pooling="mean", gradient_clip_norm=None)
    RNNForecaster(tbptt_steps=8, standardize=None)
    DBNRegressor((8, 4), pretrain_n_iter=[2, 0], pretrain_learning_rate=[None, 0.1])
    NetworkClassifier([nn.Dense(3), nn.Activation("relu")], alpha=1)
    NetworkTransformer([nn.Dense(3)], None, solver="sgd")
    GaussianRBM(4, likelihood="score_matching")
    AutoencoderOutlierDetector(Autoencoder(2), contamination=0.2)
    MLPEnsembleClassifier(MLPClassifier(), 3, random_state=np.random.RandomState(0))


def wrong_type() -> None:
    MLPClassifier(activation=3)  # type: ignore[arg-type]
    MLPClassifier(max_iter="many")  # type: ignore[arg-type]
    MLPRegressor("log_loss")  # type: ignore[arg-type]
    CNNClassifier(dropout="half")  # type: ignore[arg-type]
    CNNClassifier(padding="full")  # type: ignore[arg-type]
    NetworkRegressor(["relu"])  # type: ignore[list-item]
    NetworkRegressor([nn.Dense("3")])  # type: ignore[arg-type]
    RNNClassifier(cell="ltsm")  # type: ignore[arg-type]
    RNNForecaster(tbptt_steps=None)  # type: ignore[arg-type]
    RNNTagger(scoring="accuracy")  # type: ignore[arg-type]
    GaussianRBM(likelihood="pseudo")  # type: ignore[arg-type]
    BernoulliRBM(likelihood="score_matching")  # type: ignore[arg-type]
    VariationalAutoencoder(beta=None)  # type: ignore[arg-type]
    Autoencoder(activation=["relu", "tanh"])  # type: ignore[arg-type]
    DBNRegressor(visible="poisson")  # type: ignore[arg-type]
    MLPEnsembleClassifier(MLPRegressor())  # type: ignore[arg-type]
    SequenceEncoder("line")  # type: ignore[arg-type]


def wrong_name() -> None:
    MLPClassifier(activaton="relu")  # type: ignore[call-arg]
    DBNRegressor(activation="relu")  # type: ignore[call-arg]
    RNNForecaster(scoring="r2")  # type: ignore[call-arg]
    RBMClassifier(kernel_initializer="sklearn")  # type: ignore[call-arg]
    BernoulliRBM(max_iter=10)  # type: ignore[call-arg]
    AutoencoderOutlierDetector(contaminaton=0.1)  # type: ignore[call-arg]


def by_keyword_only() -> None:
    MLPClassifier((32,), "relu", "adam")  # type: ignore[call-arg]
    RNNClassifier(16, "gru", True)  # type: ignore[call-arg]
    Autoencoder(2, (10,))  # type: ignore[call-arg]


def types_of_attributes() -> None:
    assert_type(MLPClassifier().alpha, float)
    assert_type(RNNForecaster().tbptt_steps, int)


class Subclass(MLPClassifier):
    """A user's own: what is annotated here is no parameter."""

    note: str = ""


def subclass() -> None:
    Subclass((3,), alpha=0.1)
    Subclass(note="mine")  # type: ignore[call-arg]
