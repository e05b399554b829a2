"""Names that may become files: nothing from outside decides where a file goes, and every name works on Windows."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final

from errors import StoreError
from sipas.foldernames import DEVICES

_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')
_MAX_BYTES: Final = 200


def check_segment(name: str) -> str:
    """`name` (NFC) when it can be one file or folder name anywhere, else StoreError `store.file_name`."""
    text = unicodedata.normalize("NFC", name)
    bad = (
        not text
        or text.startswith(".")
        or text != text.strip()
        or text.endswith(".")
        or len(text.encode()) > _MAX_BYTES
        or _FORBIDDEN.search(text)
        or DEVICES.fullmatch(text)
    )
    if bad:
        raise StoreError("store.file_name", where=repr(name)[:80])
    return text


def check_relative(name: str) -> PurePosixPath:
    """A relative path of checked names, written with "/"."""
    return PurePosixPath(*(check_segment(part) for part in name.split("/")))
