"""Initial weights, drawn on the host in float64, so that devices and dtypes start alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np


class Initializer(ABC):
    """Draws one initial array.

    Examples
    --------
    An initialiser of your own:

    >>> import numpy as np
    >>> from skdeep.nn import Dense, Initializer
    >>> from skdeep.testing import run_layer
    >>> class Ramp(Initializer):
    ...     def __call__(self, random, shape, fans):
    ...         return np.arange(np.prod(shape), dtype=float).reshape(shape) / fans[0]
    ...
    ...     def __eq__(self, other):
    ...         return isinstance(other, Ramp)
    >>> run_layer(Dense(1, bias=False, weight_init=Ramp()), [[1.0, 1.0]])
    array([[0.5]])
    """

    @abstractmethod
    def __call__(
        self, random: np.random.RandomState, shape: tuple[int, ...], fans: tuple[int, int]
    ) -> np.ndarray:
        """Return a float64 array of `shape`, scaled by the fan-in and fan-out in `fans`."""


@dataclass(frozen=True)
class Constant(Initializer):
    """Every entry has the same `value`; draws nothing.

    Parameters
    ----------
    value : float
        Every entry.

    Examples
    --------
    >>> from skdeep.nn import Constant, Dense
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dense(1, weight_init=Constant(2.0), bias_init=Constant()), [[1.0, 3.0]])
    array([[8.]])
    """

    value: float = 0.0

    def __call__(self, random, shape, fans):
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Uniform(Initializer):
    """Uniform in (-bound, bound).

    Parameters
    ----------
    bound : float
        Largest absolute value.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Dense, Uniform
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dense(2, weight_init=Uniform(0.1)), np.ones((1, 3))).shape
    (1, 2)
    """

    bound: float = 0.05

    def __call__(self, random, shape, fans):
        return random.uniform(-self.bound, self.bound, shape)


@dataclass(frozen=True)
class Normal(Initializer):
    """Normal with standard deviation `std`.

    Parameters
    ----------
    std : float
        Standard deviation.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Dense, Normal
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dense(2, weight_init=Normal(0.1)), np.ones((1, 3))).shape
    (1, 2)
    """

    std: float = 0.05

    def __call__(self, random, shape, fans):
        return random.normal(0.0, self.std, shape)


@dataclass(frozen=True)
class VarianceScaling(Initializer):
    """Zero mean and variance ``gain / fan``, with fan the fan-in or the mean of both fans.

    Glorot and Bengio (2010) take gain 1 and "average", He et al. (2015) gain 2 and "in", LeCun et
    al. (1998) gain 1 and "in".

    Parameters
    ----------
    gain : float
        What the variance is before it is divided by the fan.
    fan : {"average", "in"}
        Which fan: the number of inputs of a unit, or the mean of those and of its outputs.
    distribution : {"uniform", "normal"}
        The distribution.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Dense, VarianceScaling
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dense(2, weight_init=VarianceScaling(2.0, "in")), np.ones((1, 3))).shape
    (1, 2)
    """

    gain: float = 1.0
    fan: str = "average"
    distribution: str = "uniform"

    def __call__(self, random, shape, fans):
        fan = fans[0] if self.fan == "in" else sum(fans) / 2
        variance = self.gain / max(fan, 1)
        if self.distribution == "normal":
            return random.normal(0.0, np.sqrt(variance), shape)
        bound = np.sqrt(3 * variance)
        return random.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class SklearnGlorot(Initializer):
    """scikit-learn's own scheme, for weights and biases: uniform, variance ``factor / 3 / fans``.

    The factor is 2 with the logistic activation and 6 otherwise. The draws equal those of
    ``sklearn.neural_network`` bit for bit.

    Parameters
    ----------
    factor : float
        6, or 2 before the logistic function.

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Dense, SklearnGlorot
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dense(2, weight_init=SklearnGlorot()), np.ones((1, 3))).shape
    (1, 2)
    """

    factor: float = 6.0

    def __call__(self, random, shape, fans):
        bound = np.sqrt(self.factor / (fans[0] + fans[1]))
        return random.uniform(-bound, bound, shape)


@dataclass(frozen=True)
class Orthogonal(Initializer):
    """Orthonormal rows or columns (Saxe, McClelland and Ganguli, 2014).

    Examples
    --------
    >>> import numpy as np
    >>> from skdeep.nn import Dense, Orthogonal
    >>> from skdeep.testing import run_layer
    >>> run_layer(Dense(2, weight_init=Orthogonal()), np.ones((1, 3))).shape
    (1, 2)
    """

    def __call__(self, random, shape, fans):
        rows, columns = shape[0], int(np.prod(shape[1:]))
        normal = random.normal(size=(max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(normal)
        q = q * np.sign(np.diag(r))  # makes the draw uniform over orthogonal matrices
        return (q if rows >= columns else q.T).reshape(shape)


@dataclass(frozen=True)
class SideBySide(Initializer):
    """Square blocks beside each other, each drawn by `inner`."""

    inner: Initializer
    blocks: int

    def __call__(self, random, shape, fans):
        one = (shape[0], shape[1] // self.blocks)
        return np.concatenate([self.inner(random, one, fans) for _ in range(self.blocks)], axis=1)


@dataclass(frozen=True)
class AsMatrix(Initializer):
    """Draws the kernels (..., C, F) of a convolution as the matrix that multiplies patches."""

    inner: Initializer

    def __call__(self, random, shape, fans):
        return self.inner(random, (int(np.prod(shape[:-1])), shape[-1]), fans).reshape(shape)


#: What ``kernel_initializer=`` may name: (weights, biases). "sklearn" depends on the activation.
INITIALIZERS: dict[str, tuple[Initializer, Initializer]] = {
    "sklearn": (SklearnGlorot(), SklearnGlorot()),
    "glorot_uniform": (VarianceScaling(), Constant()),
    "glorot_normal": (VarianceScaling(distribution="normal"), Constant()),
    "he_uniform": (VarianceScaling(2.0, "in"), Constant()),
    "he_normal": (VarianceScaling(2.0, "in", "normal"), Constant()),
    "lecun_uniform": (VarianceScaling(1.0, "in"), Constant()),
    "lecun_normal": (VarianceScaling(1.0, "in", "normal"), Constant()),
    "orthogonal": (Orthogonal(), Constant()),
    "uniform": (Uniform(), Constant()),
    "normal": (Normal(), Constant()),
}


def get_initializers(name: str, activation: str = "relu") -> tuple[Initializer, Initializer]:
    """Return the initialisers of a layer's weights and biases."""
    if name == "sklearn" and activation == "logistic":
        return SklearnGlorot(2.0), SklearnGlorot(2.0)
    return INITIALIZERS[name]
