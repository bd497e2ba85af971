"""Ranges of numbers that many parameters have as their constraint."""

from numbers import Integral, Real

from skdeep.data._compat import Interval

COUNT = Interval(Integral, 1, None, closed="left")
POSITIVE = Interval(Real, 0, None, closed="neither")
NON_NEGATIVE = Interval(Real, 0, None, closed="left")
#: Includes 0, not 1.
FRACTION = Interval(Real, 0, 1, closed="left")
#: Includes neither 0 nor 1.
WITHIN_0_AND_1 = Interval(Real, 0, 1, closed="neither")
