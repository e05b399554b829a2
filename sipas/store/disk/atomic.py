"""Files that are there whole or not at all: a temporary name in the same folder, fsync, rename."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from errors import StoreError

TEMPORARY: Final = ".part-"
_DISK_RULES: Final = {
    errno.ENOSPC: "store.disk_full",
    errno.EDQUOT: "store.disk_full",
    errno.EACCES: "store.no_rights",
    errno.EPERM: "store.no_rights",
    errno.EROFS: "store.read_only",
    errno.EIO: "store.disk_error",
}


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes as lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_whole(target: Path, data: bytes, *, mode: int = 0o666) -> None:
    """Write `data` to `target`, replacing what is there. A kill at any moment leaves the old file or the new one."""
    with disk_errors(target):
        temporary = temporary_beside(target)
        with open(temporary, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        move_into_place(temporary, target)


def temporary_beside(target: Path) -> Path:
    """A free name in the folder of `target` (made if absent), with its suffix; `sweep_temporaries` knows it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.with_name(f"{TEMPORARY}{secrets.token_hex(8)}{target.suffix}")


def move_into_place(temporary: Path, target: Path) -> None:
    """Rename a finished and fsynced file to its name, and fsync the folder."""
    os.replace(temporary, target)  # noqa: PTH105
    sync_folder(target.parent)


def sync_file(path: Path) -> None:
    """Flush a file written by somebody else to the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable. Windows has no such call and does not need it."""
    if os.name == "nt":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def sweep_temporaries(folder: Path) -> int:
    """Remove what broken-off writers left in `folder`. Call it only while no other writer can be at work there."""
    leftovers = list(folder.glob(f"{TEMPORARY}*"))
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    return len(leftovers)


@contextmanager
def disk_errors(target: Path) -> Iterator[None]:
    """Turn what the system says of the disk into StoreError `store.disk_full`, `store.no_rights`, `store.read_only`,
    `store.disk_error`; it names the file where the system does, else `target`."""
    try:
        yield
    except OSError as error:
        rule = _DISK_RULES.get(error.errno or 0)
        if rule is None:
            raise
        raise StoreError(rule, where=Path(error.filename).name if error.filename else target.name) from error
