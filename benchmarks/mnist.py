"""MNIST from the four files that it is published as."""

import gzip
from pathlib import Path

import numpy as np


def images(folder, part):
    """Return the images of a part, "train" or "t10k", as uint8 (n, 784)."""
    raw = gzip.decompress((Path(folder) / f"{part}-images-idx3-ubyte.gz").read_bytes())
    n, height, width = np.frombuffer(raw, ">i4", 3, 4)
    return np.frombuffer(raw, np.uint8, offset=16).reshape(n, height * width)


def labels(folder, part):
    """Return the digits of a part, "train" or "t10k", as uint8 (n,)."""
    raw = gzip.decompress((Path(folder) / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    return np.frombuffer(raw, np.uint8, offset=8)
