"""The visible side of a restricted Boltzmann machine: what its units are and how they are drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.backend.kernel import Kernel
from skdeep.kernels import gaussian_units as gaussian
from skdeep.kernels import sampling
from skdeep.kernels.arithmetic import add
from skdeep.kernels.gaussian_units import gaussian_kernel
from skdeep.nn.core.spec import Param
from skdeep.nn.initializers import Constant

#: Makes a named buffer: ``take(name, shape)``.
Take = Callable[[str, tuple[int, ...]], Array]


class VisibleUnits(ABC):
    """One kind of visible unit.

    Arrays are (M, rows, F). `p` holds the parameters of the RBM by name: "W", "b", "c" and
    those of :meth:`params`.

    Attributes
    ----------
    draws : {"bits", "normal"}
        What kind of random numbers a sample takes, one a unit.
    binary : bool
        Whether a unit is on or off.
    """

    draws: ClassVar[str] = "bits"
    binary: ClassVar[bool] = False

    def params(self, features: int) -> Mapping[str, Param]:
        """Return the parameters besides weights and biases."""
        return {}

    def work(
        self, rows: int, features: int, hidden: int, *, training: bool
    ) -> Mapping[str, tuple[int, ...]]:
        """Return the shapes, without M, of the buffers that the other methods take.

        They are made before a step is recorded, since a recording cannot make any.
        """
        return {}

    def seen(self, ops: Backend, v: Array, p: SimpleNamespace, take: Take) -> Array:
        """Return `v` as the weights see it: itself, or in a buffer of its own."""
        return v

    def scale(self, p: SimpleNamespace) -> np.ndarray | None:
        """Return the factors (M, F, 1) by which the weights see `v`, on the host; None for one."""
        return None

    @abstractmethod
    def mean(self, ops: Backend, v: Array, p: SimpleNamespace, take: Take) -> None:
        """Turn the input ``h W^T`` that `v` holds into the mean of the units, in place."""

    @abstractmethod
    def sample(self, ops: Backend, v: Array, p: SimpleNamespace, draws: Array, take: Take) -> None:
        """Turn the input ``h W^T`` that `v` holds into a sample of the units, in place."""

    def slopes(  # noqa: B027 - a hook
        self,
        ops: Backend,
        v: Array,
        sign: Array,
        p: SimpleNamespace,
        g: SimpleNamespace,
        take: Take,
        offsets: tuple[Array, Array] | None = None,
    ) -> None:
        """Write the gradients `g` of the parameters of :meth:`params`, after those of W, b and c.

        It may rescale those of W and b, by positive factors, to suit the scale of the units.
        `sign` (1, rows, 1) is each row's share in the gradient: negative for data, positive for
        what the model drew. `offsets` (M, 1, F) and (M, 1, H) are what the visible units as they
        are seen and the hidden units were centred about in the gradient of W alone.
        """

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    __hash__ = None  # type: ignore[assignment]


class BernoulliVisible(VisibleUnits):
    """Units that are 0 or 1, or probabilities between."""

    binary = True

    def mean(self, ops, v, p, take):
        ops.launch(sampling.firing_probability, v, v, p.b)

    def sample(self, ops, v, p, draws, take):
        ops.launch(sampling.fire_from_input, v, v, p.b, draws)


@dataclass(frozen=True, eq=False, repr=False)
class GaussianVisible(VisibleUnits):
    """Real-valued units, normal given the hidden ones, with a variance s2 of their own each.

    The energy is ``sum((v - b) ** 2 / (2 s2)) - c h - (v / s2) W h`` (Cho, Ilin and Raiko, 2011),
    so that a unit has the mean ``b + W h``. What is learned is "log_variance" z (1, F), with
    ``s2 = min_variance + exp(z)``: a smooth limit that no step can cross.

    Gradients of W and b are divided by the information that a unit's value has of its mean, 1 / s2:
    without that a step that suits one variance overshoots where the variance is small. With it,
    learning takes the same course in any units of a feature.

    Parameters
    ----------
    min_variance : float
        What all variances stay above, in squared units of the features.

    References
    ----------
    Cho, Ilin and Raiko (2011). Improved learning of Gaussian-Bernoulli restricted Boltzmann
    machines. ICANN.
    """

    min_variance: float = 1e-3
    draws: ClassVar[str] = "normal"

    def params(self, features):
        return {"log_variance": Param((1, features), "scale", Constant())}

    def work(self, rows, features, hidden, *, training):
        shapes: dict[str, tuple[int, ...]] = {"seen": (rows, features)}
        if training:
            shapes |= {"squares": (rows, features), "products": (features, hidden)}
            shapes |= {name: (1, features) for name in ("totals", "dot", "c_part", "h_part")}
        return shapes

    def variances(self, p: SimpleNamespace) -> np.ndarray:
        """Return, on the host, the variances (M, 1, F)."""
        variances: np.ndarray = np.exp(p.log_variance) + p.log_variance.dtype.type(
            self.min_variance
        )
        return variances

    def log_variance(self, variances: np.ndarray) -> np.ndarray:
        """Return the parameter that means `variances`, or little more than the least ones."""
        least = self.min_variance
        return np.asarray(np.log(np.maximum(variances - least, 0.01 * least)))

    def seen(self, ops, v, p, take):
        seen = take("seen", v.shape)
        ops.launch(self._kernel(gaussian.over_variance), seen, v, p.log_variance)
        return seen

    def scale(self, p):
        return 1 / self.variances(p).swapaxes(1, 2)

    def mean(self, ops, v, p, take):
        ops.launch(add, v, v, p.b)

    def sample(self, ops, v, p, draws, take):
        ops.launch(self._kernel(gaussian.gaussian_sample), v, v, p.b, p.log_variance, draws)

    def slopes(self, ops, v, sign, p, g, take, offsets=None):
        # z scales what W sees, so whatever changes with W changes with z by -W . dW.
        squares, totals = take("squares", v.shape), take("totals", p.b.shape)
        ops.launch(gaussian.signed_square, squares, v, p.b, sign)
        ops.reduce(squares, totals, axis=1)
        products, column = take("products", p.W.shape), take("dot", (*p.W.shape[:2], 1))
        dots, by_unit = self._kernel(gaussian.dot_and_scaled), p.log_variance.swapaxes(1, 2)
        ops.launch(dots, (products, g.W), p.W, g.W, by_unit)
        ops.reduce(products, column, axis=2)
        dot = column.reshape(p.b.shape)  # (M, F, 1) as (M, 1, F)
        if offsets is not None:
            c_part, part = take("c_part", p.b.shape), take("h_part", p.b.shape)
            ops.gemm(g.c, p.W, c_part, trans_b=True)
            ops.gemm(offsets[1], p.W, part, trans_b=True)
            ops.launch(gaussian.about_offsets, dot, dot, offsets[0], c_part, g.b, part)
        slope = self._kernel(gaussian.variance_slope)
        ops.launch(slope, g.log_variance, p.log_variance, totals, dot)
        ops.launch(self._kernel(gaussian.scaled), g.b, g.b, p.log_variance)

    def _kernel(self, body: Callable[..., object]) -> Kernel:
        return gaussian_kernel(body, float(self.min_variance))

    def __repr__(self) -> str:
        return f"GaussianVisible({self.min_variance!r})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None
