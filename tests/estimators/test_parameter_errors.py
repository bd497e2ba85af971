"""What no parameter can be is refused in words: its name, what was expected, what came."""

import numpy as np
import pytest

import skdeep
from skdeep import (
    Autoencoder,
    BernoulliRBM,
    CNNClassifier,
    ConvAutoencoder,
    DBNClassifier,
    MLPClassifier,
    MLPRegressor,
    NetworkClassifier,
    NetworkTransformer,
    RBMClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNGenerator,
    SequenceScaler,
    VariationalAutoencoder,
)
from skdeep.nn import Dense
from tests.contracts.estimator_results import weights
from tests.contracts.estimator_samples import BITS, ROWS, SEQUENCES, N
from tests.contracts.estimators import BY_CLASS

X, Y = ROWS, np.arange(N) % 2
#: Classes, with what they learn from.
FAMILIES = {case.cls: case.data for case in BY_CLASS.values() if case.takes("random_state")}
FAMILIES[MLPClassifier] = X, Y
EPOCHS = {
    case.cls: next(n for n in ("max_iter", "n_iter", "n_estimators", "contamination") if n in names)
    for case in BY_CLASS.values()
    if case.cls in FAMILIES and (names := case.cls().get_params(deep=False))
}


def fit(family, **options):
    few = {EPOCHS[family]: 0.5 if EPOCHS[family] == "contamination" else 1}
    return family(**{**few, **options}).set_params(random_state=0).fit(*FAMILIES[family])


def takes(family, name):
    return name in family().get_params(deep=False)


def families_with(*names):
    return [(family, name) for family in FAMILIES for name in names if takes(family, name)]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore:.*expects values:UserWarning")
class TestSizes:
    names = ("hidden_layer_sizes", "recurrent_layer_sizes", "decoder_layer_sizes")

    @pytest.mark.parametrize(("family", "name"), families_with(*names))
    def test_a_single_value_of_numpy_is_one_layer(self, family, name):
        model = fit(family, **{name: np.array(4)})
        assert model.get_params()[name] == 4

    @pytest.mark.parametrize("value", [[[3]], (True,), True, {3}, {"a": 3}, np.array([[2, 3]])])
    @pytest.mark.parametrize(("family", "name"), families_with(*names))
    def test_what_is_no_size_is_refused(self, family, name, value):
        with pytest.raises(ValueError, match=f"{name}.*must be"):
            fit(family, **{name: value})

    several = ("frozen_layers", "conv_layers", "image_shape", "quantiles")

    @pytest.mark.parametrize(("family", "name"), families_with(*several))
    def test_a_single_value_is_not_several(self, family, name):
        with pytest.raises(ValueError, match=f"'{name}' parameter of {family.__name__} must be"):
            fit(family, **{name: np.array(0.5)})

    small = [
        *families_with("n_components", "batch_size", "pretrain_batch_size"),
        (RNNGenerator, "embedding_dim"),
    ]

    @pytest.mark.parametrize(("family", "name"), small)
    def test_small_integers_of_numpy_are_numbers_like_others(self, family, name):
        options = {"pretrain_n_iter": 1} if name == "pretrain_batch_size" else {}
        models = [fit(family, **{name: kind(8)}, **options) for kind in (int, np.int8, np.uint8)]
        first, *others = map(weights, models)
        for other in others:
            np.testing.assert_equal(other, first)

    counts = ("n_components", "batch_size", "max_iter", "n_iter", "embedding_dim", "n_estimators")

    @pytest.mark.parametrize(
        ("family", "name"), families_with(*counts, "tbptt_steps", "pretrain_batch_size")
    )
    def test_a_truth_value_is_no_count(self, family, name):
        with pytest.raises(ValueError, match=f"'{name}'.*not a truth value. Got True"):
            fit(family, **{name: True})

    def test_a_later_partial_fit_checks_parameters_too(self):
        model = MLPClassifier((3,)).partial_fit(X, Y, classes=[0, 1])
        with pytest.raises(ValueError, match="'alpha' parameter"):
            model.set_params(alpha="").partial_fit(X, Y)
        machine = BernoulliRBM(3).partial_fit(BITS)
        with pytest.raises(ValueError, match="'batch_size' parameter"):
            machine.set_params(batch_size="auto").partial_fit(BITS)
        scaler = SequenceScaler().partial_fit(SEQUENCES)
        with pytest.raises(ValueError, match="'with_mean' parameter"):
            scaler.set_params(with_mean=np.array([1, 2])).partial_fit(SEQUENCES)

    @pytest.mark.parametrize("value", [[["relu"]], [None]])
    def test_what_is_no_activation_is_refused(self, value):
        with pytest.raises(ValueError, match="activation must be among"):
            fit(RNNClassifier, activation=value, hidden_layer_sizes=(3,))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class TestHugeSizes:
    HUGE = 10**7

    @pytest.mark.parametrize("family", [CNNClassifier, ConvAutoencoder])
    def test_kernels(self, family):
        with pytest.raises(ValueError, match="smaller kernel size"):
            fit(family, conv_layers=((2, self.HUGE),))

    def test_dilations(self):
        with pytest.raises(ValueError, match="smaller kernel size or dilation"):
            fit(CNNClassifier, conv_layers=((2, 3),), dilation=self.HUGE)

    def test_large_dilations_that_images_bear_still_train(self):
        fit(CNNClassifier, conv_layers=((2, 3),), dilation=50)

    @pytest.mark.parametrize("name", ["strides", "dilation", "pooling"])
    def test_what_no_axis_has(self, name):
        with pytest.raises(ValueError, match=f"{name} must be made of integers"):
            fit(CNNClassifier, conv_layers=((2, 3),), **{name: 10**20})

    @pytest.mark.parametrize(
        ("family", "options"),
        [
            (MLPClassifier, {"hidden_layer_sizes": (HUGE, HUGE)}),
            (NetworkClassifier, {"layers": [Dense(HUGE), Dense(HUGE)]}),
            (NetworkTransformer, {"layers": [Dense(HUGE), Dense(HUGE)]}),
            (RNNClassifier, {"recurrent_layer_sizes": HUGE}),
            (RNNGenerator, {"embedding_dim": 10**12}),
            (Autoencoder, {"n_components": 10**12}),
            (VariationalAutoencoder, {"n_components": 10**12}),
            (ConvAutoencoder, {"conv_layers": ((10**12, 3),)}),
            (DBNClassifier, {"hidden_layer_sizes": (HUGE, HUGE)}),
            (BernoulliRBM, {"n_components": 10**12}),
            (BernoulliRBM, {"n_components": 2, "batch_size": 10**12}),
            (RBMClassifier, {"n_components": 10**20}),
        ],
    )
    def test_models_that_no_memory_holds(self, family, options):
        with pytest.raises(ValueError, match="GiB, more memory than is free"):
            fit(family, **options)


