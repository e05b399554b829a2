"""Outputs: files for people, under outputs/ of the workspace, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from errors import StoreError
from sipas.store.disk.atomic import (
    disk_errors,
    move_into_place,
    sha256_of,
    sweep_temporaries,
    sync_file,
    temporary_beside,
    write_whole,
)
from sipas.store.disk.names import check_relative
from sipas.store.ledger.base import Base


class Outputs:
    """The one writer of files that people open."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._folder = base.root / "outputs"

    def path(self, name: str) -> Path:
        """Where the output `name` ("2026/Kết quả.xlsx") is or will be. StoreError `store.file_name`."""
        path = self._folder.joinpath(*check_relative(name).parts)
        if not path.resolve().is_relative_to(self._folder.resolve()):
            raise StoreError("store.file_name", where=name)
        return path

    def write(self, name: str, maker: Callable[[Path], None], *, is_private: bool = False) -> Path:
        """Let `maker` write to a temporary path with the same suffix, then put the file in its place.

        A file with the same content stays untouched. is_private: nobody but the owner may read the file (0600) or look
        into its folders below the first one (0700); Windows has no such bits and keeps the rights of the workspace.
        StoreError `store.output_in_use` when the target cannot be
        replaced (open in Excel on Windows), `store.no_rights`, `store.disk_full`.
        """
        target = self.path(name)
        with self._base.locks.hold(f"outputs/{target.parent}"), disk_errors(target):
            if target.parent.is_dir():
                sweep_temporaries(target.parent)
            temporary = temporary_beside(target)
            try:
                if is_private:
                    self._shut(temporary, target)
                maker(temporary)
                if not _same(temporary, target):
                    sync_file(temporary)
                    _replace(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)
        return target

    def write_bytes(self, name: str, data: bytes, *, is_private: bool = False) -> Path:
        """Write `data` as the output `name`; see `write`."""

        def save(path: Path) -> None:
            path.write_bytes(data)

        return self.write(name, save, is_private=is_private)

    def names(self, folder: str) -> tuple[str, ...]:
        """Names of all outputs below a folder ("2026/danh-sach"), sorted; none where there is no such folder."""
        top = self.path(folder)
        found = (Path(place, file) for place, _, files in os.walk(top) for file in files)
        return tuple(sorted(path.relative_to(self._folder).as_posix() for path in found))

    def remove(self, names: Iterable[str]) -> int:
        """Remove outputs and the folders that this leaves empty; returns how many files there were.

        StoreError `store.file_name`, `store.output_in_use` (open in another program), `store.no_rights`.
        """
        return sum(self._remove(self.path(name)) for name in names)

    def _remove(self, target: Path) -> bool:
        with self._base.locks.hold(f"outputs/{target.parent}"), disk_errors(target):
            try:
                target.unlink()
            except FileNotFoundError:
                return False
            except PermissionError as error:
                raise StoreError("store.output_in_use", where=target.name) from error
        for folder in target.parents:
            if folder == self._folder or next(folder.iterdir(), None) is not None:
                break
            folder.rmdir()
        return True

    def _shut(self, temporary: Path, target: Path) -> None:
        """Take away everybody else's rights before there is any content."""
        depth = len(target.relative_to(self._folder).parts)
        for folder in target.parents[: depth - 2]:
            folder.chmod(0o700)
        temporary.touch(0o600)
        if target.is_file():
            target.chmod(0o600)


def write_outside(path: Path, data: bytes) -> Path:
    """Write `data` where a person asked for it, outside any workspace; whole or not at all.

    StoreError `store.no_folder` when the folder is not there, `store.output_in_use`, `store.no_rights`,
    `store.disk_full`.
    """
    if not path.parent.is_dir():
        raise StoreError("store.no_folder", where=str(path.parent))
    try:
        write_whole(path, data)
    except StoreError as error:
        if error.rule == "store.no_rights" and path.exists():
            raise StoreError("store.output_in_use", where=path.name) from error
        raise
    return path


def _same(temporary: Path, target: Path) -> bool:
    try:
        return target.is_file() and sha256_of(target) == sha256_of(temporary)
    except PermissionError:
        return False  # held by another program: replacing it says so


def _replace(temporary: Path, target: Path) -> None:
    try:
        move_into_place(temporary, target)
    except PermissionError as error:
        raise StoreError("store.output_in_use", where=target.name) from error
