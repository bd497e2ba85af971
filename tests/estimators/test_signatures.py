"""Every public constructor is what it was: names, order, what is positional, defaults.

``python -m tests.estimators.test_signatures`` writes the snapshot anew. Look at what changed in
it: a parameter that went, or another default, breaks the code of users.
"""

import inspect
from pathlib import Path

import pytest

import skdeep
import skdeep.model_selection

#: A class a paragraph: a parameter a line, in order; those below the asterisk go by keyword only.
SNAPSHOT = Path(__file__).parent / "signatures.txt"
WRITTEN = dict(paragraph.split("\n", 1) for paragraph in SNAPSHOT.read_text().strip().split("\n\n"))
CLASSES = {
    name: getattr(module, name)
    for module in (skdeep, skdeep.model_selection)
    for name in module.__all__
    if inspect.isclass(getattr(module, name))
}


def written(cls):
    """Return the signature as the snapshot writes it."""
    lines = []
    for parameter in inspect.signature(cls).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and "    *" not in lines:
            lines.append("    *")
        given = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
        lines.append(f"    {parameter.name}{given}")
    return "\n".join(lines)


def snapshot(classes):
    """Return the text of the snapshot for classes by name."""
    paragraphs = (f"{name}\n{written(classes[name]).rstrip()}" for name in sorted(classes))
    return "\n\n".join(paragraphs) + "\n"


def test_the_command_writes_what_signatures_are_now():
    class Wide:
        def __init__(self, units, *, rate=0.1):
            pass

    assert snapshot({"Wide": Wide}) == "Wide\n    units\n    *\n    rate = 0.1\n"
    assert snapshot(CLASSES) == SNAPSHOT.read_text()


def test_every_public_class_has_its_signature_written():
    assert sorted(WRITTEN) == sorted(CLASSES)


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_signature(name):
    assert written(CLASSES[name]) == WRITTEN[name].rstrip()


if __name__ == "__main__":
    SNAPSHOT.write_text(snapshot(CLASSES))
