"""What the fuzz draws from: every public estimator, small, and the kinds of data it learns from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import skdeep

#: Small networks that train in a few milliseconds.
NETWORK = {"max_iter": 2, "random_state": 0}
SMALL = {**NETWORK, "hidden_layer_sizes": (3,)}
RECURRENT = {**NETWORK, "recurrent_layer_sizes": (2,)}
ENCODERS = {**NETWORK, "n_blocks": 1, "n_units": 4, "n_heads": 2}
DEEP = {**SMALL, "pretrain_n_iter": 1}
MEMBERS = {"n_estimators": 2, "random_state": 0}
IMAGES = {**NETWORK, "conv_layers": ((2, 2),)}
RBM = {"n_components": 3, "n_iter": 2, "random_state": 0}


@dataclass(frozen=True)
class Family:
    """A public estimator with parameters that make it small.

    Attributes
    ----------
    rows : tuple of str
        Kinds of rows it may be given.
    target : {"classes", "numbers", "tags", "translations", None}
        What y holds.
    options : dict
        Parameters.
    inner : str or None
        The public estimator that it is made around.
    """

    rows: tuple[str, ...]
    target: str | None
    options: dict[str, Any] = field(default_factory=dict)
    inner: str | None = None


TABLE, PICTURES, STEPS = ("table",), ("images", "images", "table"), ("sequences", "tokens")
STEPS_OR_TEXTS = (*STEPS, "sentences")
SIGNALS = (*PICTURES, "sequences")
EVERYTHING = ("table", "images", "sequences", "tokens")

FAMILIES = {
    "MLPClassifier": Family(TABLE, "classes", SMALL),
    "MLPRegressor": Family(TABLE, "numbers", SMALL),
    "BernoulliRBM": Family(TABLE, None, RBM),
    "GaussianRBM": Family(TABLE, None, RBM),
    "RBMClassifier": Family(TABLE, "classes", {**NETWORK, "n_components": 3}),
    "DBNClassifier": Family(TABLE, "classes", DEEP),
    "DBNRegressor": Family(TABLE, "numbers", DEEP),
    "DBNTransformer": Family(TABLE, None, DEEP),
    "Autoencoder": Family(TABLE, None, {**SMALL, "n_components": 2}),
    "VariationalAutoencoder": Family(
        ("table", "table", "images"), None, {**SMALL, "n_components": 2}
    ),
    "ConvAutoencoder": Family(PICTURES, None, {**IMAGES, "n_components": 2}),
    "AutoencoderOutlierDetector": Family(TABLE, None, {"random_state": 0}, "Autoencoder"),
    "MLPEnsembleClassifier": Family(TABLE, "classes", MEMBERS, "MLPClassifier"),
    "MLPEnsembleRegressor": Family(TABLE, "numbers", MEMBERS, "MLPRegressor"),
    "CNNClassifier": Family(SIGNALS, "classes", IMAGES),
    "CNNRegressor": Family(SIGNALS, "numbers", IMAGES),
    "RNNClassifier": Family(STEPS_OR_TEXTS, "classes", RECURRENT),
    "RNNRegressor": Family(STEPS_OR_TEXTS, "numbers", RECURRENT),
    "AttentionClassifier": Family(STEPS_OR_TEXTS, "classes", ENCODERS),
    "AttentionRegressor": Family(STEPS_OR_TEXTS, "numbers", ENCODERS),
    "RNNAutoencoder": Family(("sequences", "series"), None, {**RECURRENT, "n_components": 2}),
    "RNNTagger": Family(STEPS, "tags", RECURRENT),
    "RNNForecaster": Family(("series", "sequences"), None, RECURRENT),
    "RNNGenerator": Family(("tokens", "tokens", "sequences"), None, RECURRENT),
    "NetworkClassifier": Family(EVERYTHING, "classes", NETWORK),
    "NetworkRegressor": Family(EVERYTHING, "numbers", NETWORK),
    "NetworkTransformer": Family(("table", "images"), None, NETWORK),
    "TabularMLPClassifier": Family(TABLE, "classes", SMALL),
    "TabularMLPRegressor": Family(TABLE, "numbers", SMALL),
    "Seq2SeqTranslator": Family(
        ("sentences", "sentences", "sentences", "texts", "tokens"),
        "translations",
        {**NETWORK, "units": 2, "embedding_dim": 2, "n_heads": 2},
    ),
    "ImageCaptioner": Family(PICTURES, "translations", {**IMAGES, "units": 2, "embedding_dim": 2}),
    "ImageResizer": Family(("images", "pictures", "pictures"), None),
    "SequenceEncoder": Family(("texts",), None),
    "SequenceScaler": Family(("sequences", "series"), None),
    "MuLawEncoder": Family(("sequences", "series"), None),
}


def class_of(name: str) -> type:
    """Return a public estimator."""
    return getattr(skdeep, name)
