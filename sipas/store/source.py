"""Hash of the code that makes numbers: a changed function never yields an old result."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("sampling", "sipas")


@lru_cache(maxsize=1)
def source_hash() -> str:
    """SHA-256 over the names and text of all .py files of `sampling` and `sipas` as installed; line ends as LF."""
    folders = [
        (name, Path(folder))
        for name in _PACKAGES
        for spec in [find_spec(name)]
        for folder in (spec.submodule_search_locations or [] if spec else [])
    ]
    return hash_sources(folders)


def hash_sources(folders: list[tuple[str, Path]]) -> str:
    """SHA-256 over the .py files below each (package name, folder), by name: the same on every computer."""
    digest = hashlib.sha256()
    files = [
        (f"{name}/{path.relative_to(folder).as_posix()}", path)
        for name, folder in folders
        for path in folder.rglob("*.py")
    ]
    for name, path in sorted(files):
        text = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{name}\n{len(text)}\n".encode() + text)
    return digest.hexdigest()
