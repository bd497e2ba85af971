"""Draws of codes for rows, outside training."""

from __future__ import annotations

from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.kernels.normal_noise import normal_noise
from skdeep.kernels.variational import code
from skdeep.nn.core.layer import unit_words
from skdeep.nn.variational.gaussian_code import halves


def draw_codes(ops: Backend, X: Any, encoded: Array) -> Array:
    """Return a draw of the code of each row, (M, n, H), on the device.

    The noise is a hash of the row's content: draws repeat, and a row's does not depend on the
    other rows of its batch.

    Parameters
    ----------
    ops : Backend
        Where `encoded` is.
    X : array or sparse matrix of shape (n, ...)
        Rows.
    encoded : Array of shape (M, n, 2 H)
        Means and log variances.
    """
    models, n, width = len(encoded), encoded.shape[1], encoded.shape[2] // 2
    X = X.tocsr() if hasattr(X, "tocsr") else ops.adopt(X, encoded.dtype)
    keys = ops.row_keys(X).reshape(1, n, 1)
    seed = ops.zeros((1, 1, 1), np.uint32)
    words = ops.to_device(unit_words("transform", (2, width)))[0]  # (1, 2, H)
    noise = ops.empty((1, n, width), encoded.dtype)
    result = ops.empty((models, n, width), encoded.dtype)
    mean, log_variance = (half[:, 0] for half in halves(encoded))
    with ops.running():
        ops.launch(normal_noise, noise, keys, seed, words[:, :1], words[:, 1:])
        ops.launch(code, result, mean, log_variance, noise)
    return result
