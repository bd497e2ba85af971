"""Every kernel of the package with plausible dtypes, and its CUDA text run by a C++ compiler."""

from __future__ import annotations

import ctypes
import importlib
import inspect
import pkgutil
import subprocess
from dataclasses import dataclass
from functools import partial

import numpy as np

from skdeep.backend.cuda import PREAMBLE, standalone
from skdeep.backend.kernel import Kernel
from skdeep.kernels.activations import ACTIVATIONS
from skdeep.kernels.losses import OUTPUT_ACTIVATIONS
from skdeep.optim.base import Optimizer
from skdeep.train.trainer import penalised_rule

#: What a C++ compiler lacks of CUDA; with one thread a kernel is a plain loop.
SHIM = """
#include <cmath>
#include <cstring>
#define __global__
#define __device__
struct { int x; } static const blockIdx = {0}, blockDim = {1}, threadIdx = {0}, gridDim = {1};
static float __int_as_float(int i) { float f; std::memcpy(&f, &i, 4); return f; }
static double __longlong_as_double(long long i) { double f; std::memcpy(&f, &i, 8); return f; }
"""
#: Inputs that are no floats, by the names that bodies give them.
INTEGERS = {"code": "i4", "classes": "i4"}
WORDS = ("key", "seed", "unit", "other_unit", "bits", "half", "threshold")
INTEGERS |= dict.fromkeys(WORDS, "u4")
INTEGERS["draws"] = "u2"


@dataclass(frozen=True)
class Case:
    """A kernel and the dtypes of its inputs and outputs."""

    name: str
    kernel: Kernel
    ins: tuple[np.dtype, ...]
    outs: tuple[np.dtype, ...]

    @property
    def graph(self):
        return self.kernel.graph(len(self.ins))


def engine_modules():
    """Import every module of the engine; what lies above it holds no kernels."""
    names = []
    for package in ("backend", "kernels", "nn", "optim", "train"):
        path = importlib.import_module(f"skdeep.{package}").__path__
        names += [m.name for m in pkgutil.walk_packages(path, f"skdeep.{package}.")]
    return [importlib.import_module(name) for name in names]


def all_kernels() -> dict[str, Kernel]:
    """Find the kernels: module attributes, activations, bodies with constants, optimizers."""
    found: dict[str, Kernel] = {}
    for module in engine_modules():
        for name, value in vars(module).items():
            if isinstance(value, Kernel):
                found[f"{module.__name__}.{name}"] = value
            elif module.__name__.startswith("skdeep.kernels.") and is_body(value, module):
                found[f"{module.__name__}.{name}"] = with_constants(value)
    for name, activation in ACTIVATIONS.items():
        found[f"activation.{name}"] = activation.forward
        found[f"activation.{name}.backward"] = activation.backward
    for name, (forward, backward) in OUTPUT_ACTIVATIONS.items():
        found[f"output.{name}"], found[f"output.{name}.backward"] = forward, backward
    for rule in optimizers():
        optimizer = rule()
        found[f"optimizer.{rule.__name__}"] = Kernel(rule.update, rule.__name__)
        for decays in (False, True):
            kernel, columns = penalised_rule(optimizer, ("l2", "keep") if decays else ("l2",))
            kernel.body.n_inputs = 2 + len(rule.states) + len(columns)
            found[f"optimizer.{rule.__name__}.penalised.{decays}"] = kernel
    return found


def is_body(value, module) -> bool:
    if not inspect.isfunction(value) or value.__module__ != module.__name__:
        return False
    names = list(inspect.signature(value).parameters)
    return bool(names) and names[0] == "xp"


def with_constants(body) -> Kernel:
    """Fix the parameters of a body that are numbers rather than arrays, known by annotation."""
    parameters = inspect.signature(body).parameters.values()
    numbers = {p.name: 0.3 for p in parameters if p.annotation in ("float", float)}
    return Kernel(partial(body, **numbers), body.__name__)


def optimizers():
    def below(rule):
        for inner in rule.__subclasses__():
            yield inner
            yield from below(inner)

    return [r for r in below(Optimizer) if r.__module__.startswith("skdeep.")]


def input_names(kernel: Kernel) -> list[str]:
    """Return the names of a kernel's inputs; three for a body that takes any number."""
    body = kernel.body
    if hasattr(body, "n_inputs"):
        return [f"x{k}" for k in range(body.n_inputs)]
    fixed = body.keywords if isinstance(body, partial) else {}
    names = []
    for p in list(inspect.signature(body).parameters.values())[1:]:
        if p.kind is p.VAR_POSITIONAL:
            names += [f"{p.name}{k}" for k in range(3)]
        elif p.name not in fixed:
            names.append(p.name)
    return names


def cases(dtype: str) -> list[Case]:
    """Return each kernel with floats of one dtype, and mixed ones where the engine mixes them."""
    result = []
    for name, kernel in all_kernels().items():
        names = input_names(kernel)
        ins = [np.dtype(INTEGERS.get(n, dtype)) for n in names]
        if name.endswith("add_loss") or name.endswith("add_penalised_loss"):
            ins[0] = np.dtype("f8")  # sums of an epoch are float64
        floats = [d for d in ins if d.kind == "f"]
        first = ins[0] if not floats or ins[0].kind == "f" else np.dtype(dtype)
        if name.endswith("normal_noise"):
            first = np.dtype(dtype)  # floats made of words alone
        outs = [first] * len(kernel.graph(len(ins)).outputs)
        result.append(Case(name, kernel, tuple(ins), tuple(outs)))
    return result


def symbol(k: int) -> str:
    return f"kernel_{k}"


def source(found: list[Case]) -> str:
    """Return one file with all kernels."""
    texts = [standalone(case.graph, case.ins, case.outs, symbol(k)) for k, case in enumerate(found)]
    return "\n".join([PREAMBLE, *texts])


def compiled(compiler: str, text: str, folder) -> ctypes.CDLL:
    """Compile a text to a library that runs on the host."""
    file, library = folder / "kernels.cpp", folder / "kernels.so"
    file.write_text(SHIM + text)
    flags = ["-O1", "-ffp-contract=off", "-shared", "-fPIC"]
    done = subprocess.run(
        [compiler, *flags, "-x", "c++", str(file), "-o", str(library), "-lm"],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[:4000]
    return ctypes.CDLL(str(library))


def call(library: ctypes.CDLL, name: str, outs, ins) -> None:
    """Run one kernel over contiguous arrays of one length."""
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in (*ins, *outs)]
    getattr(library, name)(ctypes.c_longlong(outs[0].size), *pointers)
