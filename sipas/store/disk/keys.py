"""The key of a workspace: one file outside of it, and keys for each purpose made from it (HKDF-SHA-256)."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from errors import StoreError
from sipas.store.disk.atomic import write_whole

# Keys depend on the key file alone: a workspace made anew with the same file gives the same pseudonyms and draw.
_SALT: Final = "sipas"


def default_key_file(workspace_id: str) -> Path:
    """Where the key lives unless told otherwise: the person's own folder."""
    return Path.home() / ".sipas" / "keys" / f"{workspace_id}.key"


def make_key_file(path: Path, root: Path, key: str = "") -> None:
    """Make a key file (`key`, or 32 random bytes as hex; readable by its owner only) unless there is one.

    StoreError `store.key_inside` when `path` lies in the workspace `root` (a backup would hold lock and key),
    `store.wrong_key` when there is one with another content than `key`.
    """
    place = path.expanduser()
    if place.resolve().is_relative_to(root.resolve()):
        raise StoreError("store.key_inside", where=str(path))
    if not place.exists():
        write_whole(place, f"{key or secrets.token_hex(32)}\n".encode(), mode=0o600)
    if key and _read(place).hex() != key:
        raise StoreError("store.wrong_key", where=str(path))


def key_check(path: Path, workspace_id: str) -> str:
    """16 hex characters that tell whether a key file belongs to this workspace; they say nothing about the key."""
    return _derive(_read(path), workspace_id, "key_check")[:8].hex()


class Keys:
    """Keys by purpose. The file is read at first use: a workspace opens without it, contacts and ids do not."""

    def __init__(self, path: Path, workspace_id: str, check: str) -> None:
        self._path = path
        self._workspace_id = workspace_id
        self._check = check
        self._master: bytes | None = None

    def key(self, purpose: str) -> bytes:
        """32 bytes for `purpose`. StoreError `store.no_key`, `store.bad_key`, `store.wrong_key`."""
        if self._master is None:
            if key_check(self._path, self._workspace_id) != self._check:
                raise StoreError("store.wrong_key", where=str(self._path))
            self._master = _read(self._path)
        return _derive(self._master, _SALT, f"purpose:{purpose}")


def _read(path: Path) -> bytes:
    try:
        text = path.expanduser().read_text(encoding="ascii").strip()
    except OSError:
        raise StoreError("store.no_key", where=str(path)) from None
    except UnicodeDecodeError:
        text = ""
    if not re.fullmatch("[0-9a-f]{64}", text):
        raise StoreError("store.bad_key", where=str(path))
    return bytes.fromhex(text)


def _derive(master: bytes, salt: str, info: str) -> bytes:
    return HKDF(SHA256(), 32, salt.encode(), info.encode()).derive(master)
