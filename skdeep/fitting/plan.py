"""Plans: what a fit is to train, on what, and by which rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from skdeep.backend import Backend
from skdeep.data.training_data import TrainingData
from skdeep.fitting.history import History
from skdeep.optim.base import Optimizer
from skdeep.optim.schedule import ScheduleFunction

if TYPE_CHECKING:
    from skdeep.fitting.together import Together

#: Returns a number of each model, (M,), by its name; None where no model has it.
Each = Callable[[str], Any]
#: Scores validation samples: score(target, outputs (n, K), weight).
ScoreOutputs = Callable[[Any, np.ndarray, Any], float]
#: Says what each sample (n,) adds to the score, of the same.
ScoreSamples = Callable[[Any, np.ndarray, Any], np.ndarray]
#: Scores the mean of models by a metric of scikit-learn's: score(attributes, rows, target, weight)
#: with the attributes of each.
ScoreModel = Callable[[Sequence[Mapping[str, Any]], Any, Any, Any], float]


@dataclass(frozen=True)
class Recipe:
    """How the training of a family is made from descriptions, parameters and samples.

    Attributes
    ----------
    stack : callable
        Returns one description for those of several models; raises ``NotStackable``.
    objective : callable
        ``objective(network, store, dataset, random=, **numbers)`` returns what is minimised.
    optimizer : callable
        ``optimizer(each)`` returns what moves the parameters.
    evaluator : callable or None
        ``evaluator(network, store, dataset, rows, **numbers)`` scores validation samples.
    step_numbers : callable
        ``step_numbers(network, batch)`` returns how many numbers a step has in buffers.
    objective_numbers, evaluator_numbers : tuple of str
        Which numbers of a plan the two get, as arrays (M,).
    cache_factor : float
        How much more than fits in cache a step of a stack may touch: a family whose steps have
        many small operations gains from larger stacks.
    part_numbers : int
        How many numbers a step of the largest part before touches; 0 where there is no part, or
        where no more parts than wholes train fast together.
    agreement : tuple
        What must agree in a stack besides the networks and what all families have.
    """

    stack: Callable[[Sequence[Any]], Any]
    objective: Callable[..., Any]
    optimizer: Callable[[Each], Optimizer]
    step_numbers: Callable[[Any, int], int]
    evaluator: Callable[..., Any] | None = None
    objective_numbers: tuple[str, ...] = ()
    evaluator_numbers: tuple[str, ...] = ()
    cache_factor: float = 1.0
    part_numbers: int = 0
    agreement: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Stopping:
    """When training ends, and how it is scored until then.

    Attributes
    ----------
    max_iter : int
        Maximum number of epochs; schedules span them.
    tol, n_iter_no_change : float
        Training stops after so many epochs in a row without an improvement of more than `tol`,
        but not while a schedule of the learning rate is to rise yet.
    early : bool
        Whether the validation score is watched, and the best parameters are kept.
    patience_factor : float
        How many more epochs without improvement are borne for each epoch up to the best one.
    last_of_ties : bool
        Whether the last of epochs with equally good scores is kept.
    standard_errors : float
        By how many standard errors an epoch may be worse than the best one and be kept.
    scoring : {"loss"}, callable or None
        A :data:`ScoreModel`; None scores outputs by `score_outputs`.
    by_sample : callable or None
        A :data:`ScoreSamples`, whose sum is the score instead of that of `score_outputs`.
    warns : bool
        Whether to say that more epochs might have been needed.
    """

    max_iter: int
    tol: float = 0.0
    n_iter_no_change: float = np.inf
    early: bool = False
    patience_factor: float = 0.0
    last_of_ties: bool = False
    standard_errors: float = 0.0
    scoring: str | ScoreModel | None = None
    score_outputs: ScoreOutputs | None = None
    by_sample: ScoreSamples | None = None
    warns: bool = True


@dataclass(frozen=True)
class RateRule:
    """scikit-learn's rules of the learning rate: 'constant', 'invscaling' or 'adaptive'."""

    kind: str = "constant"
    initial: float = 0.0
    power_t: float = 0.5


@dataclass
class FitPlan:
    """One fit up to its training: all is checked, encoded and drawn that comes before it.

    Attributes
    ----------
    name : str
        What messages call the model.
    network : Network or RBM
        Description of one model.
    values : ndarray of shape (1, P)
        Initial parameters on the host.
    recipe : Recipe
        How training is made of the two.
    data : TrainingData
        Samples.
    random : RandomState
        The fit's one stream, which the shuffles go on with.
    noise : SeedSequence
        Where the stream of dropout masks starts.
    numbers : mapping of str to float or None
        What each model of a stack may have for itself. All have "rate", "weight_decay",
        "clip_norm", "clip_value" and "ema_decay".
    agreement : hashable or None
        What must agree in a stack besides the networks; None where nothing goes together with it.
    history : History
        What training before has come to.
    state : mapping or None
        What training goes on from.
    incremental : bool
        Whether this is one epoch of ``partial_fit``.
    monitor : callable or None
        ``monitor(values, rows)`` returns name and value of an RBM's curve.
    trains : bool
        Whether there is anything to train besides the parts before.
    together : Together or None
        The fits that stop with this one, by the score of their mean prediction.
    """

    name: str
    network: Any
    values: np.ndarray
    recipe: Recipe
    data: TrainingData
    backend: Backend
    random: np.random.RandomState
    noise: np.random.SeedSequence
    batch_size: int
    shuffle: bool
    solver: str
    numbers: Mapping[str, Any]
    stopping: Stopping
    history: History
    agreement: Any = None
    schedule: ScheduleFunction | None = None
    decay_schedule: ScheduleFunction | None = None
    noise_schedule: ScheduleFunction | None = None
    smoothing_schedule: ScheduleFunction | None = None
    rate_rule: RateRule = RateRule()
    frozen: tuple[str, ...] = ()
    state: Mapping[str, Any] | None = None
    incremental: bool = False
    verbose: bool = False
    max_fun: int = 0
    monitor: Callable[[np.ndarray, np.ndarray], tuple[str, float]] | None = None
    trains: bool = True
    together: Together | None = None

    @property
    def n_samples(self) -> int:
        """Number of training samples."""
        return len(self.data.rows)

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch."""
        return -(-self.n_samples // self.batch_size)


def each_of(plans: Sequence[FitPlan]) -> Each:
    """Return what gives a number of each plan, (M,); None where it is None in all."""

    def each(name: str) -> np.ndarray | None:
        values = [plan.numbers[name] for plan in plans]
        return None if values[0] is None else np.array(values, float)

    return each
