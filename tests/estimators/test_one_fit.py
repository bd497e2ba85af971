"""A model that is fitted again meanwhile predicts as one of the two fits, never as a mix."""

import os
import pickle
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from threading import get_ident

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError

from skdeep import MLPClassifier
from tests.contracts.estimator_results import METHODS, assert_equal, flat, outputs
from tests.contracts.estimator_samples import N
from tests.contracts.estimators import BY_CLASS
from tests.estimators.steps import at_each_step

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:.*should be seen once"),
]

#: What a model is fitted to again: fewer samples, in another order.
OTHER = list(range(N - 1, N // 3, -1))


def on_change(model, act):
    """Return what calls `act` if the model's attributes are others than at the call before."""
    seen = [()]

    def check():
        now = [(name, id(value)) for name, value in list(vars(model).items())]
        if now != seen[0]:
            seen[0] = now
            act()

    return check


def same(found, expected):
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], values, err_msg=name)


def unchanged(model, X, before):
    same(outputs(model, X), before)


def methods(model):
    return [name for name in METHODS if hasattr(model, name)]


@pytest.mark.parametrize("name", BY_CLASS)
def test_until_a_fit_is_over_other_threads_see_the_one_before(name):
    case = BY_CLASS[name]
    model = case.fit()
    before, times = outputs(model, case.X), []

    def look():
        same(outputs(model, case.X), before)
        times.append(1)

    with at_each_step(on_change(model, look)):
        model.fit(*case.part(OTHER))
    assert times
    same(outputs(model, case.X), outputs(case.make().fit(*case.part(OTHER)), case.X))


@pytest.mark.parametrize("name", [n for n, case in BY_CLASS.items() if case.can("partial_fit")])
def test_nor_do_they_see_a_partial_fit_or_a_warm_start_before_its_end(name):
    case = BY_CLASS[name]
    warm = bool(case.name("warm_start"))
    model = case.make(**({"warm_start": True} if warm else {}))
    case.go_on(model)
    for go_on in (case.go_on, *([lambda model: model.fit(*case.data)] if warm else [])):
        before = outputs(model, case.X)
        look = partial(unchanged, model, case.X, before)
        with at_each_step(on_change(model, look)):
            go_on(model)


@pytest.mark.parametrize("name", BY_CLASS)
def test_a_prediction_is_of_one_fit_though_another_ends_meanwhile(name):
    case = BY_CLASS[name]
    model, data = case.fit(), [case.data, case.part(OTHER)]
    for method in methods(model):
        with at_each_step(lambda: None, until=-1) as steps:
            expected = flat(getattr(model, method)(case.X))
        data.reverse()
        with at_each_step(lambda: model.fit(*data[0]), until=steps[0] // 2):
            found = flat(getattr(model, method)(case.X))
        np.testing.assert_array_equal(found, expected, err_msg=method)


@pytest.mark.parametrize("name", ["MLPClassifier", "TabularMLPRegressor", "SequenceScaler"])
def test_while_a_fit_goes_on_a_pickle_is_of_the_one_before(name):
    case = BY_CLASS[name]
    model = case.fit()
    before = outputs(model, case.X)

    def look():
        same(outputs(pickle.loads(pickle.dumps(model)), case.X), before)

    with at_each_step(on_change(model, look)):
        model.fit(*case.part(OTHER))


@pytest.mark.parametrize("name", ["MLPClassifier", "TabularMLPRegressor", "SequenceEncoder"])
def test_within_a_first_fit_nothing_is_fitted_to_other_threads(name):
    case = BY_CLASS[name]
    model = case.make()

    def look():
        with pytest.raises(NotFittedError):
            outputs(model, case.X)

    with at_each_step(on_change(model, look)):
        model.fit(*case.data)
    outputs(model, case.X)


@pytest.mark.parametrize("name", ["MLPClassifier", "TabularMLPRegressor", "SequenceEncoder"])
def test_one_thread_fits_a_model_at_a_time(name):
    case = BY_CLASS[name]
    model = case.make()

    def refused():
        with pytest.raises(RuntimeError, match=f"another thread is fitting this {name}"):
            model.fit(*case.data)

    with at_each_step(refused, until=5):
        model.fit(*case.data)
    assert_equal(model, case.fit(), case.X)


class Counting(MLPClassifier):
    """What users write: methods of their own around those that see one fit."""

    n_predictions = 0

    def fit(self, X, y):
        super().fit(X, y)
        self.n_fits_ = getattr(self, "n_fits_", 0) + 1
        return self

    def predict(self, X):
        self.n_predictions += 1
        return super().predict(X)

    @cached_property
    def first_weights(self):
        return self.coefs_[0]


def test_methods_of_subclasses_keep_what_they_set():
    case = BY_CLASS["MLPClassifier"]
    model = Counting(**case.make().get_params()).fit(*case.data)
    assert_equal(model, case.fit(), case.X)
    model.n_predictions = 0
    model.predict(case.X)
    model.score(*case.data)  # which predicts
    assert (model.n_fits_, model.n_predictions) == (1, 2)
    assert model.first_weights is model.first_weights
    assert model.fit(*case.data) is model
    assert model.n_fits_ == 2


class Logged(MLPClassifier):
    """Notes which attributes are set, from its constructor on."""

    def __init__(self, hidden_layer_sizes=(3,), max_iter=2, random_state=0):
        self._log = []
        super().__init__(
            hidden_layer_sizes=hidden_layer_sizes, max_iter=max_iter, random_state=random_state
        )

    def __setattr__(self, name, value):
        if name != "_log":
            self._log.append(name)
        super().__setattr__(name, value)


def test_a_subclass_that_notes_what_is_set_is_told_of_no_dict():
    case = BY_CLASS["MLPClassifier"]
    model = Logged().fit(*case.data)
    model.predict(case.X)
    with pytest.raises(ValueError, match="max_iter"):
        model.set_params(max_iter=0).fit(*case.data)
    assert "__dict__" not in model._log


@pytest.mark.parametrize("name", ["MLPClassifier", "TabularMLPRegressor", "SequenceScaler"])
def test_what_is_set_while_a_fit_fails_stays_set(name):
    case = BY_CLASS[name]
    model = case.fit()
    before = outputs(model, case.X)
    parameter, value = next(iter(model.get_params(deep=False).items()))
    other = [value]  # as others have set it

    def fail():
        model.set_params(**{parameter: other})
        if name == "MLPClassifier":
            model.set_output(transform="pandas")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), at_each_step(fail, until=1):
        model.fit(*case.part(OTHER))
    assert model.get_params()[parameter] is other
    model.set_params(**{parameter: value})
    if name == "MLPClassifier":
        assert isinstance(model.transform(case.X), pd.DataFrame)
        model.set_output(transform="default")
    same(outputs(model, case.X), before)


