"""How much memory is free, on Linux, macOS, Windows and in containers."""

from __future__ import annotations

import ctypes
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

#: What is taken to be free where no way leads: little, so that stacks stay small.
UNKNOWN = 2**31
#: Where Linux tells about the machine, this process and its control groups; tests move them.
PROC, CGROUPS = Path("/proc"), Path("/sys/fs/cgroup")
#: The program of macOS, by its full path: another one on the PATH must not run.
VM_STAT = "/usr/bin/vm_stat"
#: What a way raises where it does not lead.
NO_WAY = (
    ImportError, AttributeError, KeyError, ValueError, OSError, subprocess.SubprocessError,
)  # fmt: skip


def free_memory() -> float:
    """Return how many bytes this process may still take without swapping.

    That is what is free or held by caches on this machine, or less where a control group of Linux
    (a container, a batch job) leaves less.
    """
    ways = from_meminfo, from_psutil, from_vm_stat, from_windows, from_sysconf
    return float(max(0, min([_first_answer(*ways), *left_by_cgroups()])))


def _first_answer(*ways: Callable[[], int]) -> int:
    for way in ways:
        try:
            return way()
        except NO_WAY:
            continue
    return UNKNOWN


def from_meminfo() -> int:
    """Ask Linux."""
    fields = _fields(PROC / "meminfo")
    return int(fields["MemAvailable:"]) * 1024


def from_psutil() -> int:
    """Ask psutil where it is installed: it knows the BSDs, too."""
    import psutil

    return int(psutil.virtual_memory().available)


def from_vm_stat() -> int:
    """Ask macOS: pages that are free, read ahead, or not used of late."""
    done = subprocess.run([VM_STAT], capture_output=True, text=True, check=True, timeout=10)
    pages = dict(re.findall(r"^Pages (\w+): *(\d+)\.", done.stdout, re.MULTILINE))
    (size,) = re.findall(r"page size of (\d+) bytes", done.stdout)
    return sum(int(pages[name]) for name in ("free", "inactive", "speculative")) * int(size)


class MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of the Windows API."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total_physical", ctypes.c_uint64),
        ("available_physical", ctypes.c_uint64),
        ("total_page_file", ctypes.c_uint64),
        ("available_page_file", ctypes.c_uint64),
        ("total_virtual", ctypes.c_uint64),
        ("available_virtual", ctypes.c_uint64),
        ("available_extended", ctypes.c_uint64),
    )


def from_windows() -> int:
    """Ask Windows."""
    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined]
    if not kernel.GlobalMemoryStatusEx(ctypes.byref(status)):
        raise OSError("GlobalMemoryStatusEx failed")
    return int(status.available_physical)


def from_sysconf() -> int:
    """Ask a Unix for its free pages; caches, which it would give up, do not count."""
    pages = os.sysconf("SC_AVPHYS_PAGES")
    if pages <= 0:
        raise ValueError("the number of free pages is not known")
    return pages * os.sysconf("SC_PAGE_SIZE")


def left_by_cgroups() -> Iterator[int]:
    """Yield what each control group above this process leaves of its limit."""
    try:
        lines = (PROC / "self/cgroup").read_text().splitlines()
    except NO_WAY:
        return
    for line in lines:
        number, controllers, path = line.split(":", 2)
        if number == "0":  # version 2
            folder, names = CGROUPS, ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
            folder = CGROUPS / "memory"
        else:
            continue
        own = folder / path.lstrip("/")
        for place in (own, *own.parents[: len(own.parts) - len(folder.parts)]):
            yield from _left(place, *names)


def _left(folder: Path, limit: str, usage: str, cache: str) -> Iterator[int]:
    """Yield the limit less the usage; files in memory that nobody used of late are given up."""
    try:
        most, used = (int((folder / name).read_text()) for name in (limit, usage))
        yield most - used + int(_fields(folder / "memory.stat").get(cache, 0))
    except NO_WAY:  # "max" is no limit; a container does not see the groups around it
        return


def _fields(path: Path) -> dict[str, str]:
    """Read a file of names and numbers, one pair in a line."""
    pairs = (line.split() for line in path.read_text().splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) > 1}
