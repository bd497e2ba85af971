"""Fits as a stack and one by one, side by side."""

import numpy as np
from sklearn.base import clone

from skdeep.estimators.fit.waiting import deferring
from skdeep.fitting.stack import group_jobs, train_jobs


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
        assert_same(together, alone, X)
    return [together for together, _, _ in pairs]


def assert_same(one, other, X, rtol=1e-8):
    """Compare all fitted attributes, what predictions use and what ``partial_fit`` goes on from."""
    assert set(vars(one)) == set(vars(other))
    for name, value in vars(other).items():
        fitted = name.endswith("_") and not name.startswith("_") and name != "rbms_"
        if fitted and value is not None:
            found = getattr(one, name)
            if isinstance(value, np.random.RandomState):
                found, value = (random.get_state()[1] for random in (found, value))
            if isinstance(value, float) or (isinstance(value, list) and name != "classes_"):
                np.testing.assert_allclose(found, value, rtol=rtol, err_msg=name)
            else:
                np.testing.assert_array_equal(found, value, err_msg=name)
    np.testing.assert_allclose(one._values, other._values, rtol=1e-5, atol=1e-8)
    kept, expected = one._training_state, other._training_state
    assert set(kept) == set(expected)
    assert kept["steps"] == expected["steps"]
    np.testing.assert_allclose(kept["rate"], expected["rate"])
    for name, values in expected["states"].items():
        np.testing.assert_allclose(kept["states"][name], values, rtol=1e-4, atol=1e-8)
    for name, values in expected["objective"].items():
        np.testing.assert_allclose(kept["objective"][name], values, rtol=1e-4, atol=1e-8)
    machines = [vars(model).get("rbms_", ()) for model in (one, other)]
    for pair in zip(*machines, strict=True):
        assert_same(*pair, X)
