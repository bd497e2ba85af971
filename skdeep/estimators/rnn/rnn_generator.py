"""The recurrent network that learns to write sequences."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.data._compat import fit_context
from skdeep.data.chunked import ChunkRows
from skdeep.data.sequence import check_piano_rolls, check_sequences
from skdeep.data.targets import StepTarget
from skdeep.data.validation_split import hold_out_sequences
from skdeep.data.whole import is_whole
from skdeep.estimators.checks.memory import check_draws
from skdeep.estimators.checks.parameters import check_seed
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.stepwise import GeneratorParameters
from skdeep.estimators.rnn.generator_architecture import GeneratorArchitecture
from skdeep.estimators.rnn.step_outputs import ChunkInput, NextStepNetwork
from skdeep.nn.losses import LogisticLogLoss, Loss, SoftmaxLogLoss
from skdeep.train.sequences.generation import continued
from skdeep.train.sequences.sequences import Sequences


class WrittenInput(ChunkInput):
    """Sequences of tokens, or piano rolls of 0 and 1."""

    def check_fit_rows(self, estimator: Any, X: Any, *, reset: bool) -> Sequences:
        """Return sequences of a fit, valid."""
        return _writable(super().check_fit_rows(estimator, X, reset=reset))

    def check(self, estimator: Any, X: Any) -> Sequences:
        """Return sequences for a fitted estimator, valid."""
        return _writable(super().check(estimator, X))


def _writable(X: Sequences) -> Sequences:
    if not X.is_tokens:
        check_piano_rolls(X)
    return X


@estimator_parameters(attributes=texts.SEQUENCE_NETWORK)
class RNNGenerator(GeneratorParameters, NextStepNetwork):
    """Recurrent network that learns sequences of tokens, or piano rolls, and generates more.

    It predicts each step from all steps before, the first one from nothing, so that it gives
    a probability to whole sequences.

    See Also
    --------
    SequenceEncoder : Makes tokens of text, and text of tokens.
    RNNForecaster : Predicts the next values of series of numbers.

    Notes
    -----
    X is a list of sequences: arrays (T_i,) of integers, or (T_i, F) of 0 and 1; one text is a list
    of one. Arrays (n, T) and (n, T, F) are taken too. Where there are fewer sequences than chunks
    in a batch, long ones are cut into parts that are read side by side, each from an empty state;
    scores and what is written always know all that came before.

    With ``early_stopping=True`` a fraction of the sequences is held out; of one sequence, its end.
    ``validation_scores_`` are scores as of :meth:`score`, but for what the state remembers of more
    than four chunks before: where few long sequences validate, they are cut into parts that are
    read side by side, each behind four chunks of the steps before it, which do not count.

    References
    ----------
    Graves (2013). Generating sequences with recurrent neural networks. arXiv:1308.0850.

    Boulanger-Lewandowski, Bengio and Vincent (2012). Modeling temporal dependencies in
    high-dimensional sequences. ICML.

    Examples
    --------
    >>> from skdeep import RNNGenerator, SequenceEncoder
    >>> encoder = SequenceEncoder(start=False)
    >>> X = encoder.fit_transform(["the cat sat on the mat. " * 20])
    >>> model = RNNGenerator(
    ...     32, tbptt_steps=16, learning_rate_init=0.01, tol=0.001, random_state=0
    ... ).fit(X)
    >>> prompt = encoder.transform(["the cat "])
    >>> encoder.inverse_transform(model.generate(prompt, 16, temperature=0))
    ['sat on the mat. ']
    >>> bool(model.score(X) > -0.2)  # nats per character
    True
    """

    _validation_names = ("X_val",)
    _start_step = -1.0  # no key is held, nor let go

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None, *, X_val=None):
        """Train on sequences.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : ignored
            Not used, present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences; each step has that of its sequence.
        X_val : sequences, default=None
            Validation sequences, scored after each epoch; with ``early_stopping=True`` instead of
            holding some out of X.

        Returns
        -------
        self : RNNGenerator
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained; or if training
            diverges. A model that was fitted before stays as it was.
        """
        return self._fit(X, None, sample_weight, validation={"X_val": X_val})

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Train for one more epoch, on these sequences.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : ignored
            Not used, present for API consistency by convention.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences.

        Returns
        -------
        self : RNNGenerator
            The estimator.
        """
        return self._fit(X, None, sample_weight, incremental=True)

    _input = WrittenInput(ChunkRows)

    def _architecture(self) -> GeneratorArchitecture:
        return GeneratorArchitecture.of(self, n_more=1)  # the token before the first one

    def _make_target(self, y, weight, *, first, incremental, classes=None):
        if first:
            self._target = StepTarget((self.n_tokens_ or 0) if y.is_tokens else y.width)
        self.n_outputs_ = self._target.n_columns

    def _loss(self) -> Loss:
        if self._sequence_form.tokens:
            return SoftmaxLogLoss(self._target.n_columns)
        return LogisticLogLoss()

    def _divided(self, X, y, weight, given, random):
        val = given.get("X_val")
        if val is not None:
            try:
                val, _ = self._check_data(val, None, reset=False)
            except ValueError as error:
                raise ValueError(f"X_val: {error}") from error
            val = val.to_host()
            return X, self._held_out(val, val, None)
        if not self.early_stopping:
            return X, None
        kept, held, begin = hold_out_sequences(X, self.validation_fraction, random)
        own = None if weight is None or len(X) == 1 else weight[held]
        part = X[held]
        return kept, self._held_out(part, part, own, begin)

    # ------------------------------------------------------------------ fitted

    def score(self, X, y=None):
        """Return the mean log-likelihood of a step, in nats: minus the nats per token.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : ignored
            Not used, present for API consistency by convention.

        Returns
        -------
        score : float
            Mean over all steps of all sequences, the first ones included; the higher the
            better. Of piano rolls, the sum over the keys of a step.
        """
        check_is_fitted(self)
        return -self._scored(self._input.check(self, X), None)[0]

    def score_samples(self, X):
        """Return the log-likelihood of each sequence, in nats.

        Parameters
        ----------
        X : sequences
            See the notes of the class.

        Returns
        -------
        scores : ndarray of shape (n_samples,)
            Sums over the steps of each sequence.
        """
        check_is_fitted(self)
        X = self._input.check(self, X).to_host()
        losses = self._scored(X, "loss")[1][:, 0].astype(float)
        sums = np.concatenate([[0.0], np.cumsum(losses)])
        return sums[X.starts] - sums[X.starts + X.lengths]

    def generate(self, prompt=None, n_steps=100, *, temperature=1.0, stop=None, random_state=None):
        """Continue sequences, step by step.

        Parameters
        ----------
        prompt : sequences or None, default=None
            How sequences begin, in the form of X; may have no steps. None: one that begins with
            nothing.
        n_steps : int, default=100
            Steps to write.
        temperature : float, default=1.0
            Divides the logits: below 1 probable steps become more probable, 0 always takes
            the most probable.
        stop : int or None, default=None
            Token at which a sequence ends, which is not written.
        random_state : int, RandomState instance or None, default=None
            Seed of what is drawn.

        Returns
        -------
        sequences : list of ndarray
            What follows on each prompt: arrays (n_steps,) of tokens, or shorter where they
            stopped, or (n_steps, F) of 0 and 1. :meth:`SequenceEncoder.inverse_transform` makes
            text of tokens.

        Raises
        ------
        ValueError
            If a prompt is no sequence like those of the fit, or a number is out of its range.
        """
        check_is_fitted(self)
        self._check_numbers(n_steps, temperature, stop)
        tokens = self._sequence_form.tokens
        random, heat = check_seed(random_state), float(temperature)
        draw = _draw_tokens if tokens else _draw_keys

        def choose(logits: np.ndarray) -> np.ndarray:
            return draw(logits.astype(float), heat, random)

        def thresholds(n: int) -> np.ndarray:
            return _thresholds((n, self._target.n_columns), heat, random)

        prompts = self._prompts([[]] if prompt is None else prompt)
        width = len(prompts) * (1 if tokens else self._target.n_columns)
        check_draws("n_steps", n_steps, width, self._values.dtype)
        start = self.n_tokens_ if tokens else self._start_step
        store = self._predictor.store
        how: tuple[Any, ...] = (choose,)
        if not tokens and self._architecture().joint:
            how = (_drawn, thresholds)
        found = continued(self._network, store, prompts, int(n_steps), start, *how)
        if stop is None:
            return found
        ends = [np.flatnonzero(sequence == stop) for sequence in found]
        return [s[: end[0]] if len(end) else s for s, end in zip(found, ends, strict=True)]

    def _check_numbers(self, n_steps: Any, temperature: Any, stop: Any) -> None:
        """Refuse other numbers than :meth:`generate` takes."""
        if not is_whole(n_steps, 0):
            raise ValueError(f"n_steps must be a non-negative integer, got {n_steps!r}")
        real = isinstance(temperature, Real) and not isinstance(temperature, bool | np.bool_)
        if not real or not temperature >= 0:
            raise ValueError(f"temperature must be a number of at least 0, got {temperature!r}")
        if stop is None:
            return
        if not self._sequence_form.tokens:
            raise ValueError(f"stop must be None, since piano rolls have no tokens, got {stop!r}")
        most = self._target.n_columns - 1
        if not is_whole(stop) or not 0 <= stop <= most:
            raise ValueError(f"stop must be a token, 0 to {most}, got {stop!r}")

    def _prompts(self, prompt: Any) -> list[np.ndarray]:
        """Return how each sequence begins."""
        form = self._sequence_form
        empty = np.empty((0,), np.int32)
        if not form.tokens:
            empty = np.empty((0, form.width), self._values.dtype)
        prompts = []
        if isinstance(prompt, str | bytes) or not hasattr(prompt, "__iter__"):
            raise ValueError(f"prompt must be a list of sequences, got {prompt!r}")
        for k, one in enumerate(prompt):
            if hasattr(one, "tocsr"):
                raise TypeError(f"prompt[{k}] is sparse, but dense sequences are required")
            if not hasattr(one, "__len__"):
                raise ValueError(
                    f"prompt[{k}] is {one!r}, but prompt must be a list of sequences: one sequence "
                    "is [[...]]"
                )
            if not len(one):
                prompts.append(empty)
                continue
            try:
                X = check_sequences(self, [one], tokens=form.tokens, reset=False)
                _writable(X)
            except ValueError as error:
                said = str(error).replace("X[0]", "X")
                raise ValueError(said.replace("X ", f"prompt[{k}] ", 1)) from error
            prompts.append(np.asarray(X.to_host()[0], empty.dtype))
        if not prompts:
            raise ValueError("prompt must hold at least one sequence, which may have no steps")
        return prompts


