"""What fitted estimators have learned and what they give, to compare one with another."""

from __future__ import annotations

import inspect

import numpy as np

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
