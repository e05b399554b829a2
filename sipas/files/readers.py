"""One entry for each file format that may come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sipas.files.csvfile import read_csv
from sipas.files.csvgrid import read_csv_grid
from sipas.files.docxfile import read_docx
from sipas.files.htmlfile import read_html
from sipas.files.parquetfile import read_parquet
from sipas.files.savfile import read_sav
from sipas.files.source import Sheet, Source
from sipas.files.xlsxfile import read_xlsx


@dataclass(frozen=True)
class Reader:
    """`kind`: what the gate must find in the bytes (text, html, workbook, document, parquet, spss).
    `read`: runs in the child."""

    kind: str
    read: Callable[[Source], Sheet]


def _read_text(source: Source) -> Sheet:
    return read_csv_grid(source) if source.as_grid else read_csv(source)


READERS: Mapping[str, Reader] = {
    ".csv": Reader("text", _read_text),
    ".txt": Reader("text", _read_text),
    ".tsv": Reader("text", _read_text),
    ".xlsx": Reader("workbook", read_xlsx),
    ".xls": Reader("html", read_html),
    ".html": Reader("html", read_html),
    ".htm": Reader("html", read_html),
    ".docx": Reader("document", read_docx),
    ".parquet": Reader("parquet", read_parquet),
    ".sav": Reader("spss", read_sav),
    ".zsav": Reader("spss", read_sav),
}
