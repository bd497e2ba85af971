"""Parameters of the estimators, each written once, in groups by what they are about."""

from skdeep.estimators.parameters._declaration import (
    estimator_parameters,
    like,
    parameter,
    parameter_group,
    redeclared,
)
from skdeep.estimators.parameters._docstrings import assemble, entry, joined, sections
from skdeep.estimators.parameters._parameter import Parameter, parameters_of
from skdeep.estimators.parameters._stacking import StackRules, stack_rules, switched_on

__all__ = [
    "Parameter",
    "StackRules",
    "assemble",
    "entry",
    "estimator_parameters",
    "joined",
    "like",
    "parameter",
    "parameter_group",
    "parameters_of",
    "redeclared",
    "sections",
    "stack_rules",
    "switched_on",
]
