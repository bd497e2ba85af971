"""Checkpoint files: a JSON tree whose arrays lie in an npz, checksummed and written atomically.

A file is the line :data:`MAGIC`, a line with the checksum of the rest, and the rest: an npz with
the tree as its member ``tree``. Reading one executes nothing: no pickle is involved.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from skdeep.fitting.resuming import CheckpointError, taking_up

MAGIC = b"skdeep checkpoint 1\n"


def write(path: Path, tree: Mapping[str, Any]) -> None:
    """Write `tree` so that at any moment `path` is the old file or the new one, whole.

    Parameters
    ----------
    path : Path
        Where; missing folders are made.
    tree : mapping
        Mappings with string keys, lists, tuples, strings, numbers, None and arrays (also of
        strings as objects).
    """
    content = _encode(tree)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(temporary_name(path.name, uuid.uuid4().hex[:8]))
    try:
        with open(temporary, "xb") as file:
            file.write(MAGIC + _checksum(content) + content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def temporary_name(name: str, digits: str) -> str:
    """Return under which name a file is written, until it is whole."""
    return f".{name}.{digits}.tmp"


def read(path: Path) -> dict[str, Any]:
    """Return the tree in a file.

    Raises
    ------
    CheckpointError
        If the file is not a checkpoint, or not a whole one.
    """
    content = path.read_bytes()
    if not content.startswith(MAGIC):
        raise CheckpointError(f"{path} is not a checkpoint of skdeep, or of another version of it")
    start = len(MAGIC) + len(_checksum(b""))
    if content[len(MAGIC) : start] != _checksum(content[start:]):
        raise CheckpointError(
            f"{path} is damaged or incomplete: its checksum is wrong. Delete it to use the one "
            "before."
        )
    with taking_up(str(path)):
        return _decode(content[start:])


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode() + b"\n"


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power failure, where folders can be synced."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _encode(tree: Any) -> bytes:
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_pack(tree, arrays))
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, tree=np.frombuffer(text.encode(), np.uint8), **arrays)
    return stream.getvalue()


def _decode(content: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as members:
        tree: dict[str, Any] = _unpack(json.loads(members["tree"].tobytes()), members)
    return tree


def _pack(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return `value` as JSON's types; arrays go to `arrays` and leave their names."""
    if isinstance(value, Mapping):
        return {key: _pack(entry, arrays) for key, entry in value.items()}
    if isinstance(value, list):
        return [_pack(entry, arrays) for entry in value]
    if isinstance(value, tuple):
        return {"<tuple>": _pack(list(value), arrays)}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray) and value.dtype == object:
        return {"<objects>": value.tolist()}  # class labels and feature names are str objects
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"<array>": name}
    return value


def _unpack(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpack(entry, arrays) for entry in value]
    if not isinstance(value, dict):
        return value
    if "<array>" in value:
        return arrays[value["<array>"]]
    if "<tuple>" in value:
        return tuple(_unpack(value["<tuple>"], arrays))
    if "<objects>" in value:
        return np.array(value["<objects>"], object)
    return {key: _unpack(entry, arrays) for key, entry in value.items()}
