"""Outputs of a fitted network: where they lie, as features, and under dropout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data._compat import get_output_config
from skdeep.data.place import on_device, to_host


def beside(estimator: Any, X: Any, result: Any) -> Any:
    """Return a result where X lies: on the model's device or on the host."""
    return result if on_device(X) else estimator._predictor.backend.to_host(result)


def as_features(estimator: Any, values: Any, X: Any = None) -> Any:
    """Return features; on the host where ``set_output`` will make a data frame of them.

    It would have the index of X, which has more rows than there are samples where X is long.
    """
    container = get_output_config("transform", estimator)["dense"]
    if container == "pandas":
        import pandas as pd

        from skdeep.data.sequence_frames import order_of
        from skdeep.data.series_frames import is_long

        if not is_long(X):
            return to_host(values)
        return pd.DataFrame(to_host(values), order_of(X).keys)
    return values if container == "default" else to_host(values)


def noisy_outputs(estimator: Any, X: Any, n_samples: int) -> tuple[Any, Any]:
    """Return mean and standard deviation (n, K) of outputs under dropout masks.

    Each mask is shared by all samples; the moments are accumulated as by Welford (1962).
    """
    check_is_fitted(estimator)
    layers = estimator._network.spec.children.items()
    if not any(spec.has("noise") for name, (_, spec) in layers if name != "augmentation"):
        raise ValueError(
            "return_std=True needs dropout: the standard deviation is over dropout masks, and "
            f"this {type(estimator).__name__} was fitted with dropout=0"
        )
    X, predictor = estimator._input.check(estimator, X), estimator._predictor
    # Any distinct seeds do, since they are hashed; fixed ones make predictions repeat.
    samples = predictor.adopt(X)
    mean = predictor(samples, seed=0)[0]
    squares = compute(lambda xp, m: xp.zeros_like(m), mean)
    for k in range(1, n_samples):
        output = predictor(samples, seed=k)[0]
        mean, squares = compute(_accumulate(k + 1), mean, squares, output)
    std = compute(lambda xp, s: xp.sqrt(s / n_samples), squares)
    return beside(estimator, X, mean), beside(estimator, X, std)


def _accumulate(n: int) -> Callable[..., Any]:
    """Return the step that takes the n-th output into the mean and the sum of squares."""

    def step(xp: Any, mean: Any, squares: Any, output: Any) -> Any:
        change = output - mean
        mean = mean + change / n
        return mean, squares + change * (output - mean)

    return step
