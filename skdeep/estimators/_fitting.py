"""How estimators on the engine are fitted: a job is prepared, and trained alone or with others."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from skdeep.backend import Backend
from skdeep.backend.base import Random
from skdeep.data.kinds import as_rows
from skdeep.estimators._epochs import Epochs
from skdeep.estimators._jobs import FitJob, defer
from skdeep.estimators._model import FittedNetwork
from skdeep.estimators._stack import Stack
from skdeep.estimators._together import row_numbers
from skdeep.nn.params import ParamStore
from skdeep.optim import make_optimizer
from skdeep.optim.base import Optimizer
from skdeep.train.data import Order, Table
from skdeep.train.trainer import Trainer

if TYPE_CHECKING:
    from skdeep.data.training_data import TrainingData


class FittedByJobs(FittedNetwork):
    """What a :class:`~skdeep.estimators._stack.Stack` asks of the estimators that it trains.

    A subclass prepares a :class:`FitJob` in its ``_fit`` and hands it to :meth:`_carry_out`.
    """

    #: How much more than fits in cache a step of a stack may touch: a family whose steps have many
    #: small operations gains from larger ones (``tests/benchmarks/stacks.py``).
    _cache_factor: ClassVar[float] = 1.0
    #: Parameters that are None in all models of a stack or in none.
    _switched: ClassVar[tuple[str, ...]] = ()
    #: Parameters of which the objective wants one number per model, by name; and the evaluator.
    _objective_numbers: ClassVar[tuple[str, ...]] = ("alpha",)
    _evaluator_numbers: ClassVar[tuple[str, ...]] = ()
    #: Parameters besides those of all families that models of a stack may have each for themselves,
    #: and those of which they may where no model or all have it: a search sorts its fits by these.
    _free: ClassVar[frozenset[str]] = frozenset()
    _on_or_off: ClassVar[frozenset[str]] = frozenset()
    #: Attributes that the parts leave which train before the whole.
    _left_by_parts: ClassVar[tuple[str, ...]] = ()
    #: Whether a fit says that it might have needed more epochs.
    _warns_of_too_few_epochs = True

    @staticmethod
    @abstractmethod
    def _stacked(networks: Sequence[Any]) -> Any:
        """Return the description of several models as one; raise NotStackable where there is none.

        One description comes back as it is.
        """

    @abstractmethod
    def _make_run(self, job: FitJob) -> Epochs:
        """Return the epochs of a fit of this estimator."""

    @abstractmethod
    def _make_trainer(
        self,
        runs: Sequence[Any],
        network: Any,
        store: ParamStore,
        table: Table,
        order: Order,
        random: Random,
    ) -> Trainer:
        """Return what trains the models of some runs, of which this estimator's is the first."""

    @abstractmethod
    def _rows_per_batch(self, n: int) -> int:
        """Return how many of `n` rows make a batch."""

    @abstractmethod
    def _finish(self, job: FitJob) -> None:
        """Make the trained estimator ready."""

    def _agreement(self) -> tuple[Any, ...]:
        """Return what must agree in a stack besides the network and what all families have."""
        return ()

    def _trains(self) -> bool:
        """Say whether there is anything to train besides the parts before."""
        return True

    def _frozen(self) -> tuple[str, ...]:
        """Return the names of the parameters that training must not move."""
        return ()

    def _pretrain(self, data: TrainingData, backend: Backend, random: Any) -> Iterator[FitJob]:
        """Replace the initial parameters by ones that are learned from the training rows.

        Yields the jobs of parts whose training waits, so that it may be done beside that of other
        models' parts, and expects them trained when it is resumed.
        """
        return iter(())

    def _carry_out(self, job: FitJob, before: Mapping[str, Any]) -> None:
        """Train now, or let the job wait; `before` are the attributes to restore in a failure."""
        job.before = dict(before)
        if defer(job):
            return
        for part in job.parts:  # those that wait for others though this fit does not
            part.estimator._settle()
        self._train(job)

    def _train(self, job: FitJob) -> None:
        """Train alone; an interrupted fit keeps what it has."""
        if job.is_over():
            job.complete()
            return
        resumed = None if job.hooks is None else job.hooks.resume_from
        if resumed is not None:
            job.go_on(resumed)
        stack = Stack([job])
        try:
            stack.train()
        except KeyboardInterrupt:
            stack.runs[0].interrupt()
        if job.error is not None:
            raise job.error

    def _stack_key(self, data: TrainingData, backend: Backend) -> Any:
        """Return what must agree with other fits to train with them, besides the network.

        None where nothing goes together with this one.
        """
        # Sparse rows are cut for one model.
        if self.solver == "lbfgs" or not as_rows(data.X).stackable:
            return None
        return (
            type(self),
            self.solver,
            type(self._optimizer(lambda name: getattr(self, name))),
            self.batch_size,
            self._values.dtype,
            backend.device,
            data.target.dtype,
            data.target.shape[1:],
            self._frozen(),
            *data.layouts,
            *(getattr(self, name) is None for name in self._switched),
            *self._agreement(),
        )

    def _optimizer(self, each: Callable[[str], Any]) -> Optimizer:
        """Return the optimizer for parameters of several models, by name."""
        return make_optimizer(
            self.solver,
            momentum=each("momentum"),
            nesterovs_momentum=self.nesterovs_momentum,
            beta_1=each("beta_1"),
            beta_2=each("beta_2"),
            epsilon=each("epsilon"),
        )

    def _part_numbers(self) -> int:
        """Return how many numbers a training step of the largest part before touches; 0: no part.

        A family may say 0 of parts of which no more train fast together than of the whole.
        """
        return 0

    def _step_numbers(self, network: Any, batch: int) -> int:
        """Return how many numbers a training step has in buffers, for a batch of this size."""
        return batch * row_numbers(network)

    batch_size: Any
    nesterovs_momentum: bool
