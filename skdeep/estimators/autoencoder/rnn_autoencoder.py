"""The recurrent autoencoder."""

from __future__ import annotations

import re
from typing import Any, cast

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skdeep.data.cells import objects
from skdeep.data.place import to_host
from skdeep.data.sequence import TaggedRows
from skdeep.data.sized_target import SizedStepsTarget
from skdeep.data.table import check_codes
from skdeep.estimators.autoencoder.rnn_architecture import RNNAutoencoderArchitecture
from skdeep.estimators.checks.memory import check_memory
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.series_codes import RNNAutoencoderParameters
from skdeep.estimators.reconstruction import ReconstructionEstimator
from skdeep.estimators.sequences import FewPerBatch, SequenceInput
from skdeep.nn.losses import Loss
from skdeep.nn.sized_loss import SizedLoss
from skdeep.train.sequences.tagging import TagPredictor


class SeriesBack(FewPerBatch, SequenceInput):
    """Series of numbers that are to come back, step by step."""

    def learn_vocabulary(self, estimator: Any, X: Any) -> None:
        """Learn nothing: there are no tokens."""


@estimator_parameters(attributes=[texts.HISTORY, texts.COUNTS, texts.FEATURES])
class RNNAutoencoder(RNNAutoencoderParameters, ReconstructionEstimator):
    """Recurrent autoencoder: codes of series of any lengths, as a transformer.

    Recurrent layers read a series, and what they come to becomes a code of `n_components` numbers.
    Other recurrent layers read the code at each step and give the series back, and at each step
    how long the whole is, so that the code knows the length, too.

    See Also
    --------
    NetworkTransformer : The same of layers that you list; also a code for each step.
    RNNClassifier : The same recurrent layers, with classes.
    SequenceScaler : Standardises channels first.

    Notes
    -----
    X is a list of arrays (T_i, F), or (T_i,) of one channel, of any lengths; arrays (n, T, F) and
    tables (n, T) of one channel are taken too. Every step counts as much as every other. Losses
    are sums over the channels and the logarithm of the length, which is standardised, so that `tol`
    and `alpha` act on that scale; scores leave the length out. The code of a series
    depends neither on padding nor on the series beside it.

    Parameters are called "codes.body.recurrent_0.W" and so on, "codes.body.code.W",
    "decoder_0.W", "steps.output.W". A recurrent classifier with ``initial_weights=`` this one
    starts with its recurrent layers.

    References
    ----------
    Srivastava, Mansimov and Salakhutdinov (2015). Unsupervised learning of video representations
    using LSTMs. ICML.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep import RNNAutoencoder
    >>> random = np.random.default_rng(0)
    >>> X = [np.sin(random.uniform(0.3, 1) * np.arange(random.integers(8, 16))) for _ in range(200)]
    >>> model = RNNAutoencoder(
    ...     3, 16, learning_rate_init=0.02, tol=0.01, n_iter_no_change=5, random_state=0
    ... ).fit(X)
    >>> codes = model.transform(X)
    >>> codes.shape, bool(model.score(X) > -0.1)
    ((200, 3), True)
    >>> back = model.inverse_transform(codes)
    >>> errors = [abs(len(series) - len(x)) for series, x in zip(back, X)]
    >>> bool(np.mean(errors) < 1)
    True
    >>> model.inverse_transform(codes[:2], lengths=[5, 20])[1].shape
    (20, 1)
    """

    _input = SeriesBack(TaggedRows)
    _reads_sequences = True

    def _shared_name(self, name: str) -> str:
        return re.sub(r"^codes\.body\.", "", name)

    def _architecture(self) -> RNNAutoencoderArchitecture:
        return RNNAutoencoderArchitecture.of(self)

    def _steps_target(
        self, y: Any, weight: Any, low: np.ndarray, high: np.ndarray
    ) -> SizedStepsTarget:
        return SizedStepsTarget.of(y, weight, low, high)

    def _loss(self) -> Loss:
        return SizedLoss(super()._loss())

    def inverse_transform(self, X: Any, lengths: Any = None) -> Any:
        """Return the series that codes stand for.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_components)
            Codes, as :meth:`transform` gives them.
        lengths : int or array-like of shape (n_samples,) of int, default=None
            Steps of each series. None: as many as the network reads in the code, and at most as
            the longest series of the first fit had.

        Returns
        -------
        X_original : array of shape (n_samples,) of arrays (T_i, n_channels)
            Series, in the dtype of the model.

        Raises
        ------
        ValueError
            If `X` does not have `n_components` columns, lengths are no positive integers, one for
            all codes or one for each, or the memory of this machine does not hold as many steps.
        """
        check_is_fitted(self)
        codes = to_host(check_codes(self, X, self._device))
        if codes.shape[1] != self._n_features_out:
            raise ValueError(
                f"inverse_transform of this {type(self).__name__} expects codes with "
                f"{self._n_features_out} columns, got {codes.shape[1]}"
            )
        given = None if lengths is None else _checked(lengths, len(codes))
        wanted = np.full(len(codes), self._target.longest) if given is None else given
        advice = "ask for fewer, or for those of fewer codes at a time"
        numbers = int(wanted.sum()) * (self._target.n_columns + 1)
        check_memory(f"{wanted.sum()} steps of series", numbers, self._values.dtype, advice)
        predictor, channels = cast(TagPredictor, self._predictor), self._target.n_columns
        found = []
        for steps, length in zip(predictor.decoded(codes, wanted, "codes"), wanted, strict=True):
            count = length if given is not None else self._target.length(steps[:, channels])
            found.append(steps[:count, :channels].copy())
        return objects(found)


def _checked(lengths: Any, n: int) -> np.ndarray:
    """Return lengths, one for each of n codes, whole and positive."""
    found = np.asarray(lengths)
    if found.ndim == 0:
        found = np.repeat(found, n)
    if found.shape != (n,):
        raise ValueError(f"lengths must be one for each of {n} codes, got shape {found.shape}")
    if found.dtype.kind not in "iu" or found.min(initial=1) < 1:
        raise ValueError(f"lengths must be positive integers, got {lengths!r}")
    return found.astype(int)
