"""Sequences as what an estimator takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend import compute
from skdeep.data.chunked import usual_batch
from skdeep.data.kinds import as_rows
from skdeep.data.place import to_host
from skdeep.data.rows import Rows
from skdeep.data.sequence import SequenceRows, check_sequences
from skdeep.data.targets import check_fit_target
from skdeep.data.tokens import are_tokens, warn_of_measurements
from skdeep.estimators.input_kinds import TableInput
from skdeep.nn.core.spec import Shape
from skdeep.train.sequences.sequences import Sequences


class FewPerBatch(TableInput):
    """Samples of many steps, each of which is predicted: few of them make a batch."""

    def samples_per_batch(self, estimator: Any, n: int) -> int:
        auto = estimator.batch_size == "auto"
        return usual_batch(n) if auto else super().samples_per_batch(estimator, n)


def check_lengths(X: Sequences, least: int) -> None:
    """Refuse sequences that are too short for convolutions without padding."""
    if X.lengths.min() < least:
        k = int(np.argmax(X.lengths < least))
        raise ValueError(
            f"X[{k}] has {X.lengths[k]} steps, but layers with padding='valid' need {least} or "
            "more: set padding='same', or leave it out"
        )


class SequenceInput(TableInput):
    """Sequences of numbers, or of tokens where ``embedding_dim`` or X says so.

    It sets ``_sequence_form``, the channels of a step or that they are tokens, and ``n_tokens_``.
    """

    name = "sequences"
    sparse = False

    def __init__(self, rows: type[Rows[Any]] = SequenceRows) -> None:
        super().__init__(rows)

    def check_parameters(self, estimator: Any) -> None:
        n_tokens = getattr(estimator, "n_tokens", None)
        if n_tokens is not None and estimator.embedding_dim is None:
            raise ValueError("n_tokens needs embedding_dim: without it, X is no sequence of tokens")

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        X = self.check_fit_rows(estimator, X, reset=reset)
        return X, check_fit_target(estimator, X, y)

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Sequences:
        tokens = self.reads_tokens(estimator, X, reset=reset)
        if not reset and estimator._sequence_form.tokens != tokens:
            raise ValueError(
                "training cannot continue: embedding_dim was set, so that X would be something "
                "else. Fit anew, with warm_start=False."
            )
        X = check_sequences(estimator, X, tokens=tokens, reset=reset)
        if reset:
            self.learn_vocabulary(estimator, X)
        return X

    def check(self, estimator: Any, X: Any) -> Sequences:
        tokens = estimator._sequence_form.tokens
        X = check_sequences(estimator, X, tokens=tokens, reset=False)
        as_rows(X).check_beside(estimator, estimator._device)
        if not X.is_tokens:
            as_rows(X).check_magnitude(estimator._values.dtype)
        return X

    def dtype_of(self, X: Sequences) -> Any:
        return np.float32 if X.is_tokens else X.dtype

    def shape_inside(self, estimator: Any, n_features: int) -> Shape:
        form = estimator._sequence_form
        return (1,) if form.tokens else (1, form.width)

    def shape(self, estimator: Any, n_features: int) -> Shape:
        """Return the shape of a step, (1, F), or how many tokens there are, (n_tokens,)."""
        form = estimator._sequence_form
        return (estimator.n_tokens_,) if form.tokens else (1, form.width)

    def reads_tokens(self, estimator: Any, X: Any, *, reset: bool) -> bool:
        """Say whether the steps of sequences are to be tokens."""
        given = getattr(estimator, "embedding_dim", None)
        if given != "auto":
            return given is not None
        if not reset:
            return bool(estimator._sequence_form.tokens)
        return estimator.n_tokens is not None or are_tokens(X)

    def learn_vocabulary(self, estimator: Any, X: Sequences) -> None:
        """Set how many tokens there are, where steps are tokens."""
        n_tokens = getattr(estimator, "n_tokens", None)
        if X.is_tokens and n_tokens is None:
            largest = compute(lambda xp, steps: steps.max().reshape(1), X.steps)
            n_tokens = int(to_host(largest)[0]) + 1
            if estimator.embedding_dim == "auto":
                warn_of_measurements(X, n_tokens)
        estimator.n_tokens_ = n_tokens
