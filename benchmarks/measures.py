"""The measurements of the benchmark; each returns one record for `benchmarks.report`."""

import subprocess
import sys
from importlib.util import find_spec

from benchmarks.processes import (
    ROOT,
    alternate,
    child_environment,
    load_data,
    saved_data,
    start_sides,
)
from benchmarks.report import compare

IMPORTS = {
    "skdeep": "from skdeep import MLPClassifier",
    "sklearn": "from sklearn.neural_network import MLPClassifier",
}
TIMED_IMPORT = "import time; t = time.perf_counter(); {}; print(time.perf_counter() - t)"


def training(case, dtype, threads, options):
    """Time `fit` of every side in alternation: seconds an epoch."""
    with start_sides(_able(case, options.sides), threads, options.torch_python) as children:
        _warm_up(children, case, dtype)
        times, load = alternate(children, options.pairs, "fit", epochs=case.epochs)
        part = "training" if case.density == 1 else "sparse training"
        record = _record(part, case, dtype, threads, times, 1 / case.epochs, load)
        for name, child in children.items():
            side = record["sides"][name]
            side.update(about=child.about, train_accuracy=child.ask("accuracy"))
            if case.density == 1:
                rate = child.ask("gemm_rate")
                side["gemm_gflops"] = rate / 1e9
                side["gemm_share"] = case.epoch_flops / side["median"] / rate
    yield record


def prediction(case, dtype, threads, options):
    """Time `predict` of every side on all rows and on one: seconds a call."""
    with start_sides(_able(case, options.sides), threads, options.torch_python) as children:
        _warm_up(children, case, dtype)
        for part, rows in {"prediction": case.rows, "one-row prediction": 1}.items():
            times, load = alternate(children, options.pairs, "predict", rows=rows)
            yield _record(part, case, dtype, threads, times, load=load)


def memory(case, dtype, threads, options):
    """Measure in fresh processes what `fit` adds to the peak memory beside the data: bytes."""
    added = {}
    with saved_data(case, dtype) as folder:
        for side in _able(case, options.sides) * 3:
            with start_sides([side], threads, options.torch_python) as children:
                if children:
                    load_data(children, case, folder)
                    added.setdefault(side, []).append(children[side].ask("fit_memory", epochs=2))
    yield _record("memory", case, dtype, threads, added)


def import_time(options):
    """Time the import of each estimator in fresh processes: seconds."""
    sides = [side for side in options.sides if side in IMPORTS and find_spec(side)]
    times = {side: [] for side in sides}
    for turn in range(options.pairs + 1):
        for side in sides if turn % 2 else sides[::-1]:
            command = [sys.executable, "-c", TIMED_IMPORT.format(IMPORTS[side])]
            seconds = subprocess.check_output(command, env=child_environment(1), cwd=ROOT)
            if turn > 0:  # the first round fills the file cache
                times[side].append(float(seconds))
    return _record("import", "import", "-", 1, times)


def _warm_up(children, case, dtype):
    with saved_data(case, dtype) as folder:
        load_data(children, case, folder)
    for child in children.values():
        child.ask("fit", epochs=1)


def _able(case, sides):
    """Return the sides that can train on the case: estimators alone take sparse data."""
    return [side for side in sides if case.density == 1 or side in IMPORTS]


def _record(part, case, dtype, threads, values, scale=1.0, load=None):
    setting = {"part": part, "case": str(case), "dtype": dtype, "threads": threads}
    return {**setting, **compare(values, scale), "other_load": load}
