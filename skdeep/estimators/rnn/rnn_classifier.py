"""The recurrent network that classifies."""

from __future__ import annotations

from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.networks import Classification
from skdeep.estimators.parameters.recurrent import RecurrentNetworkParameters
from skdeep.estimators.rnn.architecture import RNNArchitecture
from skdeep.estimators.sequences import SequenceInput
from skdeep.estimators.text_samples import text_fields


@estimator_parameters(
    attributes=[texts.CLASSES, *texts.POOLED_NETWORK],
    notes=texts.SEQUENCES,
    references=texts.RNN_REFERENCES,
)
class RNNClassifier(Classification, RecurrentNetworkParameters, BaseNetworkClassifier):
    """Recurrent network classifier, for sequences of any length.

    See Also
    --------
    RNNRegressor : Regression with the same networks.
    MLPClassifier : Dense layers alone, for tables.

    Examples
    --------
    Which of two tones a noisy sound is, however long it lasts:

    >>> import numpy as np
    >>> from skdeep import RNNClassifier
    >>> random = np.random.default_rng(0)
    >>> y = random.integers(0, 2, 200)
    >>> X = [np.sin((1 + k) * np.arange(n) / 2) for k, n in zip(y, random.integers(9, 30, 200))]
    >>> X = [x + 0.3 * random.normal(size=len(x)) for x in X]
    >>> model = RNNClassifier(
    ...     16, batch_size=20, learning_rate_init=0.01, n_iter_no_change=3, tol=0.01, random_state=0
    ... )
    >>> model = model.fit(X[:150], y[:150])
    >>> bool(model.score(X[150:], y[150:]) > 0.9)
    True
    >>> model.transform(X[:2]).shape
    (2, 16)
    """

    _input = SequenceInput()

    def _architecture(self) -> RNNArchitecture:
        return RNNArchitecture.of(self, **text_fields(self))
