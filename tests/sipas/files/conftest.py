"""Hand-made files: workbooks from raw XML and SPSS files patched byte by byte, so that any damage can be put in."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest

_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'spreadsheetml.sheet.main+xml"/></Types>'
)
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_ROOT_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="r1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def cell(ref: str, value: str | float | None, formula: str = "") -> str:
    """XML of one cell: inline text, a number, an error value (text from #), or nothing."""
    inner = f"<f>{formula}</f>" if formula else ""
    if value is None:
        return f'<c r="{ref}" s="0"/>' if not inner else f'<c r="{ref}">{inner}<v/></c>'
    if isinstance(value, str) and value.startswith("#"):
        return f'<c r="{ref}" t="e">{inner}<v>{value}</v></c>'
    if isinstance(value, str):
        return f'<c r="{ref}" t="inlineStr">{inner}<is><t>{value}</t></is></c>'
    return f'<c r="{ref}">{inner}<v>{value}</v></c>'


def sheet_xml(rows: Sequence[Sequence[str]], dimension: str = "", prolog: str = "") -> str:
    """XML of a sheet from rows of cell XML."""
    body = "".join(f"<row>{''.join(cells)}</row>" for cells in rows)
    area = f'<dimension ref="{dimension}"/>' if dimension else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}'
        f'<worksheet xmlns="{_MAIN}">{area}<sheetData>{body}</sheetData></worksheet>'
    )


def table_xml(*rows: Sequence[str | float | None]) -> str:
    """XML of a sheet with plain values from A1 on."""
    return sheet_xml(
        [[cell(f"{chr(65 + c)}{r}", value) for c, value in enumerate(row)] for r, row in enumerate(rows, start=1)]
    )


@pytest.fixture
def make_xlsx(tmp_path: Path) -> Callable[..., Path]:
    """Write a workbook of raw sheet XML by sheet name; `extra` adds or replaces parts, `hidden` names hidden sheets."""

    def make(
        sheets: dict[str, str],
        *,
        name: str = "phiếu.xlsx",
        extra: dict[str, str | bytes] | None = None,
        hidden: Sequence[str] = (),
    ) -> Path:
        tags, relations = "", ""
        parts: dict[str, str | bytes] = {"[Content_Types].xml": _CONTENT_TYPES, "_rels/.rels": _ROOT_RELS}
        for number, (sheet, xml) in enumerate(sheets.items(), start=1):
            state = ' state="hidden"' if sheet in hidden else ""
            tags += f'<sheet name="{sheet}" sheetId="{number}"{state} r:id="rId{number}"/>'
            relations += (
                f'<Relationship Id="rId{number}" Type="{_REL}/worksheet" Target="worksheets/sheet{number}.xml"/>'
            )
            parts[f"xl/worksheets/sheet{number}.xml"] = xml
        parts["xl/workbook.xml"] = f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets>{tags}</sheets></workbook>'
        parts["xl/_rels/workbook.xml.rels"] = (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f"{relations}</Relationships>"
        )
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for part, content in {**parts, **(extra or {})}.items():
                archive.writestr(part, content)
        return path

    return make


@pytest.fixture
def make_csv(tmp_path: Path) -> Callable[..., Path]:
    """Write bytes, or text as UTF-8, to a file."""

    def make(content: str | bytes, *, name: str = "phiếu.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return make


@pytest.fixture
def make_sav(tmp_path: Path) -> Callable[..., Path]:
    """Write a frame as .sav; `letters` replaces ASCII placeholders by bytes of the same length, then the header says
    `code_page` (its name and number)."""

    def make(
        frame: pd.DataFrame,
        *,
        letters: dict[bytes, bytes] | None = None,
        code_page: tuple[str, int] | None = None,
        **options: object,
    ) -> Path:
        path = tmp_path / "phieu.sav"
        pyreadstat.write_sav(frame, str(path), **options)
        data = path.read_bytes()
        for placeholder, real in (letters or {}).items():
            assert len(placeholder) == len(real) and placeholder in data
            data = data.replace(placeholder, real)
        if code_page:
            data = with_code_page(data, *code_page)
        path.write_bytes(data)
        return path

    return make


def with_code_page(data: bytes, name: str, number: int) -> bytes:
    """The bytes of a .sav with another code page in its records 7/20 (name) and 7/3 (number); name "" drops 7/20."""
    start = data.index(struct.pack("<4i", 7, 20, 1, 5))
    record = struct.pack("<4i", 7, 20, 1, len(name)) + name.encode("ascii") if name else b""
    data = data[:start] + record + data[start + 16 + 5 :]
    place = data.index(struct.pack("<4i", 7, 3, 4, 8)) + 16 + 7 * 4
    return data[:place] + struct.pack("<i", number) + data[place + 4 :]


@pytest.fixture
def xml() -> type:
    """The XML makers, for tests that build a sheet cell by cell."""

    class Xml:
        cell = staticmethod(cell)
        sheet = staticmethod(sheet_xml)
        table = staticmethod(table_xml)

    return Xml
