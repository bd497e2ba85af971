"""All parameters of a network in one array (M, P): named slots are views of it."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from skdeep.backend.base import Array, Backend
from skdeep.nn.core.spec import KINDS, Param, Spec

#: Numbers from which on an array whose factors differ from others' is updated by itself.
LARGE = 8192


@dataclass(frozen=True)
class Slot:
    """Where one named array lies in a row of parameters."""

    name: str
    param: Param
    start: int

    @property
    def stop(self) -> int:
        """One past the last element."""
        return self.start + prod(self.param.shape)


class Layout:
    """The slots of a network, in the order of the array and in the order of the layers."""

    def __init__(self, spec: Spec, name: str = "") -> None:
        named = dict(_walk(spec, name))
        order = _ordered(named)
        start, slots = 0, {}
        for key in order:
            slots[key] = Slot(key, named[key], start)
            start = slots[key].stop
        #: Slots by name, in the order of the layers (the order of drawing initial values).
        self.slots: dict[str, Slot] = {key: slots[key] for key in named}
        self.size = start
        #: Slots that another layer than their owner reads too.
        self.shared = frozenset(_shared(spec, name))
        self.n_trainable = self._end(slots, KINDS[:-1])
        self.n_weights = self._end(slots, KINDS[:1])

    @staticmethod
    def _end(slots: Mapping[str, Slot], kinds: Sequence[str]) -> int:
        return max((s.stop for s in slots.values() if s.param.kind in kinds), default=0)

    @property
    def largest_weight(self) -> int:
        """Number of elements of the largest matrix."""
        slots = self.slots.values()
        return max((s.stop - s.start for s in slots if s.param.kind == "weight"), default=0)

    def initial(self, random: np.random.RandomState) -> np.ndarray:
        """Draw one model's row, slot by slot in the order of the layers, float64 (P,)."""
        row = np.empty(self.size)
        for slot in self.slots.values():
            values = slot.param.init(random, slot.param.shape, slot.param.fans)
            row[slot.start : slot.stop] = values.ravel()
        return row

    def factors(self, what: str) -> np.ndarray | None:
        """Return the factors of "rate" or "decay" of all that trains, (1, n); None: all are 1."""
        found = np.ones((1, self.n_trainable))
        for slot in self.slots.values():
            if slot.param.kind != "state":
                found[:, slot.start : slot.stop] = getattr(slot.param, what)
        return None if (found == 1.0).all() else found

    def view(self, array: Array, name: str) -> Array:
        """Return the named part (M, *shape) of an array (M, P), without a copy."""
        slot = self.slots[name]
        return array[:, slot.start : slot.stop].reshape(array.shape[0], *slot.param.shape)

    def ranges(self, frozen: Sequence[str] = ()) -> list[tuple[int, int, bool]]:
        """Return the (start, stop, penalised) ranges that an optimizer updates.

        `frozen` names slots that stay as they are, or layers (any prefix up to a dot).
        """
        result: list[tuple[int, int, bool]] = []
        for slot in sorted(self.slots.values(), key=lambda s: s.start):
            stays = any(f"{slot.name}.".startswith(f"{name}.") for name in frozen)
            if slot.param.kind == "state" or stays:
                continue
            penalised = slot.param.kind == "weight"
            if result and result[-1][1:] == (slot.start, penalised):
                result[-1] = (result[-1][0], slot.stop, penalised)
            else:
                result.append((slot.start, slot.stop, penalised))
        return result


def _ordered(named: Mapping[str, Param]) -> list[str]:
    """Return names by kind; where factors differ, small arrays before large ones of a kind."""
    differ = any((param.rate, param.decay) != (1.0, 1.0) for param in named.values())

    def place(name: str) -> tuple[int, bool]:
        param = named[name]
        return KINDS.index(param.kind), differ and prod(param.shape) >= LARGE

    return sorted(named, key=place)


def _walk(spec: Spec, name: str) -> list[tuple[str, Param]]:
    found = [(f"{name}.{key}" if name else key, param) for key, param in spec.params.items()]
    for child, (_, inner) in spec.children.items():
        found += _walk(inner, f"{name}.{child}" if name else child)
    return found


def _shared(spec: Spec, name: str) -> list[str]:
    found = [f"{name}.{slot}" if name else slot for slot in spec.shared_slots]
    for child, (_, inner) in spec.children.items():
        found += _shared(inner, f"{name}.{child}" if name else child)
    return found


class ParamStore:
    """Values (M, P) and gradients (M, trainable P) of M models on a device.

    With `adopt` the values may share memory with the host array, for reading.
    """

    def __init__(
        self, backend: Backend, layout: Layout, values: np.ndarray, *, adopt: bool = False
    ) -> None:
        self.backend, self.layout = backend, layout
        values = np.ascontiguousarray(values)
        place = backend.adopt(values, values.dtype) if adopt else backend.to_device(values)
        self.values: Array = place
        self.grads: Array = None
        self._models = slice(None)

    @property
    def n_models(self) -> int:
        """The length of the model axis."""
        return int(self.values.shape[0])

    def part(self, models: slice) -> ParamStore:
        """Return the store of neighbouring models of this one, on the same memory."""
        part = copy.copy(self)
        part.values = self.values[models]
        part.grads = None if self.grads is None else self.grads[models]
        part._models = models
        return part

    def own(self, numbers: Any) -> np.ndarray:
        """Return those of what each model has for itself, or all have, that hold here, (M, ...).

        `numbers` is one number for all models, or has them along its first axis.
        """
        numbers = np.asarray(numbers, float)
        numbers = numbers[self._models] if numbers.ndim else numbers
        if numbers.ndim and len(numbers) != self.n_models:
            raise ValueError(
                f"a layer has {len(numbers)} numbers, as for so many models, where there are "
                f"{self.n_models}: give one number"
            )
        return np.broadcast_to(numbers, (self.n_models, *numbers.shape[1:]))

    def with_grads(self, grads: Array) -> ParamStore:
        """Return a store of the same values, with its gradients in `grads`."""
        other = copy.copy(self)
        other.grads = grads
        return other

    def allocate_grads(self) -> None:
        """Make the gradient array, which only training needs."""
        if self.grads is None:
            shape = (self.n_models, self.layout.n_trainable)
            self.grads = self.backend.zeros(shape, self.values.dtype)

    def copied(self) -> ParamStore:
        """Return a store with values of its own, the same ones, and without gradients."""
        other = copy.copy(self)
        other.values = self.backend.zeros(self.values.shape, self.values.dtype)
        self.backend.copy(self.values, other.values)
        other.grads = None
        return other

    def beside(self) -> ParamStore:
        """Return a store of the same values, with gradients of its own."""
        other = ParamStore.__new__(ParamStore)
        other.backend, other.layout, other.values = self.backend, self.layout, self.values
        other.grads, other._models = None, self._models
        other.allocate_grads()
        return other