JUNK = [None, "a", [[1], [2, 3]], [1j], ["1"], [object()], [None]]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class TestWeights:
    model = MLPClassifier((3,), max_iter=1, random_state=0)

    @pytest.mark.parametrize("junk", JUNK)
    def test_what_is_no_array_of_numbers(self, junk):
        weights = {"output.b": junk}
        with pytest.raises(
            ValueError, match=r"initial_weights: 'output.b' must be an array of real"
        ):
            fit(MLPClassifier, initial_weights=weights)
        with pytest.raises(
            ValueError, match=r"weights: 'output.b' must be an array of real numbers"
        ):
            fit(MLPClassifier).set_weights(weights)

    @pytest.mark.parametrize("weights", [None, [1], "a", 5])
    def test_what_has_no_names(self, weights):
        with pytest.raises(ValueError, match="weights must be a dict"):
            fit(MLPClassifier).set_weights(weights)

    def test_what_the_dtype_cannot_hold(self):
        weights = {"output.b": [1e300]}
        fit(MLPClassifier).set_weights(weights)
        with pytest.raises(ValueError, match="too large for dtype\\('float32'\\)"):
            fit(MLPClassifier, dtype="float32").set_weights(weights)
        with pytest.raises(ValueError, match="too large for dtype\\('float32'\\)"):
            fit(MLPClassifier, dtype="float32", initial_weights=weights)

    @pytest.mark.parametrize("junk", ["a", [[1], [2, 3]], None])
    def test_attributes(self, junk):
        machine = fit(BernoulliRBM)
        with pytest.raises(ValueError, match="'W' must be an array of real numbers"):
            machine.components_ = junk
        with pytest.raises(ValueError, match=r"coefs_ must be a list of 2|'hidden_0.W' has shape"):
            fit(MLPClassifier).coefs_ = junk


@pytest.mark.parametrize("junk", ["abc", [["a"]], [[1], [2, 3]], object()])
@pytest.mark.parametrize("family", [MLPClassifier, DBNClassifier, Autoencoder, BernoulliRBM])
def test_partial_fit_of_what_is_no_array_of_numbers(family, junk):
    classes = {"y": Y, "classes": [0, 1]} if "Classifier" in family.__name__ else {}
    with pytest.raises((TypeError, ValueError), match=r"X.* must be an array of real numbers"):
        family().partial_fit(junk, **classes)


