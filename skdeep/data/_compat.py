"""What skdeep uses of scikit-learn and joblib that is not public, each with its reason.

No other module imports such a name or reads such an attribute (``skdeep/backend/_compat.py`` has
those of SciPy), so that what a new release of theirs may break stands in one place. Names lose
their underscore here.

Four methods of theirs are overridden where a class of ours needs it: ``_validate_params`` and
``_get_param_names`` of estimators, ``_run_search`` and ``_get_scorers`` of searches.
"""

from __future__ import annotations

from typing import Any

# Errors of fits travel back from workers as loky itself would send them, classes of __main__ too.
from joblib.externals.loky.backend.reduction import dumps

# Validates parameters before ``fit`` and sets up callbacks: scikit-learn's pages for developers of
# estimators decorate every ``fit`` with it.
from sklearn.base import _fit_context as fit_context

# What ``make_scorer`` returns, several metrics as a search tells them from one, and what stands for
# no scorer; there is no public question.
from sklearn.metrics._scorer import _BaseScorer as MetricScorer
from sklearn.metrics._scorer import _MultimetricScorer as MultimetricScorer
from sklearn.metrics._scorer import _PassthroughScorer as OwnScorer

# pandas.NA without importing pandas.
from sklearn.utils._missing import is_pandas_na

# The types of constraints in ``_parameter_constraints``, and the error that they lead to: the
# messages, and the common checks that expect them, are scikit-learn's.
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    Options,
    StrOptions,
    validate_parameter_constraints,
)

# Whether ``set_output`` or the global configuration asks for data frames.
from sklearn.utils._set_output import _get_output_config as get_output_config

# Cuts X and y as a search does, pairwise estimators included.
from sklearn.utils.metaestimators import _safe_split as safe_split

# The rule for ``classes`` in ``partial_fit``, with the errors that the common checks expect.
from sklearn.utils.multiclass import _check_partial_fit_first_call as check_partial_fit_first_call

# The threshold of outlier detection: NumPy's weighted quantiles have no averaged method.
from sklearn.utils.stats import _weighted_percentile as weighted_percentile

# The last four are what ``validate_data`` and the searches call, for input that is no table
# (sequences), and with the same messages.
from sklearn.utils.validation import _check_feature_names as check_feature_names
from sklearn.utils.validation import _check_method_params as check_method_params
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

__all__ = [
    "CALLBACKS",
    "CONTEXTS",
    "SETTINGS",
    "TEARDOWN",
    "HasMethods",
    "Interval",
    "InvalidParameterError",
    "MetricScorer",
    "MultimetricScorer",
    "Options",
    "OwnScorer",
    "StrOptions",
    "begin_callbacks",
    "callbacks_of",
    "check_feature_names",
    "check_method_params",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "checked_cv",
    "dumps",
    "fit_context",
    "get_output_config",
    "has_listeners",
    "is_pandas_na",
    "metric_of",
    "num_samples",
    "safe_split",
    "scorers_of",
    "validate_parameter_constraints",
    "weighted_percentile",
]

#: Attributes in which scikit-learn keeps an estimator's callbacks: no fitted model, no copy and no
#: pickle may have them, and a failed fit leaves them as they are.
CALLBACKS = "_skl_callbacks"
CONTEXTS = ("_parent_callback_ctx", "_callback_fit_ctx")
TEARDOWN = "_skl_callbacks_to_teardown"
#: What ``set_output`` and ``set_fit_request`` set, which a failed fit leaves as it is.
SETTINGS = ("_sklearn_output_config", "_metadata_request")


def callbacks_of(estimator: Any) -> list[Any]:
    """Return the callbacks that are set on an estimator: there is ``set_callbacks``, and no get."""
    return list(getattr(estimator, CALLBACKS, None) or ())


def begin_callbacks(estimator: Any, n_tasks: int | None) -> Any:
    """Return the context of a fit: what documented estimators with callbacks call first."""
    return estimator._init_callback_context(max_subtasks=n_tasks)


def has_listeners(context: Any) -> bool:
    """Say whether any callback listens: without one no model is put together after an epoch."""
    return bool(context._callbacks)


def metric_of(scorer: Any) -> Any:
    """Return the metric behind a scorer, whose signature says whether it takes weights."""
    return getattr(scorer, "_score_func", scorer)


def scorers_of(scorer: Any) -> list[Any]:
    """Return the scorers of several metrics, or one alone."""
    several = isinstance(scorer, MultimetricScorer)
    return list(scorer._scorers.values()) if several else [scorer]


def checked_cv(search: Any) -> Any:
    """Return the splitter of a search that goes on, not one that it has made for a rung."""
    return search._checked_cv_orig
