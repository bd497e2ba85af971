"""Every estimator, as the tests of estimators exercise it.

Add a line to `CASES` when you add an estimator: a small fit, and what it learns from. What it can
do (``partial_fit``, weights, devices, early stopping) is asked of the estimator itself. Those with
many options are in ``rich_estimators.py``.
"""

from __future__ import annotations

import skdeep
from skdeep.augmentation import Flip, Noise, Rotate, Shift
from skdeep.nn import GRU, Activation, Conv, Dense, LastStep, Reshape
from tests.contracts.estimator_case import Case
from tests.contracts.estimator_samples import (
    BITS,
    CLASSES,
    IMAGES,
    NUMBERS,
    ROLLS,
    ROWS,
    SENTENCES,
    SEQUENCES,
    TAGS,
    TEXTS,
    TOKENS,
)
from tests.contracts.estimator_settings import (
    CAPTIONS,
    CHUNKS,
    CNN,
    DBN,
    ENCODER,
    FAST,
    LAYERS,
    LEARNS,
    MEMBERS,
    MLP,
    ONE_WORD,
    PAIRS,
    RBM,
    RNN,
    TABULAR,
    WHOLE,
)
from tests.contracts.rich_estimators import RICH

CASES = {
    "MLPClassifier": Case(skdeep.MLPClassifier(**MLP), ROWS, CLASSES),
    "MLPRegressor": Case(skdeep.MLPRegressor(**MLP), ROWS, NUMBERS),
    "MLPEnsembleClassifier": Case(
        skdeep.MLPEnsembleClassifier(skdeep.MLPClassifier(**MLP), 2, random_state=0),
        ROWS,
        CLASSES,
        skdeep.MLPEnsembleClassifier(skdeep.MLPClassifier(**MEMBERS), 2, random_state=0),
    ),
    "MLPEnsembleRegressor": Case(
        skdeep.MLPEnsembleRegressor(skdeep.MLPRegressor(**MLP), 2, random_state=0),
        ROWS,
        NUMBERS,
        skdeep.MLPEnsembleRegressor(
            skdeep.MLPRegressor(standardize_target=True, **MEMBERS), 2, random_state=0
        ),
    ),
    "TabularMLPClassifier": Case(
        skdeep.TabularMLPClassifier(**TABULAR),
        ROWS,
        CLASSES,
        skdeep.TabularMLPClassifier(**WHOLE),
        any_columns=True,
    ),
    "TabularMLPRegressor": Case(
        skdeep.TabularMLPRegressor(**TABULAR),
        ROWS,
        NUMBERS,
        skdeep.TabularMLPRegressor(**WHOLE),
        any_columns=True,
    ),
    "CNNClassifier": Case(skdeep.CNNClassifier(**CNN), IMAGES, CLASSES),
    "CNNRegressor": Case(
        skdeep.CNNRegressor(**CNN),
        IMAGES,
        NUMBERS,
        skdeep.CNNRegressor([(4, 3)], max_iter=60, learning_rate_init=0.02),
    ),
    "NetworkClassifier": Case(skdeep.NetworkClassifier(LAYERS, **FAST), ROWS, CLASSES),
    "NetworkClassifier of images": Case(
        skdeep.NetworkClassifier(
            [Conv(2, 3), Activation("relu")],
            augment=[Flip(), Rotate(9), Noise(0.1)],
            data_format="channels_first",
            **FAST,
        ),
        IMAGES[:, None],
        CLASSES,
    ),
    "NetworkRegressor": Case(skdeep.NetworkRegressor(LAYERS, **FAST), ROWS, NUMBERS),
    "NetworkRegressor of images": Case(
        skdeep.NetworkRegressor(
            [Reshape((*IMAGES.shape[1:], 1)), Conv(2, 3)],
            augment=[Flip(y="negate"), Shift(1, y="keep")],
            standardize_target=True,
            **FAST,
        ),
        IMAGES,
        NUMBERS,
    ),
    "NetworkRegressor of sequences": Case(
        skdeep.NetworkRegressor([GRU(3), LastStep()], **FAST), SEQUENCES, NUMBERS
    ),
    "NetworkTransformer": Case(
        skdeep.NetworkTransformer([*LAYERS, Dense(2)], **FAST), ROWS, uses=("autoencoder",)
    ),
    "RNNClassifier": Case(
        skdeep.RNNClassifier(**RNN),
        SEQUENCES,
        CLASSES,
        skdeep.RNNClassifier(16, max_iter=60, learning_rate_init=0.01),
    ),
    "RNNClassifier of tokens": Case(
        skdeep.RNNClassifier(embedding_dim=3, bidirectional=True, pooling="attention", **RNN),
        TOKENS,
        CLASSES,
    ),
    "RNNClassifier of texts": Case(
        skdeep.RNNClassifier(unit="word", min_count=1, **ONE_WORD, **RNN), SENTENCES, CLASSES
    ),
    "RNNRegressor": Case(
        skdeep.RNNRegressor(cell="gru", **RNN),
        SEQUENCES,
        NUMBERS,
        skdeep.RNNRegressor(16, max_iter=80, learning_rate_init=0.02),
    ),
    "RNNRegressor of texts": Case(
        skdeep.RNNRegressor(
            unit="character",
            min_count=1,
            word_ngrams=None,
            character_ngrams=(1, 1),
            word_dropout=0.1,
            ngram_dropout=0.1,
            **RNN | {"learning_rate_init": 0.02},
        ),
        SENTENCES,
        NUMBERS,
    ),
    "AttentionClassifier": Case(
        skdeep.AttentionClassifier(**ENCODER),
        SEQUENCES,
        CLASSES,
        uses=("rnn",),
        checked=skdeep.AttentionClassifier(**LEARNS),
    ),
    "AttentionClassifier of tokens": Case(
        skdeep.AttentionClassifier(embedding_dim=3, pooling="attention", **ENCODER),
        TOKENS,
        CLASSES,
    ),
    "AttentionRegressor": Case(
        skdeep.AttentionRegressor(positions="learned", n_positions=9, **ENCODER),
        SEQUENCES,
        NUMBERS,
        uses=("rnn",),
        checked=skdeep.AttentionRegressor(standardize_target=True, **LEARNS | {"max_iter": 50}),
    ),
    "AttentionClassifier of texts": Case(
        skdeep.AttentionClassifier(
            unit="word", min_count=1, hidden_layer_sizes=(3,), **ONE_WORD, **ENCODER
        ),
        SENTENCES,
        CLASSES,
    ),
    "RNNAutoencoder": Case(
        skdeep.RNNAutoencoder(2, corruption="gaussian", **RNN),
        SEQUENCES,
        uses=("rnn",),
        checked=skdeep.RNNAutoencoder(4, 8, solver="lbfgs", max_iter=10, random_state=0),
        few_per_batch=True,
    ),
    "RNNTagger": Case(skdeep.RNNTagger(**RNN), SEQUENCES, TAGS, tables=False),
    "RNNTagger of tokens": Case(
        skdeep.RNNTagger(embedding_dim=3, **RNN), TOKENS, TAGS, tables=False
    ),
    "RNNForecaster": Case(skdeep.RNNForecaster(**CHUNKS), SEQUENCES, tables=False),
    "RNNGenerator": Case(skdeep.RNNGenerator(**CHUNKS), TOKENS, tables=False),
    "RNNGenerator of rolls": Case(
        skdeep.RNNGenerator(embedding_dim=None, nade_units=3, **CHUNKS), ROLLS, tables=False
    ),
    "RNNGenerator of independent keys": Case(
        skdeep.RNNGenerator(output="independent", **CHUNKS), ROLLS, tables=False
    ),
    "Seq2SeqTranslator": Case(
        skdeep.Seq2SeqTranslator("gru", **PAIRS),
        SENTENCES,
        SENTENCES[::-1],
        tables=False,
        uses=("rnn",),
    ),
    "ImageCaptioner": Case(
        skdeep.ImageCaptioner([(2, 3)], **PAIRS), IMAGES, SENTENCES, tables=False, uses=CAPTIONS
    ),
    "ImageCaptioner of features": Case(
        skdeep.ImageCaptioner([], "lstm", **PAIRS), IMAGES, SENTENCES, tables=False, uses=CAPTIONS
    ),
    "ImageResizer": Case(skdeep.ImageResizer((4, 5)), IMAGES, tables=False),
    "SequenceEncoder": Case(skdeep.SequenceEncoder(), TEXTS, tables=False),
    "SequenceScaler": Case(skdeep.SequenceScaler(), SEQUENCES),
    "MuLawEncoder": Case(skdeep.MuLawEncoder(16), [x[:, 0] for x in SEQUENCES]),
    "BernoulliRBM": Case(skdeep.BernoulliRBM(**RBM), BITS),
    "GaussianRBM": Case(skdeep.GaussianRBM(**RBM), ROWS),
    "RBMClassifier": Case(
        skdeep.RBMClassifier(4, **FAST),
        BITS,
        CLASSES,
        skdeep.RBMClassifier(16, max_iter=40, learning_rate_init=0.05),
    ),
    "DBNClassifier": Case(skdeep.DBNClassifier(**DBN), BITS, CLASSES, uses=("rbm",)),
    "DBNRegressor": Case(
        skdeep.DBNRegressor(visible="gaussian", **DBN), ROWS, NUMBERS, uses=("rbm",)
    ),
    "DBNTransformer": Case(skdeep.DBNTransformer(**DBN), BITS, uses=("rbm",)),
    "Autoencoder": Case(skdeep.Autoencoder(2, **MLP), ROWS, uses=("rbm",)),
    "ConvAutoencoder": Case(skdeep.ConvAutoencoder(2, **CNN), IMAGES, uses=("cnn",)),
    "VariationalAutoencoder": Case(skdeep.VariationalAutoencoder(2, **MLP), ROWS, uses=("cnn",)),
    "VariationalAutoencoder of images": Case(
        skdeep.VariationalAutoencoder(2, hidden_layer_sizes=(3,), **CNN), IMAGES, uses=("cnn",)
    ),
    "AutoencoderOutlierDetector": Case(
        skdeep.AutoencoderOutlierDetector(skdeep.Autoencoder(2, **MLP)), ROWS, uses=("rbm",)
    ),
}

CASES |= RICH

#: The first case of each class, by its name.
BY_CLASS = {case.cls.__name__: case for case in reversed(CASES.values())}


#: Networks of listed layers that see images.
LISTED = [
    skdeep.NetworkClassifier([Conv(2, 3)], max_iter=2, random_state=0),
    skdeep.NetworkRegressor([Conv(2, 3)], max_iter=2, random_state=0),
    skdeep.NetworkTransformer([Conv(2, 3)], max_iter=2, random_state=0),
]


def of_tables(**marks):
    """Return one estimator of each class that learns tables of any width, with these marks."""
    return [
        case.make(**{"n_dims": 1} if case.takes("n_dims") else {})
        for case in BY_CLASS.values()
        if case.tables and all(getattr(case, mark) == value for mark, value in marks.items())
    ]


def cases(*parameters, method=None, fit_takes=None, **marks):
    """Return the names of the cases that have these parameters, this method, and these marks."""
    return [
        name
        for name, case in CASES.items()
        if case.takes(*parameters)
        and (method is None or case.can(method))
        and (fit_takes is None or case.fit_takes(fit_takes))
        and all(getattr(case, mark) == value for mark, value in marks.items())
    ]
