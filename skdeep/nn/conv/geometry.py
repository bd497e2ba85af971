"""Where a convolution's kernel lies on images: sizes, zeros around them, places."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Geometry:
    """Sizes of one convolution, each a pair (vertical, horizontal)."""

    size: tuple[int, int]
    kernel: tuple[int, int]
    strides: tuple[int, int]
    dilation: tuple[int, int]
    #: Zeros before the first and behind the last pixel.
    before: tuple[int, int]
    behind: tuple[int, int]
    out: tuple[int, int]

    @property
    def padded(self) -> tuple[int, int]:
        """Size of the image with its zeros."""
        height, width = (
            sum(parts) for parts in zip(self.before, self.size, self.behind, strict=True)
        )
        return height, width

    @property
    def turned(self) -> Geometry:
        """Geometry of the convolution of dy, with turned kernels, that gives dx; for strides 1."""
        reach = tuple((k - 1) * d for k, d in zip(self.kernel, self.dilation, strict=True))
        before = (reach[0] - self.before[0], reach[1] - self.before[1])
        behind = (reach[0] - self.behind[0], reach[1] - self.behind[1])
        return Geometry(
            self.out, self.kernel, self.strides, self.dilation, before, behind, self.size
        )


def axis_geometry(
    n: int, kernel: int, stride: int, dilation: int, same: bool
) -> tuple[int, int, int]:
    """Return outputs, zeros before and zeros behind for one axis; no outputs where none fit."""
    reach = (kernel - 1) * dilation + 1
    if not same:
        return max(0, (n - reach) // stride + 1), 0, 0
    out = -(-n // stride)
    zeros = max(0, (out - 1) * stride + reach - n)
    return out, zeros // 2, zeros - zeros // 2


def step_geometry(
    n: int, kernel: int, stride: int, dilation: int, same: bool
) -> tuple[int, int, int]:
    """Return the same, with zeros before that depend on the kernel alone, not on n."""
    out, before, behind = axis_geometry(n, kernel, stride, dilation, same)
    if same:
        reach = (kernel - 1) * dilation + 1
        before = (reach - 1) // 2
        behind = max(0, (out - 1) * stride + reach - n - before)
    return out, before, behind
