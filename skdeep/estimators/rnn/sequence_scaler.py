"""Channels of sequences standardised over all their steps."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Literal

import numpy as np
from sklearn.preprocessing import StandardScaler
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data._compat import fit_context
from skdeep.data.cells import is_nested, listed, objects
from skdeep.data.place import to_host
from skdeep.data.sequence import check_sequences, knows_tables
from skdeep.data.sequence_frames import as_long
from skdeep.data.sequence_items import is_list
from skdeep.data.series_frames import is_long
from skdeep.data.weights import check_weight
from skdeep.estimators.checks.parameters import CheckedParameters
from skdeep.estimators.other_outputs import SequencesOutMixin
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.sequences import MissingNumbers, Moments
from skdeep.train.sequences.sequences import Sequences


@estimator_parameters
class SequenceScaler(
    MissingNumbers,
    Moments,
    SequencesOutMixin,
    CheckedParameters,
):
    """Standardise the channels of sequences over the steps of all of them.

    A :class:`~sklearn.preprocessing.StandardScaler` whose rows are steps: every step counts as
    much as every other, so that long sequences count more than short ones.

    Attributes
    ----------
    mean_, var_, scale_ : ndarray of shape (n_channels,) or None
        Mean and variance of each channel and what it is divided by; None where not used.

    n_steps_seen_ : int, float or ndarray of shape (n_channels,)
        Steps that the moments come from, or the sum of their weights; an array where numbers are
        missing.

    n_features_in_ : int
        Number of channels; of steps, where X is a table (n, n_steps).

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where X is a data frame (n, n_steps), a long one or a list of some.

    See Also
    --------
    sklearn.preprocessing.StandardScaler : The same for tables; for sequences of one length it
        standardises each step for itself.
    RNNClassifier : Classifies sequences.

    Notes
    -----
    X is a list or an object array of arrays (n_steps, n_channels) of different lengths, an array
    (n, n_steps, n_channels), an array (n, n_steps) of sequences with one channel, or a long data
    frame, whose index has the sample and the step of each row. Sequences of one channel in a list
    may also be arrays (n_steps,). What comes out has the same form, and floats keep their dtype.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import SequenceScaler
    >>> X = [np.array([[1.0, 10.0], [3.0, 30.0]]), np.array([[5.0, 50.0]])]
    >>> scaler = SequenceScaler().fit(X)
    >>> scaler.mean_
    array([ 3., 30.])
    >>> scaler.transform(X)[1]
    array([[1.22474487, 1.22474487]])
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, sample_weight=None):
        """Find mean and standard deviation of each channel.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : ignored
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences; each step has that of its sequence.

        Returns
        -------
        self : SequenceScaler
            The fitted scaler.

        Raises
        ------
        ValueError
            If X is not made of sequences with equally many channels, or holds NaN, infinity or
            values too large for a mean and a variance.
        """
        return self._learn(X, sample_weight, first=True)

    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X, y=None, sample_weight=None):
        """Update mean and variance with more sequences.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : ignored
            Not used.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the sequences.

        Returns
        -------
        self : SequenceScaler
            The scaler.
        """
        return self._learn(X, sample_weight, first="_scaler" not in self.__dict__)

    def _changed(self, X: Any) -> Any:
        return self._map(X, lambda steps, mean, scale: (steps - mean) / scale)

    def inverse_transform(self, X):
        """Undo the standardisation of sequences.

        Parameters
        ----------
        X : sequences
            Standardised ones.

        Returns
        -------
        X_original : sequences
            In the form of X.
        """
        return self._map(X, lambda steps, mean, scale: steps * scale + mean)

    def _learn(self, X: Any, sample_weight: Any, *, first: bool) -> Any:
        """Take sequences into new moments or those there; a failure leaves the scaler as it was."""
        if not first:
            self._validate_params()  # which scikit-learn leaves out
        found = self._sequences(X, reset=first).to_host()
        weight = check_weight(sample_weight, found)
        if weight is not None:
            weight = np.repeat(weight, found.lengths)
        new: Any = StandardScaler(with_mean=self.with_mean, with_std=self.with_std)
        inner = new if first else deepcopy(self.__dict__["_scaler"])
        with np.errstate(over="ignore", invalid="ignore"):
            self._scaler = inner.partial_fit(found.steps, sample_weight=weight)
        _check_moments(inner)
        self.mean_ = inner.mean_ if self.with_mean else None
        self.var_, self.scale_ = inner.var_, inner.scale_
        self.n_steps_seen_ = inner.n_samples_seen_
        return self

    def _sequences(self, X: Any, *, reset: bool) -> Sequences:
        """Return valid sequences, which may hold NaN where the parameter says so."""
        missing: Literal["steps"] | None = "steps" if self.missing == "mask" else None
        return check_sequences(self, X, tokens=False, reset=reset, missing=missing)

    def _map(self, X: Any, change: Any) -> Any:
        """Return X in its own form with its steps changed: ``change(steps, mean, scale)``."""
        check_is_fitted(self)
        X = listed(X)
        found = self._sequences(X, reset=False)
        shift = np.zeros(1) if self.mean_ is None else self.mean_
        factor = np.ones(1) if self.scale_ is None else self.scale_

        def new(xp: Any, steps: Any) -> Any:
            changed = change(steps, xp.asarray(shift), xp.asarray(factor))
            return changed.astype(steps.dtype)

        with np.errstate(over="ignore", invalid="ignore"):
            steps = compute(new, found.steps)
        _check_finite(found, steps)
        if is_long(X):
            return as_long(X, to_host(steps))
        if not is_list(X, tables=knows_tables(self)):
            channels = (found.width,) if len(getattr(X, "shape", ())) == 3 else ()
            return steps.reshape(len(found), found.longest, *channels)
        items = Sequences(steps, found.lengths, found.starts)
        pairs = zip(items, X, strict=True)
        shaped = [item if _has_channels(x) else item[:, 0] for item, x in pairs]
        return shaped if isinstance(X, list | tuple) else objects(shaped)

    def __sklearn_is_fitted__(self):
        return "_scaler" in self.__dict__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def _has_channels(item: Any) -> bool:
    """Whether a sequence is (T, F), also as an array of arrays."""
    shape = getattr(item, "shape", None) or np.shape(item)
    return len(shape) > 1 or (hasattr(item, "tolist") and is_nested(item[:1].tolist()[0]))


def _check_moments(scaler: StandardScaler) -> None:
    """Refuse a mean or a variance that is too large for float64."""
    for moments in (scaler.mean_, scaler.var_):
        if moments is not None and not np.isfinite(moments).all():
            channel = int(np.argmin(np.isfinite(moments)))
            raise ValueError(
                "Input X contains a value too large for dtype('float64'): the mean or the variance "
                f"of feature {channel} is not finite. Divide X first"
            )


def _check_finite(found: Sequences, steps: Any) -> None:
    """Refuse changed steps of sequences that their dtype cannot hold; name the first."""
    fine = to_host(compute(lambda xp, s, x: xp.isfinite(s) | xp.isnan(x), steps, found.steps))
    if not fine.all():
        step, channel = np.argwhere(~fine)[0]
        sample = found.sample_of(step)
        raise ValueError(
            f"Input X contains a value too large for dtype({steps.dtype.name!r}) once it is "
            f"scaled: in X[{sample}], step {step - found.starts[sample]}, feature {channel}"
        )
