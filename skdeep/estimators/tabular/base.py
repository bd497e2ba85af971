"""What both tabular estimators share: the table, the splits and the members."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, ClassVar

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import device_of, get_backend, is_device_array
from skdeep.backend.user_warnings import warn
from skdeep.data._compat import fit_context, get_output_config
from skdeep.data.place import to_host
from skdeep.data.sharing import new_memory, sharing
from skdeep.data.table_cells import Column
from skdeep.data.whole import is_whole
from skdeep.estimators.fit.members import HasMembers, MembersFit
from skdeep.estimators.fit.waiting import deferring
from skdeep.estimators.sklearn_bases import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from skdeep.estimators.tabular.held_out import HeldOut
from skdeep.estimators.tabular.members import (
    batch_size,
    mean_epochs,
    n_networks,
    new_member,
    shortened,
    streaming,
)
from skdeep.estimators.tabular.samples import LearnsTables, Samples
from skdeep.estimators.tabular.saving import end_of, restore_end, restore_table, table_of
from skdeep.estimators.tabular.splits import FEW, Part, Split, holds_out, parts_of, whole
from skdeep.estimators.tabular.table_encoder import TableEncoder
from skdeep.fitting.jobs import FitJob
from skdeep.fitting.staged import Stages
from skdeep.fitting.together import Together


class TabularMLP(ClassNamePrefixFeaturesOutMixin, TransformerMixin, HasMembers, LearnsTables):
    """Common parent of the tabular estimators: members on encoded tables, averaged."""

    #: What a member is.
    _member: ClassVar[type]
    #: The learning rate that 'auto' stands for.
    _usual_rate: ClassVar[float]

    @fit_context(prefer_skip_nested_validation=True)
    def fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        sample_weight_val=None,
        groups=None,
    ):
        """Train on a table.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Columns of numbers, booleans, strings, categories, dates and durations, any of them
            with missing values.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            Numbers; or classes, a 0/1 indicator of labels, or several columns of classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.
        X_val : like X, default=None
            Validation samples, instead of some held out of X.
        y_val : like y, default=None
            Their y; comes with `X_val`.
        sample_weight_val : array-like of shape (n_val,), default=None
            Their weights.
        groups : array-like of shape (n_samples,), default=None
            Groups that stay together where samples are held out.

        Returns
        -------
        self : estimator
            The fitted estimator.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained; columns are named. A
            model that was fitted before stays as it was.
        """
        validation = (X_val, y_val, sample_weight_val)
        given = (X, y, sample_weight)
        self._fit_in_stages(lambda fit: self._stages(fit, validation, groups), given)
        return self

    def _stages(self, fit: MembersFit, validation: Any, groups: Any) -> Stages:
        """Do all of a fit but training, of which there are one or two stages."""
        samples = self._learn_samples(*fit.given)
        given = self._check_given(samples, validation)
        holds = holds_out(self, samples.n)
        self._check_parameters(validates=holds or given is not None)
        if groups is not None and (given is not None or not holds):
            warn("groups has no effect where no samples of X are held out")
        random = check_random_state(self.random_state)
        if given is not None:
            parts = whole(samples.n, n_networks(self))
        else:
            labels = samples.y.toarray() if hasattr(samples.y, "tocsr") else samples.y
            parts = parts_of(
                self, labels, groups, random, classes=self._classifies, k=n_networks(self)
            )
        self._forget_held_out()
        self._knows_held_out = False
        jobs = self._begin(samples, parts, given, random)
        fit.begin_main(self.members_, jobs, int(self.refit))
        yield jobs
        self._end(fit, len(parts))
        found = self._held_out(samples, given)
        if found is not None:
            self._learn_held_out(found)
            self._knows_held_out = True
        if self.refit and not fit.cut_short:
            epochs = mean_epochs(self.members_)
            everything = whole(samples.n, n_networks(self))
            jobs = self._begin(samples, everything, None, random, epochs)
            fit.begin_more("refit", self.members_, jobs)
            yield jobs
            self._end(fit, 1)
        fit.end()

    def _check_parameters(self, *, validates: bool) -> None:
        """Refuse parameters that do not go together."""
        for name in ("refit", "calibrate"):
            if getattr(self, name, False) not in (False, "auto") and not validates:
                raise ValueError(
                    f"{name}=True needs validation samples: early_stopping=True and {FEW} samples "
                    "at least, n_splits, or X_val"
                )

    # ------------------------------------------------------------------ training

    def _begin(
        self,
        samples: Samples,
        parts: Sequence[Part],
        given: Samples | None,
        random: np.random.RandomState,
        epochs: int | None = None,
    ) -> list[FitJob]:
        """Make encoders of parts, and members by part; return the jobs of these."""
        encoders, members, self._told = [], list[Any](), list[dict[str, Any]]()
        own: set[int] = set()
        with deferring(lambda estimator: id(estimator) in own) as jobs, sharing(new_memory()):
            for part in parts:
                encoder = TableEncoder(self.max_one_hot)
                encoder.fit(samples.columns, part.rows, samples.weight)
                rows = encoder.transform(samples.columns, self.dtype)
                options = self._fit_options(encoder, samples, given)
                together, n_jobs = Together(), len(jobs)
                for train, test in part.splits:
                    validates = len(test) > 0 or given is not None
                    self._told.append({"n": len(train), "validates": validates})
                    k = len(members)
                    member = new_member(self, encoder, len(train), random, validates, k)
                    if len(test):
                        member.set_params(validation_split=[(train, test)])
                    if epochs is not None:
                        shortened(member, epochs)
                    own.add(id(member))
                    self._tell(member, samples.y, samples.weight, train)
                    member.fit(rows, samples.y, **options)
                    members.append(member)
                if validates and self.stop_together and len(part.splits) > 1:
                    for job in jobs[n_jobs:]:
                        job.plan.together = together
                encoders.append(encoder)
        self.encoders_, self.members_ = encoders, members
        return jobs

    def _end(self, fit: MembersFit, n_parts: int) -> None:
        """Leave out members that Ctrl-C has kept from training; folds need them all."""
        self._leave_out_untrained(fit)
        if fit.job.interruption is not None and n_parts > 1:
            raise fit.job.interruption

    def _fit_options(
        self, encoder: TableEncoder, samples: Samples, given: Samples | None
    ) -> dict[str, Any]:
        """Return what members' ``fit`` takes besides rows and y."""
        options: dict[str, Any] = {}
        if samples.weight is not None:
            options["sample_weight"] = samples.weight
        if given is not None:
            options["X_val"] = encoder.transform(given.columns, self.dtype)
            options["y_val"] = given.y
        if given is not None and given.weight is not None:
            options["sample_weight_val"] = given.weight
        return options

    def _held_out(self, samples: Samples, given: Samples | None) -> HeldOut | None:
        """Return the mean of what members predict of samples that they did not train on."""
        if given is not None:
            outputs = np.mean(self._outputs(given.columns), axis=0)
            return HeldOut(outputs, given.y, given.weight)
        tests, found = list[np.ndarray](), list[np.ndarray]()
        for k, encoder in enumerate(self.encoders_):
            per_part = len(self.members_) // len(self.encoders_)
            for test, members in _by_test(self.members_[k * per_part : (k + 1) * per_part]):
                rows = encoder.transform(samples.columns, self.dtype, test)
                each = [one for net in members for one in self._each_output(net, rows)]
                found.append(np.mean(each, axis=0))
                tests.append(test)
        if not tests:
            return None
        held = np.concatenate(tests)
        order = np.argsort(held)
        held, outputs = held[order], np.concatenate(found)[order]
        weight = None if samples.weight is None else samples.weight[held]
        return HeldOut(outputs, samples.y[held], weight)

    def _tell(self, member: Any, y: Any, weight: Any, rows: Any, seen: Any = None) -> None:
        """Tell a network what it is to know of the y that it trains on."""

    @abstractmethod
    def _forget_held_out(self) -> None:
        """Forget what samples told that earlier networks were not trained on."""

    @abstractmethod
    def _learn_held_out(self, found: HeldOut) -> None:
        """Learn what samples that were held out tell of predictions."""

    @abstractmethod
    def _member_options(self) -> dict[str, Any]:
        """Return the parameters of members that classifiers or regressors only have."""

    def _partial_fit(self, X: Any, y: Any, weight: Any, **classes: Any) -> None:
        """Train for one epoch; the first call learns the columns."""
        self._validate_params()
        self._check_parameters(validates=True)
        if hasattr(self, "members_"):
            samples = self._samples(self._columns_of(X), y, weight)
            members, (encoder, *_) = [copy(member) for member in self.members_], self.encoders_
            if len(self.encoders_) > 1:
                raise ValueError("partial_fit does not go on from a fit with n_splits")
            for member in members:
                member.set_params(batch_size=batch_size(self, samples.n))
                if member.early_stopping or member.learning_rate_schedule is not None:
                    streaming(member)
        else:
            samples = self._learn_samples(X, y, weight)
            random = check_random_state(self.random_state)
            encoder, n = (
                TableEncoder(self.max_one_hot).fit(samples.columns, weight=samples.weight),
                samples.n,
            )
            members = [new_member(self, encoder, n, random, False) for _ in range(n_networks(self))]
            for member in members:
                streaming(member)
        rows = encoder.transform(samples.columns, self.dtype)
        for member in members:
            seen = getattr(member, "range_", None)
            self._tell(member, samples.y, samples.weight, slice(None), seen)
            member.partial_fit(rows, samples.y, samples.weight, **classes)
        self.members_, self.encoders_ = members, [encoder]
        self._forget_held_out()

    def _saved_table(self) -> dict[str, Any]:
        return table_of(self)

    def _saved_end(self) -> dict[str, Any]:
        return end_of(self) if self._knows_held_out else {}

    def _restore(self, saved: Mapping[str, Any]) -> None:
        restore_table(self, saved.get("further", saved), best="end" in saved)
        restore_end(self, saved.get("end", {}))

    # ------------------------------------------------------------------ fitted

    @property
    def _target(self) -> Any:
        return self.members_[0]._target

    def _outputs(self, columns: Sequence[Column]) -> list[np.ndarray]:
        """Return the outputs (n, K) of each member."""
        per_split = len(self.members_) // len(self.encoders_)
        outputs = []
        for k, member in enumerate(self.members_):
            if k % per_split == 0:
                rows = self.encoders_[k // per_split].transform(columns, self.members_[0].dtype)
            outputs += self._each_output(member, rows)
        return outputs

    def _each_output(self, network: Any, rows: np.ndarray) -> list[np.ndarray]:
        """Return what each member of a network gives for encoded rows, which are valid: (n, K)."""
        return network._by_member(np.asarray(to_host(network._predictor(rows)[0])))

    def _member_outputs(self, X: Any) -> list[np.ndarray]:
        check_is_fitted(self)
        return self._outputs(self._columns_of(X))

    def encode(self, X, member=0):
        """Return a table as the numbers that one of the networks reads.

        Numbers come first, then indicators, then numbers of categories that have embeddings;
        ``encoders_`` say more of them.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table with the columns of the fit.
        member : int, default=0
            Which of ``members_``; those of a split read the same.

        Returns
        -------
        rows : ndarray of shape (n_samples, n_encoded)
            What ``members_[member]`` takes, and functions of :mod:`skdeep.inspection` with it.
        """
        check_is_fitted(self)
        if not is_whole(member, 0) or member >= len(self.members_):
            raise ValueError(f"member must be in 0..{len(self.members_) - 1}, got {member!r}")
        per_split = len(self.members_) // len(self.encoders_)
        encoder, dtype = self.encoders_[member // per_split], self.members_[member].dtype
        return encoder.transform(self._columns_of(X), dtype)

    def transform(self, X):
        """Return what the last hidden layers of the members give, side by side.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            A table.

        Returns
        -------
        X_new : ndarray of shape (n_samples, n_networks * units)
            Features.
        """
        check_is_fitted(self)
        columns, parts = self._columns_of(X), []
        per_split = len(self.members_) // len(self.encoders_)
        for k, member in enumerate(self.members_):
            rows = self.encoders_[k // per_split].transform(columns, member.dtype)
            parts.append(np.asarray(to_host(member.transform(rows))))
        features = np.hstack(parts)
        wraps = get_output_config("transform", self)["dense"] != "default"
        return features if wraps else beside(X, features)

    @property
    def _n_features_out(self) -> int:
        """Number of features that :meth:`transform` gives."""
        return sum(member._n_features_out for member in self.members_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.input_tags.sparse = False
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _by_test(members: Sequence[Any]) -> list[tuple[np.ndarray, list[Any]]]:
    """Return the samples that were held out, and the networks that validated on them."""
    found: dict[int, tuple[np.ndarray, list[Any]]] = {}
    for member in members:
        splits: list[Split] = member.validation_split or []
        for _, test in splits:
            found.setdefault(id(test), (test, []))[1].append(member)
    return list(found.values())


def one_pass(estimator: Any) -> bool:
    """Say whether there is a ``partial_fit``."""
    if estimator.n_splits is not None:
        raise AttributeError("partial_fit does not go with n_splits, which holds samples out")
    return True


def beside(X: Any, result: Any) -> Any:
    """Return results where X lies; those that no device holds, on the host."""
    if not is_device_array(X):
        return result
    if isinstance(result, list):
        return [beside(X, part) for part in result]
    kept = not isinstance(result, np.ndarray) or result.dtype.kind not in "biuf"
    return result if kept else get_backend(device_of(X)).to_device(result)
