"""The lowest releases that may be installed are those that .ci/run tests."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Extras whose packages the package or its tests use.
EXTRAS = ("images", "plot", "progress", "test")


def release(text):
    """Return a version as numbers, without zeros at its end: 2.0 is 2.0.0."""
    numbers = [int(part) for part in text.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


def bounds(requirements, sign):
    """Return the releases that requirements name behind a sign, by package.

    Those for some systems alone, and our own extras, are left out.
    """
    form = re.compile(rf"([\w-]+){sign}([\d.]+)")
    general = [one for one in requirements if ";" not in one and "scikit-deep" not in one]
    matches = {one: form.fullmatch(one) for one in general}
    assert all(matches.values()), [one for one, match in matches.items() if not match]
    return {match[1]: release(match[2]) for match in matches.values()}


def test_the_lowest_releases_are_those_of_pyproject():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = list(project["dependencies"])
    for extra in EXTRAS:
        needed += project["optional-dependencies"][extra]
    lines = (ROOT / ".ci" / "lowest.txt").read_text(encoding="utf-8").splitlines()
    pinned = bounds([line for line in lines if not line.startswith("#")], "==")
    assert pinned == bounds(needed, ">=")