class Learning(MLPClassifier):
    """A model that goes on learning from what it has predicted."""

    def predict(self, X):
        found = super().predict(X)
        self.partial_fit(X, found)
        self.n_learned_ = getattr(self, "n_learned_", 0) + 1
        return found


def test_what_a_method_learns_that_another_one_calls_is_kept():
    case = BY_CLASS["MLPClassifier"]
    model, same = (cls(**case.make().get_params()) for cls in (Learning, MLPClassifier))
    for each in (model, same):
        each.fit(*case.data)
    model.score(*case.data)
    same.partial_fit(case.X, same.predict(case.X))
    assert model.n_learned_ == 1
    np.testing.assert_array_equal(model.predict_proba(case.X), same.predict_proba(case.X))


def test_of_two_threads_that_begin_at_once_the_second_is_refused():
    case = BY_CLASS["SequenceScaler"]
    model = case.fit()
    seen = model.n_steps_seen_

    def begin(frame, event, argument):
        if event == "c_call" and argument is get_ident:  # no thread has the model yet
            sys.setprofile(None)
            other.submit(case.go_on, model).result()

    with ThreadPoolExecutor(1) as other:
        sys.setprofile(begin)
        try:
            with pytest.raises(RuntimeError, match="another thread is fitting"):
                case.go_on(model)
        finally:
            sys.setprofile(None)
    assert model.n_steps_seen_ == 2 * seen  # what the other has learned is kept
    case.go_on(model)
    assert model.n_steps_seen_ == 3 * seen


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_process_that_is_forked_while_a_thread_fits_may_fit_anew():
    case = BY_CLASS["SequenceScaler"]
    model, codes = case.fit(), []
    before = outputs(model, case.X)

    def fork():
        child = os.fork()
        if child:
            codes.append(os.waitpid(child, 0)[1])
            return
        signal.alarm(60)  # rather than wait for a lock that some other thread had
        try:
            same(outputs(model, case.X), before)
            same(outputs(model.fit(*case.part(OTHER)), case.X), outputs(expected, case.X))
        except BaseException:
            os._exit(1)
        os._exit(0)

    expected = case.make().fit(*case.part(OTHER))
    with at_each_step(fork, until=5):
        model.fit(*case.part(OTHER))
    assert codes == [0]
