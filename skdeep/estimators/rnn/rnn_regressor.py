"""The recurrent network that predicts numbers."""

from __future__ import annotations

from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.recurrent import RecurrentNetworkParameters
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionTarget
from skdeep.estimators.regressor import BaseNetworkRegressor
from skdeep.estimators.rnn.architecture import RNNArchitecture
from skdeep.estimators.sequences import SequenceInput
from skdeep.estimators.text_samples import text_fields


@estimator_parameters(
    attributes=texts.POOLED_NETWORK, notes=texts.SEQUENCES, references=texts.RNN_REFERENCES
)
class RNNRegressor(
    RegressionTarget, RegressionLoss, RecurrentNetworkParameters, BaseNetworkRegressor
):
    """Recurrent network regressor, for sequences of any length.

    See Also
    --------
    RNNClassifier : Classification with the same networks.
    MLPRegressor : Dense layers alone, for tables.

    Examples
    --------
    The mean frequency of a noisy tone, however long it lasts:

    >>> import numpy as np
    >>> from skdeep import RNNRegressor
    >>> random = np.random.default_rng(0)
    >>> y = random.uniform(0.2, 1.5, 400)
    >>> X = [np.sin(f * np.arange(n)) for f, n in zip(y, random.integers(10, 30, 400))]
    >>> X = [x + 0.1 * random.normal(size=len(x)) for x in X]
    >>> model = RNNRegressor(
    ...     32, pooling="mean", batch_size=20, learning_rate_init=0.01, tol=0.001, random_state=0
    ... )
    >>> model = model.fit(X[:300], y[:300])
    >>> bool(model.score(X[300:], y[300:]) > 0.9)
    True
    """

    _input = SequenceInput()

    def _architecture(self) -> RNNArchitecture:
        return RNNArchitecture.of(self, **text_fields(self))
