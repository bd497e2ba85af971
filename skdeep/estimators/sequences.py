"""Sequences as what an estimator takes."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from skdeep.backend import compute
from skdeep.data.chunked import usual_batch
from skdeep.data.kinds import as_rows
from skdeep.data.missing_steps import Missing, counted, read_missing
from skdeep.data.place import to_host
from skdeep.data.rows import Rows
from skdeep.data.sequence import SequenceRows, check_sequences
from skdeep.data.sequence_frames import beside_samples
from skdeep.data.sharing import shared
from skdeep.data.targets import check_fit_target
from skdeep.data.text_reader import strings_of
from skdeep.data.tokens import are_tokens, warn_of_measurements
from skdeep.data.training_data import TrainingData
from skdeep.estimators.fit.planning import start_network
from skdeep.estimators.input_kinds import TableInput
from skdeep.estimators.text_samples import (
    check_same_texts,
    check_text_parameters,
    forget_texts,
    learn_of_training_rows,
    read_of_weight,
    read_texts,
    reader_of,
    reads_texts,
    refuse_strings,
)
from skdeep.estimators.text_start import start_from_texts
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
        check_text_parameters(estimator)
        n_tokens = getattr(estimator, "n_tokens", None)
        if n_tokens is not None and estimator.embedding_dim is None:
            raise ValueError("n_tokens needs embedding_dim: without it, X is no sequence of tokens")

    def check_fit(self, estimator: Any, X: Any, y: Any, *, reset: bool) -> tuple[Any, Any]:
        y = self.beside(estimator, X, y, "y")
        X = self.check_fit_rows(estimator, X, reset=reset)
        return X, check_fit_target(estimator, X, y)

    def beside(self, estimator: Any, X: Any, values: Any, name: str) -> Any:
        return beside_samples(X, values, name)

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Sequences:
        if reads_texts(estimator):
            return read_texts(estimator, X, reset=reset)
        refuse_strings(estimator, X)
        if reset:
            forget_texts(estimator)
        else:
            check_same_texts(estimator)
        tokens = self.reads_tokens(estimator, X, reset=reset)
        if not reset and estimator._sequence_form.tokens != tokens:
            raise ValueError(
                "training cannot continue: embedding_dim was set, so that X would be something "
                "else. Fit anew, with warm_start=False."
            )
        X = self._read(estimator, X, tokens=tokens, reset=reset)
        if reset:
            self.learn_vocabulary(estimator, X)
        return X

    def _read(self, estimator: Any, X: Any, *, tokens: bool, reset: bool) -> Sequences:
        """Return valid sequences, as the network reads them where steps are missing."""
        masks = getattr(estimator, "missing", None) == "mask" and not tokens
        missing: Literal["steps"] | None = "steps" if masks else None
        X = check_sequences(estimator, X, tokens=tokens, reset=reset, missing=missing)
        if reset:
            vars(estimator).pop("_missing_seen", None)
        if not masks and "_missing_seen" not in vars(estimator):
            return X
        known = vars(estimator).get("_missing_seen")
        if known is None and not reset:
            known = (np.zeros(X.width), False)
        X, known = read_missing(X, known and Missing(*known))
        if reset:
            estimator._missing_seen = known
        return X

    def check(self, estimator: Any, X: Any) -> Sequences:
        if "_reader" in vars(estimator):
            if isinstance(X, Sequences):
                return X
            reader = reader_of(estimator)
            return shared("read", (reader, X), lambda: (reader.read(strings_of(X)),))[0]
        tokens = estimator._sequence_form.tokens
        X = self._read(estimator, X, tokens=tokens, reset=False)
        as_rows(X).check_beside(estimator, estimator._device)
        if not X.is_tokens:
            as_rows(X).check_magnitude(estimator._values.dtype)
        return X

    def dtype_of(self, X: Sequences) -> Any:
        return np.float32 if X.is_tokens else X.dtype

    def width(self, estimator: Any) -> int:
        """Return how many numbers the network reads of a step."""
        seen = vars(estimator).get("_missing_seen")
        return int(estimator._sequence_form.width * (2 if seen is not None and seen[1] else 1))

    def shape_inside(self, estimator: Any, n_features: int) -> Shape:
        form = estimator._sequence_form
        single = form.tokens and form.width == 1
        return (1,) if single else (1, self.width(estimator))

    def shape(self, estimator: Any, n_features: int) -> Shape:
        """Return the shape of a step, (1, F), or how many tokens there are, (n_tokens,)."""
        form = estimator._sequence_form
        return (estimator.n_tokens_,) if form.tokens else (1, self.width(estimator))

    def reads_tokens(self, estimator: Any, X: Any, *, reset: bool) -> bool:
        """Say whether the steps of sequences are to be tokens."""
        given = getattr(estimator, "embedding_dim", None)
        if given != "auto":
            return given is not None
        if not reset:
            return bool(estimator._sequence_form.tokens)
        return estimator.n_tokens is not None or are_tokens(X)

    def count_weights(self, estimator: Any, X: Any, weight: Any) -> Any:
        if reads_texts(estimator):
            return read_of_weight(estimator, X, weight)
        known = vars(estimator).get("_missing_seen")
        if known is None:
            return X
        X, estimator._missing_seen = counted(X, Missing(*known), weight)
        return X

    def learn_of_training_rows(self, estimator: Any, data: TrainingData, random: Any) -> None:
        if reads_texts(estimator):
            learn_of_training_rows(estimator, data, random)
        elif "_missing_seen" in vars(estimator):
            weight = np.zeros(len(data.X))
            weight[data.rows] = 1.0 if data.weight is None else data.weight[data.rows]
            width = self.width(estimator)
            data.X = self.count_weights(estimator, data.X, weight)
            if self.width(estimator) != width:
                start_network(estimator, data.X, random, estimator._values.dtype)

    def fit_first_weights(self, estimator: Any, data: TrainingData) -> None:
        if reads_texts(estimator):
            start_from_texts(estimator, data)

    def tag(self, estimator: Any, tags: Any) -> None:
        super().tag(estimator, tags)
        tags.string = reads_texts(estimator)
        tags.two_d_array = tags.two_d_array and not tags.string

    def learn_vocabulary(self, estimator: Any, X: Sequences) -> None:
        """Set how many tokens there are, where steps are tokens."""
        n_tokens = getattr(estimator, "n_tokens", None)
        if X.is_tokens and n_tokens is None:
            largest = compute(lambda xp, steps: steps.max().reshape(1), X.steps)
            n_tokens = int(to_host(largest)[0]) + 1
            if estimator.embedding_dim == "auto":
                warn_of_measurements(X, n_tokens)
        estimator.n_tokens_ = n_tokens
