"""NVIDIA's compiler of CUDA text at run time, from its wheel; it needs no card and no driver."""

from __future__ import annotations

import ctypes
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path


def find_library(distribution: str = "nvidia-cuda-nvrtc-cu12") -> Path | None:
    """Return the shared library of the wheel, or None where it is not installed."""
    try:
        found = [file for file in files(distribution) or () if file.match("libnvrtc.so.*")]
    except PackageNotFoundError:
        return None
    return Path(found[0].locate())


LIBRARY = find_library()


def library() -> ctypes.CDLL:
    """Load the library."""
    return ctypes.CDLL(str(LIBRARY))


def architectures() -> list[int]:
    """Return the compute capabilities that it compiles for, times ten, from the oldest on."""
    count = ctypes.c_int()
    check(library().nvrtcGetNumSupportedArchs(ctypes.byref(count)))
    found = (ctypes.c_int * count.value)()
    check(library().nvrtcGetSupportedArchs(found))
    return list(found)


def ptx(source: str, architecture: int) -> str:
    """Compile CUDA C++ as CuPy would.

    Raises
    ------
    ValueError
        With the log of the compiler.
    """
    nvrtc, program = library(), ctypes.c_void_p()
    options = [f"--gpu-architecture=compute_{architecture}".encode(), b"--std=c++17"]
    given = (ctypes.c_char_p * len(options))(*options)
    check(nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), None, 0, None, None))
    try:
        if nvrtc.nvrtcCompileProgram(program, len(options), given):
            raise ValueError(read(program, nvrtc.nvrtcGetProgramLogSize, nvrtc.nvrtcGetProgramLog))
        return read(program, nvrtc.nvrtcGetPTXSize, nvrtc.nvrtcGetPTX)
    finally:
        check(nvrtc.nvrtcDestroyProgram(ctypes.byref(program)))


def read(program, size_of, text_of) -> str:
    """Return a text that belongs to a program."""
    size = ctypes.c_size_t()
    check(size_of(program, ctypes.byref(size)))
    text = ctypes.create_string_buffer(size.value)
    check(text_of(program, text))
    return text.value.decode()


def check(result: int) -> None:
    """Raise where a call did not succeed."""
    if result:
        raise RuntimeError(f"NVRTC returned {result}")
