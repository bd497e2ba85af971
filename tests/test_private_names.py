"""What other packages keep private is used in two modules, each name with its reason."""

import ast
import re
from pathlib import Path

import pytest

import skdeep
from skdeep.backend import _compat as engine
from skdeep.data import _compat as learn

ROOT = Path(skdeep.__file__).parent
MODULES = {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.rglob("*.py"))}
COMPAT = {"backend/_compat.py", "data/_compat.py"}
#: Of Python itself, or public all the same: a named tuple's method.
ALLOWED = {"_getframe", "_replace"}


def is_private(name):
    return name.startswith("_") and not name.endswith("__")


def private_imports(tree):
    """Yield what a module imports of others that is private, or from what they vendor."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            found = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            continue
        for name in found:
            package, *inner = name.split(".")
            private = any(is_private(part) for part in inner) or "externals" in inner
            if private and package not in ("skdeep", "__future__"):
                yield name


def defined(tree):
    """Yield the names that a module defines, sets or declares."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def private_attributes(tree):
    """Yield the private attributes that a module reads, by dots or by ``getattr``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.attr
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "hasattr"):
            name = node.args[1]
            if isinstance(name, ast.Constant) and is_private(name.value):
                yield name.value


@pytest.fixture(scope="module")
def trees():
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def test_only_two_modules_import_private_names(trees):
    found = {name: list(private_imports(tree)) for name, tree in trees.items()}
    assert {name for name, names in found.items() if names} == COMPAT, found


def test_only_two_modules_read_private_attributes_of_others(trees):
    ours = {name for tree in trees.values() for name in defined(tree)} | ALLOWED
    found = {
        name: foreign
        for name, tree in trees.items()
        if (foreign := set(private_attributes(tree)) - ours)
    }
    assert set(found) <= COMPAT, found
    assert found["data/_compat.py"]


@pytest.mark.parametrize("name", sorted(COMPAT))
def test_each_import_of_a_private_name_has_its_reason(trees, name):
    lines = MODULES[name].read_text(encoding="utf-8").splitlines()
    reasoned = set()
    for node in trees[name].body:
        if any(private_imports(ast.Module([node], []))):
            if lines[node.lineno - 2].startswith("# "):
                reasoned.add(node.module)
            assert node.module in reasoned, ast.unparse(node)  # one reason may serve a group
    assert reasoned


@pytest.mark.parametrize("module", [engine, learn])
def test_what_is_exported_is_used(module):
    word = module.__name__
    texts = [path.read_text(encoding="utf-8") for path in MODULES.values()]
    users = "\n".join(text for text in texts if f"from {word} import" in text)
    for name in module.__all__:
        assert re.search(rf"\b{name}\b", users), f"nobody uses {name} of {word}"
        assert hasattr(module, name)
