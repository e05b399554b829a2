"""One entry for each file format that may come in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sipas.files.csvfile import read_csv
from sipas.files.savfile import read_sav
from sipas.files.source import Sheet, Source
from sipas.files.xlsxfile import read_xlsx


@dataclass(frozen=True)
class Reader:
    """`kind`: what the gate must find in the bytes (text, workbook, spss); `read`: runs in the child process."""

    kind: str
    read: Callable[[Source], Sheet]


READERS: Mapping[str, Reader] = {
    ".csv": Reader("text", read_csv),
    ".txt": Reader("text", read_csv),
    ".tsv": Reader("text", read_csv),
    ".xlsx": Reader("workbook", read_xlsx),
    ".sav": Reader("spss", read_sav),
    ".zsav": Reader("spss", read_sav),
}
