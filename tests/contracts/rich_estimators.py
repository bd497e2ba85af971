"""Estimators with many options at once, so that what each must do holds of those too."""

import skdeep
from skdeep.augmentation import Brightness, Contrast, Erase, Flip, Noise, Rotate, Scale, Shift
from tests.contracts.estimator_case import Case
from tests.contracts.estimator_samples import (
    BITS,
    CLASSES,
    IMAGES,
    LABELS,
    NUMBERS,
    ROWS,
    SENTENCES,
    SEQUENCES,
    TAGS,
    TEXTS,
)
from tests.contracts.estimator_settings import (
    CAPTIONS,
    CHUNKS,
    CNN,
    DBN,
    ENCODER,
    FAST,
    MANY,
    MLP,
    PAIRS,
    RBM,
    RNN,
    SOME,
    TABULAR,
)

RICH = {
    "MLPClassifier, rich": Case(
        skdeep.MLPClassifier(
            **MLP | MANY | {"hidden_layer_sizes": (4, 3)}, class_weight="balanced"
        ),
        ROWS,
        CLASSES,
    ),
    "MLPClassifier, labels": Case(skdeep.MLPClassifier(**MLP), ROWS, LABELS),
    "MLPRegressor, number layers": Case(
        skdeep.MLPRegressor(
            **MLP,
            numeric_embedding="ple",
            scaling_layer=True,
            parametric_activation=True,
            kernel_initializer="ntk",
        ),
        ROWS,
        NUMBERS,
    ),
    "MLPRegressor, L-BFGS": Case(
        skdeep.MLPRegressor(**MLP, solver="lbfgs", standardize_target=True), ROWS, NUMBERS
    ),
    "CNNClassifier, rich": Case(
        skdeep.CNNClassifier(
            **CNN | MANY | {"conv_layers": [(2, 3), (2, 2)]},
            pooling_type="average",
            global_pooling="max",
            random_shift=1,
            random_flip="both",
            augment=[Rotate(9), Brightness(0.1), Contrast(0.2), Noise(0.1), Erase(0.5)],
        ),
        IMAGES,
        CLASSES,
    ),
    "TabularMLPRegressor, missing targets": Case(
        skdeep.TabularMLPRegressor(**TABULAR, missing_targets="mask"),
        ROWS,
        NUMBERS,
        any_columns=True,
    ),
    "MLPRegressor, missing targets": Case(
        skdeep.MLPRegressor(**MLP, missing_targets="mask", standardize_target=True), ROWS, NUMBERS
    ),
    "CNNRegressor, rich": Case(
        skdeep.CNNRegressor(
            **CNN,
            augment=[Flip(y="negate"), Shift(1, y="keep", fill="edge"), Scale(0.2, y="keep")],
            standardize_target=True,
        ),
        IMAGES,
        NUMBERS,
    ),
    "CNNClassifier, sequences": Case(
        skdeep.CNNClassifier(
            **CNN | MANY | {"conv_layers": [(2, 3), (2, 2)], "n_dims": 1},
            strides=[1, 2],
            pooling=[2, 1],
            random_shift=1,
            random_flip="horizontal",
        ),
        SEQUENCES,
        CLASSES,
    ),
    "CNNRegressor, sequences": Case(
        skdeep.CNNRegressor(
            **CNN | {"conv_layers": [(3, 2)], "n_dims": 1, "pooling": 3},
            padding="valid",
            pooling_type="average",
            global_pooling="max",
        ),
        SEQUENCES,
        NUMBERS,
    ),
    "RNNClassifier, rich": Case(
        skdeep.RNNClassifier(
            **RNN | SOME | {"recurrent_layer_sizes": (3, 2)},
            cell="gru",
            bidirectional=True,
            pooling="attention",
            hidden_layer_sizes=(3,),
            normalization="batch",
            recurrent_dropout=0.2,
        ),
        SEQUENCES,
        CLASSES,
    ),
    "AttentionClassifier, rich": Case(
        skdeep.AttentionClassifier(
            **ENCODER | SOME | {"n_blocks": 2, "dropout": [0.1, 0.0, 0.2]},
            n_feed_forward=3,
            feed_forward_activation="relu",
            positions=None,
            pooling="max",
            hidden_layer_sizes=(3,),
            normalization="layer",
            dropout_schedule="cosine",
        ),
        SEQUENCES,
        CLASSES,
    ),
    "RNNClassifier, L-BFGS": Case(
        skdeep.RNNClassifier(**RNN, solver="lbfgs", gradient_clip_norm=None), SEQUENCES, CLASSES
    ),
    "RNNTagger, rich": Case(
        skdeep.RNNTagger(**RNN | SOME, bidirectional=True), SEQUENCES, TAGS, tables=False
    ),
    "Seq2SeqTranslator, transformer": Case(
        skdeep.Seq2SeqTranslator(
            "transformer",
            **PAIRS | {"units": 4, "learning_rate_init": 0.02, "epsilon": 1e-4},
            n_heads=2,
            n_hidden_layers=1,
        ),
        SENTENCES,
        SENTENCES[::-1],
        tables=False,
        uses=("rnn",),
    ),
    "Seq2SeqTranslator, rich": Case(
        skdeep.Seq2SeqTranslator(
            "lstm",
            **PAIRS | SOME,
            attention="additive",
            bidirectional=False,
            n_hidden_layers=2,
            tied_embeddings=False,
            unit="character",
            beam_width=2,
            max_length=5,
        ),
        TEXTS,
        TEXTS[::-1],
        tables=False,
        uses=("rnn",),
    ),
    "ImageCaptioner, rich": Case(
        skdeep.ImageCaptioner(
            [(2, 3), (3, 3)],
            **PAIRS | SOME,
            attention="additive",
            residual=True,
            strides=[1, 2],
            random_shift=1,
            unit="character",
            beam_width=2,
        ),
        IMAGES,
        TEXTS,
        tables=False,
        uses=CAPTIONS,
    ),
    "RNNForecaster, rich": Case(
        skdeep.RNNForecaster(**CHUNKS | SOME, standardize="series", output="student_t"),
        SEQUENCES,
        tables=False,
    ),
    "BernoulliRBM, rich": Case(
        skdeep.BernoulliRBM(
            **RBM,
            algorithm="cd",
            n_gibbs_steps=2,
            centering=True,
            sparsity_cost=0.1,
            solver="adam",
            ema_decay=0.9,
            likelihood="exact",
        ),
        BITS,
    ),
    "GaussianRBM, rich": Case(
        skdeep.GaussianRBM(**RBM, centering=True, momentum=0.5, learn_variance=False), ROWS
    ),
    "RBMClassifier, rich": Case(
        skdeep.RBMClassifier(4, training="generative", **FAST), BITS, CLASSES
    ),
    "DBNClassifier, rich": Case(
        skdeep.DBNClassifier(
            **DBN | SOME | {"pretrain_n_iter": [2, 1]},
            pretrain_centering=True,
            pretrain_momentum=0.5,
        ),
        BITS,
        CLASSES,
        uses=("rbm",),
    ),
    "Autoencoder, rich": Case(
        skdeep.Autoencoder(
            2,
            **MLP | SOME,
            activation="tanh",
            code_activation="logistic",
            tied_weights=True,
            corruption="salt_and_pepper",
            sparsity_penalty="kl",
            sparsity_cost=0.1,
            contraction_cost=0.1,
            pretrain="layerwise",
            pretrain_max_iter=2,
        ),
        ROWS,
        uses=("rbm",),
    ),
    "ConvAutoencoder, rich": Case(
        skdeep.ConvAutoencoder(
            2,
            **CNN | SOME,
            pooling_type="average",
            corruption="masking",
            normalization="batch",
        ),
        IMAGES,
        uses=("cnn",),
    ),
    "VariationalAutoencoder, rich": Case(
        skdeep.VariationalAutoencoder(
            2,
            **MLP,
            decoder="bernoulli",
            binarize="dynamic",
            n_importance_samples=2,
            transform_output="sample",
            ema_decay=0.9,
        ),
        BITS,
    ),
}