def _draw_tokens(logits: np.ndarray, temperature: float, random: Any) -> np.ndarray:
    """Return a token for each row of logits (n, K)."""
    if not temperature:
        return logits.argmax(axis=1)
    shares = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    sums = np.cumsum(shares, axis=1)
    below = random.random_sample((len(sums), 1)) * sums[:, -1:]
    return np.minimum((sums <= below).sum(axis=1), sums.shape[1] - 1)


def _draw_keys(logits: np.ndarray, temperature: float, random: Any) -> np.ndarray:
    """Return which keys are on, for each row of logits (n, F)."""
    if not temperature:
        return logits > 0
    odds = np.clip(logits / temperature, -700, 700)
    return random.random_sample(logits.shape) < 1 / (1 + np.exp(-odds))


def _thresholds(shape: tuple[int, int], temperature: float, random: Any) -> np.ndarray:
    """Return what logits must exceed for keys to be on."""
    if not temperature:
        return np.zeros(shape)
    draws = np.maximum(random.random_sample(shape), 2.0**-54)
    found: np.ndarray = min(temperature, 1e30) * (np.log(draws) - np.log1p(-draws))
    return found


def _drawn(keys: np.ndarray) -> np.ndarray:
    """Return the keys that the network has chosen."""
    return keys > 0
