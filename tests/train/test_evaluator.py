"""Losses and predictions on held-out rows, of several models that hold out different ones."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from skdeep.train import evaluator
from skdeep.train.evaluator import Evaluator
from tests.train.fitting import Fit, data


@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("chunk", [1024, 7])
def test_each_model_is_scored_on_its_own_rows(backend, monkeypatch, weighted, chunk):
    monkeypatch.setattr(evaluator, "CHUNK_ROWS", chunk)
    X, codes, weight = data()
    table = (X, codes, weight if weighted else None)
    fit = Fit(backend, (0, 1), table=table, epochs=2)
    rows = np.random.RandomState(8).permutation(50)[:40].reshape(2, 20)
    network = fit.objective.network
    evaluate = Evaluator(network, fit.store, fit.table, rows)
    losses = evaluate()
    outputs = backend.to_host(evaluate.outputs)
    for m in range(2):
        z = logits(network, fit.values[m], X[rows[m]])
        own = -log_softmax(z, axis=1)[np.arange(20), codes[rows[m], 0]]
        expected = np.average(own, weights=weight[rows[m]] if weighted else None)
        np.testing.assert_allclose(losses[m], expected, rtol=1e-11)
        np.testing.assert_allclose(outputs[m], softmax(z, axis=1), rtol=1e-10)
    np.testing.assert_array_equal(evaluate(), losses)  # no masks, no moving statistics


def logits(network, values, X):
    """Predict in plain NumPy: running statistics, and no unit dropped."""
    p = {name: network.layout.view(values[None], name)[0] for name in network.layout.slots}
    h = X @ p["hidden.W"]
    h = (h - p["norm.mean"]) / np.sqrt(p["norm.variance"] + 1e-5) * p["norm.scale"]
    return np.tanh(h + p["norm.shift"]) @ p["output.W"] + p["output.b"]


def test_more_rows_take_no_more_memory_than_what_is_found_of_them(backend, monkeypatch):
    monkeypatch.setattr(evaluator, "CHUNK_ROWS", 8)
    fit = Fit(backend, (0,), table=data(), epochs=1)
    programs = []
    record = backend.record
    monkeypatch.setattr(
        backend, "record", lambda step, *more: programs.append(step) or record(step, *more)
    )
    evaluate = Evaluator(fit.objective.network, fit.store, fit.table, np.arange(43))
    assert len(evaluate()) == 1
    assert len(programs) == 2  # of five chunks of 8 rows, and of the 3 that remain
