"""Checkpoint files: a JSON tree whose arrays lie in an npz, checksummed and written atomically.

A file is the line :data:`MAGIC`, a line with the checksum of the rest, and the rest: an npz with
the tree as its member ``tree``. Reading one executes nothing: no pickle is involved.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from skdeep.fitting.resuming import CheckpointError, taking_up

#: How files of every version begin.
KIND = b"skdeep checkpoint "
MAGIC = KIND + b"2\n"
#: How often a file is written anew that another process took for a leftover.
TRIES = 3


def encode(tree: Mapping[str, Any]) -> bytes:
    """Return the content of a file.

    Parameters
    ----------
    tree : mapping
        Mappings with string keys, lists, tuples, strings, numbers, None and arrays (also of
        strings as objects).

    Raises
    ------
    TypeError
        If there is anything else in it; the message says where.
    """
    content = _encode(tree)
    return MAGIC + _checksum(content) + content


def write(path: Path, content: bytes) -> None:
    """Write a file so that at any moment `path` is the old one or the new one, whole.

    Missing folders are made.
    """
    for tries_left in reversed(range(TRIES)):
        temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
            break
        except FileNotFoundError:
            # The same fit has begun in another process, and swept this file away.
            if not tries_left:
                raise
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    _sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Remove what writers left in a folder that were killed."""
    for file in folder.glob(".*.skdeep.*.tmp"):
        if re.fullmatch(r"\..+\.skdeep\.[0-9a-f]{8}\.tmp", file.name):
            with suppress(OSError):  # gone by now, or open in another process
                file.unlink()


def read(path: Path) -> dict[str, Any]:
    """Return the tree in a file.

    Raises
    ------
    CheckpointError
        If the file is not a checkpoint, or not a whole one.
    """
    content = path.read_bytes()
    if not content.startswith(MAGIC):
        if content.startswith(KIND):
            raise CheckpointError(
                f"{path} has the format of another version of skdeep: it can be read, and its "
                "training can go on, with that version only"
            )
        raise CheckpointError(f"{path} is not a checkpoint of skdeep")
    start = len(MAGIC) + len(_checksum(b""))
    if content[len(MAGIC) : start] != _checksum(content[start:]):
        raise CheckpointError(
            f"{path} is damaged or incomplete: its checksum is wrong. Delete it to begin "
            "anew, or put another checkpoint in its place."
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
    text = json.dumps(_pack(tree, arrays, ""))
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, tree=np.frombuffer(text.encode(), np.uint8), **arrays)
    return stream.getvalue()


def _decode(content: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as members:
        tree: dict[str, Any] = _unpack(json.loads(members["tree"].tobytes()), members)
    return tree


def _pack(value: Any, arrays: dict[str, np.ndarray], place: str) -> Any:
    """Return `value` as JSON's types; arrays go to `arrays` and leave their names."""
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):  # JSON would make a string of it
                raise TypeError(f"a checkpoint cannot hold the key {key!r} of {place}: no string")
        return {key: _pack(entry, arrays, _below(place, key)) for key, entry in value.items()}
    if isinstance(value, list):
        return [_pack(entry, arrays, place) for entry in value]
    if isinstance(value, tuple):
        return {"<tuple>": _pack(list(value), arrays, place)}
    if isinstance(value, np.generic):
        return _pack(value.item(), arrays, place)
    if isinstance(value, np.ndarray) and value.dtype == object:
        # Class labels and feature names are strings as objects.
        return {"<objects>": _pack(value.tolist(), arrays, place)}
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"<array>": name}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(
        f"a checkpoint cannot hold {place}, of type {type(value).__name__}: only numbers, strings, "
        "arrays and lists, tuples and dicts of them"
    )


def _below(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


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
