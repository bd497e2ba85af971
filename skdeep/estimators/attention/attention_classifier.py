"""The Transformer encoder that classifies."""

from __future__ import annotations

from skdeep.estimators.attention.architecture import AttentionArchitecture
from skdeep.estimators.attention.step_input import PlacedInput
from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.parameters import estimator_parameters, texts
from skdeep.estimators.parameters.attention import AttentionNetworkParameters
from skdeep.estimators.parameters.networks import Classification
from skdeep.estimators.text_samples import text_fields


@estimator_parameters(
    attributes=[texts.CLASSES, *texts.POOLED_NETWORK],
    notes=texts.ATTENTION,
    references=texts.ATTENTION_REFERENCES,
)
class AttentionClassifier(Classification, AttentionNetworkParameters, BaseNetworkClassifier):
    """Transformer encoder classifier, for sequences of any length.

    Each step of a sequence looks at all others, by attention with several heads.

    See Also
    --------
    AttentionRegressor : Regression with the same networks.
    RNNClassifier : Recurrent networks, which read step by step.

    Examples
    --------
    Which of two tokens, 0 and 1, comes first among others:

    >>> import numpy as np
    >>> from skdeep import AttentionClassifier
    >>> random = np.random.default_rng(0)
    >>> X = [random.integers(2, 8, n) for n in random.integers(4, 10, 400)]
    >>> y = random.integers(0, 2, 400)
    >>> for x, first in zip(X, y):
    ...     x[np.sort(random.choice(len(x), 2, replace=False))] = first, 1 - first
    >>> model = AttentionClassifier(
    ...     1,
    ...     16,
    ...     batch_size=25,
    ...     learning_rate_init=0.01,
    ...     max_iter=20,
    ...     learning_rate_schedule="warmup_cosine",
    ...     random_state=0,
    ... )
    >>> model = model.fit(X[:300], y[:300])
    >>> bool(model.score(X[300:], y[300:]) > 0.9)
    True
    >>> model.transform(X[:2]).shape
    (2, 16)
    """

    _input = PlacedInput()

    def _architecture(self) -> AttentionArchitecture:
        return AttentionArchitecture.of(self, **text_fields(self))
