"""Output activations of regressors: which there are, their bounds, and the losses behind them."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from skdeep.data.naming import shown
from skdeep.data.targets import RealTarget
from skdeep.estimators.checks.values import is_single
from skdeep.estimators.checks.wording import did_you_mean
from skdeep.kernels.activations import activation_name
from skdeep.nn.activated_loss import ActivatedLoss
from skdeep.nn.losses import Loss, Pinball

Bounds = tuple[float, float] | None

#: What predictions lie between, in the units of y.
BOUNDS: dict[str, Bounds] = {
    "identity": None,
    "logistic": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "softplus": (0.0, np.inf),
}


def function_and_bounds(value: Any) -> tuple[str, Bounds]:
    """Return which function ``output_activation`` stands for, and its bounds.

    Raises
    ------
    ValueError
        For what is neither one of the names nor two numbers, the lower first.
    """
    name = activation_name(value)
    if isinstance(name, str) and name in BOUNDS:
        return name, BOUNDS[name]
    ends = [] if is_single(value) or not hasattr(value, "__len__") else list(value)
    if len(ends) == 2 and all(isinstance(end, Real) and np.isfinite(float(end)) for end in ends):
        low, high = map(float, ends)
        if low < high and np.isfinite(high - low):
            return "logistic", (low, high)
    raise ValueError(
        f"output_activation must be among {sorted(BOUNDS)} or a pair (low, high) of finite numbers "
        f"with low < high, got {shown(value)}.{did_you_mean(value, BOUNDS)}"
    )


def check_output_activation(value: Any, loss: str | Loss) -> None:
    """Refuse a value that there is not, or that does not work with the loss."""
    function, _ = function_and_bounds(value)
    if isinstance(loss, Loss) and function != "identity":
        plain = type(loss).output is Loss.output and loss.link is None
        if not plain or (loss.n_logits(1) > 1 and not isinstance(loss, Pinball)):
            raise ValueError(
                f"output_activation={value!r} does not work with loss={loss!r}, which says itself "
                "what predictions are"
            )
    if loss == "poisson" and function != "identity":
        raise ValueError(
            f"output_activation={value!r} does not work with loss='poisson', whose predictions are "
            "the exponentials of what the network gives"
        )


def activated(loss: Loss, value: Any, target: RealTarget) -> Loss:
    """Return a loss of predictions within bounds, in the units that `target` is learned in."""
    function, bounds = function_and_bounds(value)
    if bounds is None:
        return loss
    mean, scale = (0.0, 1.0) if target.scale is None else (target.mean, target.scale)
    low, high = bounds
    shift: Any
    factor: Any
    if function == "softplus":  # grows with y, so that training starts from the size of y
        shift, factor = (low - mean) / scale, 1.0
    elif function == "tanh":
        shift, factor = -mean / scale, 1 / scale
    else:
        shift, factor = (low - mean) / scale, (high - low) / scale
    return ActivatedLoss(loss, function, _of_logits(shift, target), _of_logits(factor, target))


def _of_logits(numbers: Any, target: RealTarget) -> tuple[float, ...]:
    """Return a number for each logit from one for each output, or for all."""
    each = np.broadcast_to(np.asarray(numbers, float), (target.n_columns,))
    return tuple(map(float, np.repeat(each, target.n_levels)))
