"""What importing may load: nothing heavy that scikit-learn does not load, nor other families."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import skdeep

SCRIPT = """
import sys
import sklearn, sklearn.neural_network
before = set(sys.modules)
from skdeep import *
import skdeep.callbacks, skdeep.inspection, skdeep.model_selection
added = {name.partition(".")[0] for name in set(sys.modules) - before}
print("\\n".join(sorted(added)))
"""


@pytest.fixture(scope="module")
def added_by_import():
    """Top-level names that all of skdeep adds to what scikit-learn's networks import."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "package",
    ["cupy", "cupyx", "dask", "jax", "matplotlib", "pandas", "polars", "rich", "torch"],
)
def test_import_leaves_heavy_packages_out(added_by_import, package):
    assert "skdeep" in added_by_import
    assert package not in added_by_import


def test_import_prints_and_warns_nothing():
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from skdeep import *"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


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


#: By which words in the names of their modules the families are known.
FAMILIES = {
    "cnn": {"cnn", "conv"},
    "rnn": {"rnn", "recurrent", "lstm", "gru"},
    "rbm": {"rbm", "boltzmann", "contrastive", "gibbs"},
    "dbn": {"dbn"},
    "autoencoder": {"autoencoder", "autoencoding", "variational"},
}

#: What is loaded by few, and only when it is needed.
RARE = {"sklearn.feature_extraction", "skdeep.callbacks", "skdeep.model_selection"}


#: Of which families an estimator may load something.
USES = {
    "register_activation": (),
    "MLPClassifier": (),
    "MLPRegressor": (),
    "MLPEnsembleClassifier": (),
    "CNNClassifier": ("cnn",),
    "NetworkClassifier": (),
    "NetworkTransformer": ("autoencoder",),
    "RNNClassifier": ("rnn",),
    "RNNForecaster": ("rnn",),
    "SequenceScaler": ("rnn",),
    "BernoulliRBM": ("rbm",),
    "GaussianRBM": ("rbm",),
    "RBMClassifier": ("rbm",),
    "DBNClassifier": ("dbn", "rbm"),
    "Autoencoder": ("autoencoder", "rbm"),
    "ConvAutoencoder": ("autoencoder", "cnn"),
    "VariationalAutoencoder": ("autoencoder",),
}


@pytest.fixture(scope="module")
def loaded_by():
    """What is loaded after each public name has been imported."""
    loaded = modules_after(*[f"from skdeep import {name}" for name in USES])
    return dict(zip(USES, loaded.values(), strict=True))


@pytest.mark.parametrize("name", USES)
def test_an_estimator_loads_no_other_family(loaded_by, name):
    foreign = set().union(*(words for key, words in FAMILIES.items() if key not in USES[name]))
    ours = {module for module in loaded_by[name] if module.startswith("skdeep.")}
    assert ours
    ours = {module for module in ours if not module.startswith("skdeep.fitting.")}  # of all kinds
    assert not {module for module in ours if foreign & set(re.split("[._]", module))}
    assert not loaded_by[name] & RARE


def test_the_package_alone_loads_nothing_of_its_own():
    loaded = modules_after("import skdeep")["import skdeep"]
    assert {module for module in loaded if module.startswith("skdeep")} == {"skdeep"}


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


def test_packages_are_found_and_other_names_are_not():
    code = "import skdeep; skdeep.callbacks.TimeBudget"
    assert "skdeep.callbacks.time_budget" in modules_after(code)[code]
    with pytest.raises(AttributeError, match="has no attribute 'MLPClasifier'"):
        skdeep.MLPClasifier
    with pytest.raises(ImportError, match="MLPClasifier"):
        from skdeep import MLPClasifier  # noqa: F401
