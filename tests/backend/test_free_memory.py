"""How much memory is free, as each system says it; all but this one's are faked."""

import ctypes
import subprocess
import sys
from types import SimpleNamespace

import pytest

from skdeep.backend import free_memory as module
from skdeep.backend.free_memory import UNKNOWN, free_memory

GIB = 2**30
MEMINFO = "MemTotal:       8388608 kB\nMemFree:          10240 kB\nMemAvailable:    3145728 kB\n"
VM_STAT = """#!/bin/sh
cat <<'END'
Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               65536.
Pages active:                            900000.
Pages inactive:                          131072.
Pages speculative:                        65536.
Pages wired down:                        123456.
"Translation faults":                 987654321.
END
"""


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """No way leads; returns the folder in which a test may lay files of Linux."""
    monkeypatch.setattr(module, "PROC", tmp_path / "proc")
    monkeypatch.setattr(module, "CGROUPS", tmp_path / "cgroup")
    monkeypatch.setattr(module, "VM_STAT", str(tmp_path / "vm_stat"))
    monkeypatch.setitem(sys.modules, "psutil", None)
    monkeypatch.delattr(ctypes, "windll", raising=False)
    monkeypatch.delattr("os.sysconf", raising=False)
    return tmp_path


def lay(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(str(text))


def test_this_machine_says_something():
    assert 2**20 < free_memory() < 2**50


def test_little_is_free_where_no_way_leads(nowhere):
    assert free_memory() == UNKNOWN


def test_linux(nowhere):
    lay(nowhere / "proc", meminfo=MEMINFO)
    assert free_memory() == 3 * GIB


def test_linux_comes_before_packages(nowhere, monkeypatch):
    lay(nowhere / "proc", meminfo=MEMINFO)
    monkeypatch.setitem(sys.modules, "psutil", SimpleNamespace())
    assert free_memory() == 3 * GIB


def test_psutil(nowhere, monkeypatch):
    fake = SimpleNamespace(virtual_memory=lambda: SimpleNamespace(available=5 * GIB))
    monkeypatch.setitem(sys.modules, "psutil", fake)
    assert free_memory() == 5 * GIB


@pytest.mark.skipif(sys.platform == "win32", reason="the fake is a shell script")
def test_macos(nowhere):
    lay(nowhere, vm_stat=VM_STAT)
    (nowhere / "vm_stat").chmod(0o755)
    assert free_memory() == 4 * GIB


def test_macos_whose_program_hangs(nowhere, monkeypatch):
    def run(command, **options):
        assert options["timeout"] > 0
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", run)
    assert free_memory() == UNKNOWN


@pytest.mark.parametrize(("succeeds", "expected"), [(1, 6 * GIB), (0, UNKNOWN)])
def test_windows(nowhere, monkeypatch, succeeds, expected):
    def ask(pointer):
        status = pointer._obj
        assert status.length == ctypes.sizeof(status) == 64
        status.total_physical, status.available_physical = 16 * GIB, 6 * GIB
        return succeeds

    kernel = SimpleNamespace(GlobalMemoryStatusEx=ask)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    assert free_memory() == expected


@pytest.mark.parametrize(("pages", "expected"), [(2**20, 4 * GIB), (-1, UNKNOWN)])
def test_other_unixes(nowhere, monkeypatch, pages, expected):
    numbers = {"SC_AVPHYS_PAGES": pages, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr("os.sysconf", numbers.__getitem__, raising=False)
    assert free_memory() == expected


def test_a_container_of_version_2(nowhere):
    lay(nowhere / "proc", meminfo=MEMINFO)
    lay(nowhere / "proc/self", cgroup="0::/user.slice/job\n")
    own, above = nowhere / "cgroup/user.slice/job", nowhere / "cgroup/user.slice"
    lay(own, memory__max="max", memory__current=GIB, memory__stat="anon 5\n")
    assert free_memory() == 3 * GIB  # no limit
    lay(above, memory__max=2 * GIB, memory__current=GIB, memory__stat=f"inactive_file {GIB // 2}\n")
    assert free_memory() == 1.5 * GIB
    lay(own, memory__max=GIB // 2, memory__current=GIB, memory__stat="anon 5\n")
    assert free_memory() == 0  # over its limit


def test_a_container_of_version_1(nowhere):
    lay(nowhere / "proc", meminfo=MEMINFO)
    lay(nowhere / "proc/self", cgroup="5:cpu,cpuacct:/\n4:memory:/outside/of/it\n0::/\n")
    root = nowhere / "cgroup/memory"
    lay(root, memory__limit_in_bytes=2**63 - 4096, memory__usage_in_bytes=GIB)
    lay(root, memory__stat="total_inactive_file 0\n")
    assert free_memory() == 3 * GIB  # the number that means no limit
    lay(root, memory__limit_in_bytes=2 * GIB)
    assert free_memory() == GIB
