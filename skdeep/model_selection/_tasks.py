"""One fit of a search, a candidate on a split, and what it has in common with others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import joblib
from sklearn.base import clone

from skdeep.data._compat import callbacks_of
from skdeep.estimators.fit.members import HasMembers
from skdeep.estimators.parameters import stack_rules, switched_on
from skdeep.model_selection._understood import final_estimator, pipelines
from skdeep.nn.core.layer import Layer
from skdeep.nn.core.settings import stacking_form
from skdeep.nn.losses import Loss

#: Candidates whose fits are done in a row, before the next ones: their results wait together.
BLOCK = 16


@dataclass
class Task:
    """A candidate on a split.

    Attributes
    ----------
    number : int
        Its number in the search.
    estimator, parameters
        What is cloned, and what is set then.
    order : tuple
        Tasks that train together, on the same rows, are adjacent in this order.
    stacks : bool
        Whether it may train in a stack; otherwise it is fitted as anywhere.
    shares : bool
        Whether its estimator leaves rows as they are, so that others may be given the same.
    context : context or None
        Where callbacks hear of it.
    keeps_progress : bool
        Whether training may go on from where it ends.
    progress : Progress or None
        Where it begins; None is at the start.
    """

    number: int
    estimator: Any
    parameters: Mapping[str, Any]
    split: int
    order: tuple[Any, ...]
    stacks: bool = False
    shares: bool = False
    context: Any = None
    keeps_progress: bool = False
    progress: Any = None

    def make(self) -> Any:
        """Return a new estimator with the candidate's parameters."""
        return make(self.estimator, self.parameters)


def make(estimator: Any, parameters: Mapping[str, Any]) -> Any:
    """Return a new estimator with other parameters, as scikit-learn's search makes it."""
    return clone(estimator).set_params(**clone(dict(parameters), safe=False))


def make_tasks(
    estimator: Any,
    candidates: Sequence[Mapping[str, Any]],
    n_splits: int,
    *,
    others: bool,
    listened: bool = False,
) -> list[Task]:
    """Return the tasks of a search that may train in stacks, and `others` if asked for, sorted."""
    tasks: list[Task] = []
    families: dict[str, int] = {}
    for k, parameters in enumerate(candidates):
        places = (estimator, *parameters.values())
        if not others and all(final_estimator(place) is None for place in places):
            continue
        try:
            model = make(estimator, parameters)
            stacks = stackable(model, listened)
            word = family(model) if stacks else f"candidate {k}"
        except Exception:  # scikit-learn's own evaluation says what is wrong
            continue
        if not (stacks or others):
            continue
        kind = families.setdefault(word, len(families))
        prepared, sharing = preprocessing(parameters, model), stacks and shares(model)
        for split in range(n_splits):
            order = (kind, k // BLOCK, split, prepared, k)
            number = k * n_splits + split
            tasks.append(Task(number, estimator, parameters, split, order, stacks, sharing))
    return sorted(tasks, key=lambda task: task.order)


def stackable(estimator: Any, listened: bool = False) -> bool:
    """Say whether an estimator with its parameters set may train in a stack.

    `listened` says whether the search has callbacks, or what it fits.
    """
    network = final_estimator(estimator)
    if network is None or getattr(network, "solver", None) == "lbfgs":
        return False
    heard = any(callbacks_of(part) for part in parts_of(estimator))
    if isinstance(network, HasMembers):  # callbacks hear of epochs, in which all members are as far
        return not (listened or heard)
    # A pipeline would tell its callbacks that it is complete before the network is trained.
    return network is estimator or not heard


def shares(estimator: Any) -> bool:
    """Say whether what may stack leaves the rows as they are that it is fitted to.

    Networks do. Steps before them may work in place, on copies that the memory of a search makes.
    """
    return not any(pipeline.memory for pipeline in pipelines(estimator))


def parts_of(estimator: Any) -> Iterator[Any]:
    """Return an estimator and all estimators that are its parameters."""
    yield estimator
    if not hasattr(estimator, "get_params"):
        return
    for value in estimator.get_params(deep=True).values():
        if hasattr(value, "get_params") and not isinstance(value, type):
            yield value


def family(estimator: Any) -> str:
    """Return a word that fits share that probably can be stacked; of their network only."""
    network = final_estimator(estimator)
    assert network is not None
    # Of an estimator that has several networks, parameters of these are known by the same names.
    rules = stack_rules(getattr(type(network), "_member", type(network)))
    own = {*rules.each, *rules.switch}
    given = network.get_params(deep=False).items()
    fixed = {k: _without_numbers(v) for k, v in given if k not in own}
    on = {} if isinstance(network, HasMembers) else switched_on(network)
    return _word([type(network).__name__, fixed, on])


def _without_numbers(value: Any) -> Any:
    """Return a parameter without the numbers that each model of a stack has for itself."""
    if isinstance(value, Loss):
        return stacking_form(value)
    if isinstance(value, list | tuple):
        return [stacking_form(one) if isinstance(one, Layer) else one for one in value]
    return value


def preprocessing(parameters: Mapping[str, Any], estimator: Any) -> str:
    """Return a word that candidates share whose rows are prepared alike."""
    network = final_estimator(estimator)
    own = set() if network is None else set(network.get_params(deep=False))
    lists = getattr(network, "_layer_lists", ())

    def is_own(name: str) -> bool:
        *before, last = name.split("__")
        return last in own or any(part in lists for part in before)

    return _word({k: v for k, v in parameters.items() if not is_own(k)})


def _word(value: Any) -> str:
    try:
        return str(joblib.hash(value))
    except Exception:  # it cannot be pickled
        return repr(value)
