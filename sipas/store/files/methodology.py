"""Methodology folders: found in the workspace, then among the packaged data; pinned copies of them as snapshots.

A pin is canonical JSON of {relative path: text} of a folder's .csv, .toml and .md files with LF line ends, so the same
folder has the same hash on every computer. A round computes from its pins, never from the folders.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from errors import StoreError
from sampling.numbers import canonical_json
from sipas.store.disk.atomic import TEMPORARY, sync_folder, temporary_beside, write_whole
from sipas.store.disk.names import check_relative
from sipas.store.files.snapshots import Snapshots
from sipas.store.ledger.base import Base

_FOLDERS: Final[Mapping[str, tuple[str, str]]] = {
    "units": ("units", "units.csv"),
    "questionnaire": ("questionnaires", "questionnaire.toml"),
    "index": ("indices", "index.toml"),
    "rulebook": ("rulebooks", "rulebook.toml"),
    "round": ("rounds", "round.toml"),
}
_SUFFIXES: Final = frozenset({".csv", ".toml", ".md"})
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
_PIN: Final = "pin.json"


@dataclass(frozen=True)
class Pin:
    """One instrument of a round as it was when it was pinned."""

    kind: str
    id: str
    sha256: str


class Methodology:
    """Methodology of one workspace; `packaged` is the data folder that came with the program."""

    def __init__(self, base: Base, snapshots: Snapshots, packaged: Path) -> None:
        self._base = base
        self._snapshots = snapshots
        self._roots = (base.root / "methodology", packaged)

    def ids(self, kind: str) -> tuple[str, ...]:
        """Ids of all folders of a kind (units, questionnaire, index, rulebook, round), sorted."""
        folder, mark = _kind(kind)
        found = {
            path.parent.relative_to(root / folder).as_posix()
            for root in self._roots
            for path in (root / folder).rglob(mark)
        }
        return tuple(sorted(id for id in found if _ID.fullmatch(id)))

    def folder(self, kind: str, id: str) -> Path:
        """Folder of an instrument. StoreError `store.no_methodology`, `store.methodology_twice` (in the workspace and
        packaged: which one holds would be a guess)."""
        name, mark = _kind(kind)
        _check_id(id)
        found = [root.joinpath(name, *id.split("/")) for root in self._roots]
        found = [folder for folder in found if (folder / mark).is_file()]
        if not found:
            raise StoreError("store.no_methodology", where=f"{name}/{id}", expected=", ".join(self.ids(kind)[:20]))
        if len(found) > 1:
            raise StoreError("store.methodology_twice", where=f"{name}/{id}")
        return found[0]

    def copy(self, kind: str, source: str, id: str) -> bool:
        """Copy the folder of `source` into the workspace as `id`, to be edited; its own id is changed with it.

        False when the workspace has a folder `id`: it is left as it is. Errors as `folder`, for `source`; StoreError
        `store.methodology_twice` when `id` is a packaged one.
        """
        name, mark = _kind(kind)
        _check_id(id)
        target = self._roots[0].joinpath(name, *id.split("/"))
        origin = self.folder(kind, source)
        if self._roots[1].joinpath(name, *id.split("/")).exists():
            raise StoreError("store.methodology_twice", where=f"{name}/{id}")
        with self._base.locks.hold("methodology"):
            if target.exists():
                return False
            texts = _texts(origin)
            own_id = re.compile(rf'^(id\s*=\s*)"{re.escape(source)}"', re.MULTILINE)
            texts[mark] = own_id.sub(lambda found: f'{found[1]}"{id}"', texts[mark])
            _write_folder(texts, target)
        return True

    def put(self, kind: str, id: str, texts: Mapping[str, str], *, replace: bool = False) -> bool:
        """Put a folder of texts into the workspace, whole or not at all; False when just that is there already.

        texts: relative path -> text. Other files of a folder that is there stay. StoreError `store.methodology_twice`
        when `id` is a packaged one, `store.methodology_exists` when other texts are there and `replace` is not said.
        """
        name, _ = _kind(kind)
        _check_id(id)
        if self._roots[1].joinpath(name, *id.split("/")).exists():
            raise StoreError("store.methodology_twice", where=f"{name}/{id}")
        target = self._roots[0].joinpath(name, *id.split("/"))
        with self._base.locks.hold("methodology"):
            there = _texts(target) if target.is_dir() else {}
            if there and {**there, **texts} == there:
                return False
            if there and not replace:
                raise StoreError("store.methodology_exists", where=f"{name}/{id}")
            _write_folder({**there, **texts}, target, keep=target)
        return True

    def pin(self, kind: str, id: str) -> Pin:
        """Keep the folder as it is now as a snapshot. The same content gives the same pin."""
        archive = _archive(self.folder(kind, id))
        return Pin(kind, id, self._snapshots.put_bytes(_PIN, "", archive).sha256)

    def open_pin(self, sha256: str) -> Path:
        """Folder with the files of a pin, checked against its hash; made again when it is not whole."""
        archive = self._snapshots.read_bytes(sha256)
        folder = self._base.root / "cache" / "pins" / sha256
        with self._base.locks.hold("pins"):
            if not (folder.is_dir() and _archive(folder) == archive):
                _write_folder(json.loads(archive), folder)
        return folder


def _kind(kind: str) -> tuple[str, str]:
    if kind not in _FOLDERS:
        raise StoreError("store.methodology_kind", where=kind, expected=" | ".join(_FOLDERS))
    return _FOLDERS[kind]


def _check_id(id: str) -> None:
    if not _ID.fullmatch(id):
        raise StoreError("store.methodology_id", where=repr(id)[:80], expected="a-z 0-9 - . _ /")


def _archive(folder: Path) -> bytes:
    return canonical_json(_texts(folder)).encode()


def _texts(folder: Path) -> dict[str, str]:
    """Relative path -> text of a folder, LF line ends; hidden and lock files of editors are left out."""
    texts = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.suffix in _SUFFIXES and path.is_file() and not re.search(r"(^|/)(\.|~\$)", name):
            try:
                text = path.read_bytes().decode("utf-8")
            except UnicodeDecodeError as error:
                raise StoreError("store.not_utf8", where=name) from error
            texts[name] = text.replace("\r\n", "\n")
    return texts


def _write_folder(texts: Mapping[str, str], folder: Path, *, keep: Path | None = None) -> None:
    """Write files to a new folder and move it into place; the caller holds the lock of the parent folder.

    keep: a folder whose other files go along.
    """
    for leftover in folder.parent.glob(f"{TEMPORARY}*"):
        shutil.rmtree(leftover)
    fresh = temporary_beside(folder)
    for name, text in texts.items():
        write_whole(fresh.joinpath(*check_relative(name).parts), text.encode())
    for path in keep.rglob("*") if keep is not None and keep.is_dir() else ():
        beside = fresh / path.relative_to(keep or folder)
        if path.is_file() and not beside.exists():
            beside.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, beside)
    if folder.exists():
        shutil.rmtree(folder)
    fresh.rename(folder)
    sync_folder(folder.parent)