def test_errors_of_conversion_say_which_argument_they_mean():
    with pytest.raises(ValueError, match=r"^y must be an array of real numbers"):
        MLPRegressor().fit(X, [[1]] * 35 + [[2, 3]])
    with pytest.raises(ValueError, match=r"^sample_weight must be an array of real numbers"):
        MLPRegressor().fit(X, X[:, 0], sample_weight="abc")
    with pytest.raises(ValueError, match=r"^sample_weight must be .*, got dates or times"):
        MLPRegressor().fit(X, X[:, 0], sample_weight=np.arange(len(X)).astype("M8[D]"))
    with pytest.raises(ValueError, match=r"^classes must be an array"):
        MLPClassifier().partial_fit(X, Y, classes=5)
    with pytest.raises(ValueError, match=r"^y must hold classes of one kind"):
        MLPClassifier().fit(X, np.array(["a", 1] * 18, object))
    with pytest.raises(ValueError, match=r"^y must hold classes of one kind"):
        MLPClassifier().partial_fit(X, np.array(["a", 1] * 18, object), classes=["a", "b"])
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match=r"^X must have columns of different names"):
        MLPClassifier().fit(pandas.DataFrame(X, columns=["x"] * 5), Y)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(
    ("family", "draw"),
    [
        (BernoulliRBM, lambda machine: machine.sample(10**14)),
        (RBMClassifier, lambda machine: machine.sample(10**14)),
        (DBNClassifier, lambda model: model.sample(10**14)),
        (VariationalAutoencoder, lambda model: model.sample(10**14)),
        (RNNGenerator, lambda model: model.generate(n_steps=10**14)),
        (RNNForecaster, lambda model: model.forecast(10**14)),
    ],
)
def test_draws_that_no_memory_holds(family, draw):
    model = RNNForecaster(2, max_iter=1).fit(X) if family is RNNForecaster else fit(family)
    with pytest.raises(ValueError, match=r"=100000000000000 would take .* more memory"):
        draw(model)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_truth_value_is_no_number_of_samples():
    model = fit(VariationalAutoencoder)
    for draw in (model.sample, lambda n: model.score_samples(X, n_samples=n)):
        with pytest.raises(ValueError, match="n_samples must be an integer >= 1, got True"):
            draw(True)


@pytest.mark.parametrize("family", [MLPClassifier, CNNClassifier, RNNClassifier, DBNClassifier])
def test_class_weights_of_a_list_are_dicts(family):
    with pytest.raises(ValueError, match=r"^class_weight must be made of 'balanced', None or dict"):
        fit(family, class_weight=[[1]])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("seed", [-1, 2**40, "a", 1.5])
def test_seeds_of_methods(seed):
    machine = fit(BernoulliRBM)
    draws = [
        lambda: machine.sample(random_state=seed),
        lambda: machine.gibbs(BITS, random_state=seed),
        lambda: machine.log_partition("ais", n_chains=2, n_betas=2, random_state=seed),
        lambda: fit(RBMClassifier).sample(random_state=seed),
        lambda: fit(DBNClassifier).sample(random_state=seed),
        lambda: fit(VariationalAutoencoder).sample(random_state=seed),
        lambda: fit(RNNGenerator).generate(random_state=seed),
    ]
    for draw in draws:
        with pytest.raises(ValueError, match="random_state must be an integer from 0"):
            draw()


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ([], "has no split"),
        (iter([]), "has no split"),
        ([([0], [100])], "validation samples must be among 36"),
        ([([100], [0, 1])], "training samples must be among 36"),
        ([([], [0, 1, 2])], "leaves no samples to train on"),
        ([(0, 1)], "must be a list of indices"),
        ([[0, 1, 2]], "unpack"),
        ([None], "unpack"),
        ([(["a"], [1, 2])], "must be among 36"),
        ([([0.5], [1, 2])], "must be among 36"),
        ([(None, None)], "must be among 36"),
    ],
)
@pytest.mark.parametrize("family", [MLPClassifier, RNNClassifier, Autoencoder])
def test_splits_with_rows_that_are_not_there(family, split, message):
    with pytest.raises(ValueError, match=f"validation_split=.*{message}"):
        fit(family, early_stopping=True, validation_split=split)


@pytest.mark.parametrize(
    ("scoring", "message"),
    [
        (lambda *given: "0.5", "one number, but .* returned '0.5'"),
        (lambda *given: None, "one number, but .* returned None"),
        (lambda *given: np.array([1, 2]), r"one number, but .* returned array\(\[1, 2\]\)"),
        (lambda: 1.0, r"a function of \(estimator, X"),
        (len, r"a function of \(estimator, X"),
    ],
)
@pytest.mark.parametrize("family", [MLPClassifier, RNNClassifier, Autoencoder])
def test_scorers_that_give_no_number(family, scoring, message):
    with pytest.raises(ValueError, match=f"scoring must (return|be) {message}"):
        fit(family, early_stopping=True, scoring=scoring)


