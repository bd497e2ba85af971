"""L-BFGS (Liu and Nocedal, 1989), SciPy's, on the flat vector of parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy import optimize


@dataclass(frozen=True)
class Minimum:
    """Where :func:`minimise` ended.

    Attributes
    ----------
    x : ndarray of shape (P,)
        The best point, float64.
    value : float
        The function there.
    n_iter, n_calls : int
        Iterations, and evaluations of the function.
    converged : bool
        False where a limit, a callback or the line search ended the search.
    message : str
        The reason, in SciPy's words.
    losses : list of float
        The value after each iteration.
    """

    x: np.ndarray
    value: float
    n_iter: int
    n_calls: int
    converged: bool
    message: str
    losses: list[float] = field(default_factory=list)


def minimise(
    value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    *,
    max_iter: int = 200,
    max_fun: int = 15000,
    tol: float = 1e-4,
    callback: Callable[[np.ndarray, float], object] | None = None,
) -> Minimum:
    """Minimise a function by L-BFGS, with scikit-learn's settings for its networks.

    SciPy works in float64. The function may compute in float32 and need not copy what it
    returns: the conversion of the gradient makes a copy.

    Parameters
    ----------
    value_and_gradient : callable
        From a float64 point (P,) to the value there and the gradient (P,), of any real dtype.
    start : ndarray of shape (P,)
        Where to start; not written to.
    max_iter : int, default=200
        Most iterations.
    max_fun : int, default=15000
        Most evaluations.
    tol : float, default=1e-4
        Stop when no entry of the gradient is larger.
    callback : callable, optional
        Called with the point and the value after each iteration. It may raise StopIteration to
        end the search; any other exception passes through.

    Returns
    -------
    minimum : Minimum
        The point reached, and why the search ended.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.optim.lbfgs import minimise
    >>> found = minimise(lambda x: (((x - 3) ** 2).sum(), 2 * (x - 3)), np.zeros(2))
    >>> found.converged, found.x.round(6).tolist()
    (True, [3.0, 3.0])
    """
    losses: list[float] = []

    def function(x: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = value_and_gradient(x)
        # A copy: whatever SciPy keeps must not change when the caller reuses its array.
        return float(value), np.array(gradient, np.float64).ravel()

    def after_iteration(intermediate_result: optimize.OptimizeResult) -> None:  # SciPy's name
        losses.append(float(intermediate_result.fun))
        if callback is not None:
            callback(intermediate_result.x, losses[-1])

    result = optimize.minimize(
        function,
        np.array(start, np.float64).ravel(),
        method="L-BFGS-B",
        jac=True,
        callback=after_iteration,
        options={"maxiter": max_iter, "maxfun": max_fun, "gtol": tol},
    )
    return Minimum(
        x=result.x,
        value=float(result.fun),
        n_iter=min(int(result.nit), max_iter),  # SciPy may count the one that it broke off
        n_calls=int(result.nfev),
        converged=result.status == 0,
        message=str(result.message),
        losses=losses,
    )
