"""Time series from the text files of the UCR and UEA archives."""

import gzip
from pathlib import Path

import numpy as np


def series(folder, name, part):
    """Return the series of a part, "TRAIN" or "TEST", as a list of (T, C), and their labels."""
    path = Path(folder) / name / f"{name}_{part}.ts.gz"
    rows = gzip.decompress(path.read_bytes()).decode("utf-8-sig").partition("@data")[2]
    X, y = [], []
    for row in rows.splitlines():
        if row.strip():
            *channels, label = row.strip().split(":")
            X.append(np.array([channel.split(",") for channel in channels], np.float32).T)
            y.append(label)
    return X, np.array(y)