def test_a_scorer_s_own_error_is_not_hidden():
    def scoring(estimator, X, y):
        return 1 / 0

    with pytest.raises(ZeroDivisionError):
        fit(MLPClassifier, early_stopping=True, scoring=scoring)


@pytest.mark.parametrize("schedule", [len, lambda: 1.0, lambda a, b: 1.0])
@pytest.mark.parametrize("family", [MLPClassifier, BernoulliRBM])
def test_schedules_that_take_no_progress(family, schedule):
    with pytest.raises((TypeError, ValueError), match=r"learning_rate_schedule|len\(\)"):
        fit(family, learning_rate_schedule=schedule)


@pytest.mark.parametrize("rolls", [[np.zeros((9, 8), int)], np.zeros((3, 9, 8), int)])
def test_piano_rolls_are_told_where_they_belong(rolls):
    with pytest.raises(ValueError, match=r"piano rolls.* set embedding_dim=None"):
        RNNGenerator(embedding_dim=32).fit(rolls)


class TestNames:
    @pytest.mark.parametrize(
        ("family", "options", "meant"),
        [
            (MLPClassifier, {"activation": "ReLU"}, "relu"),
            (MLPClassifier, {"activation": "linear"}, "identity"),
            (MLPClassifier, {"activation": ["leakyrelu"]}, "leaky_relu"),
            (VariationalAutoencoder, {"activation": "Tanh"}, "tanh"),
            (Autoencoder, {"code_activation": "Linear"}, "identity"),
            (MLPClassifier, {"solver": "Adam"}, "adam"),
            (DBNClassifier, {"pretrain_solver": "Adam"}, "adam"),
            (MLPRegressor, {"loss": "mae"}, "absolute_error"),
            (MLPRegressor, {"loss": "mse"}, "squared_error"),
            (MLPRegressor, {"scoring": "mse"}, "neg_mean_squared_error"),
            (MLPRegressor, {"learning_rate": "adaptative"}, "adaptive"),
            (Autoencoder, {"loss": "binary_crossentropy"}, "log_loss"),
            (MLPClassifier, {"kernel_initializer": "xavier"}, "glorot_uniform"),
            (MLPClassifier, {"normalization": "BatchNorm"}, "batch"),
            (RNNClassifier, {"cell": "LSTM"}, "lstm"),
            (RNNClassifier, {"pooling": "avg"}, "mean"),
            (CNNClassifier, {"pooling_type": "avg"}, "average"),
            (DBNClassifier, {"visible": "normal"}, "gaussian"),
            (BernoulliRBM, {"algorithm": "PCD"}, "pcd"),
        ],
    )
    def test_near_names_are_suggested(self, family, options, meant):
        with pytest.raises(ValueError, match=f"Did you mean '{meant}'\\?"):
            fit(family, **options)

    def test_nothing_is_suggested_for_what_is_like_nothing(self):
        with pytest.raises(ValueError, match="'solver'") as caught:
            fit(MLPClassifier, solver="bogus")
        assert "Did you mean" not in str(caught.value)

    @pytest.mark.parametrize("value", [(256, 256), [64], 256, np.array([8])])
    def test_sizes_in_the_first_place_are_told_where_they_belong(self, value):
        with pytest.raises(ValueError, match=r"'loss'.* by name: hidden_layer_sizes="):
            MLPRegressor(value).fit(X, X[:, 0])

    def test_sizes_where_the_code_s_width_comes_first(self):
        for family in (Autoencoder, VariationalAutoencoder):
            with pytest.raises(ValueError, match=r"by name: hidden_layer_sizes=\(64, 2\)"):
                family((64, 2)).fit(X)

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    @pytest.mark.parametrize(("alias", "name"), [("sigmoid", "logistic"), ("swish", "silu")])
    @pytest.mark.parametrize(
        ("family", "parameter"), families_with("activation", "code_activation")
    )
    def test_two_activations_have_two_names_each(self, family, parameter, alias, name):
        sizes = {"hidden_layer_sizes": (3,)} if takes(family, "hidden_layer_sizes") else {}
        models = [fit(family, **{parameter: given}, **sizes) for given in (alias, name)]
        assert models[0].get_params()[parameter] == alias  # stays as it was given
        one, other = map(weights, models)
        for key in other:
            np.testing.assert_array_equal(one[key], other[key])

    def test_aliases_are_taken(self):
        with pytest.raises(ValueError, match="'swish' is registered already"):
            skdeep.register_activation("swish", lambda xp, x: x, lambda xp, y: 0 * y + 1)

    @pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
    def test_pretraining_knows_the_alias(self):
        model = Autoencoder(2, hidden_layer_sizes=(3,), activation="sigmoid", pretrain="rbm")
        model.set_params(max_iter=1, pretrain_max_iter=1).fit(BITS)
