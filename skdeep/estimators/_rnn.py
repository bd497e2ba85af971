"""Constraints of the parameters that recurrent networks have besides those of all."""

from __future__ import annotations

from numbers import Integral, Real

from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.estimators.rnn.architecture import CELLS, POOLS

_COUNT = Interval(Integral, 1, None, closed="left")
RNN_CONSTRAINTS: dict = {
    "recurrent_layer_sizes": ["array-like", _COUNT],
    "cell": [StrOptions(set(CELLS))],
    "bidirectional": ["boolean"],
    "pooling": [StrOptions({"last", *POOLS})],
    "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
    "embedding_dim": [_COUNT, None],
    "n_tokens": [_COUNT, None],
    "tbptt_steps": [_COUNT, None],
}
