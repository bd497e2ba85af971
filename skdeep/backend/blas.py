"""The BLAS libraries of this process: how many threads each uses, and whom a new number reaches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any


@dataclass(frozen=True)
class Library:
    """One BLAS, as threadpoolctl found it.

    Attributes
    ----------
    read, write : callable
        Get and set its number of threads.
    per_thread : bool
        Whether a number holds for the thread that wrote it, and for the whole process otherwise.
    """

    read: Callable[[], int]
    write: Callable[[int], Any]
    per_thread: bool


def find_libraries(controllers: Sequence[Any]) -> list[Library]:
    """Return what threadpoolctl's controllers control.

    Which libraries count for each thread depends on their build and on threadpoolctl: up to 3.6 it
    set MKL's number for the process. So the libraries are asked, but for OpenBLAS, which we know.
    """
    ours = [_setter_of_openblas(controller) for controller in controllers]
    asked = [controller for controller, setter in zip(controllers, ours, strict=True) if not setter]
    found = _those_per_thread(asked)
    return [
        Library(
            lambda controller=controller: controller.num_threads,  # type: ignore[misc]
            setter or controller.set_num_threads,
            any(controller is one for one in found),
        )
        for controller, setter in zip(controllers, ours, strict=True)
    ]


def _setter_of_openblas(controller: Any) -> Callable[[int], Any] | None:
    """Return OpenBLAS's own function, where its threads are the whole process's.

    From 3.8 on threadpoolctl lets a single thread set that number, and ignores all others without
    a word; whoever is the first keeps the right to it. The library itself knows no such rule.
    """
    if getattr(controller, "internal_api", None) != "openblas":
        return None
    if controller.threading_layer == "openmp":
        return None
    for prefix, suffix in product(("", "scipy_"), ("", "64_", "_64")):
        name = f"{prefix}openblas_set_num_threads{suffix}"
        setter: Callable[[int], Any] | None = getattr(controller.dynlib, name, None)
        if setter is not None:
            return setter
    return None


def _those_per_thread(controllers: Sequence[Any]) -> list[Any]:
    """Return those whose number, set by one thread, does not reach another.

    It is tried in threads of its own, which Ctrl-C never interrupts.
    """
    found: list[Any] = []
    if controllers:
        _in_a_thread(lambda: found.extend(filter(_is_per_thread, controllers)))
    return found


def _is_per_thread(controller: Any) -> bool:
    before = controller.num_threads
    _in_a_thread(lambda: controller.set_num_threads(2 if before == 1 else 1))
    if controller.num_threads == before:
        return True
    controller.set_num_threads(before)
    return False


def _in_a_thread(act: Callable[[], None]) -> None:
    thread = threading.Thread(target=act, name="skdeep-blas", daemon=True)
    try:
        with suppress(RuntimeError):  # no thread starts while the process ends, or ever in some
            thread.start()
            thread.join()
    finally:
        if thread.is_alive():
            thread.join()
