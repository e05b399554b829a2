"""What a sender says the SHA-256 of a file is: given by the operator, or in a list of hashes beside the file.

A value that was changed on the way from one valid code into another is found by nothing else.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from errors import DataError

LIST_NAMES: Final = ("sha256sums", "sha256sums.txt", "sha256.txt")  # in any case
SUFFIX: Final = ".sha256"
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_LINE: Final = re.compile(r"\\?(?P<hash>[0-9a-fA-F]{64})(?: [ *](?P<name>.+))?")  # as sha256sum writes and reads it
_MOST_BYTES: Final = 1 << 20


def is_hash_list(path: Path) -> bool:
    """Whether a file is a list of hashes and no delivery, by its name."""
    return path.name.lower() in LIST_NAMES or path.suffix.lower() == SUFFIX


def hash_by_sender(path: Path, given: str = "") -> str:
    """SHA-256 of a file as its sender tells it, 64 lower-case hex characters; "" when nobody tells it.

    given: 64 hex characters in any case, blanks between them allowed; else `<file>.sha256` or a list of LIST_NAMES in
    the same folder is read, in the form of sha256sum. DataError `files.hash_format`, `files.hash_list` (a list with
    other lines), `files.hash_twice` (lists that give the file two hashes).
    """
    return _typed(given, path.name) if given else _listed(path)


def _typed(given: str, name: str) -> str:
    expected = "".join(given.split()).lower()
    if not _HASH.fullmatch(expected):
        raise DataError("files.hash_format", where=name, got=len(expected))
    return expected


def _listed(path: Path) -> str:
    """Hash of a file by the lists beside it; "" when none names it."""
    if not path.is_file():
        return ""
    beside = sorted(other for other in path.parent.iterdir() if other != path and is_hash_list(other))
    own = f"{path.name}{SUFFIX}".lower()
    hashes = {
        line["hash"].lower()
        for other in beside
        if other.suffix.lower() != SUFFIX or other.name.lower() in (own, f"{path.stem}{SUFFIX}".lower())
        for line in _lines(other)
        if (line["name"] or path.name).replace("\\", "/").rpartition("/")[2] == path.name
    }
    if len(hashes) > 1:
        raise DataError("files.hash_twice", where=path.name, got=len(hashes))
    return next(iter(hashes), "")


def _lines(path: Path) -> list[re.Match[str]]:
    text = path.read_bytes()[:_MOST_BYTES].decode("utf-8-sig", "replace")
    lines = [_LINE.fullmatch(line.strip()) for line in text.splitlines() if line.strip()]
    if not all(lines):
        raise DataError("files.hash_list", where=path.name)
    return [line for line in lines if line is not None]
