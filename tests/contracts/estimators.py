"""Every estimator, as the tests of estimators exercise it.

Add a line to `CASES` when you add an estimator: a small fit, and what it learns from. What it can
do (``partial_fit``, weights, devices, early stopping) is asked of the estimator itself.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone

import skdeep
from skdeep.augmentation import Brightness, Contrast, Erase, Flip, Noise, Rotate, Scale, Shift
from skdeep.nn import GRU, Activation, Conv, Dense, Dropout, LastStep, Reshape

RANDOM = np.random.default_rng(0)
N = 36
ROWS = RANDOM.normal(size=(N, 5))
BITS = (ROWS > 0).astype(float)
IMAGES = RANDOM.normal(size=(N, 6, 6))
LENGTHS = RANDOM.integers(2, 9, N)
SEQUENCES = [RANDOM.normal(size=(n, 2)) for n in LENGTHS]
TOKENS = [RANDOM.integers(0, 5, n) for n in LENGTHS]
ROLLS = [(RANDOM.random((n, 4)) < 0.4).astype(float) for n in LENGTHS]
TEXTS = ["".join("abcde"[k] for k in tokens) for tokens in TOKENS]
SENTENCES = [" ".join("abcde"[k] for k in tokens) for tokens in TOKENS]

CLASSES = np.array(["no", "perhaps", "yes"])[np.arange(N) % 3]
LABELS = (ROWS[:, :2] > 0).astype(int)
NUMBERS = np.linspace(-1, 2, N)
TAGS = [np.where(x[:, 0] > 0, "up", "down") for x in SEQUENCES]

#: Methods that give one result for each sample.
METHODS = [
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "reconstruct",
    "score_samples",
]


@dataclass(frozen=True)
class Case:
    """An estimator whose fit takes milliseconds, and the data that it learns from."""

    estimator: BaseEstimator
    X: Any
    y: Any = None
    #: What scikit-learn's common checks run on, where defaults learn too little or for long.
    checked: BaseEstimator | None = None
    #: Families, other than its own, of which it may load modules.
    uses: tuple[str, ...] = ()
    #: Whether columns may hold anything, NaN and text too, and go by their names.
    any_columns: bool = False
    #: Whether by default a small fit has many batches, so that weights are no repeated samples.
    few_per_batch: bool = False
    #: Whether it learns tables, and a y of one entry for each row; some know sequences only.
    tables: bool = True

    @property
    def cls(self):
        return type(self.estimator)

    @property
    def reads_text(self):
        """Whether its samples are strings."""
        return isinstance(self.X, list) and isinstance(self.X[0], str)

    @property
    def family(self):
        """Its folder in `skdeep.estimators`."""
        return self.cls.__module__.split(".")[2]

    @property
    def data(self):
        """What `fit` takes by position."""
        return (self.X,) if self.y is None else (self.X, self.y)

    @property
    def epochs(self):
        """The parameter that says how often all samples are seen, or None."""
        return next(filter(self.name, ("max_iter", "n_iter")), None)

    @property
    def by_epochs(self):
        """Whether it trains epoch by epoch; L-BFGS and what trains no network do not."""
        return bool(self.epochs) and self.estimator.get_params().get("solver") != "lbfgs"

    @property
    def stacks(self):
        """Whether several of it may train as one network."""
        return self.by_epochs and self.name("device") == "device" and not self.any_columns

    def name(self, parameter):
        """Return the parameter's name in `set_params`: its own, a member's, or None."""
        names = self.estimator.get_params()
        return next((n for n in (parameter, f"estimator__{parameter}") if n in names), None)

    def takes(self, *names):
        """Return whether all these are parameters, its own or those of its members."""
        return all(self.name(name) for name in names)

    def fit_takes(self, name):
        return name in inspect.signature(self.cls.fit).parameters

    def can(self, method):
        return hasattr(self.estimator, method)

    def make(self, **params):
        """Return it unfitted, with other parameters, those of members included."""
        given = {self.name(name) or name: value for name, value in params.items()}
        return clone(self.estimator).set_params(**given)

    def fit(self, **params):
        return self.make(**params).fit(*self.data)

    def part(self, index):
        """Return some samples, as `fit` takes them."""
        return tuple(select(values, index) for values in self.data)

    def go_on(self, model):
        """Train further with all data, by one more epoch."""
        more = {}
        if "classes" in inspect.signature(model.partial_fit).parameters and not hasattr(
            model, "n_iter_"
        ):
            more = {"classes": np.unique(np.concatenate([np.ravel(y) for y in self.y]))}
        return model.partial_fit(*self.data, **more)


def is_table(X):
    return isinstance(X, np.ndarray) and X.ndim == 2


def select(values, index):
    """Return some of the samples, whatever they are kept in."""
    if isinstance(values, list):
        return [values[k] for k in index]
    return values[index]


def flat(result):
    """Return the numbers of a result, whatever holds them."""
    if isinstance(result, list | tuple) or getattr(result, "dtype", None) == np.dtype(object):
        return np.concatenate([flat(part) for part in result] or [np.zeros(0)])
    return np.ravel(np.asarray(result))


def outputs(model, X):
    """Return what each method gives for each sample, flat, by the method's name."""
    found = {name: getattr(model, name)(X) for name in METHODS if hasattr(model, name)}
    if hasattr(model, "inverse_transform"):
        found["inverse_transform"] = decoded(model, found["transform"], X)
    return {name: flat(result) for name, result in found.items()}


