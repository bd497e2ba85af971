"""Parameters of ensembles and of detectors of outliers."""

from __future__ import annotations

from numbers import Real
from typing import Any, Literal

from skdeep.data._compat import HasMethods, Interval, StrOptions
from skdeep.estimators.parameters._declaration import like, parameter, parameter_group
from skdeep.estimators.parameters._ranges import COUNT, POSITIVE
from skdeep.estimators.parameters.training import Seed, Training


@parameter_group
class Members:
    """Members of an ensemble and what they are trained on."""

    estimator: Any = parameter(
        default=None,
        constraint=[HasMethods(["fit"]), None],
        doc="Template of the members, apart from their seeds.",
        kw_only=False,
    )
    n_estimators: int = parameter(
        default=10, constraint=[COUNT], doc="Number of members.", kw_only=False
    )
    bootstrap: bool = parameter(
        default=False,
        doc="""
        Whether each member trains on samples drawn with replacement, as many as there are; after
        its validation samples were held out. Otherwise members differ in their seeds only, which
        is enough [1]_.
        """,
    )
    random_state: Seed = like(Training, doc="Draws the seed of each member and its samples.")
    memory_limit: float | None = parameter(
        default=None,
        constraint=[POSITIVE, None],
        doc="""
        Memory in MiB that training may take; None is half of what is free. Fewer members train
        together where it is small.
        """,
    )


@parameter_group
class Detection:
    """Which samples count as outliers."""

    contamination: float | Literal["auto"] = parameter(
        default=0.1,
        constraint=[Interval(Real, 0, 0.5, closed="right"), StrOptions({"auto"})],
        doc="""
        Fraction of the training samples that count as outliers, in (0, 0.5]. With 'auto' they do
        whose scores lie 3 robust standard deviations below the median: few or none of samples
        without outliers, and most outliers where they are fewer than a quarter (Leys et al., 2013;
        the deviation is that of the lower half of the scores).
        """,
    )
    random_state: Seed = like(Training, doc="Seed of the training; None leaves it to `estimator`.")
