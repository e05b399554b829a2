"""The gate for workbooks: zip members, XML without declarations, and the raw cells of every sheet.

The native reader turns error cells into blanks, formulas into their last value, and aborts the process on one stray
far cell, so these are found here, in the raw XML, before it runs.
"""

from __future__ import annotations

import html
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from posixpath import join, normpath

from errors import DataError
from sipas.files.limits import GateLimits
from sipas.files.sheetgate import SheetFacts, SheetScan

# What zipfile and zlib raise while a damaged, locked or unknown archive is read, one part after another.
_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)

_BLOCK = 4 * 2**20
_SMALL_PART = 2**20
_XML = (".xml", ".rels", ".vml")
_DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([^"']+)""")
_SHEET_TAG = re.compile(r"<(?:\w+:)?sheet\s([^<>]*)>")
_RELATION_TAG = re.compile(r"<(?:\w+:)?Relationship\s([^<>]*)>")
_ATTRIBUTE = re.compile(r"""(?<![\w:])([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_DOCUMENT = "word/document.xml"
_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


def check_workbook(path: Path, name: str, limits: GateLimits) -> Mapping[str, SheetFacts]:
    """Facts of each worksheet by its name. `name`: the file as the person knows it.

    Raises DataError `files.broken_zip`, `files.encrypted`, `files.duplicate_part`, `files.too_many_parts`,
    `files.zip_bomb`, `files.not_workbook`, `files.dtd`, `files.xml_encoding`, and those of `sheetgate`.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist(), name, limits)
            if not {_WORKBOOK, _RELATIONS} <= set(archive.namelist()):
                raise DataError("files.not_workbook", where=name)
            sheets, worksheets = _sheet_parts(archive)
            facts = {}
            for info in archive.infolist():
                part = info.filename.lower()
                if part in worksheets:
                    scan = SheetScan(name, info.filename, limits)
                    _check_part(archive, info, name, scan)
                    facts[part] = scan.close()
                elif part.endswith(_XML):
                    _check_part(archive, info, name, None)
    except _UNREADABLE as error:
        raise DataError("files.broken_zip", where=name) from error
    if not facts:
        raise DataError("files.not_workbook", where=name)
    return {sheet: facts[part] for sheet, part in sheets.items() if part in facts}


def check_document(path: Path, name: str, limits: GateLimits) -> None:
    """The parts of a .docx. Raises DataError as `check_workbook`, and `files.not_document`."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_members(archive.infolist(), name, limits)
            if _DOCUMENT not in archive.namelist():
                raise DataError("files.not_document", where=name)
            for info in archive.infolist():
                if info.filename.lower().endswith(_XML):
                    _check_part(archive, info, name, None)
    except _UNREADABLE as error:
        raise DataError("files.broken_zip", where=name) from error


def _check_members(members: list[zipfile.ZipInfo], name: str, limits: GateLimits) -> None:
    names = [info.filename.lower() for info in members]
    if len(names) > limits.max_parts:
        raise DataError("files.too_many_parts", where=name, got=len(names), expected=limits.max_parts)
    if len(set(names)) < len(names):
        raise DataError("files.duplicate_part", where=name, got=len(names) - len(set(names)))
    if any(info.flag_bits & 0x1 for info in members):
        raise DataError("files.encrypted", where=name)
    worst = max((i.file_size / max(i.compress_size, 1) for i in members if i.file_size > _SMALL_PART), default=0.0)
    if worst > limits.max_ratio or sum(info.file_size for info in members) > limits.max_unpacked:
        raise DataError("files.zip_bomb", where=name, got=f"{worst:.0f}:1", expected=f"{limits.max_ratio}:1")


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, scan: SheetScan | None) -> None:
    """Read one XML part to its end, so that its checksum is proved too; feed it to `scan` when it is a sheet."""
    tail = b""
    with archive.open(info) as part:
        _check_encoding(head := part.read(_BLOCK), name, info.filename)
        block = head
        while block:
            if _DECLARATION.search(tail + block):
                raise DataError("files.dtd", where=name, got=info.filename)
            if scan:
                scan.feed(block)
            tail = block[-16:]
            block = part.read(_BLOCK)


def _check_encoding(head: bytes, name: str, part: str) -> None:
    declared = _ENCODING.match(head.removeprefix(b"\xef\xbb\xbf"))
    encoding = declared.group(1).decode("latin-1").lower() if declared else "utf-8"
    if b"\0" in head or encoding not in ("utf-8", "us-ascii"):
        raise DataError("files.xml_encoding", where=name, got=part, expected="UTF-8")


def _sheet_parts(archive: zipfile.ZipFile) -> tuple[dict[str, str], set[str]]:
    """Part of each sheet by sheet name, through the relations of the workbook; and all parts that are worksheets."""
    relations, worksheets = {}, set()
    for tag in _RELATION_TAG.findall(archive.read(_RELATIONS).decode("utf-8-sig")):
        values = _attributes(tag)
        target = values.get("Target", "")
        part = target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))
        relations[values.get("Id", "")] = part.lower()
        if values.get("Type", "").endswith("/worksheet"):
            worksheets.add(part.lower())
    sheets = {}
    for tag in _SHEET_TAG.findall(archive.read(_WORKBOOK).decode("utf-8-sig")):
        values = _attributes(tag)
        relation = next((value for key, value in values.items() if key.endswith(":id")), "")
        sheets[values.get("name", "")] = relations.get(relation, "")
    return sheets, worksheets


def _attributes(tag: str) -> dict[str, str]:
    return {key: html.unescape(double or single) for key, double, single in _ATTRIBUTE.findall(tag)}
