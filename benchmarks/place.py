"""Where the sides of a comparison compute: the variable SKDEEP_BENCHMARK_DEVICE, "cpu" by default.

"cuda" is a card, for both sides. "checked" is skdeep's stand-in for one, beside PyTorch on the CPU:
it shows that a comparison would run, and nothing of speed.
"""

import os

DEVICE = os.environ.get("SKDEEP_BENCHMARK_DEVICE", "cpu")


def placed(value):
    """Return a tensor or a module of PyTorch's where its side computes."""
    return value.to(DEVICE) if DEVICE.startswith("cuda") else value
