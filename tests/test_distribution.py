"""The name that pip knows is our own; skdeep on PyPI is a package of somebody else's."""

import re
import tomllib
from pathlib import Path

import pytest

import skdeep

ROOT = Path(__file__).parents[1]
#: What may tell people, or machines, what to install.
PLACES = [
    "README.md",
    "CHANGELOG.md",
    "CITATION.cff",
    ".pre-commit-config.yaml",
    "pyproject.toml",
    ".ci",
    "benchmarks",
    "docs",
    "examples",
    "skdeep",
    "tests",
]
TEXTS = {".md", ".py", ".toml", ".rst", ".txt", ".ipynb", ".yml", ".yaml", ""}
#: An argument of an install command that is the bare name, alone or with extras or a version.
BARE = re.compile(r"pip3? (install|download)\b[^\n]*?[\s\"'`=]skdeep\b(?!/)")
EXTRAS = re.compile(r"\bskdeep\[[a-z]")


def install_lines():
    """Return what is in these places about installing, by file."""
    files = [ROOT / place for place in PLACES if (ROOT / place).is_file()]
    for place in PLACES:
        files += sorted((ROOT / place).rglob("*")) if (ROOT / place).is_dir() else []
    for file in files:
        if file == Path(__file__) or not file.is_file() or file.suffix not in TEXTS:
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            if BARE.search(line) or EXTRAS.search(line):
                yield f"{file.relative_to(ROOT)}: {line.strip()}"


def test_no_install_line_names_what_others_own():
    assert (ROOT / "README.md").exists()
    assert list(install_lines()) == []


@pytest.mark.parametrize(
    ("line", "bad"),
    [
        ("pip install skdeep", True),
        ('pip install "skdeep[cuda12]"', True),
        ("`pip install -U skdeep`", True),
        ("needs skdeep[plot]", True),
        ('pip install "scikit-deep[cuda12]"', False),
        ("pip install . && ruff check src/skdeep/nn", False),
        ("import skdeep", False),
    ],
)
def test_what_an_install_line_is(line, bad):
    assert bool(BARE.search(line) or EXTRAS.search(line)) == bad


def test_the_distribution_and_its_extras_have_our_name():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["name"] == "scikit-deep"
    extras = [needed for extra in project["optional-dependencies"].values() for needed in extra]
    names = {re.split(r"[^\w.-]", needed)[0] for needed in extras}
    assert "scikit-deep" in names
    assert skdeep.__name__ not in names


def test_the_citation_is_of_this_version():
    lines = (ROOT / "CITATION.cff").read_text(encoding="utf-8").splitlines()
    assert f"version: {skdeep.__version__}" in lines
