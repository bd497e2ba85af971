"""Waves as tokens: few levels, close to each other where it is quiet."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data._compat import fit_context
from skdeep.data.cells import objects
from skdeep.data.place import to_host
from skdeep.data.sequence import check_sequences, knows_tables
from skdeep.data.sequence_frames import as_long, long_items
from skdeep.data.sequence_items import is_list
from skdeep.data.series_frames import is_long
from skdeep.data.tokens import check_vocabulary, tokens_of
from skdeep.estimators.checks.parameters import CheckedParameters
from skdeep.estimators.other_outputs import SequencesOutMixin
from skdeep.estimators.parameters import estimator_parameters
from skdeep.estimators.parameters.sequences import MuLaw
from skdeep.train.sequences.sequences import Sequences


@estimator_parameters
class MuLawEncoder(MuLaw, SequencesOutMixin, CheckedParameters):
    """Make tokens of sound waves, for :class:`RNNGenerator`, and waves of tokens.

    A value x, divided by the amplitude and cut to [-1, 1], becomes the nearest of `n_levels` levels
    of ``sign(x) * log(1 + m * |x|) / log(1 + m)``, with m one less than `n_levels` (mu-law
    companding). So quiet parts are told apart as finely as loud ones for their size, as ears do.

    Attributes
    ----------
    amplitude_ : float
        What waves are divided by.

    n_features_in_ : int
        1; the number of steps, where X is a table (n, n_steps).

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where X is a data frame (n, n_steps).

    See Also
    --------
    RNNGenerator : Learns to write more of them.
    SequenceEncoder : Makes tokens of texts.

    Notes
    -----
    X is a list of arrays (n_steps,) of one channel, of any lengths, an array (n, n_steps), or a
    long data frame of one column, whose index has the wave and the step of each row. Tokens
    have the same form, and are 0 to ``n_levels - 1``, int32.

    References
    ----------
    ITU-T (1988). Recommendation G.711: Pulse code modulation of voice frequencies.

    van den Oord et al. (2016). WaveNet: a generative model for raw audio. arXiv:1609.03499.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import MuLawEncoder
    >>> waves = [np.sin(np.arange(5.0)), 0.1 * np.cos(np.arange(3.0))]
    >>> encoder = MuLawEncoder(64).fit(waves)
    >>> tokens = encoder.transform(waves)
    >>> tokens[0].tolist()
    [32, 62, 63, 50, 1]
    >>> back = encoder.inverse_transform(tokens)
    >>> bool(np.abs(back[1] - waves[1]).max() < 0.02)
    True
    """

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Find the amplitude.

        Parameters
        ----------
        X : sequences
            See the notes of the class.
        y : ignored
            Not used.

        Returns
        -------
        self : MuLawEncoder
            The fitted encoder.

        Raises
        ------
        ValueError
            If X is not made of sequences of one channel, or holds NaN or infinity.
        """
        found = self._checked(X, reset=True)
        largest = float(to_host(compute(_largest, found.steps))[0])
        self.amplitude_ = float(self.amplitude or largest or 1.0)
        return self

    def _checked(self, X: Any, *, reset: bool) -> Sequences:
        """Return sequences of one channel."""
        found = check_sequences(self, X, tokens=False, reset=reset)
        if found.width != 1:
            raise ValueError(
                f"MuLawEncoder takes waves of one channel, arrays (n_steps,), got {found.width} "
                "channels: encode each by itself"
            )
        return found

    def _changed(self, X: Any) -> Any:
        """Return the tokens of waves, int32."""
        found = self._checked(X, reset=False).to_host()
        most, scale = self.n_levels - 1, np.log1p(self.n_levels - 1)
        waves = np.clip(found.steps[:, 0].astype(float) / self.amplitude_, -1.0, 1.0)
        loud = np.sign(waves) * np.log1p(most * np.abs(waves)) / scale
        tokens = np.rint((loud + 1) / 2 * most).astype(np.int32)
        return self._like(X, Sequences(tokens[:, None], found.lengths, found.starts))

    def inverse_transform(self, X):
        """Return the waves of tokens.

        Parameters
        ----------
        X : sequences of tokens
            As :meth:`transform` and :meth:`RNNGenerator.generate` give them.

        Returns
        -------
        X_original : list of ndarray of shape (n_steps,), or ndarray of shape (n, n_steps)
            Waves, float64.

        Raises
        ------
        ValueError
            If X holds other numbers than 0 to ``n_levels - 1``.
        """
        check_is_fitted(self)
        items = long_items(X if X.ndim == 1 else X.squeeze(axis=1)) if is_long(X) else X
        found = tokens_of(items)
        check_vocabulary(found, self.n_levels, "n_levels")
        found = found.to_host()
        most = self.n_levels - 1
        loud = 2 * found.steps.ravel() / most - 1
        waves = np.sign(loud) * np.expm1(np.abs(loud) * np.log1p(most)) / most * self.amplitude_
        return self._like(X, Sequences(waves[:, None], found.lengths, found.starts))

    def _like(self, X: Any, found: Sequences) -> Any:
        """Return sequences of one channel in the form of X."""
        if is_long(X):
            return as_long(X, found.steps)
        if not is_list(X, tables=knows_tables(self)):
            return found.steps.reshape(len(found), found.longest)
        items = [item[:, 0] for item in found]
        return items if isinstance(X, list | tuple) else objects(items)

    def __sklearn_is_fitted__(self):
        return "amplitude_" in self.__dict__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _largest(xp: Any, steps: Any) -> Any:
    return xp.abs(steps).max().reshape(1)
