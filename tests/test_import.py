"""What `import skdeep` may load: nothing heavy that scikit-learn does not load by itself."""

import subprocess
import sys

import pytest

SCRIPT = """
import sys
import sklearn, sklearn.neural_network
before = set(sys.modules)
import skdeep
added = {name.partition(".")[0] for name in set(sys.modules) - before}
print("\\n".join(sorted(added)))
"""


@pytest.fixture(scope="module")
def added_by_import():
    """Top-level names that `import skdeep` adds to what scikit-learn's networks import."""
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
        [sys.executable, "-W", "error", "-c", "import skdeep"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
