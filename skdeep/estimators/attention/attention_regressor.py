"""The Transformer encoder that predicts numbers."""

from __future__ import annotations

from skdeep.estimators.attention.architecture import AttentionArchitecture
from skdeep.estimators.attention.step_input import PlacedInput
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.attention import AttentionNetworkParameters
from skdeep.estimators.parameters.targets import RegressionLoss, RegressionTarget
from skdeep.estimators.regressor import BaseNetworkRegressor
from skdeep.estimators.text_samples import text_fields


@estimator_parameters(
    attributes=texts.POOLED_NETWORK,
    notes=texts.ATTENTION,
    references=texts.ATTENTION_REFERENCES,
)
class AttentionRegressor(
    RegressionTarget, RegressionLoss, AttentionNetworkParameters, BaseNetworkRegressor
):
    """Transformer encoder regressor, for sequences of any length.

    Each step of a sequence looks at all others, by attention with several heads.

    See Also
    --------
    AttentionClassifier : Classification with the same networks.
    RNNRegressor : Recurrent networks, which read step by step.

    Examples
    --------
    The sum of the two numbers that are marked in a sequence:

    >>> import numpy as np
    >>> from skdeep import AttentionRegressor
    >>> random = np.random.default_rng(0)
    >>> X = [np.c_[random.random(n), np.zeros(n)] for n in random.integers(4, 9, 400)]
    >>> for x in X:
    ...     x[random.choice(len(x), 2, replace=False), 1] = 1.0
    >>> y = np.array([x[:, 0] @ x[:, 1] for x in X])
    >>> model = AttentionRegressor(
    ...     1,
    ...     16,
    ...     batch_size=20,
    ...     learning_rate_init=0.01,
    ...     max_iter=25,
    ...     learning_rate_schedule="warmup_cosine",
    ...     random_state=0,
    ... )
    >>> model = model.fit(X[:300], y[:300])
    >>> bool(model.score(X[300:], y[300:]) > 0.9)
    True
    """

    _input = PlacedInput()

    def _architecture(self) -> AttentionArchitecture:
        return AttentionArchitecture.of(self, **text_fields(self))
