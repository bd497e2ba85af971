"""Constraints of the parameters that convolutional networks have besides those of all."""

from __future__ import annotations

from numbers import Integral

from sklearn.utils._param_validation import Interval, StrOptions

from skdeep.estimators._images import IMAGE_CONSTRAINTS, SIZES
from skdeep.estimators.cnn.architecture import GLOBAL_POOLS
from skdeep.nn.conv_blocks import POOLS

CNN_CONSTRAINTS: dict = {
    **IMAGE_CONSTRAINTS,
    "pooling_type": [StrOptions(set(POOLS))],
    "strides": SIZES,
    "dilation": SIZES,
    "padding": [StrOptions({"same", "valid"})],
    "global_pooling": [StrOptions(set(GLOBAL_POOLS)), None],
    "random_shift": [Interval(Integral, 0, None, closed="left"), tuple, list],
    "random_flip": [StrOptions({"horizontal", "vertical", "both"}), None],
}
