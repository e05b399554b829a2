"""The gate: what a raw file is, before any reader opens it.

Only bytes are looked at, block by block; nothing is unpacked to disk. A file that passes has the content its name
promises, no NUL bytes, and, when it is a workbook or a document, no parts that could hurt the reader (`zipgate`).
"""

from __future__ import annotations

import codecs
import errno
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from errors import DataError
from sipas.files.limits import GateLimits
from sipas.files.readers import READERS
from sipas.files.source import GateReport
from sipas.files.zipgate import check_document, check_workbook

_REASONS: Final[Mapping[int, str]] = {
    errno.EACCES: "no permission",
    errno.EPERM: "no permission",
    errno.EIO: "the disk cannot be read",
}
_BLOCK = 4 * 2**20
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_LOCKED_PARQUET = b"PARE"
_HTML = (b"<!doctype", b"<html", b"<head", b"<meta", b"<style", b"<table", b"<?xml", b"<body", b"<div")
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def gate(path: Path, limits: GateLimits | None = None, *, shown_as: str = "") -> GateReport:
    """Prove that `path` may be handed to a reader.

    shown_as: name the person knows the file by (the stored copy is named by its hash); its suffix counts.
    Raises DataError `files.no_file`, `files.not_a_file`, `files.unreadable`, `files.empty`, `files.too_large`,
    `files.suffix`, `files.is_html`, `files.old_xls`, `files.encrypted`, `files.utf16`, `files.wrong_kind`,
    `files.nul`, and for workbooks those of `zipgate`.
    """
    limits = limits or GateLimits()
    name = shown_as or path.name
    size = _size(path, name, limits)
    try:
        with path.open("rb") as file:
            content_kind = _kind_of(file.read(4096))
        kind = _promised_kind(name, content_kind, path)
        if kind == "workbook":
            return GateReport(name, kind, size, sheets=check_workbook(path, name, limits))
        if kind == "document":
            check_document(path, name, limits)
        return _text_report(path, name, size, kind) if kind in ("text", "html") else GateReport(name, kind, size)
    except OSError as error:
        got = _REASONS.get(error.errno or 0, f"system error {error.errno}")
        raise DataError("files.unreadable", where=name, got=got) from error


def _size(path: Path, name: str, limits: GateLimits) -> int:
    if not path.exists():
        raise DataError("files.no_file", where=name)
    if not path.is_file():
        raise DataError("files.not_a_file", where=name)
    size = path.stat().st_size
    if size == 0:
        raise DataError("files.empty", where=name)
    if size > limits.max_bytes:
        raise DataError("files.too_large", where=name, got=_megabytes(size), expected=_megabytes(limits.max_bytes))
    return size


def _kind_of(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04"):
        return "workbook"
    if head.startswith(_OLE):
        return "ole"
    if head.startswith((b"$FL2", b"$FL3")):
        return "spss"
    if head.startswith((b"PAR1", _LOCKED_PARQUET)):
        return "parquet" if head.startswith(b"PAR1") else "locked"
    if head.startswith(_WIDE_MARKS):
        return "utf16"
    if head.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(_HTML):
        return "xml" if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<?xml") else "html"
    return "text"


def _promised_kind(name: str, content_kind: str, path: Path) -> str:
    """Kind by the suffix of `name`; refused when the content is another."""
    suffix = Path(name).suffix.lower()
    if content_kind == "xml" or (content_kind == "html" and (suffix not in READERS or READERS[suffix].kind != "html")):
        raise DataError("files.is_html", where=name)
    if content_kind == "locked":
        raise DataError("files.encrypted", where=name)
    if content_kind == "ole":
        if _contains(path, _ENCRYPTED):
            raise DataError("files.encrypted", where=name)
        raise DataError("files.old_xls", where=name)
    if suffix not in READERS:
        raise DataError("files.suffix", where=name, got=suffix, expected=", ".join(READERS))
    kind = READERS[suffix].kind
    if content_kind == "utf16" and kind in ("text", "html"):
        raise DataError("files.utf16", where=name)
    if content_kind != kind and (content_kind, kind) != (
        "workbook",
        "document",
    ):  # both are zips; their parts are checked later
        raise DataError("files.wrong_kind", where=name, got=content_kind, expected=kind)
    return kind


def _text_report(path: Path, name: str, size: int, kind: str) -> GateReport:
    """One pass over the bytes: NUL refused, UTF-8 or not, and the line where it stops being so."""
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    is_ascii, has_mark, bad_line, lines = True, False, 0, 1
    for number, block in enumerate(_blocks(path)):
        if number == 0:
            has_mark = block.startswith(codecs.BOM_UTF8)
        nul = block.find(b"\0")
        if nul >= 0:
            raise DataError("files.nul", where=name, got=lines + block.count(b"\n", 0, nul))
        is_ascii = is_ascii and block.isascii()
        if not bad_line:
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                bad_line = lines + block.count(b"\n", 0, error.start)
        lines += block.count(b"\n")
    if not bad_line and decoder.getstate()[0]:
        bad_line = lines
    return GateReport(name, kind, size, not bad_line, is_ascii, has_mark, bad_line)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _contains(path: Path, needle: bytes) -> bool:
    tail = b""
    for block in _blocks(path):
        if needle in tail + block:
            return True
        tail = block[-len(needle) :]
    return False


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.1f} MB"
