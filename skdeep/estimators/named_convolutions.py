"""Convolutions of well-known networks, by name: the only place that knows them.

Sources are in the documentation of the parameter ``conv_layers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

#: What a name sets; where its entry does not say it, to this.
PLAIN = {
    "pooling": None,
    "pooling_type": "max",
    "strides": 1,
    "dilation": 1,
    "padding": "same",
}


def _stages(*stages: tuple[int, ...]) -> dict[str, Any]:
    """Return stages of 3x3 kernels, each with pooling behind its last convolution."""
    return {
        "conv_layers": [(width, 3) for stage in stages for width in stage],
        "pooling": [size for stage in stages for size in [1] * (len(stage) - 1) + [2]],
    }


#: The convolutions and what else the name sets, by name.
NAMED: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "all_cnn": {
            "conv_layers": [(96, 3)] * 3 + [(192, 3)] * 4 + [(192, 1)],
            "strides": [1, 1, 2, 1, 1, 2, 1, 1],
        },
        "fcn": {"conv_layers": [(128, 8), (256, 5), (128, 3)]},
        "lenet": {
            "conv_layers": [(6, 5), (16, 5)],
            "pooling": 2,
            "pooling_type": "average",
            "padding": "valid",
        },
        "pilotnet": {
            "conv_layers": [(24, 5), (36, 5), (48, 5), (64, 3), (64, 3)],
            "strides": [2, 2, 2, 1, 1],
            "padding": "valid",
        },
        "vgg11": _stages((64,), (128,), (256,) * 2, (512,) * 2, (512,) * 2),
        "vgg16": _stages((64,) * 2, (128,) * 2, (256,) * 3, (512,) * 3, (512,) * 3),
    }
)


def expanded(name: str) -> dict[str, Any]:
    """Return all that a name sets: ``conv_layers``, and what goes with them."""
    return {**PLAIN, **NAMED[name]}