def decoded(model, codes, X):
    """Return what comes back of the codes of X, in the lengths of X."""
    varied = "lengths" in inspect.signature(model.inverse_transform).parameters
    return model.inverse_transform(codes, **({"lengths": list(map(len, X))} if varied else {}))


def networks(model):
    """Return the fitted networks of an estimator: its members, or itself; none of a scaler's."""
    members = getattr(model, "estimators_", None) or getattr(model, "members_", None)
    members = members or [getattr(model, "estimator_", model)]
    return [member for member in members if hasattr(member, "get_weights")]


def weights(model):
    """Return all that was learned by name, the weights of RBMs below included."""
    found = {}
    for k, network in enumerate(networks(model)):
        for j, one in enumerate([network, *getattr(network, "rbms_", ())]):
            found |= {f"{k}.{j}.{name}": w for name, w in one.get_weights().items()}
    return found


def values(model):
    """Return all weights of a network as one vector."""
    return np.concatenate([np.ravel(w) for w in model.get_weights().values()])


def history(model):
    """Return the curves of all networks of an estimator."""
    names = ("loss_curve_", "monitor_curve_", "validation_scores_")
    return [[getattr(network, name, None) for name in names] for network in networks(model)]


def assert_equal(one, other, X, **tolerance):
    """Compare what two models learned and what they give, exactly unless told otherwise."""
    pairs = [(weights(one), weights(other)), (outputs(one, X), outputs(other, X))]
    for found, expected in pairs:
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            if tolerance and values.dtype.kind == "f":
                np.testing.assert_allclose(found[name], values, err_msg=name, **tolerance)
            else:
                np.testing.assert_array_equal(found[name], values, err_msg=name)


FAST = {"max_iter": 3, "batch_size": 12, "random_state": 0}
MLP = {"hidden_layer_sizes": (4,), **FAST}
RBM = {"n_components": 4, "n_iter": 3, "random_state": 0}
DBN = {"hidden_layer_sizes": (4, 3), "pretrain_n_iter": 2, **FAST}
CNN = {"conv_layers": [(2, 3)], **FAST}
RNN = {"recurrent_layer_sizes": 3, **FAST}
ENCODER = {"n_blocks": 1, "n_units": 4, "n_heads": 2, **FAST}
#: What learns scikit-learn's tables, whose columns are its steps.
LEARNS = {"n_blocks": 1, "n_units": 8, "n_heads": 2, "dropout": 0.02, "random_state": 0}
LEARNS |= {"learning_rate_init": 0.05, "max_iter": 20, "positions": "learned", "n_positions": 40}
TABULAR = {"hidden_layer_sizes": (4,), "n_members": 2, **FAST}
CAPTIONS = ("cnn", "rnn", "seq2seq")
PAIRS = {"units": 3, "embedding_dim": 4, "dropout": 0.0, "learning_rate_init": 0.1, **FAST}
CHUNKS = {"tbptt_steps": 4, **RNN}
#: What all parts of the texts have alike, so that their fits train as one network.
ONE_WORD = {"word_ngrams": (1, 1), "character_ngrams": None}
LAYERS = [Dense(4), Activation("tanh"), Dropout(0.1)]
SOME = {"dropout": 0.1, "ema_decay": 0.9, "solver": "adamw", "weight_decay": 0.01}
MANY = SOME | {"normalization": "batch", "residual": True, "learning_rate_schedule": "exponential"}
MEMBERS = {"hidden_layer_sizes": (20,), "learning_rate_init": 0.02, "max_iter": 100}

#: Without splits and masks, which are drawn, whole weights are repeated samples.
WHOLE = {
    "early_stopping": False,
    "dropout": 0.0,
    "n_members": 1,
    "dtype": "float64",
    "max_iter": 30,
    "random_state": 0,
}

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

#: The same with many options at once, so that what each must do holds of those too.
CASES |= {
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
