"""Whether a loss is a sum over samples, each of which depends on no other."""

from __future__ import annotations

import numpy as np

from skdeep.backend import get_backend
from skdeep.nn.core.binder import Arena, Binder
from skdeep.nn.core.params import Layout, ParamStore
from skdeep.nn.core.spec import Spec
from skdeep.nn.loss import Loss

#: Samples of the batch that is tried.
BATCH = 4


def is_of_samples(loss: Loss, n_logits: int) -> bool:
    """Return whether a sample of a batch keeps its loss and slopes where the others change.

    This is a trial and no proof: others have the targets 0 or 1, which are numbers, counts and
    labels alike, and logits that are drawn. A loss that cannot compute these is not refused: it may
    take other targets alone, or another device.
    """
    try:
        return _keeps_its_loss(loss, n_logits)
    except Exception:
        return True


def _keeps_its_loss(loss: Loss, n_logits: int) -> bool:
    ops, state = get_backend("cpu"), np.random.RandomState(0)
    store = ParamStore(ops, Layout(Spec(())), np.empty((1, 0)))
    work = loss.bind(Binder(store, Arena(ops), BATCH, training=True), n_logits)
    dtype = np.dtype(np.int32 if loss.targets == "codes" else np.float64)
    rows, weights = loss.n_targets(n_logits), np.full((1, 1, BATCH), 1 / BATCH)
    z, found = state.normal(size=(1, n_logits, BATCH)), []
    for own, others in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        target = np.full((1, rows, BATCH), others, dtype)
        target[..., 0] = own
        z[..., 1:] = state.normal(size=(1, n_logits, BATCH - 1))
        value, delta = np.zeros_like(z), np.zeros_like(z)
        with ops.running():
            loss.value_and_delta(ops, z, target, weights, value, delta, work)
        found.append((value[..., 0], delta[..., 0]))
    return all(
        np.allclose(found[k], found[k + 1], rtol=1e-9, atol=0, equal_nan=True) for k in (0, 2)
    )
