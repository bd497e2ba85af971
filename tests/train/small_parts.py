"""Batches and parameters of tests, cut as those of large networks are."""

from skdeep.nn.conv import conv
from skdeep.nn.core import in_parts
from skdeep.nn.core import parts as core_parts
from skdeep.train import parts


def cut_small(monkeypatch):
    """Cut even the smallest batches and parameters into as many pieces as the largest."""
    for module in (conv, in_parts, core_parts, parts):
        for name in vars(module):
            if name.startswith(("PART_", "FULL_", "STRETCH")):
                monkeypatch.setattr(module, name, 1)
