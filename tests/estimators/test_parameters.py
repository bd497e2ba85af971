"""Parameters are declared once: what comes of a declaration, and what a user's subclass makes."""

import inspect
import pickle
from typing import Literal

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.utils._param_validation import validate_parameter_constraints

import skdeep
from skdeep import (
    Autoencoder,
    BernoulliRBM,
    DBNClassifier,
    MLPClassifier,
    RBMClassifier,
    RNNForecaster,
    VariationalAutoencoder,
)
from skdeep.estimators.parameters import (
    estimator_parameters,
    like,
    parameter,
    parameter_group,
    parameters_of,
    redeclared,
    stack_rules,
    switched_on,
)

X = np.random.default_rng(0).normal(size=(30, 3))
Y = np.arange(30) % 2
ESTIMATORS = [
    cls
    for cls in map(vars(skdeep).get, skdeep.__all__)
    if isinstance(cls, type) and issubclass(cls, BaseEstimator)
]


@parameter_group
class First:
    """A group."""

    width: int = parameter(default=3, constraint=[int], doc="Number of units.", kw_only=False)
    rate: float = parameter(default=0.5, constraint=[float], doc="Rate.", stack="each")


@parameter_group
class Second:
    """A group that comes after it."""

    kind: Literal["a", "b"] | None = parameter(default=None, doc="Which of them.", stack="switch")
    fast: bool = parameter(default=True, doc="Whether it hurries.")


@estimator_parameters(attributes=["left_ : int\n    What is left."], notes="Shared.")
class Model(Second, First, BaseEstimator):
    """A model.

    Notes
    -----
    Its own.
    """

    rate: float = like(First, default=0.1)
    more: int = parameter(default=1, constraint=[int], doc="More.")


def test_declarations_make_the_constructor():
    assert str(inspect.signature(Model)) == (
        "(width: int = 3, *, rate: float = 0.1, kind: Optional[Literal['a', 'b']] = None, "
        "fast: bool = True, more: int = 1)"
    )
    assert Model(5, kind="a").get_params() == {
        **{"width": 5, "rate": 0.1, "kind": "a", "fast": True, "more": 1}
    }
    with pytest.raises(TypeError, match=r"Model.__init__\(\) got an unexpected .* 'rte'"):
        Model(rte=1)
    assert vars(clone(pickle.loads(pickle.dumps(Model(7))))) == vars(Model(7))


def test_declarations_make_constraints():
    kind, none = Model._parameter_constraints["kind"]
    assert (kind.options, none) == ({"a", "b"}, None)
    assert Model._parameter_constraints["fast"] == ["boolean"]
    assert Model._parameter_constraints["rate"] == [float]


def test_declarations_make_the_docstring():
    assert inspect.cleandoc(Model.__doc__).startswith(
        "A model.\n\nParameters\n----------\nwidth : int, default=3\n    Number of units.\n\n"
        "rate : float, default=0.1\n    Rate.\n\nkind : {'a', 'b'} or None, default=None\n"
    )
    assert "Attributes\n----------\nleft_ : int\n    What is left." in inspect.cleandoc(
        Model.__doc__
    )
    assert "Notes\n-----\nShared.\n\nIts own." in inspect.cleandoc(Model.__doc__)


def test_declarations_make_rules_of_stacking():
    rules = stack_rules(Model)
    assert (rules.each, rules.switch, rules.agree) == (
        ("rate",),
        ("kind",),
        ("width", "fast", "more"),
    )
    assert switched_on(Model()) == {"kind": False}
    assert switched_on(Model(kind="b")) == {"kind": True}


@pytest.mark.parametrize("cls", ESTIMATORS)
def test_every_parameter_is_declared(cls):
    declared = parameters_of(cls)
    assert list(declared) == list(inspect.signature(cls).parameters)
    for name, one in declared.items():
        assert one.default == inspect.signature(cls).parameters[name].default
        assert one.stack in ("each", "switch", "agree")
    defaults = cls().get_params(deep=False)
    validate_parameter_constraints(cls._parameter_constraints, defaults, cls.__name__)


@pytest.mark.parametrize(
    ("cls", "of_its_own", "switches"),
    [
        (MLPClassifier, {"label_smoothing", "class_weight", "max_fun"}, {"dropout"}),
        (VariationalAutoencoder, {"beta", "transform_output"}, set()),
        (DBNClassifier, {"pretrain_learning_rate", "pretrain_n_iter"}, {"dropout"}),
        (RBMClassifier, {"generative_weight", "label_smoothing"}, set()),
        (RNNForecaster, {"standardize"}, {"dropout"}),
        (Autoencoder, {"sparsity_target"}, {"corruption_level", "sparsity_cost", "dropout"}),
    ],
)
def test_rules_of_networks(cls, of_its_own, switches):
    rules = stack_rules(cls)
    assert of_its_own | {"alpha", "learning_rate_init", "random_state", "tol"} <= {*rules.each}
    clips = {"gradient_clip_norm", "gradient_clip_value", "ema_decay"}
    assert switches | clips <= {*rules.switch}
    assert {"batch_size", "solver", "device", "dtype"} <= {*rules.agree}


def test_what_switches_a_parameter_on():
    model = MLPClassifier(dropout=[0.0, 0.1], ema_decay=0.0)
    assert switched_on(model) == {
        "dropout": True,
        "dropout_schedule": False,
        "label_smoothing_schedule": False,
        "gradient_clip_norm": False,
        "gradient_clip_value": False,
        "ema_decay": True,  # None switches it off, 0 does not
    }
    assert not switched_on(MLPClassifier(dropout=[0.0, 0.0]))["dropout"]
    assert not switched_on(BernoulliRBM())["sparsity_cost"]


class Annotated(MLPClassifier):
    """A user's subclass."""

    note: str = "mine"
    alpha = 3  # shadows no parameter: instances have their own


class Shorter(MLPClassifier):
    """A user's subclass with a constructor of its own."""

    def __init__(self, width=4, max_iter=2):
        super().__init__((width,), max_iter=max_iter)
        self.width = width


def test_a_users_annotation_is_no_parameter():
    assert inspect.signature(Annotated) == inspect.signature(MLPClassifier)
    assert "note" not in Annotated().get_params()
    assert Annotated().alpha == 0.0001


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_users_constructor_works_as_usual():
    model = clone(Shorter(5, max_iter=3)).fit(X, Y)
    assert model.get_params() == {"width": 5, "max_iter": 3}
    assert model.coefs_[0].shape == (3, 5)
    assert stack_rules(Shorter) == stack_rules(MLPClassifier)


def test_an_attribute_that_is_missing_is_missed():
    model = MLPClassifier()
    del model.alpha
    with pytest.raises(AttributeError, match="alpha"):
        _ = model.alpha


def test_positional_parameters_may_be_declared_again():
    @estimator_parameters
    class Again(First, BaseEstimator):
        """A model."""

        width: int = redeclared(First, default=9, kw_only=False)

    assert Again(2).width == 2
    assert Again().width == 9
