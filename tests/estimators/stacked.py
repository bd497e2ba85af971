"""Fits as a stack and one by one, side by side."""

import pickle

import numpy as np
from sklearn.base import clone

from skdeep.estimators.fit.waiting import deferring
from skdeep.fitting.stack import group_jobs, train_jobs
from tests.contracts.estimator_results import flat


def twins(estimator, own, data, rows=None, **fit_params):
    """Fit as many clones as `own` has values, as one stack and one by one."""
    n = len(next(iter(own.values())))
    X, y = data
    pairs = []
    with deferring(lambda estimator: True) as jobs:
        for m in range(n):
            together = clone(estimator).set_params(**{k: v[m] for k, v in own.items()})
            alone = clone(together)
            cut = slice(None) if rows is None else rows[m]
            given = (X[cut],) if y is None else (X[cut], y[cut])
            pairs.append((together.fit(*given, **fit_params), alone, given))
    assert len(group_jobs(jobs)) == 1
    train_jobs(jobs)
    assert [job.error for job in jobs] == [None] * n
    for together, alone, given in pairs:
        alone.fit(*given, **fit_params)
        assert_same(together, alone, *given)
    return [together for together, _, _ in pairs]


def assert_same(one, other, X, y=None, rtol=1e-8):
    """Compare all fitted attributes, the weights, and what ``partial_fit`` makes of both."""
    assert set(vars(one)) == set(vars(other))
    for name, value in vars(other).items():
        fitted = name.endswith("_") and not name.startswith("_") and name != "rbms_"
        if fitted and value is not None:
            found = getattr(one, name)
            if isinstance(value, np.random.RandomState):
                found, value = (random.get_state()[1] for random in (found, value))
            if isinstance(value, float) or (isinstance(value, list) and name != "classes_"):
                np.testing.assert_allclose(flat(found), flat(value), rtol=rtol, err_msg=name)
            else:
                np.testing.assert_array_equal(found, value, err_msg=name)
    assert_same_weights(one, other)
    if hasattr(other, "partial_fit"):
        more = [pickle.loads(pickle.dumps(model)) for model in (one, other)]
        for model in more:
            if "early_stopping" in model.get_params():
                model.set_params(early_stopping=False)
            model.partial_fit(*(X,) if y is None else (X, y))
        assert_same_weights(*more)
    for pair in zip(*(vars(model).get("rbms_", ()) for model in (one, other)), strict=True):
        assert_same_weights(*pair)


def assert_same_weights(one, other):
    found, expected = one.get_weights(), other.get_weights()
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-5, atol=1e-8, err_msg=name)
