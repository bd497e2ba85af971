"""Slopes of bodies: a formula's derivative, taken from the formula itself.

A body is called with pairs (value, slope) in place of its inputs, and every operation carries the
slope along (forward-mode differentiation). It happens while a kernel is traced, so nothing of it
is left when numbers are computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: A symbol, or a number where it is known.
Part = Any


def value_and_slope(body: Callable[..., Any], xp: Any, s: Any) -> tuple[Part, Part]:
    """Return ``body(xp, s)`` and its derivative along `s`."""
    result = body(_Namespace(xp), Pair(xp, s, 1.0))
    return (result.value, result.slope) if isinstance(result, Pair) else (result, 0.0)


def _plus(a: Part, b: Part) -> Part:
    if _is_zero(a):
        return b
    return a if _is_zero(b) else a + b


def _times(a: Part, b: Part) -> Part:
    if _is_zero(a) or _is_zero(b):
        return 0.0
    if isinstance(a, float) and a == 1.0:
        return b
    return a if isinstance(b, float) and b == 1.0 else a * b


def _is_zero(a: Part) -> bool:
    return isinstance(a, (int, float)) and a == 0


class Pair:
    """A value and its slope; comparisons have none."""

    def __init__(self, xp: Any, value: Part, slope: Part = 0.0) -> None:
        self.xp, self.value, self.slope = xp, value, slope

    def _pair(self, other: Any) -> Pair:
        return other if isinstance(other, Pair) else Pair(self.xp, other)

    def __add__(self, other: Any) -> Pair:
        other = self._pair(other)
        return Pair(self.xp, self.value + other.value, _plus(self.slope, other.slope))

    def __mul__(self, other: Any) -> Pair:
        other = self._pair(other)
        slope = _plus(_times(self.slope, other.value), _times(self.value, other.slope))
        return Pair(self.xp, self.value * other.value, slope)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Pair:
        return Pair(self.xp, -self.value, _times(self.slope, -1.0))

    def __sub__(self, other: Any) -> Pair:
        other = self._pair(other)
        slope = _plus(self.slope, _times(other.slope, -1.0))
        return Pair(self.xp, self.value - other.value, slope)

    def __rsub__(self, other: Any) -> Pair:
        return self._pair(other) - self

    def __truediv__(self, other: Any) -> Pair:
        other = self._pair(other)
        ratio = self.value / other.value
        slope = _plus(self.slope, _times(_times(other.slope, -1.0), ratio))
        return Pair(self.xp, ratio, 0.0 if _is_zero(slope) else slope / other.value)

    def __rtruediv__(self, other: Any) -> Pair:
        return self._pair(other) / self

    def __gt__(self, other: Any) -> Pair:
        return Pair(self.xp, self.value > self._pair(other).value)

    def __ge__(self, other: Any) -> Pair:
        return Pair(self.xp, self.value >= self._pair(other).value)

    def __lt__(self, other: Any) -> Pair:
        return Pair(self.xp, self.value < self._pair(other).value)

    def __le__(self, other: Any) -> Pair:
        return Pair(self.xp, self.value <= self._pair(other).value)


def _ruled(rule: Callable[[Any, Part, Part], Part], name: str) -> Callable[..., Any]:
    """Return a function of the namespace with the slope ``rule(xp, x, f(x))``."""

    def method(self: _Namespace, x: Any) -> Any:
        value = getattr(self.xp, name)(x.value if isinstance(x, Pair) else x)
        if not isinstance(x, Pair) or _is_zero(x.slope):
            return Pair(self.xp, value)
        return Pair(self.xp, value, _times(x.slope, rule(self.xp, x.value, value)))

    return method


class _Namespace:
    """The functions of a body, for pairs."""

    def __init__(self, xp: Any) -> None:
        self.xp = xp

    exp = _ruled(lambda xp, x, y: y, "exp")
    log = _ruled(lambda xp, x, y: 1 / x, "log")
    tanh = _ruled(lambda xp, x, y: 1 - y * y, "tanh")
    sqrt = _ruled(lambda xp, x, y: 0.5 / y, "sqrt")
    sin = _ruled(lambda xp, x, y: xp.cos(x), "sin")
    cos = _ruled(lambda xp, x, y: -xp.sin(x), "cos")
    abs = _ruled(lambda xp, x, y: xp.sign(x), "abs")
    sign = _ruled(lambda xp, x, y: 0.0, "sign")
    floor = _ruled(lambda xp, x, y: 0.0, "floor")

    def maximum(self, a: Any, b: Any) -> Pair:
        a, b = (self._pair(v) for v in (a, b))
        slope = _plus(_times(a.slope, _over(a, b)), _times(b.slope, _over(b, a)))
        return Pair(self.xp, self.xp.maximum(a.value, b.value), slope)

    def minimum(self, a: Any, b: Any) -> Pair:
        a, b = (self._pair(v) for v in (a, b))
        slope = _plus(_times(a.slope, _over(b, a)), _times(b.slope, _over(a, b)))
        return Pair(self.xp, self.xp.minimum(a.value, b.value), slope)

    def equal(self, a: Any, b: Any) -> Pair:
        return Pair(self.xp, self.xp.equal(self._pair(a).value, self._pair(b).value))

    def where(self, condition: Any, yes: Any, no: Any) -> Pair:
        c, a, b = (self._pair(v) for v in (condition, yes, no))
        value = self.xp.where(c.value, a.value, b.value)
        return Pair(self.xp, value, self.xp.where(c.value, a.slope, b.slope))

    def _pair(self, value: Any) -> Pair:
        return value if isinstance(value, Pair) else Pair(self.xp, value)


def _over(a: Pair, b: Pair) -> Part:
    """1 where a is the larger, 0 where b is; a kink has the mean of both slopes."""
    if _is_zero(a.slope) and not hasattr(a.value, "ref"):  # comparisons need a symbol first
        return 0.5 * ((b.value < a.value) + 1.0 - (b.value > a.value))
    return 0.5 * ((a.value > b.value) + 1.0 - (a.value < b.value))
