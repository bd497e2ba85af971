"""What an encoder makes of sources, for the layers of a decoder within the same network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import ref

from skdeep.backend.base import Array

if TYPE_CHECKING:
    from skdeep.nn.core.spec import Spec


@dataclass
class Source:
    """What an encoder reads: x (M, B, ...), its gradient or None, and which steps are there."""

    x: Array
    dx: Array = None
    valid: Array = None


Function = Callable[[], None]


class Memory:
    """The steps that an encoder has made of the sources of B samples.

    A layer of the decoder finds it at ``binder.memory`` when it is bound. What it makes of the
    memory alone, such as keys, it computes in functions that it hands to :meth:`follow`: they run
    once after the encoder, in training as when a decoder writes step by step.

    Parameters
    ----------
    y, dy : Array of shape (M, B, S, D)
        The steps, contiguous, and their gradient. Each layer *adds* its share to dy, in its
        ``backward`` or in its second function; None where no backward follows.
    valid : Array of shape (M, B, S) or None
        1 in the steps of each source, 0 in the padding behind it; None: all are full.
    following : Following
        Where the functions go. It is not held: functions hold layers' views, which hold this.
    """

    def __init__(self, y: Array, dy: Array, valid: Array, following: Following) -> None:
        self.y, self.dy, self.valid = y, dy, valid
        self._following = ref(following)

    def follow(self, forward: Function, backward: Function) -> None:
        """Call `forward` whenever the memory was written, `backward` after the decoder's."""
        following = self._following()
        assert following is not None
        following.functions.append((forward, backward))


class Following:
    """What the layers of a decoder make of their memory alone; whoever binds them keeps it."""

    def __init__(self) -> None:
        self.functions: list[tuple[Function, Function]] = []

    def forward(self) -> None:
        """Compute it, after the encoder."""
        for function, _ in self.functions:
            function()

    def backward(self) -> None:
        """Take gradients of it back to the memory and the weights, after the decoder's backward."""
        for _, function in reversed(self.functions):
            function()


def memory_widths(spec: Spec) -> set[int]:
    """Return the widths D of the memories that a layer, or those inside it, must be given."""
    if spec.gives_memory:
        return set()
    inner = (memory_widths(child) for _, child in spec.children.values())
    return set[int]({spec.memory} if spec.memory else ()).union(*inner)
