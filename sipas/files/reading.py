"""Reading an untrusted file through a child process, so that no file can stop or swell this one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pyarrow as pa

from errors import DataError, Fault, FaultsFound, SurveyError
from sipas.cells.text import folded
from sipas.files.grid import GridRow, grid_of
from sipas.files.inspection import LAYOUT_KEY
from sipas.files.limits import GateLimits
from sipas.files.source import TablePart

GRID_SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx", ".docx")
_REFUSED, _OUT_OF_MEMORY = 3, 4
# Isolated (-I), no byte code (-B), the code of this very installation in front. Arrow's own pool would reserve more
# address space at its first use than the child may have.
_BOOT = """
import os, sys
os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
sys.path.insert(0, sys.argv[1])
from sipas.files.child import main
sys.exit(main())
"""
_ROOT = Path(__file__).resolve().parents[2]


def read_table(
    path: Path,
    *,
    code_page: str | None = None,
    known_headers: Collection[str] = (),
    sheet: str = "",
    every_sheet: bool = False,
    shown_as: str = "",
    limits: GateLimits | None = None,
) -> pa.Table:
    """The table of a file of any kind in `READERS`: every column text without nulls, `_sheet` text, `_row` int64.

    Column names are the file's headers (clean, unique); blank rows are left out; `_row` is the row as a person sees
    it in the file. Numbers read "5", days 2026-03-01; letters are NFC, ETH is Đ, no-break spaces are blanks.
    code_page: for files that are not UTF-8 (cp1258, cp1252, tcvn3, vni). known_headers: headers that mark the
    header row and the columns in which formulas, error values and hidden characters are refused; all when empty.
    every_sheet: the rows of all visible sheets with at least two known headers, one below the other.
    Where the table starts is told by `layout_of`.
    shown_as: file name for messages. Raises DataError (rules `files.*`) and FaultsFound `files.faults`; never dies
    with the reader: `files.crashed`, `files.out_of_memory`, `files.too_slow`.
    """
    request = {
        "code_page": code_page or "",
        "known_headers": sorted(map(folded, known_headers)),
        "sheet": sheet,
        "as_grid": False,
        "every_sheet": every_sheet,
    }
    return _read(path, request, shown_as or path.name, limits or GateLimits())


def read_grid(path: Path) -> Mapping[str, tuple[GridRow, ...]]:
    """Every visible sheet of an .xlsx as rows of cells with their kinds (`sipas.files.grid`), by sheet name.

    Raises as `read_table`; DataError `files.not_a_workbook` for another suffix.
    """
    if path.suffix.lower() != ".xlsx":
        raise DataError("files.not_a_workbook", where=path.name, expected=".xlsx")
    return _grids(path, "")


def read_sheets(path: Path, *, code_page: str = "") -> Mapping[str, tuple[GridRow, ...]]:
    """Every sheet of a workbook, table of a .docx ("Bảng 1"), or the one table of a CSV (""), as rows of cells.

    For tables as offices print them, with titles above and signatures below. Raises as `read_table`; DataError
    `files.suffix` for SPSS files.
    """
    if path.suffix.lower() not in GRID_SUFFIXES:
        raise DataError("files.suffix", where=path.name, got=path.suffix, expected=", ".join(GRID_SUFFIXES))
    return _grids(path, code_page)


def _grids(path: Path, code_page: str) -> Mapping[str, tuple[GridRow, ...]]:
    request = {"code_page": code_page, "known_headers": [], "sheet": "", "as_grid": True, "every_sheet": False}
    return grid_of(_read(path, request, path.name, GateLimits()))


@dataclass(frozen=True)
class TableLayout:
    """Where a table starts on each sheet, and visible sheets with content that hold no such table."""

    parts: tuple[TablePart, ...]
    skipped: tuple[str, ...]


def layout_of(table: pa.Table) -> TableLayout:
    """Where the table that `read_table` gave stands in its file."""
    plain = json.loads(table.schema.metadata[LAYOUT_KEY.encode()])
    return TableLayout(tuple(TablePart(**part) for part in plain["parts"]), tuple(plain["skipped"]))


def _read(path: Path, request: Mapping[str, object], name: str, limits: GateLimits) -> pa.Table:
    """What the child makes of the file; its error when it refuses, ours when it breaks."""
    job = {**request, "path": str(path.resolve()), "shown_as": name, "limits": asdict(limits)}
    table, code, message, is_late = _run(json.dumps(job).encode("ascii"), limits.seconds)
    if code == 0 and table is not None:
        return table
    raise _failure(code, message, is_late, name, limits)


def _run(request: bytes, seconds: float) -> tuple[pa.Table | None, int, bytes, bool]:
    """Table (None without a whole stream), exit code, stderr, and whether the time was up."""
    time_up = Event()
    child = subprocess.Popen(  # noqa: S603  (own interpreter, fixed arguments)
        [sys.executable, "-I", "-B", "-c", _BOOT, str(_ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )

    def stop() -> None:
        time_up.set()
        child.kill()

    timer = Timer(seconds, stop)
    timer.daemon = True
    with child, ThreadPoolExecutor(1) as pool:
        assert child.stdin and child.stdout and child.stderr
        timer.start()
        try:
            message = pool.submit(child.stderr.read)
            try:
                child.stdin.write(request)
                child.stdin.close()
                table = pa.ipc.open_stream(child.stdout).read_all()
            except (pa.ArrowException, OSError):
                table = None
            child.stdout.read()
            code = child.wait()
            return table, code, message.result(), time_up.is_set()
        finally:  # also when we are stopped half-way: nobody would wait for the child any more
            timer.cancel()
            child.kill()


def _failure(code: int, message: bytes, is_late: bool, name: str, limits: GateLimits) -> SurveyError:
    """The error the child reported, or what became of the child."""
    if is_late:
        return DataError("files.too_slow", where=name, expected=f"{limits.seconds:g} s")
    if code == _OUT_OF_MEMORY:
        return DataError("files.out_of_memory", where=name, expected=f"{limits.memory_bytes / 2**20:.0f} MB")
    if code == _REFUSED:
        return _rebuilt(json.loads(message.splitlines()[-1]))
    return DataError("files.crashed", where=name, got=code)


def _rebuilt(plain: dict[str, Any]) -> SurveyError:
    facts: dict[str, str] = plain["facts"]
    rule: str = plain["rule"]
    if plain["kind"] == "FaultsFound":
        faults = [Fault(**fault) for fault in plain["faults"]]
        return FaultsFound(
            rule, faults, **{key: value for key, value in facts.items() if key not in ("got", "expected")}
        )
    return DataError(rule, **facts)
