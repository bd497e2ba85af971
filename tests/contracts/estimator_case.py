"""An estimator of the contracts with its data, and what may be asked of it."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone


@dataclass(frozen=True)
class Case:
    """An estimator whose fit takes milliseconds, and the data that it learns from."""

    estimator: BaseEstimator
    X: Any
    y: Any = None
    #: What scikit-learn's common checks run on, where defaults learn too little or for long.
    checked: BaseEstimator | None = None
    #: Families, other than its own, of which it may load modules.
    uses: tuple[str, ...] = ()
    #: Whether columns may hold anything, NaN and text too, and go by their names.
    any_columns: bool = False
    #: Whether by default a small fit has many batches, so that weights are no repeated samples.
    few_per_batch: bool = False
    #: Whether it learns tables, and a y of one entry for each row; some know sequences only.
    tables: bool = True

    @property
    def cls(self):
        return type(self.estimator)

    @property
    def reads_text(self):
        """Whether its samples are strings."""
        return isinstance(self.X, list) and isinstance(self.X[0], str)

    @property
    def family(self):
        """Its folder in `skdeep.estimators`."""
        return self.cls.__module__.split(".")[2]

    @property
    def data(self):
        """What `fit` takes by position."""
        return (self.X,) if self.y is None else (self.X, self.y)

    @property
    def epochs(self):
        """The parameter that says how often all samples are seen, or None."""
        return next(filter(self.name, ("max_iter", "n_iter")), None)

    @property
    def by_epochs(self):
        """Whether it trains epoch by epoch; L-BFGS and what trains no network do not."""
        return bool(self.epochs) and self.estimator.get_params().get("solver") != "lbfgs"

    @property
    def stacks(self):
        """Whether several of it may train as one network."""
        return self.by_epochs and self.name("device") == "device" and not self.any_columns

    def name(self, parameter):
        """Return the parameter's name in `set_params`: its own, a member's, or None."""
        names = self.estimator.get_params()
        return next((n for n in (parameter, f"estimator__{parameter}") if n in names), None)

    def takes(self, *names):
        """Return whether all these are parameters, its own or those of its members."""
        return all(self.name(name) for name in names)

    def fit_takes(self, name):
        return name in inspect.signature(self.cls.fit).parameters

    def can(self, method):
        return hasattr(self.estimator, method)

    def make(self, **params):
        """Return it unfitted, with other parameters, those of members included."""
        given = {self.name(name) or name: value for name, value in params.items()}
        return clone(self.estimator).set_params(**given)

    def fit(self, **params):
        return self.make(**params).fit(*self.data)

    def part(self, index):
        """Return some samples, as `fit` takes them."""
        return tuple(select(values, index) for values in self.data)

    def go_on(self, model):
        """Train further with all data, by one more epoch."""
        more = {}
        if "classes" in inspect.signature(model.partial_fit).parameters and not hasattr(
            model, "n_iter_"
        ):
            more = {"classes": np.unique(np.concatenate([np.ravel(y) for y in self.y]))}
        return model.partial_fit(*self.data, **more)


def is_table(X):
    return isinstance(X, np.ndarray) and X.ndim == 2


def select(values, index):
    """Return some of the samples, whatever they are kept in."""
    if isinstance(values, list):
        return [values[k] for k in index]
    return values[index]
