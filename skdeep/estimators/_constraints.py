"""Parameter constraints that the network estimators share (scikit-learn's table)."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real

import numpy as np
from sklearn.metrics import get_scorer_names
from sklearn.utils._param_validation import Interval, Options, StrOptions

from skdeep.nn.initializers import INITIALIZERS
from skdeep.optim import SOLVERS
from skdeep.optim.schedules import SCHEDULES

NETWORK_CONSTRAINTS: dict = {
    "hidden_layer_sizes": ["array-like", Interval(Integral, 1, None, closed="left")],
    "activation": [str, list, tuple],
    "solver": [StrOptions({"lbfgs", *SOLVERS})],
    "alpha": [Interval(Real, 0, None, closed="left")],
    "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive"})],
    "learning_rate_init": [Interval(Real, 0, None, closed="neither")],
    "power_t": [Interval(Real, 0, None, closed="left")],
    "max_iter": [Interval(Integral, 1, None, closed="left")],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [Interval(Real, 0, None, closed="left")],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [Interval(Real, 0, 1, closed="left")],
    "beta_1": [Interval(Real, 0, 1, closed="left")],
    "beta_2": [Interval(Real, 0, 1, closed="left")],
    "epsilon": [Interval(Real, 0, None, closed="neither")],
    "n_iter_no_change": [
        Interval(Integral, 1, None, closed="left"),
        Options(Real, {np.inf}),
    ],
    "max_fun": [Interval(Integral, 1, None, closed="left")],
    "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
    "normalization": [StrOptions({"batch", "layer"}), None],
    "residual": ["boolean"],
    "kernel_initializer": [StrOptions(set(INITIALIZERS))],
    "weight_decay": [Interval(Real, 0, None, closed="left")],
    "learning_rate_schedule": [StrOptions(set(SCHEDULES)), callable, None],
    "gradient_clip_norm": [Interval(Real, 0, None, closed="neither"), None],
    "gradient_clip_value": [Interval(Real, 0, None, closed="neither"), None],
    "ema_decay": [Interval(Real, 0, 1, closed="left"), None],
    "scoring": [StrOptions({"loss", *get_scorer_names()}), callable, None],
    "validation_split": ["cv_object"],
    "initial_weights": [Mapping, None],
    "frozen_layers": ["array-like"],
    "transform_layer": [Integral],
    "mc_samples": [Interval(Integral, 2, None, closed="left")],
    "device": [str],
    "dtype": [StrOptions({"float32", "float64"}), None],
}
