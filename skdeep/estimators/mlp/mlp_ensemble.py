"""Deep ensembles: networks that differ in their seeds, trained as one stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from skdeep.backend import compute
from skdeep.data._compat import callbacks_of, fit_context
from skdeep.data.sharing import new_memory, sharing
from skdeep.estimators.checks.parameters import CheckedParameters
from skdeep.estimators.class_outputs import probabilities
from skdeep.estimators.classifier import BaseNetworkClassifier
from skdeep.estimators.feature_names import feature_names_of
from skdeep.estimators.fit.loading import fitted_network
from skdeep.estimators.fit.members import HasMembers, MembersFit
from skdeep.estimators.fit.waiting import deferring
from skdeep.estimators.mlp.mlp_classifier import MLPClassifier
from skdeep.estimators.mlp.mlp_regressor import MLPRegressor
from skdeep.estimators.parameters import estimator_parameters, redeclared, texts
from skdeep.estimators.parameters.ensembles import Members
from skdeep.estimators.regressor import BaseNetworkRegressor
from skdeep.estimators.sklearn_bases import ClassifierMixin, MetaEstimatorMixin, RegressorMixin
from skdeep.fitting.staged import Stages

#: What the ensembles share in the documentation of classes.
ATTRIBUTES = """\
estimators_ : list of estimator
    The fitted members.

n_iter_ : int
    Epochs of the member that trained longest.

n_features_in_ : int
    Number of features.

feature_names_in_ : ndarray of str
    Names of the features, where X has any.
"""
NOTES = """\
X has the forms that members take: multilayer perceptrons take an array-like or a sparse matrix of
shape (n_samples, n_features), others sequences or images.
"""
REFERENCES = """\
.. [1] B. Lakshminarayanan, A. Pritzel and C. Blundell, "Simple and Scalable Predictive Uncertainty
   Estimation using Deep Ensembles", NeurIPS 2017.
"""


def _ones(xp: Any, values: Any) -> Any:
    return xp.ones_like(values)


def _zeros(xp: Any, values: Any) -> Any:
    return xp.zeros_like(values)


class MLPEnsemble(MetaEstimatorMixin, HasMembers, CheckedParameters):
    """What the two ensembles share: members that train together, and averages of their outputs."""

    #: What a member is where none is given.
    _member: ClassVar[type]
    _members_name = "estimators_"
    _waits = False

    feature_names_in_ = feature_names_of("estimators_")

    @fit_context(prefer_skip_nested_validation=False)  # the member's parameters are its own
    def fit(self, X, y, sample_weight=None):
        """Train all members.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or sequences or images where members take them.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            What a member's ``fit`` takes.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights.

        Returns
        -------
        self : estimator
            The fitted ensemble.

        Raises
        ------
        ValueError
            If parameters or data are not valid, before anything is trained, or if a member
            diverges. An ensemble that was fitted before keeps its members.
        """
        template = self._template()
        if self.bootstrap and template.solver == "lbfgs":
            raise ValueError("bootstrap=True does not work with solver='lbfgs' of the estimator")
        self._fit_in_stages(lambda fit: self._stages(fit, template), (X, y, sample_weight))
        return self

    def _stages(self, fit: MembersFit, template: Any) -> Stages:
        """Do all of a fit but training."""
        X, y, sample_weight = fit.given
        random = check_random_state(self.random_state)
        weights = {} if sample_weight is None else {"sample_weight": sample_weight}
        members = [self._new(template, random) for _ in range(self.n_estimators)]
        own = set(map(id, members))
        with deferring(lambda estimator: id(estimator) in own) as jobs, sharing(new_memory()):
            for member in members:
                member.fit(X, y, **weights)
        if self.bootstrap and len(jobs) < len(members):
            raise ValueError(
                f"bootstrap=True draws the samples that each member trains on, but "
                f"{type(template).__name__} has a fit of its own, or continues from a checkpoint: "
                "use bootstrap=False"
            )
        if self.bootstrap:
            for job in jobs:
                data = job.plan.data
                rows, weight = data.rows, data.weight
                drawn = rows if weight is None else rows[weight[rows] > 0]
                data.rows = random.choice(drawn, len(rows))
        self.estimators_ = members
        if len(jobs) == len(members):
            fit.begin_main(members, jobs)
        elif callbacks_of(self):
            raise ValueError(
                f"callbacks of {type(self).__name__} hear of epochs of all members together: "
                "solver='lbfgs' has none, and members with a fit of their own have theirs. Set "
                "them on the estimator"
            )
        yield jobs
        self._leave_out_untrained(fit)
        # Members check X for themselves, which may be sequences or images.
        self.__dict__.pop("n_features_in_", None)
        if "n_features_in_" in vars(members[0]):
            self.n_features_in_ = members[0].n_features_in_
        fit.end()

    def _saved_table(self) -> dict[str, Any]:
        return {"seeds": [member.random_state for member in self.estimators_]}

    def _restore(self, saved: Mapping[str, Any]) -> None:
        pairs = zip(saved["table"]["seeds"], saved["members"], strict=True)
        self.estimators_ = [
            fitted_network(clone(self._template()).set_params(random_state=int(seed)), member)
            for seed, member in pairs
            if member["state"] is not None
        ]
        if "n_features_in_" in vars(self.estimators_[0]):
            self.n_features_in_ = self.estimators_[0].n_features_in_

    def _template(self) -> Any:
        return self._member() if self.estimator is None else self.estimator

    @staticmethod
    def _new(template: Any, random: np.random.RandomState) -> Any:
        return clone(template).set_params(random_state=random.randint(np.iinfo(np.int32).max))

    def _outputs(self, X: Any) -> tuple[Any, Any]:
        """Return mean and standard deviation over the members' outputs, each (n, K)."""
        check_is_fitted(self)
        outputs = [member._forward(X) for member in self.estimators_]

        def moments(xp: Any, *arrays: Any) -> Any:
            stacked = xp.stack(arrays)
            return stacked.mean(axis=0), stacked.std(axis=0)

        mean, std = compute(moments, *outputs)
        return mean, std

    def _forward(self, X: Any) -> Any:
        """Return the mean of the members' outputs (n, K)."""
        return self._outputs(X)[0]

    @property
    def _input(self) -> Any:
        """What samples are: what they are to members."""
        return self.estimators_[0]._input

    @property
    def _target(self) -> Any:
        """What y is, to all members alike."""
        return self.estimators_[0]._target

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        tags.target_tags.multi_output = True
        return tags


