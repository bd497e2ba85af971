"""A case: an estimator, data and calls, all drawn from one seed and number; and its verdict."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from inspect import isgenerator, signature
from io import StringIO
from typing import Any

import joblib
import numpy as np
from scipy.sparse import issparse

from skdeep.model_selection import GridSearchCV
from tests.fuzz import calls, rows, targets
from tests.fuzz.families import FAMILIES, class_of
from tests.fuzz.judging import arrays, complaint, is_same, not_finite
from tests.fuzz.layers import draw_layers
from tests.fuzz.parameters import draw_parameters, pick


@dataclass
class Case:
    """One case, and what it found.

    Attributes
    ----------
    faults : list of str
        What was wrong, by the call that showed it.
    results : list
        What each call returned, or the words of its error.
    """

    seed: int
    number: int
    faults: list[str] = field(default_factory=list)
    results: list[tuple[str, Any]] = field(default_factory=list)
    fitted: bool = False
    other: Any = ()

    def run(self) -> Case:
        """Draw it, run it and judge it."""
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            self._draw()
            self._run()
        return self

    def again(self) -> Case:
        """Run it a second time: all results must have the same bits."""
        drawn = [self.parameters, getattr(self.parameters.get("estimator"), "__dict__", {})]
        if any(not isinstance(one.get("random_state", 0), int) for one in drawn):
            return self
        second = Case(self.seed, self.number).run()
        for (call, one), (_, other) in zip(self.results, second.results, strict=False):
            if not (one == other if isinstance(one, str) else is_same(one, other)):
                self.faults.append(f"{call}: another result from the same seed")
                break
        return self

    # ------------------------------------------------------------------ drawing

    def _draw(self) -> None:
        self.random = random = np.random.default_rng((self.seed, self.number))
        self.name = pick(random, sorted(FAMILIES))
        family = FAMILIES[self.name]
        kind, self.width = pick(random, family.rows), int(random.integers(1, 6))
        self.kind, self.n = kind, rows.length(random)
        self.X = rows.rows(random, kind, self.n, self.width)
        self.y = targets.target(random, family.target, self.X, self.n)
        self.weight = targets.weights(random, self.n)
        self.parameters = self._parameters(self.name)
        if family.inner and "estimator" not in self.parameters:
            inner = class_of(family.inner)(**self._parameters(family.inner))
            self.parameters["estimator"] = inner

    def _parameters(self, name: str) -> dict[str, Any]:
        random, family = self.random, FAMILIES[name]
        listed = {"layers", *(["decoder_layers"] if random.random() < 0.2 else [])}
        layers = {}
        for parameter in sorted(listed.intersection(class_of(name)._parameter_constraints)):
            layers[parameter] = self._call(parameter, lambda: draw_layers(random, self.kind))
        changes = pick(random, [0.0, 1.0, 1.0, 2.0, 4.0])
        drawn = draw_parameters(random, class_of(name), changes)
        for long in ("n_gibbs_steps", "pretrain_n_gibbs_steps", "n_importance_samples"):
            drawn = {k: v for k, v in drawn.items() if k != long or not _is_large(v)}
        return {**family.options, **layers, **drawn}

    def __str__(self) -> str:
        what = [f"{self.name}({self.parameters})", f"X={self.X!r:.600}", f"y={self.y!r:.300}"]
        return "\n".join([*what, f"sample_weight={self.weight!r:.200}"])

    # ------------------------------------------------------------------ running

    def _run(self) -> None:
        model = self._call("__init__", lambda: class_of(self.name)(**self.parameters))
        if model is None:
            return
        before = _hashed(self.X, self.y, self.weight)
        how = pick(self.random, ["fit"] * 6 + ["partial_fit", "search"])
        if how == "search" and self.y is None:
            how = "fit"  # scikit-learn's searches then call ``fit`` without y
        fitted = self._fit(model, how)
        if fitted is not None and not isgenerator(self.X):
            self.fitted = True
            self._use(fitted)
        if before is not None and before != _hashed(self.X, self.y, self.weight):
            self.faults.append("the data were changed")

    def _fit(self, model: Any, how: str) -> Any:
        given = (self.X,) if FAMILIES[self.name].target is None else (self.X, self.y)
        if how == "search":
            grid = {name: [value, value] for name, value in self.parameters.items()}
            grid = {name: grid[name] for name in list(grid)[:1]}
            model = GridSearchCV(model, grid, cv=2, error_score="raise")
        fit = getattr(model, how, model.fit)
        more = self._more(set(signature(fit).parameters))
        fitted = self._call(how, lambda: fit(*given, **more))
        return getattr(fitted, "best_estimator_", fitted)

    def _more(self, taken: set[str]) -> dict[str, Any]:
        """Return what else ``fit`` is given, of what it takes."""
        random, target = self.random, FAMILIES[self.name].target
        possible: dict[str, Callable[[], Any]] = {
            "sample_weight": lambda: self.weight,
            "groups": lambda: np.arange(self.n) % 3,
            "classes": lambda: pick(random, [[0, 1, 2], ["x", "yy", "z"], [], [0], 3, None]),
            "X_unlabeled": lambda: rows.rows(random, self.kind, 5, self.width),
        }
        often = {"sample_weight": 1.0, "groups": 0.05, "classes": 0.7, "X_unlabeled": 0.2}
        chosen = [name for name in possible if name in taken and random.random() < often[name]]
        more = {name: possible[name]() for name in chosen}
        if "X_val" in taken and random.random() < 0.15:
            more["X_val"] = rows.rows(random, self.kind, 5, self.width)
            if target and random.random() < 0.9:
                more["y_val"] = targets.target(random, target, more["X_val"], 5)
            if "sample_weight_val" in taken and random.random() < 0.2:
                more["sample_weight_val"] = targets.weights(random, 5)
        return more

    def _use(self, model: Any) -> None:
        random, n = self.random, self._n_rows()
        for call in [*calls.on_rows(model, self.X), *self._scores(model)]:
            self._call(*call, check=lambda method, r: calls.wrong_shape(model, method, r, n))
        for call in calls.with_arguments(model, self.X, random):
            self._call(*call)
        self._pickled(model)
        if random.random() < 0.5:
            width = pick(random, [self.width, self.width, self.width + 1])
            self.other = rows.rows(random, self.kind, rows.length(random), width)
            for method, call in calls.on_rows(model, self.other):
                self._call(f"{method} of other rows", call)
        if random.random() < 0.2:
            self._call("fit again", lambda: model.fit(other_or(self, random), self.y))

    def _scores(self, model: Any) -> Iterator[calls.Call]:
        return calls.on_targets(model, self.X, self.y, self.weight)

    def _n_rows(self) -> int | None:
        one_series = self.kind == "series" and getattr(self.X, "ndim", 2) == 1
        if one_series or isgenerator(self.X):
            return None
        return int(self.X.shape[0] if hasattr(self.X, "shape") else len(self.X))

    def _pickled(self, model: Any) -> None:
        """A copy from a pickle says what the model says."""
        try:
            copied = pickle.loads(pickle.dumps(model))
        except (AttributeError, TypeError, pickle.PicklingError):
            return  # a parameter is a function of a user's, which no pickle takes
        for name, call in list(calls.on_rows(copied, self.X))[:1]:
            said = dict(self.results).get(name)
            if not isinstance(said, str) and said is not None and not is_same(said, call()):
                self.faults.append(f"{name}: another result from a pickle")

    def _call(
        self,
        name: str,
        call: Callable[[], Any],
        check: Callable[[str, Any], str | None] = lambda method, result: None,
    ) -> Any:
        """Call, judge what comes, and return it; None after an error."""
        try:
            result = call()
        except Exception as error:
            fault = complaint(error, self._known())
            told = re.sub("0x[0-9a-f]+", "", f"{type(error).__name__}: {error}")
            self.results.append((name, told))
            result = None
        else:
            fault = self._not_finite(name, result) or check(name, result)
            self.results.append((name, result))
        if fault:
            self.faults.append(f"{name}: {fault}")
        return result

    def _not_finite(self, call: str, result: Any) -> str | None:
        """Say what is not finite and should be."""
        name = call.removeprefix("weighted ").split()[0]
        if name == "score" and self.n < (3 if self.name == "RNNForecaster" else 2):
            return None  # R2, which one value does not have
        if name == "score" and self._is_vast(self.y):
            return None  # as scikit-learn's R2 of numbers whose squares overflow
        if self.name == "SequenceScaler" and self.parameters.get("missing") == "mask":
            return None  # a number that is missing stays so
        far_out = self._is_vast(self.X, self.other) or self.name == "VariationalAutoencoder"
        squares = name in ("score", "score_samples", "free_energy", "decision_function")
        return not_finite(result, infinite=squares and far_out)

    def _is_vast(self, *data: Any) -> bool:
        """Whether the squares of numbers are beyond what floats hold."""
        found = [rows for rows in arrays(list(data)) if rows.dtype.kind == "f"]
        return any((np.abs(rows) > 1e150).any() for rows in found)

    def _known(self) -> tuple[str, ...]:
        """Return the parameters that an error may name."""
        names = [self.name, FAMILIES[self.name].inner]
        return tuple(n for name in names if name for n in class_of(name)._parameter_constraints)


def other_or(case: Case, random: np.random.Generator) -> Any:
    """Return other rows, as many as the first."""
    return rows.rows(random, case.kind, case.n, case.width)


def _is_large(value: Any) -> bool:
    return isinstance(value, int | np.integer) and value > 10


def _parts(data: Any) -> Any:
    """Return what is in some data, without what sparse matrices and frames note of themselves."""
    if isinstance(data, list | tuple):
        return [_parts(item) for item in data]
    if issparse(data):
        return [data.shape, data.toarray()]
    if hasattr(data, "to_numpy"):
        return [str(getattr(data, "columns", None)), repr(data.to_numpy().tolist())]
    return data


def _hashed(*data: Any) -> str | None:
    """Return a hash of what is handed in, None where it cannot be looked at twice."""
    try:
        return joblib.hash(_parts(data))
    except Exception:
        return None
