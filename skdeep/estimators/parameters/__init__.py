"""Parameters of the estimators, each written once, in groups by what they are about."""

from skdeep.estimators.parameters._declaration import (
    Parameter,
    estimator_parameters,
    like,
    parameter,
    parameter_group,
    parameters_of,
    positional,
)
from skdeep.estimators.parameters._stacking import StackRules, stack_rules, switched_on

__all__ = [
    "Parameter",
    "StackRules",
    "estimator_parameters",
    "like",
    "parameter",
    "parameter_group",
    "parameters_of",
    "positional",
    "stack_rules",
    "switched_on",
]