@estimator_parameters(attributes=[ATTRIBUTES, texts.CLASSES], notes=NOTES, references=REFERENCES)
class MLPEnsembleClassifier(Members, ClassifierMixin, MLPEnsemble):
    """Average of the probabilities of several networks, which are trained as one.

    See Also
    --------
    MLPClassifier : One network.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from skdeep import MLPClassifier, MLPEnsembleClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> member = MLPClassifier((16,), max_iter=60, learning_rate_init=0.01, early_stopping=True)
    >>> model = MLPEnsembleClassifier(member, n_estimators=5, random_state=0).fit(X, y)
    >>> proba, std = model.predict_proba(X[:2], return_std=True)
    >>> proba.shape, std.shape
    ((2, 3), (2, 3))
    """

    estimator: BaseNetworkClassifier | None = redeclared(
        Members,
        default=None,
        kw_only=False,
        constraint=[BaseNetworkClassifier, None],
        kind="MLPClassifier or None",
        doc="Template of the members, apart from their seeds; None is ``MLPClassifier()``.",
    )

    _member = MLPClassifier

    @property
    def classes_(self):
        """Classes, per output where y has several columns."""
        return self.estimators_[0].classes_

    def predict_proba(self, X, *, return_std=False):
        """Predict the members' mean probabilities.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or sequences or images where members take them.
        return_std : bool, default=False
            Whether to return the standard deviation over members too.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities in the order of ``classes_``; a list with one entry per output where y
            has several multiclass columns, one column of ones for a single class.
        std : ndarray like proba
            Standard deviation over members; only with `return_std`.
        """
        mean, std = self._outputs(X)
        if self._target.kind == "binary" and len(self.classes_) == 1:
            # Members that are MLPClassifiers have two columns for it; here it is certain.
            proba, std = compute(_ones, mean), compute(_zeros, std)
            return (proba, std) if return_std else proba
        proba = probabilities(self._target, mean)
        return (proba, probabilities(self._target, std, complement=False)) if return_std else proba

    predict = BaseNetworkClassifier.predict
    score = BaseNetworkClassifier.score

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


@estimator_parameters(attributes=[ATTRIBUTES], notes=NOTES, references=REFERENCES)
class MLPEnsembleRegressor(Members, RegressorMixin, MLPEnsemble):
    """Average of the predictions of several networks, which are trained as one.

    See Also
    --------
    MLPRegressor : One network.

    Examples
    --------
    >>> from sklearn.datasets import make_friedman1
    >>> from skdeep import MLPEnsembleRegressor, MLPRegressor
    >>> X, y = make_friedman1(300, random_state=0)
    >>> member = MLPRegressor(
    ...     hidden_layer_sizes=(32,), learning_rate_init=0.01, tol=0.001, standardize_target=True
    ... )
    >>> model = MLPEnsembleRegressor(member, n_estimators=5, random_state=0).fit(X, y)
    >>> mean, std = model.predict(X, return_std=True)
    >>> bool(model.score(X, y) > 0.9), std.shape
    (True, (300,))
    """

    estimator: BaseNetworkRegressor | None = redeclared(
        Members,
        default=None,
        kw_only=False,
        constraint=[BaseNetworkRegressor, None],
        kind="MLPRegressor or None",
        doc="Template of the members, apart from their seeds; None is ``MLPRegressor()``.",
    )

    _member = MLPRegressor

    def predict(self, X, *, return_std=False):
        """Predict the members' mean.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            Samples, or sequences or images where members take them.
        return_std : bool, default=False
            Whether to return the standard deviation over members too.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            Predictions; several quantiles are a last axis.
        std : ndarray like y
            Standard deviation over members, which says how far they agree and nothing of the
            noise in y; only with `return_std`.
        """
        mean, std = self._outputs(X)
        found = self._target.decode(mean)
        return (found, self._target.spread(std)) if return_std else found

    score = BaseNetworkRegressor.score
