"""What importing may load: nothing heavy that scikit-learn does not load, nor other families."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skdeep
from tests.contracts.estimators import BY_CLASS, CASES

SCRIPT = """
import json, sys
import sklearn, sklearn.neural_network
before = {name for name in sys.modules if name.startswith("sklearn.")}
for name in set(sys.modules) - before:  # what scikit-learn loads on some machines
    if name.partition(".")[0] in ("pandas", "rich"):
        del sys.modules[name]
before = set(sys.modules)
from skdeep import *
import skdeep.callbacks, skdeep.inspection, skdeep.model_selection
print(json.dumps([name.partition(".")[0] for name in set(sys.modules) - before]))
"""


@pytest.fixture(scope="module")
def added_by_import():
    """Top-level names that all of skdeep adds, warning of nothing, to scikit-learn's networks."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", SCRIPT],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return set(json.loads(done.stdout))  # nothing else is printed


@pytest.mark.parametrize(
    "package",
    ["cupy", "cupyx", "dask", "jax", "matplotlib", "pandas", "PIL", "polars", "rich", "torch"],
)
def test_import_leaves_heavy_packages_out(added_by_import, package):
    assert "skdeep" in added_by_import
    assert package not in added_by_import


AFTER_EACH = """
import json, sys
import sklearn.base

loaded = {}
for code in json.loads(sys.argv[1]):
    for name in list(sys.modules):
        if name.startswith(("skdeep", "sklearn.feature_extraction")):
            del sys.modules[name]
    exec(code)
    loaded[code] = list(sys.modules)
print(json.dumps(loaded))
"""


def modules_after(*codes):
    """Names of the modules that are loaded after each piece of code, in a new process."""
    script = [sys.executable, "-c", AFTER_EACH, json.dumps(codes)]
    done = subprocess.run(script, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return {code: set(names) for code, names in json.loads(done.stdout).items()}


#: Words in the names of the engine's modules that only some families need.
WORDS = {
    "cnn": {"conv"},
    "rnn": {"recurrent", "lstm", "gru"},
    "rbm": {"boltzmann", "contrastive", "gibbs"},
    "autoencoder": {"autoencoding", "variational"},
}
FAMILIES = {case.family for case in CASES.values()}

#: What is loaded by few, and only when it is needed.
RARE = {"sklearn.feature_extraction", "skdeep.callbacks", "skdeep.model_selection"}


#: Of which families what is imported may load something.
USES = {
    "register_activation": (),
    **{name: (case.family, *case.uses) for name, case in BY_CLASS.items()},
}


ALONE, PACKAGE = "import skdeep", "import skdeep; skdeep.callbacks.TimeBudget"


#: The public names that may load something of the same families.
ALIKE = {uses: [name for name in USES if USES[name] == uses] for uses in set(USES.values())}


@pytest.fixture(scope="module")
def loaded_by():
    """What is loaded after names of a family have been imported, and after two pieces of code."""
    codes = {uses: f"from skdeep import {', '.join(names)}" for uses, names in ALIKE.items()}
    codes |= {ALONE: ALONE, PACKAGE: PACKAGE}
    loaded = modules_after(*codes.values())
    return {name: loaded[code] for name, code in codes.items()}


@pytest.mark.parametrize("uses", sorted(ALIKE), ids=lambda uses: ", ".join(ALIKE[uses]))
def test_an_estimator_loads_no_other_family(loaded_by, uses):
    foreign = FAMILIES - set(uses)
    words = set().union(*(WORDS.get(family, ()) for family in foreign))
    ours = {module for module in loaded_by[uses] if module.startswith("skdeep.")}
    assert ours
    for module in ours:
        package, family, *rest = [*module.split(".")[1:], "", ""]
        if package == "estimators" and family in foreign:
            assert rest[0] in ("", "architecture"), module  # architectures are free
        elif package != "fitting":  # which is of all kinds
            assert not words & set(re.split("[._]", module)), module
    assert not loaded_by[uses] & RARE


def test_the_package_alone_loads_nothing_of_its_own(loaded_by):
    assert {module for module in loaded_by[ALONE] if module.startswith("skdeep")} == {"skdeep"}


def test_public_names_are_found_where_they_are_defined():
    """The table of a lazy package and what type checkers read say the same."""
    tree = ast.parse(Path(skdeep.__file__).read_text())
    typed = {
        alias.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("skdeep.")
        for alias in node.names
    }
    assert typed == skdeep._HOMES
    assert sorted(typed) == skdeep.__all__
    assert set(skdeep.__all__) <= set(dir(skdeep))
    for name in skdeep.__all__:
        assert getattr(skdeep, name).__name__ == name


def test_packages_are_found_and_other_names_are_not(loaded_by):
    assert "skdeep.callbacks.time_budget" in loaded_by[PACKAGE]
    with pytest.raises(AttributeError, match="has no attribute 'MLPClasifier'"):
        skdeep.MLPClasifier
    with pytest.raises(ImportError, match="MLPClasifier"):
        from skdeep import MLPClasifier  # noqa: F401
