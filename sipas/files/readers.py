"""One entry for each file format that may come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sipas.files.csvfile import read_csv
from sipas.files.csvgrid import read_csv_grid
from sipas.files.docxfile import read_docx
from sipas.files.savfile import read_sav
from sipas.files.source import Sheet, Source
from sipas.files.xlsxfile import read_xlsx


@dataclass(frozen=True)
class Reader:
    """`kind`: what the gate must find in the bytes (text, workbook, document, spss); `read`: runs in the child."""

    kind: str
    read: Callable[[Source], Sheet]


def _read_text(source: Source) -> Sheet:
    return read_csv_grid(source) if source.as_grid else read_csv(source)


READERS: Mapping[str, Reader] = {
    ".csv": Reader("text", _read_text),
    ".txt": Reader("text", _read_text),
    ".tsv": Reader("text", _read_text),
    ".xlsx": Reader("workbook", read_xlsx),
    ".docx": Reader("document", read_docx),
    ".sav": Reader("spss", read_sav),
    ".zsav": Reader("spss", read_sav),
}
