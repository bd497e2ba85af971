"""A fit from its plan to its result; nothing here knows an estimator.

An estimator hands over a :class:`~skdeep.fitting.plan.FitPlan` and takes a
:class:`~skdeep.fitting.result.FitResult`.
"""
