"""What is called on a fitted model, and what shape must come of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from skdeep.backend.checked import CheckedArray
from tests.fuzz.judging import is_of_objects
from tests.fuzz.parameters import pick

COUNTS = [1, 2, 2, 2, 0, -1, 2.5, True, "a", None]
SEEDS = [0, 0, 0, -1, "a", 2.5]
PER_ROW = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "score_samples",
    "reconstruct",
    "free_energy",
)

Call = tuple[str, Callable[[], Any]]


def on_rows(model: Any, X: Any) -> Iterator[Call]:
    """Yield the methods that return something for each row."""
    for name in PER_ROW:
        if hasattr(model, name):
            yield name, lambda name=name: getattr(model, name)(X)


def on_targets(model: Any, X: Any, y: Any, weight: Any) -> Iterator[Call]:
    """Yield the scores."""
    given = (X,) if y is None else (X, y)
    if hasattr(model, "score"):
        yield "score", lambda: model.score(*given)
        if weight is not None and "sample_weight" in model.score.__code__.co_varnames:
            yield "weighted score", lambda: model.score(*given, sample_weight=weight)


def with_arguments(model: Any, X: Any, random: np.random.Generator) -> Iterator[Call]:
    """Yield the methods that have arguments of their own, drawn good and bad."""
    n, seed = pick(random, COUNTS), pick(random, SEEDS)
    method = pick(random, ["exact", "ais", "bogus", None])
    chains = {"n_chains": pick(random, [2, 2, 0, "a"]), "n_betas": pick(random, [5, 5, 1, 0, 2.5])}
    possible: dict[str, Callable[[], Any]] = {
        "sample": lambda: model.sample(n, random_state=seed),
        "gibbs": lambda: model.gibbs(X, n, random_state=seed),
        "inverse_transform": lambda: model.inverse_transform(model.transform(X)),
        "generate": lambda: model.generate(
            pick(random, [None, X, [], "ab", [[0, 1]], 3, X]),
            n,
            temperature=pick(random, [1.0, 1.0, 1e-300, 0.0, -1, "a", np.nan, 1e300]),
            stop=pick(random, [None, None, 0, -3, "a", [1]]),
            random_state=seed,
        ),
        "forecast": lambda: model.forecast(n, pick(random, [None, None, X, [], 3])),
        "predict_interval": lambda: (
            model.predict_interval(n, n_samples=pick(random, [2, 2, None, 0]), random_state=seed)
            if hasattr(model, "forecast")
            else model.predict_interval(X, pick(random, [0.5, 0.5, 0, None]))
        ),
        "log_likelihood": lambda: model.log_likelihood(X, method, random_state=seed, **chains),
        "log_partition": lambda: model.log_partition(method, random_state=seed, **chains),
        "get_feature_names_out": lambda: model.get_feature_names_out(
            pick(random, [None, None, ["a"], 3])
        ),
        "set_weights": lambda: model.set_weights(
            pick(random, [model.get_weights(), {}, {"zzz": 1}, [1], None, {1: 2}])
        ).get_weights(),
    }
    for name, call in possible.items():
        if hasattr(model, name):
            yield name, call


def wrong_shape(model: Any, method: str, result: Any, n: int | None) -> str | None:
    """Say what is wrong with the shape of a result for `n` rows; None where it is right."""
    if method in ("score", "weighted score"):
        return None if np.ndim(result) == 0 else f"a score of shape {np.shape(result)}"
    if method in PER_ROW and n is not None:
        several = isinstance(result, list) and isinstance(getattr(model, "classes_", None), list)
        for part in result if several else [result]:
            found = part.shape[0] if hasattr(part, "shape") else len(part)
            if found != n:
                return f"{found} results for {n} rows"
    if method == "predict_proba":
        return _wrong_probabilities(model, result)
    if method == "transform" and hasattr(model, "get_feature_names_out"):
        names = len(model.get_feature_names_out())
        one_channel = names == getattr(model, "n_features_in_", None) == 1
        if not hasattr(result, "shape") or len(result.shape) != 2 or one_channel:
            return None  # names are those of the channels of sequences
        return None if result.shape[1] == names else f"{result.shape[1]} columns, {names} names"
    return None


def _wrong_probabilities(model: Any, result: Any) -> str | None:
    if is_of_objects(result) or type(model).__name__ == "RNNTagger":
        result = np.concatenate(list(result))
    if isinstance(result, CheckedArray):
        result = result.held
    for part in result if isinstance(result, list) else [result]:
        if (part < 0).any() or (part > 1).any():
            return f"probabilities from {part.min()} to {part.max()}"
    if isinstance(result, list) or not _is_of_one_column(model):
        return None
    if not np.allclose(result.sum(axis=1), 1, atol=1e-5):
        return f"probabilities of a row sum to {result.sum(axis=1)[:3]}"
    drop_in = type(model).__name__ == "MLPClassifier" and len(model.classes_) == 1
    if result.shape[1] != len(model.classes_) and not drop_in:
        return f"{result.shape[1]} columns of probabilities for {len(model.classes_)} classes"
    return None


def _is_of_one_column(model: Any) -> bool:
    members = getattr(model, "estimators_", [model])
    return members[0]._target.kind not in ("multilabel", "multioutput")
