"""The networks of a tabular estimator: how they are made, and how long they train."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from skdeep.estimators.fit.schedules import SCHEDULED, schedule_of
from skdeep.estimators.number_layers import MOST_BINS, N_BINS
from skdeep.estimators.tabular.table_encoder import TableEncoder

#: Mini-batches of 'auto', by the number of samples up to which they are used. Few samples have
#: smaller ones: with the others an epoch has one step or two, and 80 of these learn little.
BATCHES = {256: 32, 512: 64, 8_192: 128, 30_000: 256, 100_000: 512, np.inf: 1024}
#: Bins of each column of numbers, by the number of samples up to which there are so many.
BINS = {6_400: N_BINS, 12_800: 32, np.inf: 64}
#: Epochs of 'auto', and samples up to which it trains for all of them.
EPOCHS, FULL_TRAINING = 80, 40_000
#: What ``partial_fit``, which has no end that a schedule could span, takes of the learning rate.
STEADY = 0.25
#: What networks of their own read of numbers, in turns, where 'auto' lets them differ.
EMBEDDINGS = ("pbld", "ple")
#: All parameters that members have from the estimator as they are.
SHARED = (
    "hidden_layer_sizes",
    "activation",
    "embedding_dim",
    "scaling_layer",
    "parametric_activation",
    "dropout",
    "weight_decay",
    "member_sharing",
    "patience_factor",
    "n_iter_no_change",
    "n_standard_errors",
    "verbose",
    "device",
    "dtype",
    "learning_rate_schedule",
    "dropout_schedule",
    "weight_decay_schedule",
)


@dataclass(frozen=True)
class FirstPart:
    """The first part of a schedule: training ends before the schedule does.

    Attributes
    ----------
    schedule : callable
        The whole.
    share : float
        Its progress at the end.
    """

    schedule: Callable[[Any], Any]
    share: float

    def __call__(self, progress: Any) -> Any:
        """Return factors at progress in [0, 1]."""
        return self.schedule(progress * self.share)


def alike(estimator: Any, X: Any, y: Any) -> float:
    """Score each epoch alike, so that the last one is kept."""
    return 0.0


def new_member(
    estimator: Any,
    encoder: TableEncoder,
    n: int,
    random: np.random.RandomState,
    validates: bool,
    k: int = 0,
) -> Any:
    """Return the `k`-th network, for encoded tables of `n` samples, with a seed of its own."""
    rate = estimator.learning_rate_init
    given = {name: getattr(estimator, name) for name in SHARED} | estimator._member_options()
    if estimator.member_sharing != "none":
        given["n_members"] = estimator.n_members
    if estimator.device == "auto":
        given["device"] = estimator._place
    if not estimator.early_stopping:
        given |= {"n_iter_no_change": np.inf, "patience_factor": 0.0}
        given |= {"scoring": alike} if validates else {}
    if not estimator.dropout:
        given["dropout_schedule"] = None
    return estimator._member(
        **given,
        numeric_embedding=embedding_of(estimator, k),
        n_bins=n_bins(encoder.layout_.n_numeric, n),
        layout=encoder.layout_,
        learning_rate_init=estimator._usual_rate if rate == "auto" else rate,
        alpha=0.0,
        beta_2=0.95,
        batch_size=batch_size(estimator, n),
        max_iter=n_epochs(estimator, n),
        early_stopping=validates,
        tol=0.0,
        random_state=random.randint(np.iinfo(np.int32).max),
    )


def embedding_of(estimator: Any, k: int) -> str | None:
    """Return what the `k`-th network reads of numbers."""
    kind: str | None = estimator.numeric_embedding
    if kind != "auto":
        return kind
    alike = estimator.member_sharing != "none" or estimator.stop_together
    return EMBEDDINGS[0 if alike else k % len(EMBEDDINGS)]


def batch_size(estimator: Any, n: int) -> int:
    """Return the size of the mini-batches of `n` samples."""
    size = estimator.batch_size
    if size == "auto":
        size = next(size for most, size in BATCHES.items() if n <= most)
    return int(min(size, n))


def n_bins(columns: int, n: int) -> int:
    """Return the number of bins of each of some columns of numbers of `n` samples."""
    size = next(size for most, size in BINS.items() if n <= most)
    return max(N_BINS, min(size, MOST_BINS // max(columns, 1)))


def n_networks(estimator: Any) -> int:
    """Return the number of networks of each split: one, where members share weights."""
    return 1 if estimator.member_sharing != "none" else int(estimator.n_members)


def n_epochs(estimator: Any, n: int) -> int:
    """Return the number of epochs of a training with `n` samples."""
    if estimator.max_iter != "auto":
        return int(estimator.max_iter)
    return round(EPOCHS * min(1.0, (FULL_TRAINING / n) ** 0.5))


def shortened(member: Any, epochs: int) -> None:
    """Let a network train without validation for some of the epochs that its schedules span."""
    share = epochs / member.max_iter
    schedules = {name: schedule_of(member, name) for name in _scheduled(member)}
    member.set_params(
        max_iter=epochs,
        early_stopping=False,
        scoring=None,
        n_iter_no_change=np.inf,
        **{n: s if s is None else FirstPart(s, share) for n, s in schedules.items()},
    )


def streaming(member: Any) -> None:
    """Let a network go on with other samples, for nobody knows how long."""
    member.set_params(
        early_stopping=False, validation_split=None, **dict.fromkeys(_scheduled(member))
    )
    member.set_params(learning_rate_init=STEADY * member.learning_rate_init)


def _scheduled(member: Any) -> list[str]:
    """Return the parameters of a network that are schedules."""
    return [name for name in SCHEDULED if hasattr(member, name)]


def mean_epochs(members: Sequence[Any]) -> int:
    """Return the mean number of the epochs whose weights networks kept."""
    return max(1, round(float(np.mean([member.best_epoch_ for member in members]))))
